"""Run every benchmark, or those whose names are given, and print one table of figures against their bars.

    python -m benchmarks [NAME …]

Exits 1 when a bar is missed or a benchmark broke, 2 when a name is unknown.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
import traceback
from collections.abc import Iterable
from pathlib import Path

from benchmarks.figure import Figure

HEADINGS = ("figure", "value", "bar", "")


def main(names: list[str]) -> int:
    """Measure, print, and say by the exit code whether every bar was met."""
    known = sorted(found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)]))
    known = [name for name in known if name not in {"__main__", "figure"}]
    for name in names:
        if name not in known:
            print(f"There is no benchmark '{name}'. Known: {', '.join(known)}.", file=sys.stderr)
            return 2
    figures: list[Figure] = []
    broken: list[str] = []
    for name in names or known:
        module = importlib.import_module(f"benchmarks.{name}")
        if not hasattr(module, "measure"):
            continue
        started = time.perf_counter()
        try:
            figures += module.measure()
        except Exception:  # noqa: BLE001 - one broken benchmark must not hide the others' figures
            traceback.print_exc()
            broken.append(name)
        print(f"{name}: {time.perf_counter() - started:.1f} s", file=sys.stderr, flush=True)
    print(table(figures))
    missed = [figure.name for figure in figures if not figure.ok]
    if missed:
        print(f"\nMissed: {', '.join(missed)}.")
    if broken:
        print(f"\nBroken: {', '.join(broken)}.")
    return 1 if missed or broken or not figures else 0


def table(figures: Iterable[Figure]) -> str:
    """Figures as lines of text, columns aligned."""
    rows = [HEADINGS, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}".rstrip() for row in rows]
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def _row(figure: Figure) -> tuple[str, str, str, str]:
    if figure.bar is None:
        return (figure.name, f"{figure.value:.4g} {figure.unit}", "", "")
    sign = "≤" if figure.better == "lower" else "≥"
    value = f"{figure.value:.4g} {figure.unit}"
    return (figure.name, value, f"{sign} {figure.bar:.4g} {figure.unit}", "ok" if figure.ok else "MISSED")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
