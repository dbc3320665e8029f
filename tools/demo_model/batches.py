"""Batches of the prepared data: which scenes, under which words, with how much noise (SD1's schedule)."""

from __future__ import annotations

import torch

from tools.demo_model import data, tokens
from tools.demo_model.aids import Targets
from tools.demo_model.unet import UnetPlan

UNCONDITIONAL, LATENT_NOISE = 0.1, 0.03


def signal_shares() -> torch.Tensor:
    """Cumulative products of alpha (1000): betas 0.00085…0.012, scaled_linear."""
    return torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2, 0)


def noise_levels(highest: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Chance of each timestep and weight of its epsilon loss, both (1000).

    Their product weights the error of the picture about equally up to a noise of 1/alpha = `highest` (layout is
    decided there) and caps low noise as min-SNR-5 does (Hang et al. 2023).
    """
    alphas = signal_shares()
    snr = alphas / (1 - alphas)
    wanted = (1 / alphas).clamp(max=highest) * snr.clamp(max=5.0) / snr
    chance = wanted.sqrt()
    weight = wanted / chance
    chance = chance / chance.sum()
    return chance, weight / (chance * weight).sum()


class Batches:
    """Random batches of the prepared data, noised."""

    def __init__(self, plan: UnetPlan) -> None:
        self.plan, self.known = plan, data.load(plan.folder)
        self.single, self.count = int(self.known["single"]), len(self.known["latents"])
        told = self.known["weights"][: self.single].flatten(1)
        self.emphasised = (told != 1).any(1).nonzero()[:, 0]
        self.empty = torch.tensor(tokens.encode([])[0])
        self.alphas = signal_shares()

    def pick(self, *, pairs: bool) -> torch.Tensor:
        """Scene numbers (batch): single things, a share of them emphasised, and a share of pairs, or none."""
        size, chance = self.plan.batch, torch.rand(self.plan.batch)
        single = torch.randint(0, self.single, (size,))
        emphasised = self.emphasised[torch.randint(len(self.emphasised), (size,))]
        double = torch.randint(self.single, self.count, (size,))
        picked = torch.where(chance > 1 - self.plan.emphasised_share, emphasised, single)
        return torch.where(chance < self.plan.pair_share, double, picked) if pairs else picked

    def words(self, picked: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Token rows (batch, 77), emphasis (batch, 77) and whether the caption was kept (batch)."""
        variant = torch.randint(data.CAPTIONS, (len(picked),))
        rows, weights = self.known["rows"][picked, variant].long(), self.known["weights"][picked, variant].float()
        dropped = torch.rand(len(picked)) < UNCONDITIONAL
        rows[dropped], weights[dropped] = self.empty, 1.0
        return rows, weights, ~dropped

    def targets(self, picked: torch.Tensor, counts: torch.Tensor) -> Targets:
        """What the aids aim at for these scenes."""
        device = self.plan.device
        maps = {side: self.known[f"map{side}"][picked].float().to(device) for side in (4, 8)}
        backdrop = self.known["backdrop"][picked].float().to(device)
        return Targets(maps=maps, backdrop=backdrop, counts=counts.float().to(device))

    def noised(self, picked: torch.Tensor, steps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Latents with noise of the given timesteps, and that noise."""
        latents = self.known["latents"][picked]
        latents = latents + LATENT_NOISE * torch.randn_like(latents)
        noise, alpha = torch.randn_like(latents), self.alphas[steps].view(-1, 1, 1, 1)
        return alpha.sqrt() * latents + (1 - alpha).sqrt() * noise, noise
