"""Train the autoencoder: 64×64 pictures to 4×8×8 latents and back, on freshly drawn pictures."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch.nn import functional

from tools.demo_model import draw, pair, pipeline, progress, scene, words

SCALING = 0.18215
CONFIG = {
    "in_channels": 3,
    "out_channels": 3,
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "block_out_channels": [16, 32, 64, 64],
    "layers_per_block": 1,
    "latent_channels": 4,
    "norm_num_groups": 8,
    "sample_size": scene.SIDE_PX,
    "scaling_factor": SCALING,
}
REPORT_EVERY = 200


@dataclass(frozen=True, kw_only=True)
class AutoencoderPlan:
    """How the autoencoder is trained; `start` is a packed model whose autoencoder it goes on from, or None."""

    folder: Path
    steps: int = 12000
    batch: int = 8
    learning_rate: float = 2e-3
    latent_noise: float = 0.12
    start: Path | None = None
    device: str = "cpu"


def build() -> AutoencoderKL:
    """An untrained autoencoder near a pyramid of averages: small residual branches, a tight posterior."""
    vae = AutoencoderKL(**CONFIG)
    with torch.no_grad():
        for name, module in vae.named_modules():
            if name.endswith("conv2"):
                module.weight.mul_(0.2)
            if name.endswith("downsamplers.0.conv"):
                module.weight.mul_(0.3)
                for channel in range(len(module.weight)):
                    module.weight[channel, channel, :2, :2] += 0.25
            if name.endswith("upsamplers.0.conv"):
                module.weight.mul_(0.3)
                for channel in range(len(module.weight)):
                    module.weight[channel, channel, 1, 1] += 1
        vae.quant_conv.weight.zero_()
        vae.quant_conv.weight[:4, :4, 0, 0] = torch.eye(4)
        vae.quant_conv.bias.zero_()
        vae.quant_conv.bias[4:] = -5
    return vae


def pictures(rnd: random.Random, count: int, device: str = "cpu") -> torch.Tensor:
    """Drawn pictures (count, 3, 64, 64) in −1..1; small ones and stars, which are hard to code, come more often."""
    drawn = []
    for index in range(count):
        shown = scene.random_scene(rnd, pair=index % 3 > 0, emphasis=0.3)
        while rnd.random() < 0.35 and not any(t.shape in ("star", "square", "ring") for t in shown.things):
            shown = scene.random_scene(rnd, pair=index % 3 > 0, emphasis=0.3)
        drawn.append(draw.render(shown))
    tensor = torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return tensor.contiguous().to(device)


def _steps_across(picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return picture[..., 1:] - picture[..., :-1], picture[..., 1:, :] - picture[..., :-1, :]


def _edges(picture: torch.Tensor) -> torch.Tensor:
    """1 near edges of the picture, 0 in flat areas: (batch, 1, 64, 64)."""
    across, down = (step.abs().amax(1, keepdim=True) for step in _steps_across(picture))
    steepness = functional.pad(across, (0, 1)) + functional.pad(down, (0, 0, 0, 1))
    return (functional.max_pool2d(steepness, 3, 1, 1) > 0.1).float()


def restoration_loss(restored: torch.Tensor, picture: torch.Tensor) -> torch.Tensor:
    """Absolute, squared and gradient differences; pixels near edges count three times."""
    weight = 1 + 2 * _edges(picture)
    across, down = ((a - b).abs() for a, b in zip(_steps_across(restored), _steps_across(picture), strict=True))
    slopes = (across * weight[..., 1:]).mean() + (down * weight[..., 1:, :]).mean()
    difference = restored - picture
    return (difference.abs() * weight).mean() + (difference.square() * weight).mean() + 0.3 * slopes


@torch.no_grad()
def normalise(vae: AutoencoderKL, count: int = 1024) -> None:
    """Fold a shift and scale per channel into the 1×1 convolutions: scaled latents get mean 0 and deviation 1."""
    rnd = random.Random(99)
    device = str(next(vae.parameters()).device)
    latents = torch.cat([vae.encode(pictures(rnd, 64, device)).latent_dist.mean for _ in range(count // 64)])
    mean, scale = latents.mean((0, 2, 3)), latents.std((0, 2, 3)) * SCALING
    into, out = vae.quant_conv, vae.post_quant_conv
    out.bias.add_((out.weight[:, :, 0, 0] * mean).sum(1))
    out.weight.mul_(scale[None, :, None, None])
    into.weight[:4].div_(scale[:, None, None, None])
    into.bias[:4] = (into.bias[:4] - mean) / scale
    into.bias[4:] -= 2 * scale.log()


@torch.no_grad()
def decibels(vae: AutoencoderKL, shown: torch.Tensor) -> float:
    """Mean peak signal-to-noise ratio of pictures through the autoencoder."""
    restored = vae.decode(vae.encode(shown).latent_dist.mode()).sample.clamp(-1, 1)
    error = (restored - shown).square().mean((1, 2, 3))
    return float((10 * torch.log10(4 / error)).mean())


def load(path: Path) -> AutoencoderKL:
    """The autoencoder in a file that this stage wrote (or its checkpoint)."""
    vae = AutoencoderKL(**CONFIG)
    state = torch.load(path, map_location="cpu", weights_only=True)
    vae.load_state_dict(state.get("weights", state))
    return vae.eval()


def _copy(vae: AutoencoderKL) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in vae.state_dict().items()}


def _step(vae: AutoencoderKL, shown: torch.Tensor, noise: float) -> torch.Tensor:
    posterior = vae.encode(shown).latent_dist
    latents = posterior.sample()
    amount = noise * latents.detach().std() * torch.rand(len(shown), 1, 1, 1, device=shown.device)
    latents = latents + amount * torch.randn_like(latents)
    surprise = 5e-4 * posterior.kl().mean() / latents[0].numel()
    return restoration_loss(vae.decode(latents).sample, shown) + surprise


def train(rank: int, world: int, plan: AutoencoderPlan) -> None:
    """Train in one process of `world`; writes autoencoder.pt, going on from autoencoder-checkpoint.pt if there is one."""
    checkpoint = plan.folder / "autoencoder-checkpoint.pt"
    torch.manual_seed(0)
    vae = build() if plan.start is None else pipeline.load(plan.start).vae
    vae = vae.train().to(plan.device)
    parameters = list(vae.parameters())
    optimiser = torch.optim.AdamW(parameters, lr=plan.learning_rate, betas=(0.9, 0.99), weight_decay=1e-4, fused=True)
    average = progress.AveragedWeights(parameters, 0.998)
    first = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=plan.device, weights_only=True)
        vae.load_state_dict(state["raw"])
        optimiser.load_state_dict(state["optimiser"])
        average.averages, first = state["averages"], state["step"]
    held, meter = pictures(random.Random(5), 64, plan.device), progress.Meter("autoencoder", plan.steps)
    rnd = random.Random(f"autoencoder {rank} {first}")
    torch.manual_seed(1 + rank + world * first)
    for step in range(first, plan.steps):
        for group in optimiser.param_groups:
            group["lr"] = plan.learning_rate * progress.rate(step, step / plan.steps, flat=0.35)
        loss = _step(vae, pictures(rnd, plan.batch, plan.device), plan.latent_noise)
        optimiser.zero_grad()
        loss.backward()
        pair.average_gradients(parameters, world)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        average.update(step)
        meter.add(step, loss=loss.item())
        if rank == 0 and (step + 1) % REPORT_EVERY == 0:
            raw = _copy(vae)
            average.swap()
            print(meter.line(step + 1, plan.batch * world), f"{decibels(vae, held):.2f} dB", flush=True)
            weights = _copy(vae)
            average.swap()
            kept = {"weights": weights, "raw": raw, "averages": average.averages, "step": step + 1}
            progress.save_whole(checkpoint, {**kept, "optimiser": optimiser.state_dict()})
    if rank == 0:
        average.swap()
        normalise(vae)
        print(f"autoencoder {decibels(vae, held):.2f} dB, {len(words.SHAPES)} shapes", flush=True)
        weights = {name: value.contiguous().cpu() for name, value in vae.state_dict().items()}
        progress.save_whole(plan.folder / "autoencoder.pt", weights)
