"""When a picture in flight is worth a look: often enough to see it grow, seldom enough not to slow it."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.decoder import Decoder
from sdtui.engine.flight import Flight
from sdtui.engine.preview import Sketch
from sdtui.spec.outcome import Sketched

AFTER_S = 0.1
EVERY_S = 0.25
COST_FACTOR = 150
WORTH_WATCHING_S = 1.0


class Sketching:
    """Paces sketches: the first after 0.1 s, then every 0.25 s for each picture.

    Where a sketch is a decode, one at a time goes to the decode thread while that has nothing better to do, for the
    picture that waited longest, and in the long run they take a hundred-and-fiftieth of the time of the steps; a picture that takes a
    second or more always gets its first.
    """

    def __init__(self, decoder: Decoder[Flight]) -> None:
        self._decoder = decoder
        self._earned_s = 0.0
        self._cost_s = 0.0

    def offer(
        self, guesses: list[tuple[Flight, int, Tensor]], checkpoint: Checkpoint, now: float, step_s: float
    ) -> Iterator[Sketched]:
        """Sketch what is due of these flights' guesses (flight, step, latents), made in a UNet call of `step_s` seconds."""
        self._earned_s += step_s / COST_FACTOR
        due = [guess for guess in guesses if now >= guess[0].sketch_at]
        if checkpoint.sketcher is not None:
            for flight, step, latents in due:
                flight.sketch_at = now + EVERY_S
                yield sketched(flight, step, checkpoint.sketcher.sketch(latents))
        elif due and not self._decoder.busy:
            flight, step, latents = min(due, key=lambda guess: guess[0].sketch_at)
            awaited = not flight.sketched and step_s * flight.render.params.steps >= WORTH_WATCHING_S
            if self._earned_s < self._cost_s and not awaited:
                return
            flight.sketch_at, flight.sketched = now + EVERY_S, True
            self._earned_s = 0.0
            self._decoder.submit_sketch(flight, step, checkpoint, latents)

    def took(self, seconds: float) -> None:
        """A sketch by decode took this long; the shortest counts, the first of all is slower than it need be."""
        self._cost_s = min(seconds, self._cost_s or seconds)


def sketched(flight: Flight, step: int, sketch: Sketch) -> Sketched:
    """The outcome of a sketch."""
    return Sketched(
        render=flight.render, step=step, width_px=sketch.width_px, height_px=sketch.height_px, rgb=sketch.rgb
    )
