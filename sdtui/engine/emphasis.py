"""How prompt weights act on the text encoder's output."""

from __future__ import annotations

from torch import Tensor

from sdtui.prompt.emphasis import BREAK, Run
from sdtui.prompt.nodes import DEFAULT_FACTOR, Break, Close, Escape, Open, Shape, Text, clamp
from sdtui.prompt.parser import parse

NEAR_ZERO = 1e-6


def weigh(encoded: Tensor, weights: Tensor, mode: str, empty: Tensor) -> Tensor:
    """A chunk's encoding with its weights applied; `mode` as in EMPHASIS_MODES.

    encoded: (77, width); weights: (77,); empty: the empty text's encoding, (77, width), which only ComfyUI's mode reads.
    Weights that are all 1 change nothing. Original: as A1111, the chunk's mean stays what it was.
    """
    if mode in {"None", "Ignore"} or bool((weights == 1).all()):
        return encoded
    column = weights[:, None]
    if mode == "ComfyUI":
        return empty + (encoded - empty) * column
    weighed = encoded * column
    if mode == "No norm":
        return weighed
    before, after = encoded.mean(), weighed.mean()
    if abs(before) < NEAR_ZERO or abs(after) < NEAR_ZERO:
        return weighed
    return weighed * (before / after)


def comfy_runs(text: str) -> tuple[Run, ...]:
    """The runs of a text as ComfyUI weighs them: brackets multiply, but an explicit weight replaces whatever is around it."""
    runs: list[Run] = []
    settled: list[bool] = []
    opened: dict[Shape, list[int]] = {"round": [], "square": []}

    def multiply(start: int, factor: float, explicit: bool) -> None:
        for place in range(start, len(runs)):
            if not settled[place] and not runs[place].is_break:
                runs[place] = runs[place]._replace(weight=clamp(runs[place].weight * factor))
                settled[place] = explicit

    for node in parse(text, negative=True).clauses[0].nodes:
        match node:
            case Open():
                opened[node.shape].append(len(runs))
            case Close():
                factor = DEFAULT_FACTOR[node.shape] if node.weight is None else node.weight
                multiply(opened[node.shape].pop(), factor, node.weight is not None)
            case _:
                words = node.value if isinstance(node, Text | Escape) else text[node.start : node.end]
                runs.append(BREAK if isinstance(node, Break) else Run(words, 1.0))
                settled.append(False)
    for shape, starts in opened.items():
        for start in starts:
            multiply(start, DEFAULT_FACTOR[shape], False)
    return tuple(run for run in runs if run.text) or (Run("", 1.0),)
