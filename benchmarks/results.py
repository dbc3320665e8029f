"""Writes benchmarks/RESULTS.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

HEAD = """# Iterations a second, beside diffusers' pipelines

Written by `python -m benchmarks.pipelines`; do not edit. An iteration is one step of every picture of the batch, with guidance:
two rows a picture through the UNet. Medians of interleaved rounds, with the slowest and the fastest; weights are random.
"""
SMALL_NOTE = """
**Small modules and small pictures: these figures only show that the command works.** They say nothing about a graphics card.
"""
EAGER_NOTE = "`eager` traces and compiles nothing: it shows that what is compiled runs, not how fast."


class Row(NamedTuple):
    """One line: iterations a second, or in `failed` why there are none."""

    shape: str
    batch: int
    what: str
    rate: float
    slowest: float
    fastest: float
    failed: str = ""


class Run(NamedTuple):
    """What was measured on, with what, and how."""

    device: str
    torch: str
    diffusers: str
    small: bool
    steps: int
    rounds: int
    compiler: str


def write_results(path: Path, rows: Sequence[Row], run: Run) -> None:
    """The whole file, anew."""
    lines = [HEAD.rstrip()]
    if run.small:
        lines.append(SMALL_NOTE.rstrip())
    versions = f"torch {run.torch}, diffusers {run.diffusers}"
    lines.append(
        f"\n{run.device}; {versions}; {run.steps} steps of Euler, {run.rounds} rounds; compiled with {run.compiler}.\n"
    )
    if run.compiler == "eager":
        lines.append(f"{EAGER_NOTE}\n")
    for shape in dict.fromkeys(row.shape for row in rows):
        lines += [
            f"## {shape}\n",
            "| batch | | it/s | slowest … fastest | beside the plain pipeline |",
            "|---|---|---|---|---|",
        ]
        lines += [_line(row, rows) for row in rows if row.shape == shape]
        lines.append("")
    path.write_text("\n".join(lines).rstrip() + "\n")


def _line(row: Row, rows: Sequence[Row]) -> str:
    if row.failed:
        return f"| {row.batch} | {row.what} | – | {row.failed} | |"
    plain = next((other for other in rows if other[:3] == (row.shape, row.batch, "pipeline")), None)
    beside = f"{row.rate / plain.rate:.2f} ×" if plain is not None and plain.rate else ""
    return f"| {row.batch} | {row.what} | {row.rate:.4g} | {row.slowest:.4g} … {row.fastest:.4g} | {beside} |"
