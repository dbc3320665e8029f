"""What the program understands of a prompt, as one value that a person, a script or a test can read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property

from msgspec import Struct

from sdtui.prompt.borders import PlacingTokenizer, borders
from sdtui.prompt.chunks import CHUNK_TOKENS, Count, count
from sdtui.prompt.embeddings import Embeddings
from sdtui.prompt.emphasis import Run
from sdtui.prompt.expand.lint import lint_template
from sdtui.prompt.expand.template import blanked
from sdtui.prompt.expand.template import parse as parse_template
from sdtui.prompt.lint import lint
from sdtui.prompt.names import Names
from sdtui.prompt.nodes import Diagnostic, Prompt
from sdtui.prompt.parser import parse
from sdtui.prompt.timeline import Part, Scheduled, timeline

BREAK_WEIGHT = -1.0
"""What stands for BREAK in a list of texts and weights, as A1111 writes it: ["BREAK", -1]."""


class ExplainedTag(Struct, frozen=True, kw_only=True):
    """A tag: `positional` begins with what it names; of a named argument given twice the last counts."""

    kind: str
    positional: tuple[str, ...]
    named: dict[str, str]


class ExplainedText(Struct, frozen=True, kw_only=True):
    """What holds up to and including step `until`: `emphasis` is what it says with the weight of each stretch."""

    until: int
    text: str
    emphasis: tuple[tuple[str, float], ...]
    tokens: int
    chunks: int


class ExplainedPart(Struct, frozen=True, kw_only=True):
    """What stands between two ANDs; `hires_schedule` is that of the second pass, whose steps count from 1 again."""

    weight: float
    schedule: tuple[ExplainedText, ...]
    hires_schedule: tuple[ExplainedText, ...] = ()


class Explained(Struct, frozen=True, kw_only=True):
    """A prompt explained; `tokens`, `limit` and `chunks` are those of its longest text.

    Places (`borders`, `start`, `end`) count characters of the prompt as it was given; `borders` are where the text of
    step 1 begins a new chunk.
    """

    text: str
    steps: int
    hires_steps: int
    tags: tuple[ExplainedTag, ...]
    parts: tuple[ExplainedPart, ...]
    tokens: int
    limit: int
    chunks: int
    borders: tuple[int, ...]
    diagnostics: tuple[Diagnostic, ...]


class Explainer:
    """Explains prompts with one tokenizer and the names that are known; what is not known is not judged."""

    def __init__(
        self,
        tokenizer: PlacingTokenizer,
        *,
        names: Names | None = None,
        family: str = "",
        embeddings: Embeddings | None = None,
        wildcards: Sequence[str] | None = None,
    ) -> None:
        self._tokenizer = tokenizer
        self._names = names
        self._family = family
        self._embeddings = embeddings
        self._wildcards = wildcards

    def explain(
        self, text: str, steps: int, *, hires_steps: int = 0, old_timelines: bool = False, negative: bool = False
    ) -> Explained:
        """What is understood of a prompt over `steps` steps and, if there are any, `hires_steps` of a second pass."""
        prompt = parse(blanked(text), negative=negative)
        parts = _Parts(prompt, steps, hires_steps, old_timelines, self)
        places = borders(prompt, self._tokenizer, steps=steps, embeddings=self._embeddings)
        found = lint(
            prompt,
            self._names,
            steps=steps,
            hires_steps=hires_steps,
            old_timelines=old_timelines,
            family=self._family,
            embeddings=self._embeddings,
            borders=places,
        )
        template = parse_template(text)
        longest = parts.longest
        return Explained(
            text=prompt.raw(0, len(text)),
            steps=steps,
            hires_steps=hires_steps,
            tags=tuple(
                ExplainedTag(kind=tag.kind, positional=tag.positional, named=dict(tag.named)) for tag in prompt.tags
            ),
            parts=parts.explained,
            tokens=longest.used,
            limit=longest.limit,
            chunks=longest.limit // CHUNK_TOKENS,
            borders=places,
            diagnostics=tuple(sorted((*found, *lint_template(template, self._wildcards)), key=_place)),
        )

    def count(self, runs: Sequence[Run]) -> Count:
        """The tokens of a text."""
        return count(runs, self._tokenizer, embeddings=self._embeddings)


class _Parts:
    """The parts of one prompt; a text that comes again is read and counted once."""

    def __init__(self, prompt: Prompt, steps: int, hires_steps: int, old_timelines: bool, explainer: Explainer) -> None:
        self._first = timeline(prompt, steps, old_timelines=old_timelines)
        self._second: tuple[Part, ...] = ()
        if hires_steps > 0:
            self._second = timeline(
                prompt, steps, hires_steps=hires_steps, second_pass=True, old_timelines=old_timelines
            )
        self._explainer = explainer
        self._counted: dict[str, Count] = {}

    @cached_property
    def explained(self) -> tuple[ExplainedPart, ...]:
        """Every part."""
        second = [tuple(self._texts(part)) for part in self._second] or [()] * len(self._first)
        return tuple(
            ExplainedPart(weight=part.weight, schedule=tuple(self._texts(part)), hires_schedule=hires)
            for part, hires in zip(self._first, second, strict=True)
        )

    @property
    def longest(self) -> Count:
        """The counter of the longest text."""
        _ = self.explained
        return max(self._counted.values())

    def _texts(self, part: Part) -> Iterator[ExplainedText]:
        for held in part.schedule:
            counted = self._count(held)
            yield ExplainedText(
                until=held.until,
                text=held.text,
                emphasis=tuple((run.text, BREAK_WEIGHT if run.is_break else run.weight) for run in held.runs),
                tokens=counted.used,
                chunks=max(1, math.ceil(counted.used / CHUNK_TOKENS)),
            )

    def _count(self, held: Scheduled) -> Count:
        if held.text not in self._counted:
            self._counted[held.text] = self._explainer.count(held.runs)
        return self._counted[held.text]


def _place(diagnostic: Diagnostic) -> tuple[int, int]:
    return diagnostic.start, diagnostic.end
