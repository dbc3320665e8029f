"""Writes finished pictures on a thread of its own, so that no file ever holds up the next step."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from sdtui.errors import ModelError, SdtuiError
from sdtui.images.infotext import texts
from sdtui.images.png import encode
from sdtui.images.publish import publish
from sdtui.spec.complaint import complaint_of
from sdtui.spec.document import Document
from sdtui.spec.event import Chore, Failed, LogLine, Published
from sdtui.spec.job import Render
from sdtui.spec.model import ModelFile
from sdtui.spec.outcome import Painted
from sdtui.weights.hashes import HashingCancelled, HashStore
from sdtui.worker.looks import Looks

Send = Callable[[Chore | Failed | LogLine | Published], None]
TELL_EVERY_S = 0.5


class Hashing:
    """Tells how far the hash of a model is, if it takes a while."""

    def __init__(self, send: Send, chore_id: str, model: ModelFile) -> None:
        self.id = chore_id
        self._send = send
        self._model = model
        self._next = time.monotonic() + TELL_EVERY_S
        self._told = False

    def told(self, done: int, size: int) -> None:
        """So many bytes of a file of this size are read."""
        now = time.monotonic()
        if now < self._next or not size:
            return
        self._next, self._told = now + TELL_EVERY_S, True
        text = f"hashing {self._model.name}, {done / 1e9:.1f} of {size / 1e9:.1f} GB"
        self._send(Chore(id=self.id, text=text, progress=done / size, can_stop=True))

    def end(self) -> None:
        """It is known, or given up."""
        if self._told:
            self._send(Chore(id=self.id, over=True))


class Publisher:
    """A queue of painted pictures; each is encoded, published and reported."""

    def __init__(self, send: Send, hashes: HashStore, looks: Looks, *, owner: str = "worker") -> None:
        """The ids of what is done in the background begin with `owner`."""
        self._send = send
        self._looks = looks
        self._hashes = hashes
        self._owner = owner
        self._skipped: set[str] = set()
        self._pictures: queue.SimpleQueue[tuple[Painted, Document]] = queue.SimpleQueue()
        self._models: queue.SimpleQueue[tuple[ModelFile, bool]] = queue.SimpleQueue()

    def start(self) -> None:
        """Take pictures and hashes from now on."""
        threading.Thread(target=self._publish_all, name="publisher", daemon=True).start()
        threading.Thread(target=self._hash_all, name="hashes", daemon=True).start()

    def hash_soon(self, checkpoint: ModelFile) -> None:
        """Have the checkpoint's SHA-256 ready when its first picture comes."""
        self._models.put((checkpoint, False))

    def hash_all_soon(self, render: Render) -> None:
        """Have the hashes of everything ready that a picture's record names."""
        for model in _files(render):
            self._models.put((model, False))
        for model in _loras(render):
            self._models.put((model, True))

    def put(self, painted: Painted, document: Document) -> None:
        """Write this picture when its turn comes; returns at once."""
        self._pictures.put((painted, document))

    def skip(self, chore: str) -> None:
        """Do without a hash: its pictures name the model alone."""
        self._skipped.add(chore)

    def _hash_all(self) -> None:
        seen: set[tuple[ModelFile, bool]] = set()
        while True:
            asked = self._models.get()
            if asked not in seen:
                seen.add(asked)
                self._hash(asked[0], content=asked[1])

    def _hash(self, model: ModelFile, *, content: bool = False) -> str:
        if model.sha256 and not content:
            return model.sha256
        hashing = Hashing(self._send, f"{self._owner} hash {model.path}", model)
        try:
            skipped = self._skipped
            return self._hashes.sha256(Path(model.path), lambda: hashing.id in skipped, hashing.told, content=content)
        except HashingCancelled:
            return ""
        except (ModelError, OSError):
            # the file went away under us; the picture is worth more than its model's hash
            return ""
        finally:
            hashing.end()

    def _publish_all(self) -> None:
        while True:
            painted, document = self._pictures.get()
            render = painted.render
            try:
                path = self._publish(painted, document)
            except SdtuiError as error:
                self._send(Failed(job_id=render.job_id, render_id=render.id, error=complaint_of(error)))
                continue
            for note in painted.notes:
                self._send(LogLine(level="info", text=note, job_id=render.job_id))
            hint = self._looks.judge(painted)
            if hint:
                self._send(LogLine(level="warning", text=hint, job_id=render.job_id))
            self._send(Published(job_id=render.job_id, render_id=render.id, path=str(path), seconds=painted.seconds))

    def _publish(self, painted: Painted, document: Document) -> Path:
        used = tuple(each for each in painted.render.embeddings if each.word not in painted.unread)
        render = self._hashed(replace(painted.render, embeddings=used))
        loras = {model.path: self._hash(model, content=True) for model in _loras(render)}
        record = texts(
            render, document, model_hash=render.checkpoint.sha256, lora_hashes=loras, makeshift=painted.makeshift
        )
        data = encode(painted.rgb, painted.width_px, painted.height_px, texts=record)
        return publish(Path(render.path), data, render_id=render.id, overwrite=render.overwrite)

    def _hashed(self, render: Render) -> Render:
        """The render with the hashes of its files, as far as they can be had."""

        def hashed(model: ModelFile) -> ModelFile:
            return replace(model, sha256=self._hash(model))

        return replace(
            render,
            checkpoint=hashed(render.checkpoint),
            vae=hashed(render.vae) if render.vae else None,
            embeddings=tuple(replace(each, file=hashed(each.file)) for each in render.embeddings),
            refiner=replace(render.refiner, file=hashed(render.refiner.file)) if render.refiner else None,
        )


def _files(render: Render) -> list[ModelFile]:
    """The files that a picture's record names by the hash of the whole file."""
    vae = [render.vae] if render.vae else []
    refiner = [render.refiner.file] if render.refiner else []
    return [render.checkpoint, *vae, *refiner, *(embedding.file for embedding in render.embeddings)]


def _loras(render: Render) -> list[ModelFile]:
    return [network.file for network in render.networks if network.kind == "lora"]
