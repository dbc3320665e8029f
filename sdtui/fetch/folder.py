"""Carries a whole diffusers folder through, file by file, as one download: what is there already is checked and kept."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace as with_ways
from pathlib import Path
from urllib.parse import quote

from msgspec.structs import replace

from sdtui.errors import ModelError
from sdtui.fetch.answers import whole_size
from sdtui.fetch.content import sort_of
from sdtui.fetch.download import Download
from sdtui.fetch.hub import Member, chosen, listed, place_of
from sdtui.fetch.judging import Judge, Landing, check_no_page, check_whole
from sdtui.fetch.naming import safe
from sdtui.fetch.part import SUFFIX, check_room, refused, taken
from sdtui.fetch.patience import Patience
from sdtui.fetch.sites import shown
from sdtui.fetch.transport import Interrupted, Reply
from sdtui.fetch.wish import Course, Ways, Wish
from sdtui.weights.families import FAMILY
from sdtui.weights.folder import folder_family
from sdtui.weights.identify import identify
from sdtui.weights.stamp import hashed_file


def unfinished(final: Path, url: str) -> Path:
    """Where a folder is put together: beside its final place, hidden, so that nobody takes it for a model.

    Each address has its own: two repositories of one name are never mixed.
    """
    return final.with_name(f".{final.name}.{hashlib.sha256(url.encode()).hexdigest()[:8]}{SUFFIX}")


def discard(final: Path, url: str) -> None:
    """Remove what came of a download that did not come to its end."""
    with suppress(OSError):
        final.with_name(final.name + SUFFIX).unlink()
    shutil.rmtree(unfinished(final, url), ignore_errors=True)


class FolderDownload:
    """`run` returns when the folder is in its place, whole; raises SdtuiError when it will not be, and what `stopped` raises."""

    def __init__(self, wish: Wish, course: Course, ways: Ways) -> None:
        self._wish = wish
        self._ways = ways
        self._place = place_of(wish.url)
        self.course = replace(course, speed=0.0, text="")

    def run(self) -> Course:
        """All of it; the course's `sha256` is that of the file which stands for the model."""
        if self._wish.sha256:
            raise ModelError(
                "A folder has no SHA-256 of its own.",
                where=shown(self._wish.url),
                todo="Leave it out: each file is checked against what its repository says.",
            )
        members = chosen(self._listed(), self._place)
        final = self._final()
        total = sum(member.size for member in members)
        self._note(path=str(final), kind="checkpoint", size=total, done=0)
        making = unfinished(final, self._wish.url)
        small = [member for member in members if member.path.endswith(".json")]
        large = [member for member in members if member not in small]
        done = self._get_all(small, making, 0)
        self._check_family(making)
        there = sum(path.stat().st_size for path in making.rglob("*") if path.is_file())
        check_room(final.parent, max(0, total - there))
        done = self._get_all(large, making, done)
        self._publish(making, final)
        weights = hashed_file(final).relative_to(final).as_posix()
        told = next((member.sha256 for member in members if member.path == weights), "")
        return replace(self.course, sha256=told, done=done, size=done, speed=0.0, text="")

    def _listed(self) -> Sequence[Member]:
        patience = Patience(self._wish.url)
        while True:
            self._note(text="asking what is in the folder")
            try:
                return listed(self._place, self._ways.token_for)
            except Interrupted as broken:
                pause_s = patience.pause_s(broken, fruitful=False, known=bool(self.course.path))
                self._note(text=f"{broken.why}; goes on in {pause_s:.0f} s")
                self._ways.wait(pause_s)

    def _final(self) -> Path:
        if self.course.path:
            return Path(self.course.path)
        name = safe(self._wish.name.rpartition("/")[2]) or safe(self._place.name) or "model"
        final = self._ways.folder_for("checkpoint") / name
        if final.exists():
            raise taken(final)
        return final

    def _get_all(self, members: Sequence[Member], making: Path, done: int) -> int:
        """Get what is missing of these; how many bytes of the folder are there then."""
        for member in members:
            path = making / member.path
            self._ways.stopped()
            if path.exists():
                self._note(text=f"checking {member.path}", speed=0.0)
            try:
                there = member.is_at(path)
                if not there:
                    path.unlink(missing_ok=True)
            except OSError as error:
                raise refused(error, path) from None
            if not there:
                self._get(member, path, done)
            done += member.size
            self._note(done=done, text=member.path)
        return done

    def _get(self, member: Member, path: Path, before: int) -> None:
        def tell(course: Course) -> None:
            text = f"{member.path}: {course.text}" if course.text else member.path
            self._note(done=before + course.done, speed=course.speed, text=text)

        wish = Wish(url=self._place.files + quote(member.path), sha256=member.sha256)
        course = Course(path=str(path), kind="checkpoint", size=member.size, sha256=member.sha256)
        Download(wish, course, with_ways(self._ways, tell=tell), _judge(member, path)).run()
        if not member.sha256 and not member.is_at(path):
            path.unlink()
            raise _another(member, wish.url)

    def _check_family(self, making: Path) -> None:
        """Raises ModelError before gigabytes come of a model that no picture can be made with."""
        family = FAMILY.get(folder_family(making))
        if family is None or not family.renderable:
            called = f"a {family.label} model" if family is not None else "a model of a family that is not known"
            raise ModelError(f"This is {called}; sdtui makes no pictures with it.", where=shown(self._wish.url))

    def _publish(self, making: Path, final: Path) -> None:
        problem = identify(making).problem
        if problem:
            raise ModelError(problem, where=shown(self._wish.url))
        if final.exists():
            raise taken(final)
        try:
            making.rename(final)
        except OSError as error:
            raise taken(final) if final.exists() else refused(error, final) from None

    def _note(self, **changes: object) -> None:
        self.course = replace(self.course, **changes)
        self._ways.tell(self.course)


def _judge(member: Member, path: Path) -> Judge:
    """The judge of one file of the folder: it is what the listing says, and goes where that says."""

    def judge(head: bytes, reply: Reply) -> Landing:
        check_no_page(head, reply, path.name)
        size = whole_size(reply)
        if not path.name.endswith(".json"):
            if sort_of(head, "") != "safetensors":
                raise _another(member, reply.url)
            size = check_whole(size, head, reply)[1]
        if size not in (0, member.size):
            raise _another(member, reply.url)
        return Landing(path, "checkpoint", member.size)

    return judge


def _another(member: Member, url: str) -> ModelError:
    return ModelError(
        f"What came as {member.path} is not what the repository lists.",
        where=shown(url),
        todo="Try again: the repository may just have changed; what was right is kept.",
    )
