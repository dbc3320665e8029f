"""What the publisher writes into a picture's record and into the job's log."""

from __future__ import annotations

import queue
from pathlib import Path

from msgspec.structs import replace
from PIL import Image

from sdtui.spec.adapter import Embedding
from sdtui.spec.document import Document
from sdtui.spec.event import LogLine, Published
from sdtui.spec.model import ModelFile
from sdtui.spec.outcome import Painted
from sdtui.weights.hashes import HashStore
from sdtui.worker.looks import Looks
from sdtui.worker.publisher import Publisher
from tests.jobs.make import a_render


def embedding(folder: Path, word: str) -> Embedding:
    file = folder / f"{word}.pt"
    file.write_bytes(word.encode())
    return Embedding(word=word, file=ModelFile(name=word, path=str(file), size=4, mtime_ns=1))


def test_the_record_names_no_embedding_that_the_checkpoint_could_not_use_and_the_log_says_so(tmp_path: Path) -> None:
    sent: queue.SimpleQueue[object] = queue.SimpleQueue()
    publisher = Publisher(sent.put, HashStore(tmp_path / "hashes.json"), Looks(tmp_path / "looks.json"))
    held = (embedding(tmp_path, "wide"), embedding(tmp_path, "thing"))
    render = replace(a_render("r1", job=1), prompt="a wide thing", path=str(tmp_path / "1.png"), embeddings=held)
    note = "The embedding wide was read as words."
    publisher.start()

    publisher.put(
        Painted(render=render, width_px=1, height_px=1, rgb=b"abc", seconds=1.0, notes=(note,), unread=("wide",)),
        Document(prompt="a wide thing"),
    )

    told = [sent.get(timeout=30)]
    while not isinstance(told[-1], Published):
        told.append(sent.get(timeout=30))
    assert note in [line.text for line in told if isinstance(line, LogLine)]
    with Image.open(render.path) as picture:
        infotext = picture.text["parameters"]  # type: ignore[attr-defined]
    assert infotext.startswith("a wide thing")
    assert "TI hashes: thing: " in infotext.replace('"', "")
    assert "wide: " not in infotext
