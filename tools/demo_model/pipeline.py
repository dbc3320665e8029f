"""The packed file in diffusers' own pipeline: what the evaluation measures is what everybody can load."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    AutoencoderKL,
    DPMSolverMultistepScheduler,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint, convert_ldm_vae_checkpoint
from safetensors import safe_open
from safetensors.torch import load_file
from transformers import CLIPTextConfig, CLIPTextModel

from tools.demo_model import scene, tokens

TEXT_PREFIX = "cond_stage_model.transformer."
Runs = Sequence[tuple[str, float]]
# picture number, step (from 0) → embedding (1, 77, width)
Timeline = Callable[[int, int], torch.Tensor]


def _text_encoder(config: dict[str, object], state: dict[str, torch.Tensor]) -> CLIPTextModel:
    encoder = CLIPTextModel(CLIPTextConfig(**config))
    found = {key.removeprefix(TEXT_PREFIX): value for key, value in state.items() if key.startswith(TEXT_PREFIX)}
    bare = not any(key.startswith("text_model.") for key in encoder.state_dict())
    renamed = {key.removeprefix("text_model.") if bare else key: value.float() for key, value in found.items()}
    encoder.load_state_dict(renamed)
    return encoder.eval()


def load(path: Path) -> StableDiffusionPipeline:
    """The pipeline of a packed file, in float32, with DPM++ 2M on Karras' sigmas."""
    with safe_open(path, "pt") as file:
        architecture = json.loads(file.metadata()["sdtui.architecture"])
    state = load_file(path)
    unet = UNet2DConditionModel(**architecture["unet"])
    unet.load_state_dict({k: v.float() for k, v in convert_ldm_unet_checkpoint(dict(state), dict(unet.config)).items()})
    vae = AutoencoderKL(**architecture["vae"])
    shapes = {key: value.shape for key, value in vae.state_dict().items()}
    converted = convert_ldm_vae_checkpoint(dict(state), dict(vae.config))
    vae.load_state_dict({key: value.float().reshape(shapes[key]) for key, value in converted.items()})
    scheduler = DPMSolverMultistepScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        num_train_timesteps=1000,
        steps_offset=1,
        use_karras_sigmas=True,
    )
    encoder = _text_encoder(architecture["text_encoder"], state)
    parts = (vae.eval(), encoder, tokens.tokenizer(), unet.eval(), scheduler, None, None)
    pipe = StableDiffusionPipeline(*parts, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    return pipe


@dataclass(kw_only=True)
class Painter:
    """Makes pictures with a pipeline in batches."""

    pipe: StableDiffusionPipeline
    steps: int = 20
    cfg_scale: float = 4.0
    batch: int = 25

    @torch.no_grad()
    def embed(self, runs: Runs | str) -> torch.Tensor:
        """Embedding (1, 77, width) of a prompt or of runs with emphasis."""
        ids, weights = [tokens.BEGIN], [1.0]
        for words, weight in [(runs, 1.0)] if isinstance(runs, str) else runs:
            found = tokens.token_ids(words)
            ids += found
            weights += [weight] * len(found)
        ids, weights = ids[: tokens.LENGTH - 1], weights[: tokens.LENGTH - 1]
        padding = tokens.LENGTH - len(ids)
        ids, weights = ids + [tokens.END] * padding, weights + [1.0] * padding
        return tokens.emphasise(self.pipe.text_encoder(torch.tensor([ids]))[0], torch.tensor([weights]))

    @torch.no_grad()
    def paint(
        self,
        embeddings: Sequence[torch.Tensor],
        *,
        seed: int,
        negative: torch.Tensor | None = None,
        cfg_scale: float | None = None,
        timeline: Timeline | None = None,
    ) -> list[np.ndarray]:
        """Pictures (64, 64, 3) uint8; picture i has the seed `seed` + i. `negative` holds one embedding or one each."""
        without = self.embed("") if negative is None else negative
        scale = self.cfg_scale if cfg_scale is None else cfg_scale
        found: list[np.ndarray] = []
        for first in range(0, len(embeddings), self.batch):
            wanted = torch.cat(list(embeddings[first : first + self.batch]))
            each = without if len(without) == 1 else without[first : first + self.batch]
            unwanted = each.expand(len(wanted), -1, -1)
            settings = {"guidance_scale": scale, "num_inference_steps": self.steps, "output_type": "np"}
            if timeline is not None:
                settings["callback_on_step_end"] = _changing(timeline, first, unwanted, guided=scale > 1)
                settings["callback_on_step_end_tensor_inputs"] = ["prompt_embeds"]
            noise = [torch.Generator().manual_seed(seed + first + i) for i in range(len(wanted))]
            size = {"height": scene.SIDE_PX, "width": scene.SIDE_PX, "generator": noise}
            made = self.pipe(prompt_embeds=wanted, negative_prompt_embeds=unwanted, **settings, **size).images
            found += [(picture * 255).round().astype(np.uint8) for picture in made]
        return found

    @torch.no_grad()
    def repaint(
        self, pictures: Sequence[np.ndarray], embeddings: Sequence[torch.Tensor], *, strength: float, seed: int
    ) -> list[np.ndarray]:
        """img2img: each picture again under its embedding, with `strength` (0..1) of the noise."""
        again = StableDiffusionImg2ImgPipeline(**self.pipe.components, requires_safety_checker=False)
        again.set_progress_bar_config(disable=True)
        found: list[np.ndarray] = []
        for first in range(0, len(pictures), self.batch):
            wanted = torch.cat(list(embeddings[first : first + self.batch]))
            drawn = torch.from_numpy(np.stack(pictures[first : first + self.batch])).permute(0, 3, 1, 2) / 255
            made = again(
                image=drawn,
                prompt_embeds=wanted,
                negative_prompt_embeds=self.embed("").expand(len(wanted), -1, -1),
                guidance_scale=self.cfg_scale,
                num_inference_steps=self.steps,
                strength=strength,
                generator=[torch.Generator().manual_seed(seed + first + i) for i in range(len(wanted))],
                output_type="np",
            ).images
            found += [(picture * 255).round().astype(np.uint8) for picture in made]
        return found

    @torch.no_grad()
    def fill(
        self,
        pictures: Sequence[np.ndarray],
        masks: Sequence[np.ndarray],
        embeddings: Sequence[torch.Tensor],
        *,
        seed: int,
    ) -> list[np.ndarray]:
        """Inpainting from noise: each picture with what its mask (64, 64; 1: anew) covers drawn under its embedding."""
        inpaint = StableDiffusionInpaintPipeline(**self.pipe.components, requires_safety_checker=False)
        inpaint.set_progress_bar_config(disable=True)
        found: list[np.ndarray] = []
        for first in range(0, len(pictures), self.batch):
            some = slice(first, first + self.batch)
            wanted = torch.cat(list(embeddings[some]))
            made = inpaint(
                image=torch.from_numpy(np.stack(pictures[some])).permute(0, 3, 1, 2) / 127.5 - 1,
                mask_image=torch.from_numpy(np.stack(masks[some])).float()[:, None],
                height=scene.SIDE_PX,
                width=scene.SIDE_PX,
                prompt_embeds=wanted,
                negative_prompt_embeds=self.embed("").expand(len(wanted), -1, -1),
                guidance_scale=self.cfg_scale,
                num_inference_steps=self.steps,
                strength=1.0,
                generator=[torch.Generator().manual_seed(seed + first + i) for i in range(len(wanted))],
                output_type="np",
            ).images
            found += [(picture * 255).round().astype(np.uint8) for picture in made]
        return found

    @torch.no_grad()
    def through_autoencoder(self, pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The pictures encoded and decoded: the most any UNet can reach."""
        found: list[np.ndarray] = []
        for first in range(0, len(pictures), self.batch):
            drawn = torch.from_numpy(np.stack(pictures[first : first + self.batch])).permute(0, 3, 1, 2)
            latents = self.pipe.vae.encode(drawn.float() / 127.5 - 1).latent_dist.mode()
            back = self.pipe.vae.decode(latents).sample.clamp(-1, 1)
            found += [((picture + 1) * 127.5).round().byte().permute(1, 2, 0).numpy() for picture in back]
        return found


def _changing(timeline: Timeline, first: int, unwanted: torch.Tensor, *, guided: bool):
    def follow(_pipe: object, step: int, _time: object, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        wanted = torch.cat([timeline(first + i, step + 1) for i in range(len(unwanted))])
        tensors["prompt_embeds"] = torch.cat([unwanted, wanted]) if guided else wanted
        return tensors

    return follow
