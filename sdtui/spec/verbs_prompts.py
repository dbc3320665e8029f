"""What a client asks while a prompt is being written: wildcards, draws, tags, and texts to be kept."""

from __future__ import annotations

from sdtui.spec.complaint import Complaint
from sdtui.spec.document import Document
from sdtui.spec.tag import TagName
from sdtui.spec.verb import Answer, Verb
from sdtui.spec.wildcard import Draws, WildcardName


class Wildcards(Verb, frozen=True, kw_only=True, tag="wildcards"):
    """The wildcards of the workspace; answered by WildcardsAnswer."""


class DrawTemplate(Verb, frozen=True, kw_only=True, tag="draw-template"):
    """What `count` pictures from `seed` on would draw from a template; answered by DrawsAnswer, whatever is wrong with it."""

    template: str
    count: int = 10
    seed: int = 0


class Tags(Verb, frozen=True, kw_only=True, tag="tags"):
    """Words and tags that begin so, at most `limit` each, the built-in model's own first if wanted; answered by TagsAnswer."""

    queries: tuple[str, ...]
    limit: int = 20
    builtin: bool = False


class PutDraft(Verb, frozen=True, kw_only=True, tag="put-draft"):
    """Keep what the user has typed; last writer wins, the other clients are told. Answered by Done."""

    document: Document


class Keep(Verb, frozen=True, kw_only=True, tag="keep"):
    """Keep a small text of the studio's (1 MB at most) under a name in the workspace; the empty one is forgotten. Answered by Done."""

    name: str
    text: str


class Kept(Verb, frozen=True, kw_only=True, tag="kept"):
    """The text that is kept under a name; answered by KeptAnswer."""

    name: str


class WildcardsAnswer(Answer, frozen=True, kw_only=True, tag="wildcards"):
    """Wildcards in the order of their names; `problems` say what of the folder cannot be used."""

    wildcards: tuple[WildcardName, ...]
    problems: tuple[Complaint, ...] = ()


class DrawsAnswer(Answer, frozen=True, kw_only=True, tag="draws"):
    """What was drawn."""

    draws: Draws


class TagsAnswer(Answer, frozen=True, kw_only=True, tag="tags"):
    """What each beginning found, the most used first."""

    found: tuple[tuple[TagName, ...], ...]


class KeptAnswer(Answer, frozen=True, kw_only=True, tag="kept"):
    """The text, empty when none is kept."""

    text: str
