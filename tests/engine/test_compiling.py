"""Compiled UNets: the same pictures, adapters and all; and what cannot be compiled runs as it is."""

from __future__ import annotations

import pytest
import torch

from sdtui.engine.compiling import Compiling
from sdtui.spec.outcome import Painted
from sdtui.spec.tuning import Tuning
from tests.engine.renders import builtin, drive, loaded, of, paint, relative, render
from tests.engine.short import own_checkpoint

torch._dynamo.config.cache_size_limit = 64


@pytest.fixture
def counted():
    """A backend that counts the graphs it was given and compiles nothing."""
    torch._dynamo.reset()
    graphs = []
    return lambda graph, inputs: (graphs.append(graph), graph.forward)[1], graphs


def guess(unet, rows=2):
    torch.manual_seed(3)
    latents, context = torch.randn(rows, 4, 8, 8), torch.randn(rows, 77, unet.config.cross_attention_dim)
    with torch.inference_mode():
        return unet(latents, torch.tensor(500.0), context, return_dict=False)[0]


@pytest.mark.parametrize("how", ["blocks", "whole"])
def test_a_compiled_unet_makes_the_same_guess_also_after_its_weights_changed_in_place(how, counted):
    backend, graphs = counted
    unet = own_checkpoint().unet
    before = guess(unet)
    compiling = Compiling(backend)
    compiling.choose(how)
    compiling.prepare(unet)
    assert relative(guess(unet), before) < 1e-5
    assert graphs
    count = len(graphs)
    weight = next(parameter for name, parameter in unet.named_parameters() if "attn2.to_k" in name)
    with torch.no_grad():
        weight.copy_(weight * 3)
    changed = guess(unet)
    assert relative(changed, before) > 1e-4
    assert len(graphs) == count
    compiling.choose("off")
    assert relative(guess(unet), changed) < 1e-5
    assert all(module._compiled_call_impl is None for module in unet.modules())


def test_pictures_of_a_compiled_engine_are_the_same(counted):
    backend, graphs = counted
    engine = loaded()
    one, other = render(steps=3), render(steps=3)
    plain = paint(engine, one)[one.id]
    engine._stepper.compiling = Compiling(backend)
    engine.tune(Tuning(compiled="blocks"))
    compiled = paint(engine, other)[other.id]
    assert graphs
    assert max(abs(mine - yours) for mine, yours in zip(compiled.rgb, plain.rgb, strict=True)) <= 1


def test_what_cannot_be_compiled_runs_as_it_is_and_says_so():
    torch._dynamo.reset()

    def broken(graph, inputs):
        raise OSError("no compiler")

    engine = loaded()
    engine._stepper.compiling = Compiling(broken)
    engine.tune(Tuning(compiled="blocks"))
    one, other = render(steps=3), render(steps=1, seed=8)
    engine.add(one)
    outcomes = drive(engine)
    (painted,) = of(Painted, outcomes)
    assert "cannot be compiled here" in painted.notes[0]
    assert paint(engine, other)[other.id].notes == ()
    assert engine.checkpoint(builtin()).unet._compiled_call_impl is None


def test_without_being_asked_nothing_is_compiled():
    engine = loaded()
    paint(engine, render(steps=1))
    assert not engine._stepper.compiling._compiled
