"""Long steps that nobody wants any more end between two blocks, and those that somebody wants do not."""

from __future__ import annotations

import pytest

from sdtui.engine import breaking as breaking_module
from sdtui.spec.outcome import Left, Painted, Stepped
from tests.engine.renders import builtin, drive, loaded, of, render


@pytest.fixture
def long(monkeypatch):
    """An engine for which the built-in model is large, and the names of the blocks that ran."""
    monkeypatch.setattr(breaking_module, "LONG_CALL", 0)
    engine, ran = loaded(), []
    unet = engine.checkpoint(builtin()).unet
    blocks = {name: block for name, block in unet.named_modules() if type(block).__name__ in breaking_module.PLACES}
    for name, block in blocks.items():
        block.register_forward_hook(lambda module, given, made, name=name: ran.append(name))
    assert len(blocks) > 5
    return engine, unet, ran, len(blocks)


def during_the_first_step(unet, what):
    """Have something happen while the UNet's first block is at work."""
    handle = unet.conv_in.register_forward_hook(lambda *given: (handle.remove(), what())[1])


def test_a_step_for_a_picture_that_nobody_wants_is_broken_off(long):
    engine, unet, ran, blocks = long
    one = render(steps=5)
    engine.add(one)
    during_the_first_step(unet, lambda: engine.forsake(one.id))
    outcomes = drive(engine, lambda: len(ran) > 0 or one.id in engine._stepper.breaking._forsaken)
    assert len(ran) < blocks
    assert not of(Stepped, outcomes)
    engine.cancel(one.id)
    assert of(Left, drive(engine)) == [Left(render=one)]
    assert engine.idle


def test_a_step_that_somebody_else_shares_is_finished(long):
    engine, unet, ran, blocks = long
    one, other = render(steps=1), render(steps=1, seed=8)
    engine.add(one)
    engine.add(other)
    during_the_first_step(unet, lambda: engine.forsake(one.id))
    outcomes = drive(engine, lambda: len(ran) == blocks)
    engine.cancel(one.id)
    outcomes += drive(engine)
    assert {step.render.id for step in of(Stepped, outcomes)} == {one.id, other.id}
    assert [painted.render for painted in of(Painted, outcomes)] == [other]


def test_a_picture_that_is_wanted_again_is_made(long):
    engine, *_ = long
    one = render(steps=2)
    engine.forsake(one.id)
    engine.cancel(one.id)
    engine.forsake(one.id)
    engine.add(one)
    assert len(of(Painted, drive(engine))) == 1


def test_a_short_call_is_not_watched():
    engine = loaded()
    engine.add(render(steps=1))
    drive(engine)
    unet = engine.checkpoint(builtin()).unet
    assert not any(module._forward_pre_hooks for module in unet.modules())
