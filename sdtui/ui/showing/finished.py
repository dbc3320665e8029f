"""The finished pictures of the jobs, and where each stands in a strip of them. Knows no widget."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sdtui.spec.jobview import JobView


class Finished(NamedTuple):
    """A picture on the disk, by its job and render."""

    job_id: int
    render_id: str
    path: str
    seed: int
    prompt: str

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.rpartition("/")[2]


class Grid(NamedTuple):
    """Pictures a line, lines that are seen, and cells of one picture; a line below each says which it is."""

    across: int
    lines: int
    width_cells: int
    height_cells: int

    @property
    def line_rows(self) -> int:
        """Rows of the screen that a line of pictures takes."""
        return self.height_cells + 1

    def first_seen(self, cursor: int, first: int) -> int:
        """The first line that is seen, moved no further than the cursor needs."""
        line = cursor // self.across
        return min(line, max(first, line - self.lines + 1))


MOST_ROWS, FEWEST_ROWS = 8, 3
"""Rows of a picture: as many as there are room for, between these."""


def finished(jobs: Iterable[JobView]) -> tuple[Finished, ...]:
    """Every finished picture, the newest first."""
    return tuple(
        Finished(job.id, render.id, render.path, render.seed, job.document.prompt)
        for job in sorted(jobs, key=lambda job: job.id, reverse=True)
        for render in reversed(job.renders)
        if render.state == "done" and render.path
    )


def grid_of(width: int, height: int, *, plain: bool) -> Grid:
    """The grid for a room in cells; `plain` is a list of names, one a row."""
    if plain or height <= FEWEST_ROWS:
        return Grid(1, max(1, height), max(1, width), 0)
    rows = min(MOST_ROWS, height - 1)
    cells = min(max(1, width), 2 * rows)
    return Grid(max(1, (width + 1) // (cells + 1)), max(1, height // (rows + 1)), cells, rows)
