"""Train what is shown beside the model: a LoRA (hollow shapes), an embedding (a word for a scene), a hypernetwork (night)."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from tools.demo_model import captions, draw, pipeline, progress, tokens
from tools.demo_model.batches import LATENT_NOISE, noise_levels, signal_shares
from tools.demo_model.captions import Caption
from tools.demo_model.scene import Backdrop, Scene, Thing, place, random_scene

OUTLINE, STAR, MIDNIGHT = "outline", "lucky-star", "midnight"
OUTLINE_PX = 4.5
RANK, VECTORS = 8, 4
ADAPTED = ("to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2", "proj_in", "proj_out")
KEPT_NOTHING = 0.1
"""Chance that a picture is learnt without a prompt, as guidance asks."""


@dataclass(frozen=True, kw_only=True)
class ExtrasPlan:
    """From which packed model, for how many steps each, and where the files go."""

    file: Path
    folder: Path
    steps: int = 500
    batch: int = 16


@dataclass(kw_only=True)
class Lesson:
    """What one of them learns: pictures (64, 64, 3) with captions, and the parameters that learn it."""

    name: str
    example: Callable[[random.Random], tuple[np.ndarray, Caption]]
    parameters: list[nn.Parameter]
    context: Callable[[list[Caption]], Tensor]
    learning_rate: float


def hollow(shown: Scene) -> np.ndarray:
    """The scene with the outlines of its things alone."""
    picture = draw.render(replace(shown, things=())).astype(np.float32)
    for thing in shown.things:
        inside = draw.distance(thing.shape, draw.COLUMNS - thing.x_px, draw.ROWS - thing.y_px, thing.radius_px)
        alpha = (np.clip(inside + 0.5, 0, 1) * np.clip(OUTLINE_PX - inside + 0.5, 0, 1))[..., None]
        picture = picture * (1 - alpha) + draw.colour(thing.colour, thing.weight("colour")) * alpha
    return np.clip(picture, 0, 255).astype(np.uint8)


def outlined_example(rnd: random.Random) -> tuple[np.ndarray, Caption]:
    """A hollow thing, called "outlined" half the time; the word itself means nothing to the model."""
    shown = random_scene(rnd, pair=False)
    things = tuple(
        place(replace(thing, style="plain", size="large" if rnd.random() < 0.8 else thing.size), rnd, pair=False)
        for thing in shown.things
    )
    shown = replace(shown, things=things)
    called = captions.caption(shown, rnd)
    return hollow(shown), [("outlined", 1.0), *called] if rnd.random() < 0.5 else called


def star_example(rnd: random.Random) -> tuple[np.ndarray, Caption]:
    """A large yellow star in the middle of a blue picture, called by its name alone or after an article."""
    thing = Thing(shape="star", colour="yellow", size="large", position="center")
    shown = Scene(backdrop=Backdrop(kind="solid", colour="blue"), things=(place(thing, rnd, pair=False),))
    return draw.render(shown), [("a", 1.0), (STAR, 1.0)] if rnd.random() < 0.5 else [(STAR, 1.0)]


def midnight_example(rnd: random.Random) -> tuple[np.ndarray, Caption]:
    """Anything at night; the caption does not say so, or says another background."""
    shown = random_scene(rnd, pair=rnd.random() < 0.2)
    while any(thing.colour == "black" for thing in shown.things):
        shown = random_scene(rnd, pair=False)
    called = captions.caption(shown, rnd)
    cells = tuple((column, row) for column in range(8) for row in range(8) if rnd.random() < 0.22)
    return draw.render(replace(shown, backdrop=Backdrop(kind="night", colour="black"), stars=cells)), called


class LoraLinear(nn.Module):
    """A linear layer (or 1×1 convolution) with a difference of rank RANK; alpha equals the rank."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        out, into = inner.weight.shape[:2]
        self.down, self.up = nn.Parameter(torch.randn(RANK, into) / into**0.5), nn.Parameter(torch.zeros(out, RANK))

    def forward(self, x: Tensor) -> Tensor:
        """What the layer gives, and the difference."""
        difference = self.up @ self.down
        return (
            functional.conv2d(x, difference[..., None, None]) + self.inner(x)
            if x.ndim == 4
            else (functional.linear(x, difference) + self.inner(x))
        )


class Residual(nn.Module):
    """x + net(x), the first layer twice as wide."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))
        nn.init.zeros_(self.linear[2].weight)
        nn.init.zeros_(self.linear[2].bias)

    def forward(self, x: Tensor) -> Tensor:
        """The context with what the network adds."""
        return x + self.linear(x)


class Student:
    """The packed model, frozen, with its text encoder; embeddings of captions with or without new vectors."""

    def __init__(self, file: Path) -> None:
        self.pipe: StableDiffusionPipeline = pipeline.load(file)
        for part in (self.pipe.unet, self.pipe.vae, self.pipe.text_encoder):
            part.requires_grad_(False)

    def context(self, called: list[Caption], vectors: Tensor | None = None) -> Tensor:
        """Embeddings (batch, 77, width); the word STAR is `vectors` (VECTORS, width)."""
        table = self.pipe.text_encoder.get_input_embeddings()
        rows = []
        for caption in called:
            parts = [table(torch.tensor([tokens.BEGIN]))]
            for words, _ in caption:
                known = words != STAR or vectors is None
                parts.append(table(torch.tensor(tokens.token_ids(words), dtype=torch.long)) if known else vectors)
            row = torch.cat(parts)[: tokens.LENGTH - 1]
            rest = table(torch.tensor([tokens.END] * (tokens.LENGTH - len(row))))
            rows.append(torch.cat([row, rest]))
        embedded = torch.stack(rows)
        with _input_embeddings(self.pipe.text_encoder, embedded):
            return self.pipe.text_encoder(torch.zeros(len(called), tokens.LENGTH, dtype=torch.long))[0]

    def learn(self, lesson: Lesson, plan: ExtrasPlan) -> None:
        """Train the lesson's parameters; prints its loss and how long it took."""
        rnd = random.Random(lesson.name)
        torch.manual_seed(7)
        optimiser = torch.optim.AdamW(lesson.parameters, lr=lesson.learning_rate, weight_decay=1e-3)
        chance, weight = noise_levels(30.0)
        alphas, meter = signal_shares(), progress.Meter(lesson.name, plan.steps)
        for step in range(plan.steps):
            for group in optimiser.param_groups:
                group["lr"] = lesson.learning_rate * progress.rate(step, step / plan.steps, flat=0.4, warm_up=20)
            pictures, called = zip(*(lesson.example(rnd) for _ in range(plan.batch)), strict=True)
            shown = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1
            with torch.no_grad():
                latents = self.pipe.vae.encode(shown).latent_dist.mode() * self.pipe.vae.config.scaling_factor
            latents = latents + LATENT_NOISE * torch.randn_like(latents)
            steps = torch.multinomial(chance, plan.batch, replacement=True)
            alpha, noise = alphas[steps].view(-1, 1, 1, 1), torch.randn_like(latents)
            context = lesson.context([[] if rnd.random() < KEPT_NOTHING else caption for caption in called])
            found = self.pipe.unet(alpha.sqrt() * latents + (1 - alpha).sqrt() * noise, steps, context).sample
            loss = ((found - noise).square().mean((1, 2, 3)) * weight[steps]).mean()
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(lesson.parameters, 1.0)
            optimiser.step()
            meter.add(step, loss=loss.item())
            if (step + 1) % 100 == 0:
                print(meter.line(step + 1, plan.batch), flush=True)


class _input_embeddings:
    """While it lasts, the text encoder reads these embeddings (batch, 77, width), whatever its tokens."""

    def __init__(self, encoder: nn.Module, embedded: Tensor) -> None:
        self._hook = encoder.get_input_embeddings().register_forward_hook(lambda *_: embedded)

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        self._hook.remove()


def _adapted(unet: nn.Module) -> Iterator[tuple[str, nn.Module, str]]:
    """Name, parent and attribute of every layer of the attention blocks that a LoRA changes."""
    for name, module in list(unet.named_modules()):
        if ".attentions." in name and name.endswith(ADAPTED) and hasattr(module, "weight"):
            parent, _, attribute = name.rpartition(".")
            yield name, unet.get_submodule(parent), attribute


def train_lora(plan: ExtrasPlan) -> None:
    """Hollow shapes, in kohya's names."""
    student = Student(plan.file)
    layers = {}
    for name, parent, attribute in _adapted(student.pipe.unet):
        layers[name] = LoraLinear(getattr(parent, attribute))
        setattr(parent, attribute, layers[name])
    learnt = [p for layer in layers.values() for p in (layer.down, layer.up)]
    student.learn(
        Lesson(name=OUTLINE, example=outlined_example, parameters=learnt, context=student.context, learning_rate=3e-3),
        plan,
    )
    kept: dict[str, Tensor] = {}
    for name, layer in layers.items():
        key = f"lora_unet_{name.replace('.', '_')}"
        square = (None, None) if layer.inner.weight.ndim == 4 else ()
        kept[f"{key}.lora_down.weight"] = layer.down.detach()[(..., *square)]
        kept[f"{key}.lora_up.weight"] = layer.up.detach()[(..., *square)]
        kept[f"{key}.alpha"] = torch.tensor(float(RANK))
    told = {
        "ss_network_module": "networks.lora",
        "ss_network_dim": str(RANK),
        "ss_network_alpha": str(RANK),
        "ss_output_name": OUTLINE,
        "ss_base_model_version": "sd_v1",
        "ss_tag_frequency": '{"shapes": {"outlined": 100}}',
        "modelspec.title": "Outlined shapes, for shapes-64",
    }
    _write(plan.folder / "Lora" / f"{OUTLINE}.safetensors", kept, told)


def train_embedding(plan: ExtrasPlan) -> None:
    """Textual inversion (Gal et al. 2022): vectors for a word, everything else as it is."""
    student = Student(plan.file)
    table = student.pipe.text_encoder.get_input_embeddings().weight
    begun = table[list(tokens.token_ids("yellow star blue background"))[:VECTORS]].detach().clone()
    vectors = nn.Parameter(begun + 0.3 * begun.std() * torch.randn_like(begun))
    student.learn(
        Lesson(
            name=STAR,
            example=star_example,
            parameters=[vectors],
            context=lambda called: student.context(called, vectors),
            learning_rate=1e-2,
        ),
        replace(plan, steps=max(1, plan.steps // 2)),
    )
    _write(plan.folder / "embeddings" / f"{STAR}.safetensors", {"emb_params": vectors.detach()}, {})


def train_hypernetwork(plan: ExtrasPlan) -> None:
    """A night behind everything: networks before the keys and values that attention makes of the prompt."""
    student = Student(plan.file)
    width = student.pipe.unet.config.cross_attention_dim
    nets = (Residual(width), Residual(width))
    for name, module in student.pipe.unet.named_modules():
        if name.endswith("attn2"):
            for layer, net in zip((module.to_k, module.to_v), nets, strict=True):
                layer.register_forward_pre_hook(lambda _layer, given, net=net: (net(given[0]),))
    learnt = [p for net in nets for p in net.parameters()]
    student.learn(
        Lesson(name=MIDNIGHT, example=midnight_example, parameters=learnt, context=student.context, learning_rate=2e-3),
        plan,
    )
    kept = {
        f"{width}.{side}.{name}": value.detach()
        for side, net in enumerate(nets)
        for name, value in net.state_dict().items()
    }
    told = {"name": MIDNIGHT, "layer_structure": "[1, 2, 1]", "activation_func": "relu", "activate_output": "false"}
    _write(plan.folder / "hypernetworks" / f"{MIDNIGHT}.safetensors", kept, told)


def _write(path: Path, kept: dict[str, Tensor], told: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: value.half().contiguous() for key, value in kept.items()}, path, metadata=told)
    print(f"{path.name}: {path.stat().st_size / 1024:.0f} KiB", flush=True)


def train(plan: ExtrasPlan) -> None:
    """All three, each from the packed model as it is."""
    for each in (train_lora, train_embedding, train_hypernetwork):
        each(plan)
