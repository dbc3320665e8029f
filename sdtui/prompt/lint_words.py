"""Diagnostics about words: embeddings of another family or in another program's spelling, chunk borders, bars that part nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from sdtui.prompt.chunks import CHUNK_TOKENS
from sdtui.prompt.embeddings import Embeddings, Mention, mentions
from sdtui.prompt.names import Names, family_name, fits
from sdtui.prompt.nodes import Alternation, AnyNode, Diagnostic, Fix, Prompt, Schedule, Text

_BAR = re.compile(r"\|")
_BRACE = re.compile(r"[{}]")
_COMFY = re.compile(r"\bembedding:([\w.-]+)", re.IGNORECASE)
_LONG_WORD = re.compile(r"(?<!\w)(?<!embedding:)\w[\w-]{4,}\w(?!\w)")
_WORD = re.compile(r"[^\s,()\[\]|:]*")
_TAG = re.compile(r"<[^<>]*>")
NEAR = 400
"""How far before a border its BREAK is looked for, in characters."""
_ENDS_IN_BREAK = re.compile(r"\bBREAK\s*$")


def lint_embeddings(
    prompt: Prompt, names: Names | None, embeddings: Embeddings | None, family: str
) -> Iterator[Diagnostic]:
    """What is wrong with the embeddings that a prompt names, or may have meant to name."""
    named = mentions(prompt, embeddings) if embeddings else ()
    if embeddings:
        yield from _misspelled(prompt, embeddings, named)
    for found in named:
        known = names.find("embedding", found.name) if names else None
        if known and not fits(known.family, family):
            sentence = f'The embedding "{found.name}" is made for {family_name(known.family)}, the checkpoint is {family_name(family)}.'
            yield Diagnostic(found.start, found.end, "warning", sentence)
        if found.vectors > CHUNK_TOKENS:
            sentence = f'"{found.name}" has {found.vectors} vectors: only the first {CHUNK_TOKENS} fit into a chunk.'
            yield Diagnostic(found.start, found.end, "warning", sentence)
    if names and "embedding:" in prompt.text.lower():
        yield from _comfy(prompt, names)


def _misspelled(prompt: Prompt, embeddings: Embeddings, named: Sequence[Mention]) -> Iterator[Diagnostic]:
    """Words that are nearly the name of an embedding."""
    meant = {word: name for word in set(_LONG_WORD.findall(prompt.text)) if (name := embeddings.nearest(word))}
    if not meant:
        return
    taken = _covered(prompt, ((each.start, each.end) for each in named))
    for match in _LONG_WORD.finditer(prompt.text):
        name = meant.get(match[0], "")
        if name and not any(taken[match.start() : match.end()]):
            sentence = f'Did you mean the embedding "{name}"?'
            yield Diagnostic(match.start(), match.end(), "hint", sentence, Fix(match.start(), match.end(), name))


def _comfy(prompt: Prompt, names: Names) -> Iterator[Diagnostic]:
    """`embedding:name`, as ComfyUI spells it."""
    for match in _COMFY.finditer(prompt.text):
        start, end, name = match.start(), match.end(), match[1]
        known = names.find("embedding", name)
        if known:
            sentence = '"embedding:" is ComfyUI\'s: here the name alone is enough, and "embedding:" is read as a word.'
            yield Diagnostic(start, end, "warning", sentence, Fix(start, end, name))
            continue
        near = list(names.nearest("embedding", name))
        guess = " Did you mean " + " or ".join(f'"{each}"' for each in near) + "?" if near else ""
        fix = Fix(start, end, near[0]) if near else None
        yield Diagnostic(start, end, "error", f'There is no embedding named "{name}".{guess}', fix)


def lint_borders(prompt: Prompt, borders: Sequence[int]) -> Iterator[Diagnostic]:
    """Chunks that begin where nobody wrote BREAK."""
    clauses = iter(prompt.clauses)
    clause = next(clauses)
    chunk = 1
    for place in borders:
        while place >= clause.end and (later := next(clauses, None)):
            clause, chunk = later, 1
        chunk += 1
        before = _TAG.sub("", prompt.text[max(clause.start, place - NEAR) : place])
        if prompt.marked and _ENDS_IN_BREAK.search(before):
            continue
        word = _WORD.match(prompt.text, place)
        end = max(word.end() if word else place, place + 1)
        sentence = (
            f"Chunk {chunk} begins here: each {CHUNK_TOKENS} tokens are read on their own, apart from those before."
        )
        yield Diagnostic(place, end, "hint", sentence)


def lint_bars(prompt: Prompt) -> Iterator[Diagnostic]:
    """Bars that part nothing; those in braces belong to wildcards."""
    if "|" not in prompt.text:
        return
    sentence = 'This "|" parts nothing, because no square brackets of its own hold it: it counts as text.'
    covered = _covered(prompt, _braces(prompt.text))
    for clause in prompt.clauses:
        for node in _texts(clause.nodes):
            for bar in _BAR.finditer(prompt.text, node.start, node.end):
                place = bar.start()
                if not covered[place] and not (place and prompt.text[place - 1] == "\\"):
                    yield Diagnostic(place, place + 1, "warning", sentence, Fix(place, place + 1, "\\|"))


def _covered(prompt: Prompt, stretches: Iterable[tuple[int, int]]) -> bytearray:
    """A byte a character, 1 in the stretches and in tags."""
    covered = bytearray(len(prompt.text))
    for start, end in (*stretches, *((tag.start, tag.end) for tag in prompt.tags)):
        covered[start:end] = b"\1" * (end - start)
    return covered


def _texts(nodes: tuple[AnyNode, ...]) -> Iterator[Text]:
    for node in nodes:
        match node:
            case Text():
                yield node
            case Schedule():
                yield from _texts(node.before + node.after)
            case Alternation():
                for option in node.options:
                    yield from _texts(option)
            case _:
                pass


def _braces(text: str) -> list[tuple[int, int]]:
    """Where balanced braces begin and end that stand in no others."""
    stack: list[int] = []
    outermost: list[tuple[int, int]] = []
    for match in _BRACE.finditer(text):
        if match[0] == "{":
            stack.append(match.start())
        elif stack:
            start = stack.pop()
            while outermost and outermost[-1][0] > start:
                outermost.pop()
            outermost.append((start, match.end()))
    return outermost
