"""A renderer without torch: flat pictures in the seed's colour, for tests of everything around the engine.

The prompt steers it: `slow` waits 50 ms a step, `stuck` never ends a step, `fail` breaks at the second step, `die` ends
the process at the second step, as a crash would. Never used outside tests; `--renderer` names it.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence

from sdtui.errors import RenderError
from sdtui.spec.job import Render
from sdtui.spec.model import ModelFile
from sdtui.spec.outcome import Begun, Broken, Left, Loading, Outcome, Painted, Sketched, Stepped
from sdtui.spec.tuning import Tuning

SLOW_STEP_S = 0.05
STUCK_S = 3600.0


class FakeRenderer:
    """As the engine, one step of every picture a turn."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._steps: dict[str, int] = {}
        self._renders: dict[str, Render] = {}
        self._gone: list[Render] = []
        self._held: dict[str, None] = {}

    @property
    def device(self) -> str:
        """The name it was given."""
        return self._device

    @property
    def idle(self) -> bool:
        """Nothing is in flight."""
        return not self._renders and not self._gone

    def add(self, render: Render, *, alone: bool = False) -> None:
        """Take a render in."""
        self._renders[render.id] = render
        self._steps[render.id] = 0

    def cancel(self, render_id: str) -> None:
        """Let a render go at the next turn."""
        render = self._renders.pop(render_id, None)
        if render is not None:
            self._gone.append(render)

    def warm(self, checkpoint: ModelFile) -> None:
        """There is nothing to load, and nothing said."""

    def release(self, *, keep: bool = False) -> None:
        """Forget which checkpoints were used."""
        self._held.clear()

    def tune(self, tuning: Tuning) -> None:
        """There is nothing to budget."""

    def forsake(self, render_id: str) -> None:
        """Its steps are short."""

    def turn(self) -> Sequence[Outcome]:
        """One step of every picture."""
        outcomes: list[Outcome] = [Left(render=render) for render in self._gone]
        self._gone.clear()
        batch = len(self._renders)
        for render in self._renders.values():
            outcomes += self._load(render)
        for render in tuple(self._renders.values()):
            outcomes += self._step(render, batch)
        if batch and not self._renders:
            outcomes.append(Loading(state="ready"))
        return outcomes

    def _load(self, render: Render) -> list[Outcome]:
        """Say which checkpoints are held when there is one more."""
        if render.checkpoint.path in self._held:
            return []
        self._held[render.checkpoint.path] = None
        return [Loading(state="rendering", checkpoint=render.checkpoint.name, held=tuple(self._held))]

    def _step(self, render: Render, batch: int) -> list[Outcome]:
        step = self._steps[render.id] = self._steps[render.id] + 1
        words = render.prompt.split()
        if "slow" in words:
            time.sleep(SLOW_STEP_S)
        if "stuck" in words:
            time.sleep(STUCK_S)
        if "die" in words and step == 2:
            os._exit(137)
        outcomes: list[Outcome] = [Begun(render=render)] if step == 1 else []
        if "fail" in words and step == 2:
            del self._renders[render.id]
            return [Broken(render=render, error=RenderError("The prompt said so.", todo="Say something else."))]
        steps = render.params.steps
        outcomes.append(Stepped(render=render, step=step, steps=steps, batch=batch, seconds=0.001))
        colour = hashlib.sha256(f"{render.prompt}{render.params.seed}".encode()).digest()[:3]
        if step < steps:
            outcomes.append(Sketched(render=render, step=step, width_px=8, height_px=8, rgb=colour * 64))
            return outcomes
        del self._renders[render.id]
        width, height = render.params.width, render.params.height
        rgb = colour * (width * height)
        return [*outcomes, Painted(render=render, width_px=width, height_px=height, rgb=rgb, seconds=0.001 * steps)]
