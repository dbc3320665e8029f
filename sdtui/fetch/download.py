"""Carries one download through: asks, looks at the first bytes, goes on after every break, checks, publishes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from sdtui.errors import ModelError
from sdtui.fetch.answers import begins_at, check_status, told_sha256, version, whole_size
from sdtui.fetch.content import SMALLEST, bytes_wanted, page_title, read_weights, sort_of
from sdtui.fetch.naming import file_name
from sdtui.fetch.part import Part, check_room, taken
from sdtui.fetch.sites import shown
from sdtui.fetch.transport import Interrupted, Reply, TokenFor, ask
from sdtui.spec.model import ModelKind
from sdtui.weights.header import read_header

BLOCK = 1 << 18
TRIES = 8
"""Attempts in a row that bring nothing, after which it is given up."""
FIRST_TRIES = 3
"""The same where nobody has answered yet: the address may be wrong."""
LONGEST_PAUSE_S = 60.0
TELL_EVERY_S = 0.25
SPEED_OVER_S = 5.0


class Wish(Struct, frozen=True, kw_only=True):
    """What was asked for: the address of the file itself; kind, name and SHA-256 where the user says them."""

    url: str
    kind: ModelKind = "unknown"
    name: str = ""
    sha256: str = ""


class Course(Struct, frozen=True, kw_only=True):
    """How far it is. `version` is what the site called the file when its first byte came, `sha256` what it has to come to."""

    path: str = ""
    kind: ModelKind = "unknown"
    size: int = 0
    version: str = ""
    sha256: str = ""
    done: int = 0
    speed: float = 0.0
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Ways:
    """What a download is lent. `stopped` is called between blocks and raises to stop it; `wait` takes seconds and does, too.

    `folder_for` says where a kind of model lies; `tell` is given each newer course; `pickles` says whether they are allowed.
    """

    folder_for: Callable[[ModelKind], Path]
    token_for: TokenFor
    tell: Callable[[Course], None]
    stopped: Callable[[], None]
    wait: Callable[[float], None]
    pickles: bool = False


class Download:
    """`run` returns when the file is in its folder; raises SdtuiError when it will not be, and what `stopped` raises."""

    def __init__(self, wish: Wish, course: Course, ways: Ways) -> None:
        self._wish = wish
        self._ways = ways
        self.course = replace(course, speed=0.0, text="")
        self._part: Part | None = None
        self._told = 0.0
        self._since = (0.0, 0)

    def run(self) -> Course:
        """All of it; the course's `sha256` is the file's own at the end."""
        fruitless = 0
        try:
            while True:
                before = self.course.done
                try:
                    self._attempt()
                    return self._finish()
                except Interrupted as broken:
                    fruitless = 1 if self.course.done > before else fruitless + 1
                    self._rest(broken, fruitless)
        finally:
            if self._part is not None:
                self._part.close()

    def _rest(self, broken: Interrupted, fruitless: int) -> None:
        if fruitless > (TRIES if broken.answered or self.course.path else FIRST_TRIES):
            raise ModelError(
                f"It could not be fetched: {broken.why}.",
                where=shown(self._wish.url),
                todo="Try again later; it goes on where it stopped.",
            )
        pause_s = broken.after_s or min(LONGEST_PAUSE_S, 2.0 ** (fruitless - 1))
        self._note(text=f"{broken.why}; goes on in {pause_s:.0f} s", speed=0.0)
        self._ways.wait(pause_s)

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
        kind, size = self._judge(head, reply)
        expected = self._expected(reply)
        if not self.course.path:
            folder = self._ways.folder_for(kind)
            final = folder / self._name(reply)
            if final.exists():
                raise taken(final)
            self._note(path=str(final), kind=kind)
        self._note(size=size, version=version(reply), sha256=expected, done=0)
        final = Path(self.course.path)
        check_room(final.parent, size)
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

    def _judge(self, head: bytes, reply: Reply) -> tuple[ModelKind, int]:
        """The kind of the file and its size; raises ModelError when it is nothing to be put into a model folder."""
        where, size = shown(reply.url), whole_size(reply)
        sort = sort_of(head, self._name(reply))
        if sort == "safetensors":
            weights = read_weights(head)
            if size and size != weights.size:
                raise ModelError(
                    f"The file is broken where it lies: it has {size:,} bytes, its header wants {weights.size:,}.",
                    where=where,
                )
            return self._kind(weights.kind), weights.size
        if sort == "page" or reply.header("Content-Type").lower().startswith("text/html"):
            title = page_title(head)
            called = f", “{title}”" if title else ""
            raise ModelError(
                f"The address leads to a web page{called}, not to a file.",
                where=where,
                todo="Is it the address of the download itself? If the site wants you to log in, it needs a token: `tokens:`.",
            )
        if len(head) < SMALLEST and size > len(head):
            raise Interrupted("the connection broke off")
        if sort == "pickle":
            self._check_pickle(where)
            return self._kind("unknown"), size
        raise ModelError("This is no file of weights that is known.", where=where, todo="Models come as .safetensors.")

    def _check_pickle(self, where: str) -> None:
        if not self._ways.pickles:
            raise ModelError(
                "This is a pickle: it can run code when it is opened.",
                where=where,
                todo="Look for a .safetensors of it; `allow_pickles: true` in your configuration allows it all the same.",
            )

    def _kind(self, told: ModelKind) -> ModelKind:
        """The header's word counts, else the user's."""
        kind = told if told != "unknown" else self._wish.kind
        if kind == "unknown":
            raise ModelError(
                "What kind of model this is cannot be told from the file.",
                where=shown(self._wish.url),
                todo="Say it: --kind checkpoint, lora, embedding, hypernetwork, vae, controlnet or upscaler.",
            )
        return kind

    def _name(self, reply: Reply) -> str:
        return file_name(self._wish.name, reply.header("Content-Disposition"), (self._wish.url, reply.url))

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
