"""Diagnostics: what is odd about a prompt, one sentence each in the user's words.

Brackets and numbers that could not be read come from the parser; what was read, but hardly meant, from the `lint_*` modules.
One more rule: a function that yields diagnostics, called in `lint`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sdtui.prompt.embeddings import Embeddings
from sdtui.prompt.expand.template import parse as parse_template
from sdtui.prompt.lint_schedules import lint_schedules
from sdtui.prompt.lint_tags import lint_tags
from sdtui.prompt.lint_weights import lint_weights
from sdtui.prompt.lint_words import lint_bars, lint_borders, lint_embeddings
from sdtui.prompt.names import Names
from sdtui.prompt.nodes import Diagnostic, Prompt

MAX_BYTES = 256 * 1024


def lint(
    prompt: Prompt,
    names: Names | None = None,
    *,
    steps: int = 0,
    hires_steps: int = 0,
    old_timelines: bool = False,
    family: str = "",
    embeddings: Embeddings | None = None,
    borders: Sequence[int] = (),
) -> tuple[Diagnostic, ...]:
    """All diagnostics in the order of their places; what is not known (no names, steps 0, no family) is not judged.

    `family` is the checkpoint's, `borders` are those of `sdtui.prompt.borders`, which take a tokenizer. What stands in a
    comment is not judged; wildcards are `sdtui.prompt.expand.lint`'s.
    """
    found = [*prompt.diagnostics, *_limits(prompt), *lint_tags(prompt, names, family), *lint_weights(prompt)]
    if "[" in prompt.text:
        found.extend(lint_schedules(prompt, steps, hires_steps, old_timelines=old_timelines))
    found.extend(lint_bars(prompt))
    found.extend(lint_embeddings(prompt, names, embeddings, family))
    found.extend(lint_borders(prompt, borders))
    comments = parse_template(prompt.text).comments if "#" in prompt.text else ()
    if comments:
        found = [each for each in found if not any(note.start <= each.start < note.end for note in comments)]
    found.sort(key=lambda diagnostic: (diagnostic.start, diagnostic.end))
    return tuple(found)


def _limits(prompt: Prompt) -> Iterator[Diagnostic]:
    size = len(prompt.text)
    # a character has four bytes at most
    if size * 4 > MAX_BYTES and (size := len(prompt.text.encode(errors="surrogatepass"))) > MAX_BYTES:
        sentence = f"This prompt has {size // 1024} kB; {MAX_BYTES // 1024} kB are the most."
        yield Diagnostic(0, len(prompt.text), "error", sentence)
