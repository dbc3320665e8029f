"""What the editors understand of a text: its tree and its colours at once, and what takes longer beside the event loop."""

from __future__ import annotations

from typing import NamedTuple

from sdtui.prompt.borders import borders
from sdtui.prompt.chunks import Count, count
from sdtui.prompt.embeddings import mentions
from sdtui.prompt.expand.lint import lint_template
from sdtui.prompt.expand.template import blanked
from sdtui.prompt.expand.template import parse as parse_template
from sdtui.prompt.highlight import Span, spans
from sdtui.prompt.lint import lint
from sdtui.prompt.nodes import Diagnostic, Prompt
from sdtui.prompt.parser import parse, plain
from sdtui.prompt.timeline import timeline
from sdtui.prompt.tokens import ClipTokenizer
from sdtui.ui.writing.reading import Reading, Surroundings


class Understood(NamedTuple):
    """A text as a tree, and as spans that cover it."""

    text: str
    prompt: Prompt
    spans: tuple[Span, ...]


class Judged(NamedTuple):
    """What is to be said about a text: tokens, where chunks begin, where embeddings are named, and what is odd."""

    text: str
    tokens: Count
    borders: tuple[int, ...]
    embeddings: tuple[tuple[int, int], ...]
    diagnostics: tuple[Diagnostic, ...]


def read(text: str, reading: Reading) -> Prompt:
    """The text as a tree; comments are blank in it."""
    parser = parse if reading.marked else plain
    return parser(blanked(text), negative=reading.negative)


def understand(text: str, reading: Reading) -> Understood:
    """The text as a tree and as spans."""
    prompt = read(text, reading)
    return Understood(text, prompt, spans(prompt, typed=text))


def judge(text: str, reading: Reading, around: Surroundings, tokenizer: ClipTokenizer) -> Judged:
    """Count the text as it is planned (tags cut out, first step, longest part), and find what is odd."""
    prompt = read(text, reading)
    parts = timeline(prompt, max(1, around.steps))
    counts = [
        count(part.schedule[0].runs, tokenizer, around.comma_backtrack, embeddings=around.embeddings) for part in parts
    ]
    places = borders(
        prompt,
        tokenizer,
        steps=max(1, around.steps),
        comma_backtrack=around.comma_backtrack,
        embeddings=around.embeddings,
    )
    found = lint(
        prompt,
        around.names,
        steps=around.steps,
        family=around.family,
        embeddings=around.embeddings,
        borders=places,
    )
    odd = [*found, *lint_template(parse_template(text), around.wildcards)]
    named = mentions(prompt, around.embeddings) if around.embeddings is not None else ()
    return Judged(
        text,
        max(counts, key=lambda each: each.used),
        places,
        tuple((each.start, each.end) for each in named),
        tuple(sorted(odd, key=lambda each: (each.start, each.end))),
    )
