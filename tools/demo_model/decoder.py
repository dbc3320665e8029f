"""Tune the decoder on what the UNet makes, with and without guidance: clean pictures from latents that are a little off."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch.nn import functional

from tools.demo_model import autoencoder, captions, draw, pair, progress, tokens, unet
from tools.demo_model.batches import LATENT_NOISE, signal_shares
from tools.demo_model.scene import Backdrop, Scene, Thing, random_scene

REPORT_EVERY = 100
HIGHEST_STEP = 320
GUIDANCE = 4.0
PAIR_SHARE = 0.25
ORDINARY_SHARE = 0.4
Part = TypeVar("Part", Thing, Backdrop)
# Colours that a fresh decoder draws all alike, however strong: mean differences over 8×8 pixels count this much.
FLAT_COUNTS = 4.0


@dataclass(frozen=True, kw_only=True)
class DecoderPlan:
    """How the decoder is tuned."""

    folder: Path
    steps: int = 600
    batch: int = 8
    learning_rate: float = 6e-4
    device: str = "cpu"


class Drawn(NamedTuple):
    """Scenes as pictures (batch, 3, 64, 64) in −1..1, and their captions as token rows and emphasis (batch, 77)."""

    shown: torch.Tensor
    rows: torch.Tensor
    weights: torch.Tensor


def scene_of_all_strengths(rnd: random.Random) -> Scene:
    """A scene whose colours are mostly of any strength, so that the decoder does not learn the ordinary one by heart."""
    shown = random_scene(rnd, pair=rnd.random() < PAIR_SHARE, emphasis=0.4)
    things = tuple(_of_any_strength(thing, rnd) for thing in shown.things)
    return replace(shown, backdrop=_of_any_strength(shown.backdrop, rnd), things=things)


def _of_any_strength(part: Part, rnd: random.Random) -> Part:
    if rnd.random() < ORDINARY_SHARE:
        return part
    return replace(part, weights={**part.weights, "colour": round(rnd.uniform(0.1, 1.8), 2)})


def drawn(rnd: random.Random, count: int, device: str) -> Drawn:
    """New scenes, with captions that tell the strengths as emphasis."""
    scenes = [scene_of_all_strengths(rnd) for _ in range(count)]
    rows, weights = zip(*(tokens.encode(captions.caption(scene, rnd)) for scene in scenes), strict=True)
    shown = torch.from_numpy(np.stack([draw.render(scene) for scene in scenes])).permute(0, 3, 1, 2).float()
    pictures = (shown / 127.5 - 1).contiguous()
    return Drawn(pictures.to(device), torch.tensor(rows).to(device), torch.tensor(weights).to(device))


@torch.no_grad()
def guessed(state: unet.State, vae: AutoencoderKL, batch: Drawn) -> torch.Tensor:
    """The UNet's guess of the latents (batch, 4, 8, 8) of scenes, from low noise; half of them under guidance."""
    count, device = len(batch.shown), batch.shown.device
    latents = vae.encode(batch.shown).latent_dist.mean * autoencoder.SCALING
    latents = latents + LATENT_NOISE * torch.randn_like(latents)
    steps = torch.randint(1, HIGHEST_STEP, (count,)).to(device)
    alpha = signal_shares().to(device)[steps].view(-1, 1, 1, 1)
    noisy = alpha.sqrt() * latents + (1 - alpha).sqrt() * torch.randn_like(latents)
    wanted = tokens.emphasise(state.encoder(batch.rows)[0], batch.weights)
    empty = state.encoder(torch.tensor([tokens.encode([])[0]]).to(device))[0].expand(count, -1, -1)
    both = state.unet(noisy.repeat(2, 1, 1, 1), steps.repeat(2), torch.cat([empty, wanted])).sample
    without, under = both.chunk(2)
    scale = torch.where(torch.rand(count) < 0.5, 1.0, GUIDANCE).view(-1, 1, 1, 1).to(device)
    noise = without + scale * (under - without)
    return (noisy - (1 - alpha).sqrt() * noise) / alpha.sqrt() / autoencoder.SCALING


def train(rank: int, world: int, plan: DecoderPlan) -> None:
    """Tune in one process of `world`; writes autoencoder-tuned.pt or tunes it on; its encoder is the old one."""
    state = unet.fresh(unet.UnetPlan(folder=plan.folder, batch=plan.batch, device=plan.device))
    state.load(unet.learnt(plan.folder))
    tuned = plan.folder / "autoencoder-tuned.pt"
    vae = autoencoder.load(tuned if tuned.exists() else plan.folder / "autoencoder.pt").train().to(plan.device)
    parameters = [p for name, p in vae.named_parameters() if name.startswith(("decoder", "post_quant"))]
    optimiser = torch.optim.AdamW(parameters, lr=plan.learning_rate, betas=(0.9, 0.99), weight_decay=1e-4, fused=True)
    average, meter = progress.AveragedWeights(parameters, 0.99), progress.Meter("decoder", plan.steps)
    held = autoencoder.pictures(random.Random(5), 64, plan.device)
    torch.manual_seed(500 + rank)
    rnd = random.Random(f"decoder {rank}")
    for step in range(plan.steps):
        for group in optimiser.param_groups:
            group["lr"] = plan.learning_rate * progress.rate(step, step / plan.steps, flat=0.3, warm_up=30)
        batch = drawn(rnd, plan.batch, plan.device)
        restored = vae.decode(guessed(state, vae, batch)).sample
        loss = autoencoder.restoration_loss(restored, batch.shown)
        loss = loss + FLAT_COUNTS * functional.avg_pool2d(restored - batch.shown, 8).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        pair.average_gradients(parameters, world)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        average.update(step)
        meter.add(step, loss=loss.item())
        if rank == 0 and (step + 1) % REPORT_EVERY == 0:
            print(meter.line(step + 1, plan.batch * world), f"{autoencoder.decibels(vae, held):.2f} dB", flush=True)
    if rank == 0:
        average.swap()
        progress.save_whole(tuned, {k: v.cpu() for k, v in vae.state_dict().items()})
