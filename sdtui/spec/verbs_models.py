"""What a client asks about one model, and about models on their way from an address."""

from __future__ import annotations

from sdtui.spec.fetch import FetchView
from sdtui.spec.model import ModelKind
from sdtui.spec.model_about import ModelAbout
from sdtui.spec.verb import Answer, Verb


class ModelVerb(Verb, frozen=True, kw_only=True):
    """What they all are, for the one place that answers them."""


class About(ModelVerb, frozen=True, kw_only=True, tag="about-model"):
    """Everything that is known of the model with this path; answered by AboutAnswer."""

    path: str


class Describe(ModelVerb, frozen=True, kw_only=True, tag="describe-model"):
    """Write what is not None into the model's side file, whose other keys stay as they are; answered by AboutAnswer.

    `preferred_weight` is from −10 to 10; 0 and empty texts say nothing.
    """

    path: str
    activation_text: str | None = None
    preferred_weight: float | None = None
    negative_text: str | None = None
    notes: str | None = None


class HashModel(ModelVerb, frozen=True, kw_only=True, tag="hash-model"):
    """Find out the SHA-256 of a model in the background; LibraryChanged tells when it is known. Answered by Done."""

    path: str


class Fetch(ModelVerb, frozen=True, kw_only=True, tag="fetch"):
    """Get a model from an address, in the background; answered by FetchAnswer, then FetchChanged tells.

    `kind` and `name` count where the file itself and the site do not say; `sha256` (64 hex digits) is what it must come to.
    """

    url: str
    kind: ModelKind = "unknown"
    name: str = ""
    sha256: str = ""


class StopFetch(ModelVerb, frozen=True, kw_only=True, tag="stop-fetch"):
    """Stop getting a model; what is there stays for the next time. With `forget` that goes, too. Answered by Done."""

    id: int
    forget: bool = False


class FetchAgain(ModelVerb, frozen=True, kw_only=True, tag="fetch-again"):
    """Go on with one that failed or was stopped; answered by FetchAnswer."""

    id: int


class Fetches(ModelVerb, frozen=True, kw_only=True, tag="fetches"):
    """Every model that is being got, or was lately; answered by FetchesAnswer."""


class AboutAnswer(Answer, frozen=True, kw_only=True, tag="about-model"):
    """What is known of it."""

    about: ModelAbout


class FetchAnswer(Answer, frozen=True, kw_only=True, tag="fetch"):
    """One that is being got."""

    fetch: FetchView


class FetchesAnswer(Answer, frozen=True, kw_only=True, tag="fetches"):
    """Those that are being got, or were, the oldest first."""

    fetches: tuple[FetchView, ...]


AnyModelVerb = About | Describe | HashModel | Fetch | StopFetch | FetchAgain | Fetches
AnyModelAnswer = AboutAnswer | FetchAnswer | FetchesAnswer
