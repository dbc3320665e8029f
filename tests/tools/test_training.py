"""The whole training from nothing, in a few steps: every stage runs, goes on where it was cut, and a model comes out."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdtui.weights.identify import identify
from tools.demo_model import autoencoder, data, decoder, denoising, pack, pipeline, text, unet
from tools.demo_model.progress import Meter

STEPS = 6
SCENES = 96
"""The check of the UNet's training looks at so many pairs."""


class CutOff(Exception):
    pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stages before the UNet's, in one process."""
    made = tmp_path_factory.mktemp("training")
    autoencoder.train(0, 1, autoencoder.AutoencoderPlan(folder=made, steps=2, batch=2))
    data.prepare(0, 1, data.DataPlan(folder=made, single=16, pairs=SCENES))
    text.train(0, 1, text.TextPlan(folder=made, steps=2, batch=4))
    return made


def steps_of(plan: unet.UnetPlan, monkeypatch: pytest.MonkeyPatch, *, cut_at: int = 0) -> list[int]:
    """The numbers of the steps that a training takes; at `cut_at` it is cut off."""
    taken: list[int] = []

    class Counting(Meter):
        def add(self, step: int, **losses: float) -> None:
            taken.append(step)
            super().add(step, **losses)
            if step == cut_at - 1:
                raise CutOff

    monkeypatch.setattr(denoising.progress, "Meter", Counting)
    denoising.train(0, 1, plan)
    return taken


def test_a_training_that_was_cut_goes_on_and_its_model_is_known_to_the_program(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(denoising, "REPORT_EVERY", 2)
    monkeypatch.setattr(denoising, "KEEP_EVERY", 2)
    plan = unet.UnetPlan(folder=folder, steps=STEPS, batch=2, single_until=0.0, corrected_from=0.0, corrected_share=0.5)
    with pytest.raises(CutOff):
        steps_of(plan, monkeypatch, cut_at=5)
    assert not (folder / "unet.pt").exists()
    assert steps_of(plan, monkeypatch) == [4, 5], "the checkpoint is that of four steps"
    assert (folder / "unet.pt").exists()

    decoder.train(0, 1, decoder.DecoderPlan(folder=folder, steps=2, batch=2))
    packed = pack.write(unet.learnt(folder), folder / "autoencoder-tuned.pt", folder)
    assert identify(packed).family == "sd1"
    painter = pipeline.Painter(pipe=pipeline.load(packed), steps=2)
    assert painter.paint([painter.embed("a red circle")], seed=1)[0].shape == (64, 64, 3)
