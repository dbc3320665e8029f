"""A render in the making, and which of those in flight share the next UNet call."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from msgspec.structs import replace

from sdtui.engine.noise import PIXELS_PER_CELL
from sdtui.engine.requests import Decode, Encode, Evaluate, Making, Picture, Request
from sdtui.engine.shelf import Key, key_of
from sdtui.spec.job import Render
from sdtui.spec.model import ModelFile

TIME_SLICE_S = 30.0
STRETCH = 2


class Group(NamedTuple):
    """A checkpoint, and what is applied to it."""

    checkpoint: Key
    networks: tuple[tuple[str, ...], ...] = ()
    vae: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Flight:
    """One render on its way. `solo` keeps it from sharing a call; times in seconds of the engine's clock:
    when its first step began, when the next look at it is due, and what calls took since its last step. `notes` are sentences
    for the job's log, `makeshifts` what a lack of memory changed about its pixels, `unread` the words of its embeddings that its
    checkpoint could not use.
    """

    render: Render
    solo: bool = False
    making: Making | None = None
    request: Request | None = None
    begun_at: float | None = None
    sketch_at: float = math.inf
    sketched: bool = False
    step: int = 0
    spent_s: float = 0.0
    notes: list[str] = field(default_factory=list)
    makeshifts: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)

    @property
    def model(self) -> ModelFile:
        """The checkpoint that its next request needs."""
        return self.request.model if isinstance(self.request, Encode | Evaluate | Decode) else self.render.checkpoint

    @property
    def adapted(self) -> Render:
        """The render with what it adds to the checkpoint it needs next: nothing to a refiner of another family."""
        refiner = self.render.refiner
        if refiner is None or refiner.alike or key_of(self.model) != key_of(refiner.file):
            return self.render
        return replace(self.render, networks=())

    @property
    def group(self) -> Group:
        """Flights of equal groups may share a UNet call."""
        networks = tuple(network.key for network in self.adapted.networks)
        return Group(key_of(self.model), networks, self.render.vae.version if self.render.vae else ())

    @property
    def cells(self) -> tuple[int, int]:
        """Height and width of its latents."""
        return self.render.params.height // PIXELS_PER_CELL, self.render.params.width // PIXELS_PER_CELL

    @property
    def decoding(self) -> bool:
        """It waits for its decoded picture, which needs no turn."""
        return isinstance(self.request, Decode)

    def step_done(self, step: int) -> float:
        """Note that this step is done; the seconds it took in all its calls, or each of several that were done at once."""
        seconds = self.spent_s / max(1, step - self.step)
        self.step, self.spent_s = step, 0.0
        return seconds

    def advance(self, answer: Any) -> Request:
        """Send the answer to its request and hold what it asks for next; raises StopIteration with the picture."""
        assert self.making is not None
        self.request = self.making.send(answer)
        return self.request

    def finish(self, picture: Picture) -> Picture:
        """Send the decoded picture, and take what the making makes of it."""
        assert self.making is not None
        try:
            self.request = self.making.send(picture)
        except StopIteration as finished:
            made: Picture = finished.value
            return made
        raise AssertionError("A picture asked for more after its decode.")


class Groups:
    """Which group has its turn: the active one until it is empty, or 30 s while another waits; then one of its checkpoint, or any."""

    def __init__(self, slice_s: float = TIME_SLICE_S) -> None:
        self._slice_s = slice_s
        self._active: Group | None = None
        self._since = 0.0

    def choose(self, flights: Iterable[Flight], now: float) -> Flight | None:
        """The oldest flight of the group to work with now; None when nobody wants one. `flights`: oldest first."""
        waiting: dict[Group, Flight] = {}
        for flight in flights:
            if not flight.decoding:
                waiting.setdefault(flight.group, flight)
        if not waiting:
            self._active = None
            return None
        spent = now - self._since >= self._slice_s
        others = [group for group in waiting if group != self._active]
        if self._active not in waiting or (spent and others):
            same = [group for group in others if self._active and group.checkpoint == self._active.checkpoint]
            stays = bool(same) and not spent
            self._active, self._since = (same[0], self._since) if stays else (others[0], now)
        elif not others:
            self._since = now
        return waiting[self._active]


def share_call(flights: Iterable[Flight], most_rows: int) -> list[Flight]:
    """The flights of the next UNet call: the oldest that wants one, and whoever fits to it, oldest first.

    Fitting: same latent shape, edges that touch or do not, not solo, not more than `most_rows` rows in all, and contexts whose
    common length is at most twice the longest. The flights are of one group; the oldest goes even when it alone has more rows.
    """
    chosen: list[Flight] = []
    rows, tokens, longest = 0, 1, 1
    for flight in flights:
        request = flight.request
        if not isinstance(request, Evaluate):
            continue
        common, longer = math.lcm(tokens, request.tokens), max(longest, request.tokens)
        if chosen:
            head = chosen[0].request
            assert isinstance(head, Evaluate)
            fits = not flight.solo and _alike(request, head)
            if not fits or rows + request.rows > most_rows or common > STRETCH * longer:
                continue
        chosen.append(flight)
        rows, tokens, longest = rows + request.rows, common, longer
        if flight.solo:
            break
    return chosen


def _alike(request: Evaluate, other: Evaluate) -> bool:
    return request.latents.shape == other.latents.shape and request.seamless == other.seamless
