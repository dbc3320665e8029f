"""Carries one download through: asks, looks at the first bytes, goes on after every break, checks, publishes."""

from __future__ import annotations

import time
from pathlib import Path

from msgspec.structs import replace

from sdtui.errors import ModelError
from sdtui.fetch.answers import begins_at, check_status, told_sha256, version, whole_size
from sdtui.fetch.content import SMALLEST, bytes_wanted
from sdtui.fetch.judging import ByKind, Judge
from sdtui.fetch.part import Part, check_room, taken
from sdtui.fetch.patience import Patience
from sdtui.fetch.sites import shown
from sdtui.fetch.transport import Interrupted, Reply, ask
from sdtui.fetch.wish import Course, Ways, Wish
from sdtui.weights.header import read_header

BLOCK = 1 << 18
TELL_EVERY_S = 0.25
SPEED_OVER_S = 5.0


class Download:
    """`run` returns when the file is in its folder; raises SdtuiError when it will not be, and what `stopped` raises."""

    def __init__(self, wish: Wish, course: Course, ways: Ways, judge: Judge | None = None) -> None:
        self._wish = wish
        self._ways = ways
        self._judge = judge or ByKind(wish, ways)
        self.course = replace(course, speed=0.0, text="")
        self._part: Part | None = None
        self._told = 0.0
        self._since = (0.0, 0)

    def run(self) -> Course:
        """All of it; the course's `sha256` is the file's own at the end."""
        patience = Patience(self._wish.url)
        try:
            while True:
                before = self.course.done
                try:
                    self._attempt()
                    return self._finish()
                except Interrupted as broken:
                    known = bool(self.course.path)
                    pause_s = patience.pause_s(broken, fruitful=self.course.done > before, known=known)
                    self._note(text=f"{broken.why}; goes on in {pause_s:.0f} s", speed=0.0)
                    self._ways.wait(pause_s)
        finally:
            if self._part is not None:
                self._part.close()

    # one attempt

    def _attempt(self) -> None:
        part = self._opened()
        headers = {}
        if part is not None and part.done and (self.course.version or self.course.sha256):
            headers["Range"] = f"bytes={part.done}-"
            if self.course.version:
                headers["If-Range"] = self.course.version
        self._note(text="asking")
        reply = ask(self._wish.url, headers, self._ways.token_for)
        with reply.body:
            check_status(reply)
            if not (part is not None and self._goes_on(part, reply)):
                part = self._begin(reply)
            self._copy(part, reply)

    def _opened(self) -> Part | None:
        """The part, with what is in it from an earlier time; None before it is known where the file goes."""
        if self._part is None and self.course.path:
            self._part = Part(Path(self.course.path))
            self._note(text="reading what is there already")
            self._part.resume(self._ways.stopped)
            self._note(done=self._part.done)
        return self._part

    def _goes_on(self, part: Part, reply: Reply) -> bool:
        """Whether the answer goes on where the part ends, of the same file as before."""
        size = whole_size(reply)
        if reply.status == 416:
            if part.done and size == part.done == self.course.size:
                return True
            part.restart()
            self._note(done=0)
            raise Interrupted("the file is another one now; it is begun anew")
        now = version(reply)
        same = not (self.course.version and now) or now == self.course.version
        same = same and size in (0, self.course.size) and begins_at(reply) == part.done
        if reply.status == 206 and not same:
            part.restart()
            self._note(done=0, version="")
            raise Interrupted("the file is another one now; it is begun anew")
        return reply.status == 206

    def _begin(self, reply: Reply) -> Part:
        """Look at the first bytes, choose name and folder if that is still to do, and put them into an empty part."""
        head = self._head(reply)
        landing = self._judge(head, reply)
        expected = self._expected(reply)
        if not self.course.path:
            if landing.path.exists():
                raise taken(landing.path)
            self._note(path=str(landing.path), kind=landing.kind)
        self._note(size=landing.size, version=version(reply), sha256=expected, done=0)
        final = Path(self.course.path)
        check_room(final.parent, landing.size)
        part = self._part = self._part or Part(final)
        part.restart()
        part.add(head)
        return part

    def _head(self, reply: Reply) -> bytes:
        """As many of the first bytes as say what the file is; fewer when there are no more."""
        if reply.status != 200:
            raise Interrupted("the site sent a part that was not asked for")
        if reply.header("Content-Encoding").lower() not in {"", "identity"}:
            raise ModelError("The site sends the file in a form that cannot be resumed.", where=shown(reply.url))
        head = b""
        while len(head) < (wanted := max(SMALLEST, bytes_wanted(head))):
            self._ways.stopped()
            block = reply.read(min(BLOCK, wanted - len(head)))
            if not block:
                break
            head += block
        return head

    def _expected(self, reply: Reply) -> str:
        told = told_sha256(reply)
        if self._wish.sha256 and told and self._wish.sha256 != told:
            raise ModelError(
                f"The site's file has the SHA-256 {told[:16]}…, not {self._wish.sha256[:16]}….",
                where=shown(self._wish.url),
            )
        return self._wish.sha256 or told

    def _copy(self, part: Part, reply: Reply) -> None:
        """Add what comes to the part; raises Interrupted when it ends too early."""
        self._since = (time.monotonic(), part.done)
        while not self.course.size or part.done < self.course.size:
            self._ways.stopped()
            block = reply.read(BLOCK)
            if not block:
                break
            part.add(block)
            self._progress(part.done)
        self._note(done=part.done)
        if self.course.size and part.done != self.course.size:
            if part.done > self.course.size:
                part.restart()
                self._note(done=0, version="")
            raise Interrupted("the connection broke off")

    # the end

    def _finish(self) -> Course:
        part = self._part
        assert part is not None
        digest = part.sha256
        if self.course.sha256 and digest != self.course.sha256:
            part.discard()
            self._part = None
            raise ModelError(
                f"The file is not the one that was expected: its SHA-256 is {digest[:16]}…, not {self.course.sha256[:16]}….",
                where=shown(self._wish.url),
                todo="What came was thrown away; try again, and mistrust the address if it happens again.",
            )
        if part.final.suffix in {".safetensors", ".sft"}:
            read_header(part.path)
        part.publish()
        return replace(self.course, sha256=digest, done=part.done, size=part.done, speed=0.0, text="")

    # what is told

    def _progress(self, done: int) -> None:
        now = time.monotonic()
        if now - self._told < TELL_EVERY_S:
            return
        since, before = self._since
        speed = (done - before) / (now - since) if now > since else 0.0
        if now - since > SPEED_OVER_S:
            self._since = (now, done)
        self._note(done=done, speed=speed, text="")

    def _note(self, **changes: object) -> None:
        self._told = time.monotonic()
        self.course = replace(self.course, **changes)
        self._ways.tell(self.course)
