"""diffusers' own pipeline around a loaded checkpoint: the reference our pictures are compared with."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.sampling.table import SAMPLERS
from sdtui.engine.schedules import schedule_sigmas

BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def text_encoder(checkpoint: Checkpoint) -> Any:
    """transformers' CLIPTextModel with the checkpoint's weights."""
    from transformers import CLIPTextConfig, CLIPTextModel

    ours = checkpoint.text_encoder
    width = ours.final_layer_norm.weight.shape[0]
    layer = ours.encoder.layers[0]
    config = CLIPTextConfig(
        hidden_size=width,
        intermediate_size=layer.mlp.fc1.weight.shape[0],
        num_attention_heads=layer.self_attn.heads,
        num_hidden_layers=ours.depth,
        projection_dim=width,
        hidden_act="quick_gelu",
        bos_token_id=49406,
        eos_token_id=49407,
        pad_token_id=49407,
    )
    theirs = CLIPTextModel(config)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    return theirs.eval()


def tokenizer() -> Any:
    """transformers' CLIPTokenizer on the vocabulary that ships."""
    from transformers import CLIPTokenizer

    folder = Path(str(files("sdtui.data") / "clip"))
    vocab, merges = str(folder / "vocab.json"), str(folder / "merges.txt")
    try:
        return CLIPTokenizer(vocab, merges, pad_token="<|endoftext|>", model_max_length=77)
    except TypeError:
        return CLIPTokenizer(vocab=vocab, merges=merges, pad_token="<|endoftext|>", model_max_length=77)


def pipeline(checkpoint: Checkpoint, scheduler: Any) -> Any:
    """StableDiffusionPipeline on the checkpoint's own UNet and VAE."""
    from diffusers import StableDiffusionPipeline

    made = StableDiffusionPipeline(
        vae=checkpoint.vae,
        text_encoder=text_encoder(checkpoint),
        tokenizer=tokenizer(),
        unet=checkpoint.unet,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    made.set_progress_bar_config(disable=True)
    return made


def scheduler_for(checkpoint: Checkpoint, sampler: str, schedule: str) -> Any:
    """diffusers' scheduler of this sampler, on our sigmas (fractions of timesteps as A1111, which diffusers rounds)."""
    from diffusers import (
        DDIMScheduler,
        DPMSolverMultistepScheduler,
        EulerAncestralDiscreteScheduler,
        EulerDiscreteScheduler,
        PNDMScheduler,
        UniPCMultistepScheduler,
    )

    leading = {**BETAS, "steps_offset": 1, "timestep_spacing": "leading"}
    # these have their own timesteps, untouched
    if sampler == "DDIM":
        return DDIMScheduler(**leading, clip_sample=False, set_alpha_to_one=False)
    if sampler == "PLMS":
        return PNDMScheduler(**leading, skip_prk_steps=True, set_alpha_to_one=False)
    classes = {
        "Euler": EulerDiscreteScheduler,
        "Euler a": EulerAncestralDiscreteScheduler,
        "DPM++ 2M": DPMSolverMultistepScheduler,
        "UniPC": UniPCMultistepScheduler,
    }
    theirs = classes[sampler]

    class OnOurSigmas(theirs):  # type: ignore[misc,valid-type]
        def set_timesteps(self, num_inference_steps: int, device: Any = None, **options: Any) -> None:
            super().set_timesteps(num_inference_steps, device)
            sigmas = schedule_sigmas(checkpoint.levels, schedule, sampler, num_inference_steps)
            self.sigmas = torch.tensor(sigmas)
            self.timesteps = torch.tensor([checkpoint.levels.timestep(sigma) for sigma in sigmas[:-1]])

    return OnOurSigmas(**BETAS, timestep_spacing="linspace", steps_offset=1)


def pipeline_latents(
    checkpoint: Checkpoint,
    *,
    sampler: str,
    schedule: str = "Automatic",
    prompt: str,
    negative: str = "",
    steps: int,
    cfg_scale: float,
    seed: int,
    size_px: int = 64,
    guidance_rescale: float = 0.0,
) -> Tensor:
    """The final latents (4, h, w) of the pipeline from the noise that our picture of this seed starts with."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn((4, size_px // 8, size_px // 8), generator=generator)
    first = schedule_sigmas(checkpoint.levels, schedule, sampler, steps)[0]
    if sampler == "DPM++ 2M":
        # k-diffusion starts from sigma times noise, where diffusers takes the noise for the latents of the first timestep
        noise = noise * SAMPLERS[sampler].start(first) / (first**2 + 1) ** 0.5
    if sampler == "Euler a":
        # diffusers starts from the next higher scale here: undo what it multiplies with
        noise = noise * first
    made = pipeline(checkpoint, scheduler_for(checkpoint, sampler, schedule))
    if sampler == "Euler a":
        made.scheduler.set_timesteps(steps)
        noise = noise / made.scheduler.init_noise_sigma
    result = made(
        prompt,
        negative_prompt=negative,
        num_inference_steps=steps,
        guidance_scale=cfg_scale,
        guidance_rescale=guidance_rescale,
        height=size_px,
        width=size_px,
        latents=noise[None],
        generator=generator,
        output_type="latent",
    )
    return result.images[0]  # type: ignore[no-any-return]
