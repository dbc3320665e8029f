"""Train the UNet, and the text encoder with it, on the latents of drawn scenes: SD1's noise, epsilon prediction."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional

from tools.demo_model import pair, progress, text, tokens
from tools.demo_model.batches import Batches, noise_levels
from tools.demo_model.unet import WORDS_PART, State, UnetPlan, fresh

REPORT_EVERY, KEEP_EVERY = 50, 150
CHECKED_LEVELS = (350, 600, 750, 850, 925)
CORRECTED_FROM = (250, 650)
THING_COUNTS, SEEN_BELOW = 2.0, 500


@dataclass(kw_only=True)
class Noised:
    """Noisy latents (batch, 4, 8, 8), the noise that leads back to the clean ones, and their timesteps (batch)."""

    latents: torch.Tensor
    noise: torch.Tensor
    steps: torch.Tensor


@torch.no_grad()
def correct(
    state: State, batches: Batches, found: Noised, picked: torch.Tensor, context: torch.Tensor, places: torch.Tensor
) -> None:
    """Replace the first scenes, as many as `picked` holds, by where guidance takes them; the clean ones stay the aim.

    Guidance overshoots, and a model that only ever saw drawn pictures in noise believes what it finds. So it guesses
    at a high noise, guided by a random amount, steps down as DDIM does (Song et al. 2020), and learns the way back.
    """
    count, device = len(picked), batches.plan.device
    high = torch.randint(*CORRECTED_FROM, (count,))
    low = (high * (0.35 + 0.5 * torch.rand(count))).long()
    noisy, _ = batches.noised(picked, high)
    noisy = noisy.to(device)
    nothing = text.encode(state.encoder, batches.empty[None, places].to(device), places.to(device))
    nothing = nothing.expand(count, -1, -1)
    both = state.unet(noisy.repeat(2, 1, 1, 1), high.repeat(2).to(device), torch.cat([context[:count], nothing])).sample
    told, untold = both.chunk(2)
    scale = (1 + 4 * torch.rand(count, 1, 1, 1)).to(device)
    guided = untold + scale * (told - untold)
    before, after = (batches.alphas[steps].view(-1, 1, 1, 1).to(device) for steps in (high, low))
    guess = (noisy - (1 - before).sqrt() * guided) / before.sqrt()
    down = after.sqrt() * guess + (1 - after).sqrt() * guided
    clean = batches.known["latents"][picked].to(device)
    found.latents[:count], found.steps[:count] = down, low
    found.noise[:count] = (down - after.sqrt() * clean) / (1 - after).sqrt()


def _thing_weights(shapes: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """Weights (batch, 8, 8), mean 1: cells on and around things count more once the noise lets them be seen."""
    near = functional.max_pool2d((shapes > 0).float()[:, None], 3, 1, 1)[:, 0]
    weights = 1 + THING_COUNTS * near * (steps < SEEN_BELOW).float()[:, None, None]
    return weights / weights.mean((1, 2), keepdim=True)


def step_loss(
    state: State, batches: Batches, levels: tuple[torch.Tensor, torch.Tensor], share: float
) -> dict[str, torch.Tensor]:
    """The losses of one random batch; `share` is how far the training is (0..1)."""
    plan, device, known = batches.plan, batches.plan.device, batches.known
    picked = batches.pick(pairs=share >= plan.single_until)
    rows, weights, counts = batches.words(picked)
    places = torch.tensor(text.SHORT_PLACES if share < plan.short_until else range(tokens.LENGTH))
    chance, weight = levels
    steps = torch.multinomial(chance, plan.batch, replacement=True)
    states = text.encode(state.encoder, rows[:, places].to(device), places.to(device))
    context = tokens.emphasise(states, weights[:, places].to(device))
    noisy, noise = batches.noised(picked, steps)
    found = Noised(latents=noisy.to(device), noise=noise.to(device), steps=steps)
    if share >= plan.corrected_from and (count := round(plan.batch * plan.corrected_share)):
        correct(state, batches, found, picked[:count], context.detach(), places)
    noisy = found.latents.contiguous(memory_format=torch.channels_last)
    error = (state.unet(noisy, found.steps.to(device), context).sample - found.noise).square().mean(1)
    error = (error * _thing_weights(known["map8"][picked, 0], found.steps).to(device)).mean((1, 2))
    kept = counts.nonzero()[:, 0]
    read = state.reader(
        states[kept],
        known["slots"][picked[kept]].long().to(device),
        known["backdrop"][picked[kept], :2].long().to(device),
    )
    return {
        "noise": (error * weight[found.steps].to(device)).mean(),
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
