"""Wildcards: what a draw costs with cold and with warm files, what a big folder costs to look at, and how soon a bomb is refused."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from benchmarks.figure import Figure
from sdtui.errors import SdtuiError
from sdtui.prompt.expand.combinations import count, each
from sdtui.prompt.expand.draw import draw
from sdtui.prompt.expand.marks import marks
from sdtui.prompt.expand.source import ListedValues
from sdtui.prompt.expand.template import parse
from sdtui.workspace.wildcards import WildcardFolder

LINES = 5000
FILES = 1000
TEMPLATE = "a {small|2::large} __lines__ on {2$$ and $$__lines__}, ${x=!{red|blue}}${x} and ${x}, "
REFUSED_MS = 250.0
BOMBS: dict[str, dict[str, list[str]]] = {
    "a cycle": {"a": ["__b__"], "b": ["__a__"]},
    "ever more": {"a": ["__a0__"], **{f"a{i}": [f"__a{i + 1}____a{i + 1}__"] for i in range(14)}, "a14": ["{|}x"]},
    "a value of 64 kB": {"a": ["{" + "a|" * 32_000 + "b}"]},
    "5,000 values that vary": {"a": ["__b__"], "b": [f"{{{i}|" + "{a|b}" * 20 + "}" for i in range(LINES)]},
}


def measure() -> list[Figure]:
    """Best of several rounds each."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "wildcards"
        _write(root)
        warm = WildcardFolder(root)
        template = parse(TEMPLATE)
        long = (TEMPLATE * 100)[:5000]
        look = warm.look()
        draw(template, look, 1)
        return [
            Figure(
                "draw from 5,000 lines, cold", _best_ms(lambda: draw(template, WildcardFolder(root).look(), 1), 5), "ms"
            ),
            Figure("draw from 5,000 lines, warm files", _best_ms(lambda: draw(template, warm.look(), 1), 5), "ms"),
            Figure("draw another from 5,000 lines", _best_ms(lambda: draw(template, look, 2), 20), "ms"),
            Figure("count the combinations of 5,000 lines", _best_ms(lambda: count(template, look), 5), "ms"),
            Figure("the first 1,000 combinations", _best_ms(lambda: list(islice(each(template, look), 1000)), 3), "ms"),
            Figure(f"list {FILES:,} files of wildcards, warm", _best_ms(lambda: warm.look().listing(), 3), "ms"),
            Figure(
                "read a template of 5,000 characters and mark it", _best_ms(lambda: marks(parse(long)), 10), "ms", 16.0
            ),
            *(
                Figure(f"refuse {bomb}", _best_ms(lambda lists=lists: _refused(lists), 2), "ms", REFUSED_MS)  # type: ignore[misc]
                for bomb, lists in BOMBS.items()
            ),
        ]


def _write(root: Path) -> None:
    (root / "many").mkdir(parents=True)
    (root / "lines.txt").write_text("".join(f"value number {number}\n" for number in range(LINES)))
    for number in range(FILES - 1):
        (root / f"many/file-{number}.txt").write_text("one\ntwo\n")


def _refused(lists: dict[str, list[str]]) -> None:
    """What of a bomb can be refused is; the dearest of drawing and counting it."""
    template, source = parse("__a__"), ListedValues(lists)
    for expand in (lambda: draw(template, source, 1), lambda: count(template, source)):
        try:
            expand()
        except SdtuiError:
            continue


def _best_ms(do: Callable[[], object], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        do()
        best = min(best, time.perf_counter() - start)
    return best * 1000
