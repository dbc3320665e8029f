"""What a client asks about watched folders."""

from __future__ import annotations

from sdtui.spec.verb import Answer, Verb
from sdtui.spec.watch import WatchedFile, WatchedFolder, WatchWish


class WatchVerb(Verb, frozen=True, kw_only=True):
    """What they all are, for the one place that answers them."""


class Watch(WatchVerb, frozen=True, kw_only=True, tag="watch"):
    """Watch a folder from now on, or otherwise than before; answered by WatchesAnswer with it and what was known of its files."""

    wish: WatchWish


class Unwatch(WatchVerb, frozen=True, kw_only=True, tag="unwatch"):
    """Watch a folder no longer ("" is every one), and take back what is being made for it; answered by Done."""

    path: str = ""


class PauseWatch(WatchVerb, frozen=True, kw_only=True, tag="pause-watch"):
    """Render nothing of a folder ("" is every one) for a while, or with `paused` off what changed meanwhile; answered by Done."""

    path: str = ""
    paused: bool = True


class RenderFile(WatchVerb, frozen=True, kw_only=True, tag="render-file"):
    """Render a watched file again, as it is; answered by Done, 0 when it is not known."""

    folder: str
    name: str


class Watches(WatchVerb, frozen=True, kw_only=True, tag="watches"):
    """Every watched folder and their files; answered by WatchesAnswer."""


class WatchesAnswer(Answer, frozen=True, kw_only=True, tag="watches"):
    """Watched folders, and their files in the order of folder and name."""

    folders: tuple[WatchedFolder, ...]
    files: tuple[WatchedFile, ...] = ()
