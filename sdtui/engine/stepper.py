"""Brings pictures in flight on: answers what they ask for, and makes the UNet calls they share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, assert_never

import torch
from torch import Tensor

from sdtui.engine.breaking import Abandoned, Breaking
from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.compiling import Compiling
from sdtui.engine.decoder import Decoder
from sdtui.engine.device import Compute, finish, free_memory
from sdtui.engine.encoding import TextEncoding
from sdtui.engine.flight import Flight
from sdtui.engine.forward import Forward
from sdtui.engine.ladder import Ladder, Place
from sdtui.engine.memory import RowLimit, is_dead, is_out_of_memory, no_room, too_large
from sdtui.engine.picture import txt2img
from sdtui.engine.requests import Decode, Encode, Encoded, Evaluate, Note
from sdtui.engine.shelf import Shelf, check_version, key_of
from sdtui.engine.sketching import Sketching
from sdtui.errors import RenderError, SdtuiError
from sdtui.spec.outcome import Broken, Outcome, Stepped

FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a fault in the making of pictures may raise; it ends the pictures it belongs to, never the others."""


class Call(NamedTuple):
    """A UNet call: how many pictures shared it and how long it took."""

    batch: int
    seconds: float


NO_CALL = Call(0, 0.0)


class Stepper:
    """Serves the requests of flights; what comes out is yielded as outcomes, a flight's error as Broken."""

    def __init__(
        self, compute: Compute, shelf: Shelf, decoder: Decoder[Flight], row_limit: RowLimit, clock: Callable[[], float]
    ) -> None:
        self.encoding = TextEncoding()
        self.forward = Forward()
        self.sketching = Sketching(decoder)
        self.ladder = Ladder(compute, shelf)
        self.breaking = Breaking()
        self.compiling = Compiling()
        self._compute = compute
        self._shelf = shelf
        self._decoder = decoder
        self._row_limit = row_limit
        self._clock = clock
        self._guesses: list[tuple[Flight, int, Tensor]] = []

    def forget(self) -> None:
        """Drop every tensor kept for later, and what was learnt about memory."""
        self.encoding.forget()
        self.forward.forget()
        self.ladder.forget()

    def most_rows(self, flight: Flight, checkpoint: Checkpoint) -> int:
        """How many rows the next UNet call of this flight's shape may have."""
        return max(1, min(self._row_limit(checkpoint, flight.cells), self.ladder.rows(_place(flight))))

    def prepare(self, flights: Sequence[Flight], checkpoint: Checkpoint, most_rows: int) -> Iterator[Outcome]:
        """Start as many pictures, and answer as many texts, as the next call has room for."""
        rows = 0
        for flight in flights:
            if rows >= most_rows:
                return
            if not isinstance(flight.request, Evaluate):
                yield from self._guarded(flight, self._begin(flight, checkpoint))
            if isinstance(flight.request, Evaluate):
                rows += flight.request.rows

    def step(self, batch: Sequence[Flight], checkpoint: Checkpoint) -> Iterator[Outcome]:
        """One UNet call for these flights, all of which want an evaluation."""
        requests = [flight.request for flight in batch if isinstance(flight.request, Evaluate)]
        most_rows = self.ladder.rows(_place(batch[0]))
        started = self._clock()
        answers: list[Tensor] = []
        fault: RenderError | None = None
        no_memory = False
        try:
            self.compiling.prepare(checkpoint.unet)
            cells = sum(request.rows * request.latents[0].numel() for request in requests)
            with self.breaking.running(checkpoint, (flight.render.id for flight in batch), cells):
                answers = self.forward.evaluate(checkpoint, requests, most_rows)
                finish(self._compute.device)
        except Abandoned:
            return
        except FAULTS as error:
            if is_dead(error):
                # nothing will work in this process any more
                raise
            if note := self.compiling.gave_up(error):
                batch[0].notes.append(note)
                return
            no_memory = is_out_of_memory(error)
            fault = _fault(error)
        if no_memory:
            # only here, where the traceback no longer holds the tensors
            rows = sum(request.rows for request in requests)
            fault = self._make_do(batch, checkpoint, min(rows, most_rows) if len(batch) == 1 else rows)
        call = Call(len(batch), self._clock() - started)
        if fault is not None:
            yield from (Broken(flight.render, fault) for flight in batch)
        makeshift = self.ladder.makeshift(checkpoint)
        sound = _are_finite(answers)
        for flight, answer, is_sound in zip(batch, answers, sound, strict=False):
            if makeshift:
                flight.makeshifts.add(makeshift)
            flight.spent_s += call.seconds
            if is_sound:
                yield from self._guarded(flight, self._follow(flight, answer, checkpoint, call))
            else:
                yield Broken(flight.render, _not_finite(flight, checkpoint))
        yield from self.sketching.offer(self._guesses, checkpoint, self._clock(), call.seconds)
        self._guesses.clear()

    def _begin(self, flight: Flight, checkpoint: Checkpoint) -> Iterator[Outcome]:
        if isinstance(flight.request, Encode):
            answer = self._encoded(flight, flight.request, checkpoint)
            yield from self._follow(flight, answer, checkpoint, NO_CALL)
        elif flight.making is None:
            check_version(flight.render.checkpoint)
            too_large(checkpoint, flight.cells, free_memory(self._compute.device) + self._shelf.held_bytes)
            flight.making = txt2img(
                flight.render,
                checkpoint.levels,
                self._compute.device,
                prediction=checkpoint.prediction,
                family=checkpoint.family,
            )
            yield from self._follow(flight, None, checkpoint, NO_CALL)

    def _follow(self, flight: Flight, answer: Any, checkpoint: Checkpoint, call: Call) -> Iterator[Outcome]:
        """Give a flight its answer and serve what it asks for next, until that needs a UNet call, a decode or another model."""
        while True:
            request = flight.advance(answer)
            match request:
                case Note(step=step):
                    steps, answer = flight.render.params.steps, None
                    if step < steps:
                        self._guesses.append((flight, step, request.denoised))
                    seconds = flight.step_done(step)
                    yield Stepped(render=flight.render, step=step, steps=steps, batch=call.batch, seconds=seconds)
                case Encode():
                    if key_of(request.model) != key_of(flight.render.checkpoint):
                        return
                    answer = self._encoded(flight, request, checkpoint)
                case Decode():
                    self._decoder.submit(flight, checkpoint, request.latents, seamless=request.seamless)
                    return
                case Evaluate():
                    return
                case _:
                    assert_never(request)

    def _encoded(self, flight: Flight, request: Encode, checkpoint: Checkpoint) -> Encoded:
        encoded = self.encoding.serve(request, checkpoint)
        flight.notes += encoded.notes
        if key_of(request.model) == key_of(flight.render.checkpoint):
            flight.unread.update(encoded.unread)
        return encoded

    def _guarded(self, flight: Flight, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
        """The outcomes, and Broken where the flight's own making fails."""
        try:
            yield from outcomes
        except SdtuiError as error:
            yield Broken(flight.render, error)
        except FAULTS as error:
            yield Broken(flight.render, _fault(error))

    def _make_do(self, batch: Sequence[Flight], checkpoint: Checkpoint, rows: int) -> RenderError | None:
        """After so many rows were too many: the next thing that helps, which is told, or an error when there is none."""
        self.forward.forget()
        rung = self.ladder.step_down(checkpoint, _place(batch[0]), rows)
        if rung is not None:
            for flight in batch:
                flight.notes.append(rung.note)
            return None
        return no_room(batch[0].render, self._compute.device)


def _place(flight: Flight) -> Place:
    return Place(key_of(flight.model), flight.cells)


def _are_finite(answers: Sequence[Tensor]) -> list[bool]:
    """Which of the guesses have finite values alone; one question to the device for all."""
    return torch.stack([answer.sum() for answer in answers]).isfinite().tolist() if answers else []


def _not_finite(flight: Flight, checkpoint: Checkpoint) -> RenderError:
    networks = " Without its LoRAs, or with less weight, it may be finite." if flight.render.networks else ""
    return RenderError(
        f"The UNet of {checkpoint.name} made values that are not finite, so there is no picture.",
        todo=f"Try another sampler or a lower cfg scale; if it always happens, the checkpoint may be damaged.{networks}",
    )


def _fault(error: Exception) -> RenderError:
    reason = (str(error).splitlines() or [""])[0]
    return RenderError(f"The picture could not be finished: {type(error).__name__}: {reason}")
