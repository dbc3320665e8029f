"""The library: every model file in the user's folders, the built-in one first."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from sdtui.errors import ModelError
from sdtui.library.cache import RecordCache
from sdtui.library.extra_paths import NAME, extra_roots
from sdtui.library.names import KINDS, Named, distinct
from sdtui.library.settling import Settling
from sdtui.library.trees import Root, find_roots
from sdtui.library.walk import Found, Walk
from sdtui.prompt.calling import SUFFIXES, stem_of
from sdtui.spec.document import AUTOMATIC_VAE, OWN_VAE
from sdtui.spec.model import ModelKind, ModelRecord
from sdtui.weights.files import describe
from sdtui.weights.hashes import HashStore
from sdtui.weights.identify import builtin_path, identify
from sdtui.weights.stamp import stamp

Progress = Callable[[int, int], None]

SHIPPED = sys.maxsize
"""The rank of what ships with the built-in model: files of the user's own keep their names."""


class Library:
    """Looks through model folders and finds models by name.

    `scan` reads headers and may take long: call it on a thread. Everything else is quick, takes no lock that a scan
    holds and answers from the last finished scan (the built-in model alone before the first).
    """

    def __init__(
        self,
        folders: Sequence[Path],
        hashes: HashStore,
        *,
        cache: Path | None = None,
        own: Path | None = None,
        settle_s: float = 0.0,
    ) -> None:
        """`cache` is a file that keeps records from one process to the next; None keeps them in memory alone.

        `own` is one more folder, which need not be there. What is broken and was written less than `settle_s` ago is taken to be
        on its way, and is not listed yet.
        """
        self._folders = tuple(folders)
        self._own = own
        self._settling = Settling(settle_s)
        self._hashes = hashes
        self._cache_file = cache
        self._cache: RecordCache | None = None
        self._scanning = threading.Lock()
        self._named: Named | None = None
        self._notes: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What the last scan could not look into, a sentence each."""
        return self._notes

    @property
    def records(self) -> tuple[ModelRecord, ...]:
        """What the last scan found; the built-in model alone before the first."""
        return self._now().records

    def scan(self, progress: Progress = lambda found, read: None) -> tuple[ModelRecord, ...]:
        """Look through all folders: every model in the order of the names, the built-in one first, what ships with it last.

        `progress` is told how many files were found so far, and how many of them were read.
        """
        with self._scanning:
            cache = self._cache = self._cache or RecordCache(self._cache_file)
            walk = Walk()
            found: list[Found] = []
            for root in self._roots(walk):
                for model in walk.models(root):
                    found.append(model)
                    progress(len(found), 0)
            self._hashes.reload()
            read: list[tuple[ModelRecord, Root]] = []
            self._settling.begin(walk.folders, self._absent())
            for model in found:
                record = cache.record(model)
                if not self._settling.holds_back(record, model):
                    read.append((self._placed(record, model), model.root))
                progress(len(found), len(read))
            cache.keep_only({str(model.path) for model in found})
            # whoever comes first keeps the plain name: what can be used before what cannot
            ordered = sorted(read, key=lambda item: (item[0].problem != "", item[1].rank))
            builtin = builtin_path()
            first, *others = distinct([(identify(builtin), Root(builtin.parent)), *ordered])
            others.sort(key=lambda record: (record.builtin, record.name.casefold(), record.path))
            named = Named((first, *others))
            named.prepare()
            self._named, self._notes = named, tuple(walk.notes)
            return named.records

    def changed(self) -> bool:
        """Whether a scan would find something else than the last one did, as far as folders tell; cheap, for a thread."""
        return self._settling.over()

    def find_checkpoint(self, name: str, default: str = "") -> ModelRecord:
        """The checkpoint of this name, as it is on disk now; without a name the default, without a default the built-in.

        Raises ModelError with the nearest names when there is none, with its problem when it cannot be used.
        """
        wanted = name or default
        named = self._now()
        return self._usable(named.find("checkpoint", wanted) if wanted else named.records[0], "checkpoint")

    def find_model(self, kind: ModelKind, name: str) -> ModelRecord:
        """The model of a kind by its name, as it is on disk now; raises ModelError as `find_checkpoint`."""
        return self._usable(self._now().find(kind, name), kind)

    def find_vae(self, name: str, checkpoint: ModelRecord, default: str = "") -> ModelRecord | None:
        """The VAE that goes with a checkpoint: the one of this name, else the checkpoint's side file, else the default.

        None is the checkpoint's own, which OWN_VAE asks for, too. Raises ModelError as `find_checkpoint`.
        """
        wanted = "" if name.casefold() == AUTOMATIC_VAE.casefold() else name
        if wanted.casefold() == OWN_VAE.casefold():
            return None
        if wanted:
            return self.find_model("vae", wanted)
        path = Path(checkpoint.path)
        sides = {str(path.with_name(f"{stem_of(checkpoint)}.vae{suffix}")) for suffix in SUFFIXES}
        beside = next((record for record in self.records if record.kind == "vae" and record.path in sides), None)
        if beside is not None:
            return self._usable(beside, "vae")
        return self.find_model("vae", default) if default else None

    def content_hash(self, path: str) -> str:
        """The SHA-256 of a file without its header, as LoRAs are called by, if it is known for the file as it is now."""
        return self._hashes.known(Path(path), content=True)

    def _now(self) -> Named:
        return self._named or Named((identify(builtin_path()),))

    def _usable(self, record: ModelRecord, kind: ModelKind) -> ModelRecord:
        fresh = self._fresh(record)
        problem = fresh.problem or ("" if fresh.kind == kind else f"The file is no {KINDS[kind]} any more.")
        if problem:
            raise ModelError(problem, where=fresh.path, todo=f"Choose another {KINDS[kind]}.")
        return fresh

    def _fresh(self, record: ModelRecord) -> ModelRecord:
        """The record as of now: somebody may have replaced the file since the scan; raises ModelError when it is gone."""
        path = Path(record.path)
        try:
            version = stamp(path)
        except OSError as error:
            raise ModelError(describe(error), where=record.path, todo="Look through the model folders again.") from None
        if (record.size, record.mtime_ns) != tuple(version):
            anew = identify(path, expected=record.kind)
            record = replace(anew, name=record.name, builtin=record.builtin)
        return replace(record, sha256=self._hashes.known(path))

    def _roots(self, walk: Walk) -> list[Root]:
        roots: list[Root] = []
        for rank, folder in enumerate(self._folders):
            try:
                roots.extend(find_roots(folder, rank))
            except FileNotFoundError:
                walk.notes.append(f"{folder}: There is no such model folder.")
            except NotADirectoryError:
                walk.notes.append(f"{folder}: This model folder is a file; name the folder it is in.")
            except OSError as error:
                walk.notes.append(f"{folder}: {describe(error)}")
            else:
                extra, notes = extra_roots(folder, rank)
                roots.extend(extra)
                walk.notes.extend(notes)
        if self._own is not None and self._own.is_dir():
            roots.extend(find_roots(self._own, len(self._folders)))
        shipped = builtin_path().parent
        roots.extend(root for root in find_roots(shipped, SHIPPED) if root.path != shipped)
        return roots

    def _absent(self) -> list[Path]:
        """Folders that are looked for and are not there, and files that name more of them."""
        wanted = [*self._folders, *([self._own] if self._own is not None else [])]
        return [folder for folder in wanted if not folder.is_dir()] + [folder / NAME for folder in self._folders]

    def _placed(self, record: ModelRecord, found: Found) -> ModelRecord:
        """The record with its name below its root and its hash, if that is known."""
        single = record.layout == "original"
        known = self._hashes.known_version(record.path, found.version) if single else self._hashes.known(found.path)
        return replace(record, name=found.relative, sha256=known, builtin=found.root.rank == SHIPPED)
