"""A studio with models of every kind, and a server that answers what the browser asks."""

from __future__ import annotations

from msgspec.structs import replace

from sdtui.errors import SdtuiError, UsageError
from sdtui.spec.event import FetchChanged
from sdtui.spec.fetch import FetchView
from sdtui.spec.model import ModelRecord
from sdtui.spec.model_about import ModelAbout
from sdtui.spec.verb import Done
from sdtui.spec.verbs_models import (
    About,
    AboutAnswer,
    Describe,
    Fetch,
    FetchAgain,
    FetchAnswer,
    Fetches,
    FetchesAnswer,
    HashModel,
    StopFetch,
)
from tests.ui.fake import DREAM, SHAPES, FakeServer
from tests.ui.screen import StudioPilot, until, until_seen

DAY_NS = 86_400 * 10**9


def record(name: str, kind: str, family: str = "sd1", **more: object) -> ModelRecord:
    base = ModelRecord(name=name, path=f"/m/{name}.safetensors", kind="lora", family=family, size=144_000_000)
    return replace(base, kind=kind, **more)


FILM = record(
    "film", "lora", trigger_words=("grain", "kodak"), preferred_weight=0.7, mtime_ns=3 * DAY_NS, sha256="ab" * 32
)
GLOSS = record("sub/gloss-xl", "lora", "sdxl", mtime_ns=9 * DAY_NS)
HANDS = record("bad-hands", "embedding", size=30_000, mtime_ns=5 * DAY_NS)
ANIME = record("anime", "hypernetwork", size=87_000_000)
CLEAR = record("clear", "vae", "sd", size=335_000_000)
CANNY = record("canny", "controlnet", size=723_000_000)
SHARP = record("sharp-4x", "upscaler", "any", size=67_000_000)
BROKEN = record("broken", "lora", "unknown", problem="The file ends before its header does.")
MODELS = (SHAPES, ANIME, HANDS, BROKEN, CANNY, CLEAR, DREAM, FILM, GLOSS, SHARP)
ABOUT = ModelAbout(
    path=FILM.path,
    activation_text="grain, kodak",
    preferred_weight=0.7,
    notes="Best at night.\nNot for faces.",
    description="Old film.",
    tags=(("grain", 40), ("street", 12)),
    facts=(("rank", "8"),),
    side_path="/m/film.json",
)


class ModelServer(FakeServer):
    """`abouts` are answered by path, `fetches` by number; what is `refused` is by the kind of the verb, once."""

    def __init__(self, **changes: object) -> None:
        super().__init__(**{"models": MODELS, **changes})
        self.abouts: dict[str, ModelAbout] = {FILM.path: ABOUT}
        self.fetches: dict[int, FetchView] = {}
        self.refused: dict[type, SdtuiError] = {}

    async def answer(self, verb: object) -> object:
        refused = self.refused.pop(type(verb), None)
        if refused is not None:
            raise refused
        match verb:
            case About(path=path):
                return AboutAnswer(about=self.abouts.get(path) or ModelAbout(path=path))
            case Describe(path=path):
                said = {"activation_text", "preferred_weight", "negative_text", "notes"}
                changes = {name: value for name in said if (value := getattr(verb, name)) is not None}
                self.abouts[path] = replace(self.abouts.get(path) or ModelAbout(path=path), **changes)
                return AboutAnswer(about=self.abouts[path])
            case HashModel():
                return Done(count=1)
            case Fetch(url=url, name=name):
                if "://" not in url:
                    raise UsageError("This is no address.", where=url)
                view = FetchView(id=len(self.fetches) + 1, url=url, state="waiting", name=name)
                self.fetches[view.id] = view
                return FetchAnswer(fetch=view)
            case FetchAgain(id=number):
                self.tell(replace(self.fetches[number], state="waiting", error=None))
                return FetchAnswer(fetch=self.fetches[number])
            case StopFetch(id=number, forget=forget):
                if forget:
                    self.happens(FetchChanged(fetch=self.fetches.pop(number), gone=True), transient=True)
                else:
                    self.tell(replace(self.fetches[number], state="cancelled"))
                return Done(count=1)
            case Fetches():
                return FetchesAnswer(fetches=tuple(self.fetches.values()))
        return await super().answer(verb)

    def tell(self, view: FetchView) -> None:
        """A download is further."""
        self.fetches[view.id] = view
        self.happens(FetchChanged(fetch=view), transient=True)

    def verbs(self, kind: type) -> list[object]:
        """What was asked of a kind."""
        return [verb for verb in self.asked("ask") if isinstance(verb, kind)]


async def to_browser(pilot: StudioPilot) -> None:
    await pilot.press("f2")
    await until_seen(pilot, "‹ all kinds ›")


async def to_studio(pilot: StudioPilot) -> None:
    """A filter may be left first."""
    await pilot.press("escape", "escape")
    await until(pilot, lambda: len(pilot.app.screen_stack) == 1, "the studio")
