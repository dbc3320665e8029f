"""Adapters through the whole engine: what a picture is with them, without them, and beside pictures that use others."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from msgspec.structs import replace

from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.engine import Engine
from sdtui.spec.adapter import Embedding, Network
from sdtui.spec.job import Render
from sdtui.spec.outcome import Begun, Broken, Painted, Stepped
from sdtui.weights.identify import builtin_path
from tests.engine.adapters.made import LINEAR, UNET_PATHS, fresh_checkpoint, lora, model_file, write, write_lora
from tests.engine.renders import drive, of, paint, render


def with_networks(*networks: Network, **params: object) -> Render:
    return replace(render(steps=3, exact=True, **params), networks=networks)  # type: ignore[arg-type]


def picture(engine: Engine, one: Render) -> bytes:
    return paint(engine, one)[one.id].rgb


@pytest.fixture
def file(checkpoint: Checkpoint, tmp_path: Path) -> Path:
    return write_lora(tmp_path / "detail.safetensors", checkpoint, alpha=16)


def test_a_lora_changes_the_picture_and_leaves_no_trace(engine: Engine, file: Path) -> None:
    before = picture(engine, with_networks())

    with_it = picture(engine, with_networks(lora(file)))

    assert with_it != before
    assert picture(engine, with_networks(lora(file, 0, 0))) == before
    assert picture(engine, with_networks()) == before
    assert picture(engine, with_networks(lora(file))) == with_it


def test_each_weight_reaches_its_side(engine: Engine, file: Path) -> None:
    both, text, unet = (picture(engine, with_networks(lora(file, te, u))) for te, u in ((1, 1), (1, 0), (0, 1)))

    assert len({both, text, unet, picture(engine, with_networks())}) == 4


def test_pictures_with_other_loras_do_not_touch_each_other(
    engine: Engine, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    files = [write_lora(tmp_path / f"{n}.safetensors", checkpoint, seed=n, alpha=16) for n in (1, 2)]
    wished = [with_networks(), *(with_networks(lora(each)) for each in files), with_networks(lora(files[0], 0.5, 0.5))]
    alone = [picture(engine, each) for each in wished]

    together = [replace(each, id=f"again{n}") for n, each in enumerate(wished)]
    painted = paint(engine, *together)

    assert [painted[each.id].rgb for each in together] == alone


def test_a_group_is_finished_before_the_next_is_merged(engine: Engine, file: Path) -> None:
    """Else every step would merge anew."""
    plain = [replace(render(steps=4), networks=()) for _ in range(3)]
    dressed = [replace(render(steps=4), networks=(lora(file),)) for _ in range(3)]
    for pair in zip(plain, dressed, strict=True):
        for each in pair:
            engine.add(each)
    calls = engine.unet_calls

    outcomes = drive(engine)

    assert engine.unet_calls - calls == 8
    begun = [outcome.render.id for outcome in of(Begun, outcomes)]
    assert begun == [each.id for each in (*plain, *dressed)]


def test_a_broken_lora_ends_its_own_pictures_before_any_step(engine: Engine, file: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(file.read_bytes()[:-50])
    bad, good = with_networks(lora(broken)), with_networks(lora(file))
    engine.add(bad)
    engine.add(good)

    outcomes = drive(engine)

    (told,) = of(Broken, outcomes)
    assert told.render.id == bad.id
    assert "cut off" in str(told.error)
    assert told.error.where == str(broken)
    assert [painted.render.id for painted in of(Painted, outcomes)] == [good.id]
    assert bad.id not in [begun.render.id for begun in of(Begun, outcomes)]


def test_what_was_left_out_is_noted_with_the_picture(engine: Engine, checkpoint: Checkpoint, tmp_path: Path) -> None:
    file = write_lora(
        tmp_path / "odd.safetensors",
        checkpoint,
        paths=[LINEAR],
        named=lambda path: f"lora_unet_{path.replace('.', '_')}",
    )
    from safetensors.torch import load_file

    file = write(tmp_path / "odd.safetensors", load_file(file) | {"lora_unet_double_blocks_0.alpha": torch.ones(())})
    one = with_networks(lora(file))

    (note,) = paint(engine, one)[one.id].notes

    assert "1 tensor of the LoRA odd fits nothing" in note


def test_an_embedding_changes_the_picture_where_its_word_is(engine: Engine, tmp_path: Path) -> None:
    file = write(tmp_path / "thing.safetensors", {"emb_params": torch.randn(2, 56) * 3})
    embedding = Embedding(word="thing", file=model_file(file))
    plain = replace(render("a thing", steps=3, exact=True), id="plain")

    said, elsewhere = (
        replace(render(text, steps=3, exact=True), embeddings=(embedding,)) for text in ("a thing", "a circle")
    )

    assert picture(engine, said) != picture(engine, plain)
    assert picture(engine, elsewhere) == picture(engine, render("a circle", steps=3, exact=True))


def test_an_embedding_that_the_checkpoint_cannot_use_is_said_and_told_apart(engine: Engine, tmp_path: Path) -> None:
    files = {
        word: write(tmp_path / f"{word}.safetensors", {"emb_params": torch.ones(1, width)})
        for word, width in (("wide", 333), ("thing", 56))
    }
    held = tuple(Embedding(word=word, file=model_file(file)) for word, file in files.items())

    (painted,) = paint(engine, replace(render("a wide thing", steps=1), embeddings=held)).values()

    assert painted.unread == ("wide",)
    assert "The embedding wide is 333 wide" in painted.notes[0]


def hypernetwork(path: Path, multiplier: float, scale: float = 0.5, widths: tuple[int, ...] = (56, 64)) -> Network:
    generator = torch.Generator().manual_seed(8)

    def layers(width: int) -> dict[str, torch.Tensor]:
        return {
            "linear.0.weight": torch.randn(2 * width, width, generator=generator) * scale,
            "linear.0.bias": torch.zeros(2 * width),
            "linear.2.weight": torch.randn(width, 2 * width, generator=generator) * scale,
            "linear.2.bias": torch.zeros(width),
        }

    held = {"layer_structure": [1, 2, 1], "activation_func": "relu", "activate_output": False, "is_layer_norm": False}
    torch.save(held | {width: (layers(width), layers(width)) for width in widths}, path)
    return Network(kind="hypernetwork", file=model_file(path), te=multiplier, unet=multiplier)


def test_a_hypernetwork_changes_the_picture_and_leaves_no_trace(engine: Engine, tmp_path: Path) -> None:
    before = picture(engine, with_networks())

    assert picture(engine, with_networks(hypernetwork(tmp_path / "h.pt", 1.0))) != before
    assert picture(engine, with_networks(hypernetwork(tmp_path / "h.pt", 0.0))) == before
    assert picture(engine, with_networks()) == before


def test_a_hypernetwork_that_fits_nothing_fails_before_any_step_and_others_go_on(
    engine: Engine, tmp_path: Path
) -> None:
    misfit = replace(with_networks(hypernetwork(tmp_path / "big.pt", 1.0, widths=(1280, 320))), id="misfit")
    other = replace(with_networks(), id="other")
    engine.add(misfit)
    engine.add(other)

    outcomes = drive(engine)

    (told,) = of(Broken, outcomes)
    assert told.render == misfit
    assert "The hypernetwork big does not fit the checkpoint" in str(told.error)
    assert "width 320, 1280, and the model's is of width 56, 64" in str(told.error)
    assert not [stepped for stepped in of(Stepped, outcomes) if stepped.render == misfit]
    assert [painted.render for painted in of(Painted, outcomes)] == [other]


def write_vae(checkpoint: Checkpoint, path: Path, *, prefix: str = "", brighter: float = 0.0) -> Path:
    from sdtui.engine.keys import VAE, VAE_PREFIX, original_naming

    naming = original_naming(VAE, checkpoint.vae.config)
    tensors = {}
    for name, tensor in checkpoint.vae.state_dict().items():
        bias = brighter if name == "decoder.conv_out.bias" else 0.0
        tensors[prefix + naming(name)[0].removeprefix(VAE_PREFIX)] = tensor + bias
    return write(path, tensors)


@pytest.mark.parametrize("prefix", ["", "first_stage_model."])
def test_another_vae_decodes(engine: Engine, checkpoint: Checkpoint, prefix: str, tmp_path: Path) -> None:
    same = write_vae(checkpoint, tmp_path / "same.safetensors", prefix=prefix)
    bright = write_vae(checkpoint, tmp_path / "bright.safetensors", prefix=prefix, brighter=0.5)
    own = picture(engine, with_networks())

    assert picture(engine, replace(with_networks(), vae=model_file(same))) == own
    brighter = picture(engine, replace(with_networks(), vae=model_file(bright)))
    assert sum(brighter) > sum(own)
    assert picture(engine, with_networks()) == own


def test_a_vae_of_diffusers_layout_decodes(engine: Engine, checkpoint: Checkpoint, tmp_path: Path) -> None:
    file = write(tmp_path / "v.safetensors", dict(checkpoint.vae.state_dict()))

    assert picture(engine, replace(with_networks(), vae=model_file(file))) == picture(engine, with_networks())


def test_a_vae_that_does_not_fit_is_named(engine: Engine, tmp_path: Path) -> None:
    file = write(tmp_path / "wrong.safetensors", {"decoder.conv_in.weight": torch.zeros(512, 4, 3, 3)})
    engine.add(replace(with_networks(), vae=model_file(file)))

    (told,) = of(Broken, drive(engine))

    assert "The VAE wrong does not fit the checkpoint" in str(told.error)


def test_the_checkpoint_dies_with_what_is_applied_to_it(tmp_path: Path) -> None:
    import gc
    import weakref

    from tests.engine.renders import builtin, loaded

    engine = loaded()
    held = engine.checkpoint(builtin())
    assert held is not None
    file = write_lora(tmp_path / "a.safetensors", held, paths=UNET_PATHS)
    gone = weakref.ref(held.unet)
    paint(engine, with_networks(lora(file), hypernetwork(tmp_path / "h.pt", 1.0)))
    del held

    engine.release()
    gc.collect()

    assert gone() is None


def test_another_weight_in_the_unet_alone_reads_no_text_anew(engine: Engine, file: Path) -> None:
    paint(engine, with_networks(lora(file, 1, 1)))
    held = engine._stepper.encoding.held_bytes

    paint(engine, with_networks(lora(file, 1, 0.5)))
    assert engine._stepper.encoding.held_bytes == held

    paint(engine, with_networks(lora(file, 0.5, 1)))
    assert engine._stepper.encoding.held_bytes > held


def test_a_checkpoint_written_over_while_merged_fails_its_own_pictures_with_the_reason(
    engine: Engine, tmp_path: Path
) -> None:
    model = tmp_path / "model.safetensors"
    model.write_bytes(builtin_path().read_bytes())
    of_it = model_file(model)
    file = write_lora(tmp_path / "a.safetensors", fresh_checkpoint(model))
    paint(engine, replace(with_networks(lora(file)), checkpoint=of_it))
    model.write_bytes(model.read_bytes()[:-64] + b"\0" * 64)
    late, other = replace(with_networks(), checkpoint=of_it), with_networks()
    engine.add(late)
    engine.add(other)

    outcomes = drive(engine)

    (told,) = of(Broken, outcomes)
    assert told.render == late
    assert "has changed since this picture was planned" in str(told.error)
    assert [painted.render for painted in of(Painted, outcomes)] == [other]
    # planned anew, it is loaded anew
    assert paint(engine, again := replace(with_networks(), checkpoint=model_file(model)))[again.id].rgb
    assert engine.checkpoint(of_it) is None


def test_a_lora_of_unknown_family_that_does_not_fit_is_refused_before_the_checkpoint_is_loaded(tmp_path: Path) -> None:
    """No cross-attention in it, so nothing tells what it was made for."""
    name = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"
    large, fit = (
        write(
            tmp_path / f"{label}.safetensors",
            {f"{name}.lora_up.weight": torch.zeros(width, 4), f"{name}.lora_down.weight": torch.zeros(4, width)},
        )
        for label, width in (("large", 320), ("fit", 64))
    )
    fresh = Engine("cpu")
    bad, good = with_networks(lora(large)), with_networks(lora(fit))
    fresh.add(bad)

    outcomes = drive(fresh)

    (told,) = outcomes
    assert isinstance(told, Broken)
    assert "The LoRA large does not fit" in str(told.error)
    assert told.error.where == str(large)
    assert [painted.render for painted in paint(fresh, good).values()] == [good]
