"""Tune the decoder on what the UNet makes: pictures must come out clean from latents that are a little off."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn import functional

from tools.demo_model import autoencoder, data, draw, pair, progress, tokens, unet
from tools.demo_model.batches import Batches

REPORT_EVERY = 100
HIGHEST_STEP = 320
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


@torch.no_grad()
def guessed(state: unet.State, batches: Batches, picked: torch.Tensor) -> torch.Tensor:
    """The UNet's guess of the scaled latents (batch, 4, 8, 8) of scenes, from low noise, under their captions."""
    steps = torch.randint(1, HIGHEST_STEP, (len(picked),))
    noisy, _ = batches.noised(picked, steps)
    device, known = batches.plan.device, batches.known
    rows, weights = known["rows"][picked, 0].long().to(device), known["weights"][picked, 0].float().to(device)
    context = tokens.emphasise(state.encoder(rows)[0], weights)
    alpha = batches.alphas[steps].view(-1, 1, 1, 1).to(device)
    noisy = noisy.to(device)
    noise = state.unet(noisy, steps.to(device), context).sample
    return (noisy - (1 - alpha).sqrt() * noise) / alpha.sqrt()


def _pictures(picked: torch.Tensor, single: int) -> torch.Tensor:
    drawn = [torch.from_numpy(draw.render(data.scene_at(int(index), single))) for index in picked]
    return (torch.stack(drawn).permute(0, 3, 1, 2).float() / 127.5 - 1).contiguous()


def train(rank: int, world: int, plan: DecoderPlan) -> None:
    """Tune in one process of `world`; writes autoencoder-tuned.pt or tunes it on; its encoder is the old one."""
    shares = {"pair_share": 0.2, "emphasised_share": 0.6}
    unet_plan = unet.UnetPlan(folder=plan.folder, batch=plan.batch, device=plan.device, **shares)
    state, batches = unet.fresh(unet_plan), Batches(unet_plan)
    state.load(unet.learnt(plan.folder))
    tuned = plan.folder / "autoencoder-tuned.pt"
    vae = autoencoder.load(tuned if tuned.exists() else plan.folder / "autoencoder.pt").train().to(plan.device)
    parameters = [p for name, p in vae.named_parameters() if name.startswith(("decoder", "post_quant"))]
    optimiser = torch.optim.AdamW(parameters, lr=plan.learning_rate, betas=(0.9, 0.99), weight_decay=1e-4, fused=True)
    average, meter = progress.AveragedWeights(parameters, 0.99), progress.Meter("decoder", plan.steps)
    held = autoencoder.pictures(random.Random(5), 64, plan.device)
    torch.manual_seed(500 + rank)
    for step in range(plan.steps):
        for group in optimiser.param_groups:
            group["lr"] = plan.learning_rate * progress.rate(step, step / plan.steps, flat=0.3, warm_up=30)
        picked = batches.pick(pairs=True)
        latents = guessed(state, batches, picked) / autoencoder.SCALING
        shown = _pictures(picked, batches.single).to(plan.device)
        restored = vae.decode(latents).sample
        loss = autoencoder.restoration_loss(restored, shown)
        loss = loss + FLAT_COUNTS * functional.avg_pool2d(restored - shown, 8).abs().mean()
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
