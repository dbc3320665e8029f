"""The LoRA, the embedding and the hypernetwork that ship change pictures the way they say, and only as far as asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from sdtui.library.library import Library
from sdtui.spec.adapter import Embedding, Network
from sdtui.spec.job import Render
from sdtui.spec.model import ModelFile
from sdtui.weights.hashes import HashStore
from sdtui.weights.identify import builtin_path
from tests.engine.renders import model_file, paint, render
from tools.demo_model.analyser import see
from tools.demo_model.draw import NIGHT, VIVID

SEEDS = range(6)
MOST_BYTES = 2 << 20
PROMPT = "a large red circle in the center on a white background"
FOLDER = builtin_path().parent


def shipped(kind: str) -> ModelFile:
    """The one file of a kind that ships."""
    (path,) = (FOLDER / kind).glob("*.safetensors")
    return model_file(path)


def lora(weight: float) -> tuple[Network, ...]:
    return (Network(kind="lora", file=shipped("Lora"), te=weight, unet=weight),)


def night(weight: float) -> tuple[Network, ...]:
    return (Network(kind="hypernetwork", file=shipped("hypernetworks"), unet=weight),)


def star() -> tuple[Embedding, ...]:
    file = shipped("embeddings")
    return (Embedding(word=file.name, file=file),)


def pictures(engine, prompt: str, **added) -> list[np.ndarray]:
    """The prompt's picture for each of SEEDS."""
    renders = [replace(render(prompt, seed=seed, steps=12, sampler="DPM++ 2M"), **added) for seed in SEEDS]
    made = paint(engine, *renders)
    return [np.frombuffer(made[one.id].rgb, np.uint8).reshape(64, 64, 3) for one in renders]


def reds(found: list[np.ndarray]) -> list[float]:
    """How much nearer the middle is to red than to white, 0..1, for each picture."""
    red, white = (np.array(VIVID[name], float) for name in ("red", "white"))
    middles = [picture[28:36, 28:36].reshape(-1, 3).mean(0) for picture in found]
    return [float(np.clip((white - middle) @ (white - red) / ((white - red) ** 2).sum(), 0, 1)) for middle in middles]


def darkness(found: list[np.ndarray]) -> list[float]:
    """How far the corners are from a night sky (0: one), for each picture."""
    return [float(np.abs(np.median(picture[:6].reshape(-1, 3), 0) - NIGHT).mean()) for picture in found]


def test_they_are_small_together() -> None:
    files = [path for kind in ("Lora", "embeddings", "hypernetworks") for path in (FOLDER / kind).iterdir()]
    assert sum(path.stat().st_size for path in files) <= MOST_BYTES


def test_they_are_in_every_library(tmp_path: Path) -> None:
    found = {
        (record.kind, record.name): record
        for record in Library((), HashStore(tmp_path / "hashes.json")).scan()
        if record.builtin
    }
    assert found.keys() == {
        ("checkpoint", "shapes-64"),
        ("lora", "outline"),
        ("embedding", "lucky-star"),
        ("hypernetwork", "midnight"),
    }
    assert not any(record.problem for record in found.values())
    assert found["lora", "outline"].trigger_words == ("outlined",)
    assert found["embedding", "lucky-star"].vectors == 4


def test_the_lora_hollows_things_out(engine) -> None:
    plain, hollow = reds(pictures(engine, PROMPT)), reds(pictures(engine, PROMPT, networks=lora(1.0)))
    assert min(plain) > 0.7
    assert sorted(hollow)[len(hollow) // 2] < 0.35


def test_the_embedding_stands_for_a_yellow_star_on_blue(engine) -> None:
    found = [see(picture) for picture in pictures(engine, "a lucky-star", embeddings=star())]
    right = [
        sight.backdrop == "blue"
        and bool(sight.things)
        and (sight.things[0].colour, sight.things[0].shape) == ("yellow", "star")
        for sight in found
    ]
    assert sum(right) >= 5
    plain = [see(picture) for picture in pictures(engine, "a lucky-star")]
    assert sum(sight.backdrop == "blue" for sight in plain) <= 3


def test_the_hypernetwork_makes_it_night(engine) -> None:
    asked = "a large red circle in the center"
    plain, dark = darkness(pictures(engine, asked)), darkness(pictures(engine, asked, networks=night(1.0)))
    assert sorted(dark)[len(dark) // 2] < 20
    assert sorted(plain)[len(plain) // 2] > 40


def alone(prompt: str, **added) -> Render:
    return replace(render(prompt, steps=6, exact=True), **added)


@pytest.mark.parametrize("of", [lora, night])
def test_at_weight_0_the_picture_is_the_same_to_the_bit(engine, of) -> None:
    renders = [alone(PROMPT), alone(PROMPT, networks=of(0.0)), alone(PROMPT, networks=of(1.0)), alone(PROMPT)]
    made = paint(engine, *renders)
    plain, nothing, changed, after = (made[one.id].rgb for one in renders)
    assert plain == nothing == after
    assert changed != plain


def test_a_weight_in_between_is_in_between(engine) -> None:
    means = [float(np.mean(reds(pictures(engine, PROMPT, networks=lora(weight))))) for weight in (0.0, 0.5, 1.0)]
    assert means[0] > means[1] > means[2]
