"""Train the UNet, and the text encoder with it, on the latents of drawn scenes: SD1's noise, epsilon prediction."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from transformers import CLIPTextModel

from tools.demo_model import data, pair, pipeline, progress, text, tokens
from tools.demo_model.aids import Aids, Targets

CHANNELS, ATTENTION_HEADS, GROUPS = (64, 112), 4, 16
UNCONDITIONAL, UNKNOWN_SHARE, LATENT_NOISE = 0.1, 0.1, 0.03
REPORT_EVERY, KEEP_EVERY = 50, 150
WORDS_PART = "attn2"
CHECKED_LEVELS = (350, 600, 750, 850, 925)


@dataclass(frozen=True, kw_only=True)
class UnetPlan:
    """How the UNet is trained. Shares are of all steps: single things, then prompts cut short; less noise weight at the end.

    `start` is a packed model of the same shape or None. Only what it knows of pictures is taken over: the weights that
    read words start untrained, so that no prompt about a held-out triple was ever part of the training. With `minutes`
    the run ends after that time, wherever it went on.
    """

    folder: Path
    steps: int = 14000
    batch: int = 16
    learning_rate: float = 1e-3
    word_rate: float = 2.0
    single_until: float = 0.08
    short_until: float = 0.65
    pair_share: float = 0.42
    emphasised_share: float = 0.3
    flat_until: float = 0.45
    calm_from: float = 0.6
    aid: float = 0.06
    reader: float = 0.1
    start: Path | None = None
    minutes: float | None = None
    device: str = "cpu"


def build() -> UNet2DConditionModel:
    """An untrained UNet: two levels, attention in both, SD1's layout."""
    levels = len(CHANNELS)
    unet = UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        block_out_channels=list(CHANNELS),
        layers_per_block=1,
        down_block_types=["CrossAttnDownBlock2D"] * levels,
        up_block_types=["CrossAttnUpBlock2D"] * levels,
        cross_attention_dim=text.WIDTH,
        attention_head_dim=ATTENTION_HEADS,
        norm_num_groups=GROUPS,
    )
    with torch.no_grad():
        for name, module in unet.named_modules():
            if name.endswith(("conv2", "proj_out")) and "time" not in name:
                module.weight.mul_(0.2)
        unet.conv_out.weight.mul_(0.2)
    return unet


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


@dataclass(kw_only=True)
class State:
    """Everything that is trained, on one device."""

    unet: UNet2DConditionModel
    encoder: CLIPTextModel
    reader: text.Reader
    aids: Aids

    def parameters(self) -> tuple[list[torch.nn.Parameter], list[torch.nn.Parameter]]:
        """What is kept (UNet and encoder), and what exists only while training."""
        kept = [*self.unet.parameters(), *(p for p in self.encoder.parameters() if p.requires_grad)]
        return kept, [*self.reader.parameters(), *self.aids.parameters()]

    def weights(self) -> dict[str, dict[str, torch.Tensor]]:
        """The state of all four parts, copied."""
        parts = {"unet": self.unet, "encoder": self.encoder, "reader": self.reader, "aids": self.aids}
        return {
            name: {key: value.detach().clone().contiguous() for key, value in part.state_dict().items()}
            for name, part in parts.items()
        }

    def load(self, weights: dict[str, dict[str, torch.Tensor]]) -> None:
        """Take over what `weights` gave."""
        self.unet.load_state_dict(weights["unet"])
        self.encoder.load_state_dict(weights["encoder"])
        self.reader.load_state_dict(weights["reader"])
        self.aids.load_state_dict(weights["aids"])


def fresh(plan: UnetPlan) -> State:
    """The untrained UNet beside the encoder of the text stage."""
    torch.manual_seed(0)
    unet = build()
    if plan.start is not None:
        pictures = pipeline.load(plan.start).unet.state_dict()
        unet.load_state_dict({name: value for name, value in pictures.items() if WORDS_PART not in name}, strict=False)
    state = State(unet=unet, encoder=text.build_folded(), reader=text.Reader(), aids=Aids(unet))
    learnt = torch.load(plan.folder / "text.pt", weights_only=True)
    state.encoder.load_state_dict(learnt["encoder"])
    state.reader.load_state_dict(learnt["reader"])
    for part in (state.unet, state.encoder, state.reader, state.aids):
        part.to(plan.device)
    state.unet.to(memory_format=torch.channels_last)
    return state


def learnt(folder: Path) -> dict[str, dict[str, torch.Tensor]]:
    """Weights of the finished training, or the averaged ones of the last checkpoint while it runs."""
    if (folder / "unet.pt").exists():
        return torch.load(folder / "unet.pt", map_location="cpu", weights_only=True)
    return torch.load(folder / "unet-checkpoint.pt", map_location="cpu", weights_only=True)["weights"]


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


def step_loss(
    state: State, batches: Batches, levels: tuple[torch.Tensor, torch.Tensor], share: float
) -> dict[str, torch.Tensor]:
    """The losses of one random batch; `share` is how far the training is (0..1)."""
    plan = batches.plan
    picked = batches.pick(pairs=share >= plan.single_until)
    rows, weights, counts = batches.words(picked)
    places = torch.tensor(text.SHORT_PLACES if share < plan.short_until else range(tokens.LENGTH))
    chance, weight = levels
    steps = torch.multinomial(chance, plan.batch, replacement=True)
    noisy, noise = batches.noised(picked, steps)
    device = plan.device
    states = text.encode(state.encoder, rows[:, places].to(device), places.to(device))
    context = tokens.emphasise(states, weights[:, places].to(device))
    noisy = noisy.to(device).contiguous(memory_format=torch.channels_last)
    predicted = state.unet(noisy, steps.to(device), context).sample
    error = (predicted - noise.to(device)).square().mean((1, 2, 3))
    kept = counts.nonzero()[:, 0]
    known = batches.known
    read = state.reader(
        states[kept],
        known["slots"][picked[kept]].long().to(device),
        known["backdrop"][picked[kept], :2].long().to(device),
    )
    return {
        "noise": (error * weight[steps].to(device)).mean(),
        "aid": state.aids(batches.targets(picked, counts)),
        "reader": read,
    }


@torch.no_grad()
def check(state: State, batches: Batches) -> str:
    """Error of the predicted picture at five noise levels, pairs only, with the right and with a wrong caption."""
    generator, known, found = torch.Generator().manual_seed(1), batches.known, []
    picked = torch.arange(batches.count - 96, batches.count)
    for step in CHECKED_LEVELS:
        latents, alpha = known["latents"][picked], batches.alphas[step]
        noise = torch.randn(latents.shape, generator=generator)
        noisy = (alpha.sqrt() * latents + (1 - alpha).sqrt() * noise).to(batches.plan.device)
        for worded in (picked, picked.roll(1)):
            rows, weights = known["rows"][worded, 0].long(), known["weights"][worded, 0].float()
            device = batches.plan.device
            context = tokens.emphasise(state.encoder(rows.to(device))[0], weights.to(device))
            at = torch.full((len(picked),), step, device=device)
            error = (state.unet(noisy, at, context).sample.cpu() - noise).square().mean()
            found.append(f"{float(error * (1 - alpha) / alpha):.3f}")
    return " ".join("/".join(both) for both in zip(found[::2], found[1::2], strict=True))


def train(rank: int, world: int, plan: UnetPlan) -> None:
    """Train in one process of `world`; writes unet.pt, going on from unet-checkpoint.pt if there is one."""
    checkpoint = plan.folder / "unet-checkpoint.pt"
    state, batches = fresh(plan), Batches(plan)
    kept, passing = state.parameters()
    groups = [
        {"params": [p for name, p in state.unet.named_parameters() if WORDS_PART in name], "share": plan.word_rate},
        {"params": [p for name, p in state.unet.named_parameters() if WORDS_PART not in name], "share": 1.0},
        {"params": [p for p in state.encoder.parameters() if p.requires_grad], "share": 1.0},
        {"params": passing, "share": 2.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=plan.learning_rate, betas=(0.9, 0.99), weight_decay=1e-2, fused=True)
    average, first = progress.AveragedWeights(kept, 0.998), 0
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=plan.device, weights_only=True)
        state.load(saved["raw"])
        optimiser.load_state_dict(saved["optimiser"])
        average.averages, first = saved["averages"], saved["step"]
    layouts, calm = noise_levels(60.0), noise_levels(12.0)
    meter, everything = progress.Meter("unet", plan.steps), [*kept, *passing]
    torch.manual_seed(100 + rank + world * first)
    course, step = progress.Course(first, plan.steps, plan.minutes), first
    while (share := pair.as_first(course.done(step), world)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = plan.learning_rate * group["share"] * progress.rate(step, share, flat=plan.flat_until)
        losses = step_loss(state, batches, calm if share >= plan.calm_from else layouts, share)
        aid = plan.aid if share < plan.calm_from else plan.aid * max(0.2, 1 - 2 * (share - plan.calm_from))
        optimiser.zero_grad()
        (losses["noise"] + aid * losses["aid"] + plan.reader * losses["reader"]).backward()
        pair.average_gradients(everything, world)
        torch.nn.utils.clip_grad_norm_(everything, 1.0)
        optimiser.step()
        average.update(step)
        meter.add(step, **{name: loss.item() for name, loss in losses.items()})
        step += 1
        if rank == 0 and step % REPORT_EVERY == 0:
            _report(state, batches, average, meter, optimiser, step, world)
    if rank == 0:
        average.swap()
        progress.save_whole(plan.folder / "unet.pt", state.weights())


def _report(state, batches, average, meter, optimiser, step: int, world: int) -> None:
    """Print the figures; now and then keep a checkpoint and check it."""
    line = meter.line(step, batches.plan.batch * world)
    if step % KEEP_EVERY:
        print(line, flush=True)
        return
    raw = state.weights()
    average.swap()
    print(line, check(state, batches), flush=True)
    weights = state.weights()
    average.swap()
    kept = {"weights": weights, "raw": raw, "averages": average.averages, "step": step}
    progress.save_whole(batches.plan.folder / "unet-checkpoint.pt", {**kept, "optimiser": optimiser.state_dict()})
