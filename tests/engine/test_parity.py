"""The same picture as StableDiffusionPipeline: same model, same noise, same sigmas, diffusers' schedulers."""

from __future__ import annotations

import pytest
import torch

from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.engine import Engine
from tests.engine.pipeline import pipeline_latents, text_encoder, tokenizer
from tests.engine.renders import final_latents, relative, render

PROMPT = "a large red circle on the left on a blue background"
TOLERANCE = 1e-4


@pytest.mark.parametrize(
    ("sampler", "schedule", "steps", "cfg_scale", "negative"),
    [
        ("Euler", "Uniform", 20, 4.0, ""),
        ("Euler", "Karras", 9, 7.5, "green"),
        ("Euler a", "Uniform", 12, 4.0, "small"),
        ("Euler a", "Karras", 7, 6.0, ""),
        ("DPM++ 2M", "Karras", 20, 4.0, ""),
        ("DPM++ 2M", "Automatic", 11, 7.0, "star"),
        ("DPM++ 2M", "Uniform", 16, 4.0, ""),
        ("DPM++ 2M", "Exponential", 8, 4.0, ""),
        ("DDIM", "Automatic", 20, 4.0, "green"),
        ("DDIM", "DDIM", 10, 7.0, ""),
        # so few steps under so much guidance are wrong colours, and theirs are the same ones
        ("PLMS", "Automatic", 10, 4.0, ""),
        ("UniPC", "Automatic", 10, 4.0, ""),
    ],
)
def test_latents_agree_with_the_pipeline(
    engine: Engine, checkpoint: Checkpoint, sampler: str, schedule: str, steps: int, cfg_scale: float, negative: str
) -> None:
    ours = render(
        PROMPT, negative=negative, sampler=sampler, schedule_type=schedule, steps=steps, cfg_scale=cfg_scale, seed=11
    )
    (latents,) = final_latents(engine, ours)
    theirs = pipeline_latents(
        checkpoint,
        sampler=sampler,
        schedule=schedule,
        prompt=PROMPT,
        negative=negative,
        steps=steps,
        cfg_scale=cfg_scale,
        seed=11,
    )
    assert relative(latents, theirs) <= TOLERANCE


def test_another_shape_agrees_too(engine: Engine, checkpoint: Checkpoint) -> None:
    ours = render(PROMPT, width=128, height=128, sampler="DPM++ 2M", steps=6)
    (latents,) = final_latents(engine, ours)
    theirs = pipeline_latents(
        checkpoint, sampler="DPM++ 2M", prompt=PROMPT, steps=6, cfg_scale=4.0, seed=7, size_px=128
    )
    assert relative(latents, theirs) <= TOLERANCE


@pytest.mark.parametrize("share", [0.7, 1.0])
def test_rescaled_guidance_agrees_too(engine: Engine, checkpoint: Checkpoint, share: float) -> None:
    ours = render(PROMPT, negative="green", steps=8, cfg_scale=7.5, guidance_rescale=share)
    (latents,) = final_latents(engine, ours)
    theirs = pipeline_latents(
        checkpoint,
        sampler="Euler",
        prompt=PROMPT,
        negative="green",
        steps=8,
        cfg_scale=7.5,
        seed=7,
        guidance_rescale=share,
    )
    assert relative(latents, theirs) <= TOLERANCE


@pytest.mark.parametrize("clip_skip", [1, 2])
def test_the_text_encoder_agrees_with_transformers(checkpoint: Checkpoint, clip_skip: int) -> None:
    theirs = text_encoder(checkpoint)
    ids = tokenizer()([PROMPT], padding="max_length", return_tensors="pt").input_ids
    with torch.inference_mode():
        output = theirs(ids, output_hidden_states=True)
        skipped = theirs.final_layer_norm(output.hidden_states[-clip_skip])
        ours = checkpoint.text_encoder(ids, clip_skip).context
    assert relative(ours, skipped) < 1e-6
    if clip_skip == 1:
        assert relative(ours, output.last_hidden_state) < 1e-6
