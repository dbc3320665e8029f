"""The engine: takes renders in, packs their steps into UNet calls, hands pictures out, a turn at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import torch

from sdtui.engine.adapters.applied import Adapters
from sdtui.engine.adapters.foresight import Foresight
from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.decoder import Decoder, TimedSketch
from sdtui.engine.device import Budget, memory_budget, open_device, used_memory
from sdtui.engine.flight import TIME_SLICE_S, Flight, Groups, share_call
from sdtui.engine.loader import Loader
from sdtui.engine.memory import RowLimit, row_limit
from sdtui.engine.moving import move
from sdtui.engine.originals import OriginalsGoneError
from sdtui.engine.requests import Picture
from sdtui.engine.shelf import Shelf, key_of
from sdtui.engine.sketching import AFTER_S, sketched
from sdtui.engine.stepper import Stepper
from sdtui.errors import ModelError, RenderError, SdtuiError
from sdtui.spec.job import Render
from sdtui.spec.model import ModelFile
from sdtui.spec.outcome import Begun, Broken, Left, Loading, Outcome, Painted
from sdtui.spec.tuning import Tuning

DECODE_WAIT_S = 0.05


class Engine:
    """Implements `sdtui.spec.outcome.Renderer`; called from one thread only.

    Raises UsageError when made for a device that is not there. `row_limit` bounds the rows of a UNet call,
    `budget` the loaded checkpoints (None: as `tune` says), `slice_s` a checkpoint's turn while another waits;
    `clock` counts seconds.
    """

    def __init__(
        self,
        device: str,
        *,
        row_limit: RowLimit = row_limit,
        budget: Budget | None = None,
        slice_s: float = TIME_SLICE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = device
        self._clock = clock
        self._compute = open_device(device)
        self._budget = budget
        self._decoder: Decoder[Flight] = Decoder(self._compute.device)
        self._shelf = Shelf(
            budget or memory_budget(self._compute.device, Tuning()),
            park=self._park,
            unpark=lambda checkpoint: move(checkpoint, self._compute.device),
        )
        self._loader = Loader(self._compute, self._shelf)
        self._stepper = Stepper(self._compute, self._shelf, self._decoder, row_limit, clock)
        self._groups = Groups(slice_s)
        self._adapters = Adapters()
        self._foresight = Foresight()
        self._flights: dict[str, Flight] = {}
        self._leaving: list[Flight] = []
        self._warm: ModelFile | None = None
        self._state: Literal["loading", "ready", "rendering"] = "ready"

    @property
    def device(self) -> str:
        """The device by name."""
        return self._name

    @property
    def idle(self) -> bool:
        """Nothing is waiting, running or about to be decoded."""
        return not (self._flights or self._leaving or self._warm)

    @property
    def unet_calls(self) -> int:
        """How many UNet calls there were."""
        return self._stepper.forward.calls

    def checkpoint(self, model: ModelFile) -> Checkpoint | None:
        """The model as it is loaded, for measuring and comparing; None when it is not."""
        return self._shelf.get(key_of(model))

    def add(self, render: Render, *, alone: bool = False) -> None:
        """Take a render in; it joins at the next step, unless `alone` or its own `exact` keeps it from sharing."""
        self._stepper.breaking.forget(render.id)
        self._flights[render.id] = Flight(render, solo=alone or render.params.exact)

    def cancel(self, render_id: str) -> None:
        """Let a render go at the next turn; unknown ids are ignored."""
        self._stepper.breaking.forget(render_id)
        flight = self._flights.pop(render_id, None)
        if flight is not None:
            self._leaving.append(flight)

    def warm(self, checkpoint: ModelFile) -> None:
        """Load a checkpoint in turns when nothing else is waiting."""
        self._warm = checkpoint

    def release(self, *, keep: bool = False) -> None:
        """Give the device's memory back, with `keep` to RAM; pictures in flight go on, after loading again."""
        self._warm = None
        self._shelf.clear(keep=keep)
        self._stepper.forget()
        self._decoder.forget()
        self._adapters.forget()
        self._loader.abandon()

    def tune(self, tuning: Tuning) -> None:
        """Use the device like this from now on; what is loaded gives way to a smaller budget at once."""
        self._stepper.compiling.choose(tuning.compiled)
        if self._budget is None:
            self._shelf.budget = memory_budget(self._compute.device, tuning)
            self._shelf.make_room(0)

    def forsake(self, render_id: str) -> None:
        """Nobody wants this render: a long step made for it alone may be broken off. Called from any thread."""
        self._stepper.breaking.forsake(render_id)

    def _park(self, checkpoint: Checkpoint) -> None:
        """Bring a checkpoint to RAM once the decode thread has done with it."""
        self._decoder.settle(checkpoint)
        move(checkpoint, torch.device("cpu"))

    @torch.inference_mode()
    def turn(self) -> Sequence[Outcome]:
        """Do one unit of work: a UNet call, a stage of a load, or a short wait for the last picture's decode."""
        outcomes: list[Outcome] = [Left(render=flight.render) for flight in self._leaving]
        self._leaving.clear()
        outcomes += self._decoded()
        oldest = self._groups.choose(self._flights.values(), self._clock())
        if oldest is not None:
            outcomes += self._work(oldest)
        elif self._warm is not None:
            outcomes += self._warm_up(self._warm)
        elif not outcomes and self._flights:
            self._decoder.wait(DECODE_WAIT_S)
            outcomes += self._decoded()
        for outcome in outcomes:
            if isinstance(outcome, Broken):
                self._flights.pop(outcome.render.id, None)
        if self.idle and self._state != "ready":
            outcomes.append(self._now("ready"))
        return outcomes

    def _work(self, oldest: Flight) -> Iterator[Outcome]:
        """Bring the pictures of a group one step on, or their checkpoint one stage nearer."""
        group, model = oldest.group, oldest.model
        flights = [flight for flight in self._flights.values() if not flight.decoding and flight.group == group]
        loaded = self._shelf.get(group.checkpoint)
        if loaded is None:
            yield from self._load(model, flights)
            return
        try:
            checkpoint, notes = self._adapters.apply(loaded, oldest.adapted)
        except OriginalsGoneError:
            # loading it anew says what became of the file, or mends it
            self._shelf.drop(group.checkpoint)
            return
        except SdtuiError as error:
            yield from (Broken(flight.render, error) for flight in flights)
            return
        most_rows = self._stepper.most_rows(flights[0], checkpoint)
        yield from self._stepper.prepare(flights, checkpoint, most_rows)
        batch = share_call(flights, most_rows)
        fresh = [flight for flight in batch if flight.begun_at is None]
        if fresh and self._state != "rendering":
            yield self._now("rendering", model)
        for flight in fresh:
            flight.begun_at = self._clock()
            flight.sketch_at = flight.begun_at + AFTER_S
            flight.notes += notes
            yield Begun(render=flight.render)
        if batch and not fresh:
            yield from self._stepper.step(batch, checkpoint)

    def _load(self, model: ModelFile, flights: Sequence[Flight]) -> Iterator[Outcome]:
        try:
            self._foresight.check(model, flights[0].adapted.networks)
            report = self._loader.advance(model)
        except ModelError as error:
            yield from (Broken(flight.render, error) for flight in flights)
            return
        self._state = report.state
        yield report

    def _warm_up(self, model: ModelFile) -> Iterator[Outcome]:
        """One stage of loading what nobody waits for."""
        try:
            loaded = self._shelf.get(key_of(model)) is not None
            report = self._now("ready", model) if loaded else self._loader.advance(model)
        except ModelError as error:
            report = self._now("ready", text=str(error))
        if report.state == "ready":
            self._warm = None
        self._state = report.state
        yield report

    def _decoded(self) -> Iterator[Outcome]:
        """What the decode thread has ready; what belongs to flights that have left is dropped."""
        for flight, decoded in self._decoder.take():
            if isinstance(decoded, TimedSketch):
                self._stepper.sketching.took(decoded.seconds)
            if self._flights.get(flight.render.id) is not flight:
                continue
            if isinstance(decoded, Picture):
                yield self._finish(flight, decoded)
            elif isinstance(decoded, RenderError):
                if flight.decoding:
                    yield Broken(flight.render, decoded)
            elif not flight.decoding:
                yield sketched(flight, decoded.step, decoded.sketch)

    def _finish(self, flight: Flight, picture: Picture) -> Painted:
        del self._flights[flight.render.id]
        made = flight.finish(picture)
        return Painted(
            render=flight.render,
            width_px=made.width_px,
            height_px=made.height_px,
            rgb=made.rgb,
            seconds=self._clock() - (flight.begun_at or 0.0),
            notes=(*flight.notes, *made.notes),
            makeshift=", ".join(sorted({*flight.makeshifts, *made.makeshifts})),
            unread=tuple(sorted(flight.unread)),
        )

    def _now(self, state: Literal["ready", "rendering"], model: ModelFile | None = None, *, text: str = "") -> Loading:
        self._state = state
        memory = used_memory(self._compute.device, self._shelf.held_bytes)
        checkpoint = model.name if model else ""
        return Loading(state=state, text=text, memory=memory, checkpoint=checkpoint, held=self._shelf.paths)
