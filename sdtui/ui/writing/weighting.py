"""The weight keys: raise or lower the weight of a word, a selection, an emphasis or a tag in the text of a prompt.

As A1111's ctrl+up and ctrl+down: `word` becomes `(word:1.1)`, a weight that is there already changes by 0.1, and at 1 the
brackets go. Where A1111 reads brackets by counting them, this asks the parser, so that schedules and escapes stay whole.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sdtui.prompt.brackets import pairs
from sdtui.prompt.expand.marks import marks
from sdtui.prompt.expand.template import blanked
from sdtui.prompt.expand.template import parse as parse_template
from sdtui.prompt.names import TAG_KINDS
from sdtui.prompt.nodes import Alternation, Prompt, Schedule, Tag
from sdtui.prompt.parser import parse
from sdtui.ui.writing.emphases import Emphasis, emphases, whole

STEP = 0.1
MOST = 10.0
WORD = re.compile(r"[^\s,.()\[\]{}<>:|\\$，。、；：（）「」『』]+")
CONTENT = re.compile(r"\w")
COMMANDS = frozenset({"AND", "BREAK"})


class Change(NamedTuple):
    """Characters `start` up to `end` of the text become `text`; then `select_start` up to `select_end` is selected."""

    start: int
    end: int
    text: str
    select_start: int
    select_end: int


def change_weight(text: str, start: int, end: int, steps: int) -> Change | None:
    """What the keys do to a selection or, when it is empty, to what the cursor is on; None where there is nothing to weigh.

    Without a selection it is the tag, else the innermost emphasis, else the word.
    """
    shown = blanked(text)
    prompt = parse(shown)
    known = emphases(prompt)
    if start == end:
        return _at_cursor(text, prompt, known, start, steps)
    start, end = _trim(shown, start, end)
    for tag in prompt.tags:
        if tag.start <= start and end <= tag.end:
            return _reweigh_tag(text, tag, steps)
    start, end = _balanced(prompt, start, end)
    for each in known:
        if (start, end) in {(each.start, each.end), (each.inner_start, each.inner_end)}:
            return _reweigh(text, whole(known, each), steps)
    return _weigh(text, start, end, steps)


def _at_cursor(text: str, prompt: Prompt, known: list[Emphasis], at: int, steps: int) -> Change | None:
    word = _word(prompt.text, at)
    # just behind a bracket counts as on it, unless a word begins there
    last = at if WORD.match(prompt.text, at) else at - 1
    for tag in prompt.tags:
        if tag.start <= at and last < tag.end:
            return _reweigh_tag(text, tag, steps)
    around = [each for each in known if each.start <= at and last < each.end]
    if around:
        return _reweigh(text, whole(known, max(around, key=lambda each: each.start)), steps)
    if word is None or text[word[0] : word[1]] in COMMANDS or _is_number_of(prompt, *word):
        return None
    place = _unmarked(text, *word)
    return _weigh(text, *place, steps) if place else None


def _weigh(text: str, start: int, end: int, steps: int) -> Change | None:
    """Brackets around what has none."""
    start, end = _trim(text, start, end)
    words = text[start:end]
    if not CONTENT.search(words):
        return None
    weight = _stepped(1.0, steps)
    return Change(start, end, f"({words}:{weight:g})", start + 1, start + 1 + len(words))


def _reweigh(text: str, each: Emphasis, steps: int) -> Change | None:
    """Another number for an emphasis; one without a number counts as the tenth that is nearest to it."""
    start, end = _trim(text, each.inner_start, each.inner_end)
    words = text[start:end]
    if not CONTENT.search(words):
        return None
    weight = _stepped(each.weight if each.numbered else round(each.weight, 1), steps)
    if weight == 1.0:
        return Change(each.start, each.end, words, each.start, each.start + len(words))
    inside = text[each.inner_start : each.inner_end] if each.numbered else words
    first = each.start + 1 + (start - each.inner_start if each.numbered else 0)
    return Change(each.start, each.end, f"({inside}:{weight:g})", first, first + len(words))


def _reweigh_tag(text: str, tag: Tag, steps: int) -> Change | None:
    """Another weight (of the text encoder) for a LoRA or hypernetwork; at 1 the number stays."""
    if tag.kind not in TAG_KINDS or not tag.name:
        return None
    at, positions, found = tag.start + len(tag.kind) + 2, 0, (0, 0)
    named, behind_name = False, tag.end - 1
    for argument in text[at : tag.end - 1].split(":"):
        key, equals, _ = argument.partition("=")
        if equals and key == "te":
            found, named = (at + 3, at + len(argument)), True
        elif not equals:
            positions += 1
            if positions == 1:
                behind_name = at + len(argument)
            elif positions == 2 and not named:
                found = (at, at + len(argument))
        at += len(argument) + 1
    if found == (0, 0):
        number = f":{_stepped(1.0, steps, negative=True):g}"
        return Change(behind_name, behind_name, number, behind_name + 1, behind_name + len(number))
    start, end = found
    try:
        weight = _stepped(float(text[start:end]), steps, negative=True)
    except ValueError:
        return None
    return Change(start, end, f"{weight:g}", start, start + len(f"{weight:g}"))


def _stepped(weight: float, steps: int, *, negative: bool = False) -> float:
    """The weight so many tenths on; what is not below 0 stays so, but for tags."""
    least = -MOST if negative or weight < 0 else 0.0
    return round(min(MOST, max(least, weight + steps * STEP)), 2) + 0.0


def _word(text: str, at: int) -> tuple[int, int] | None:
    """The word that the place touches."""
    start = at
    while start > 0 and WORD.match(text[start - 1]):
        start -= 1
    match = WORD.match(text, start)
    return match.span() if match else None


def _unmarked(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The word, or the whole wildcard or variable it belongs to; None for what steers a choice."""
    for mark in marks(parse_template(text)):
        if mark.start < end and start < mark.end:
            if mark.kind not in {"wildcard", "variable"} or text[mark.start : mark.end].endswith(("=", ":")):
                return None
            start, end = min(start, mark.start), max(end, mark.end)
    return start, end


def _is_number_of(prompt: Prompt, start: int, end: int) -> bool:
    """The word is the number of a schedule or of a clause."""
    for clause in prompt.clauses:
        if clause.text_end <= start < clause.end:
            return True
        branches = [clause.nodes]
        while branches:
            for node in branches.pop():
                if isinstance(node, Schedule):
                    if node.when_start < end and start < node.end:
                        return True
                    branches += [node.before, node.after]
                elif isinstance(node, Alternation):
                    branches += node.options
    return False


def _balanced(prompt: Prompt, start: int, end: int) -> tuple[int, int]:
    """The selection, widened until it holds both or neither of every pair of brackets."""
    known = pairs(prompt)
    grown = True
    while grown:
        grown = False
        for opening, closing in known:
            if (start <= opening < end) != (start <= closing < end):
                start, end, grown = min(start, opening), max(end, closing + 1), True
    return start, end


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
