from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sdtui.weights.identify import identify
from tools.demo_model import autoencoder, pack, pipeline, text, tokens, unet


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, torch.Tensor]]]:
    """A packed file of untrained parts, and those parts."""
    folder = tmp_path_factory.mktemp("packed")
    torch.manual_seed(3)
    torch.save(autoencoder.build().state_dict(), folder / "autoencoder.pt")
    weights = {"unet": unet.build().state_dict(), "encoder": text.build_folded().state_dict()}
    return pack.write(weights, folder / "autoencoder.pt", folder), weights


def test_the_packed_file_is_small_enough(trained) -> None:
    assert trained[0].stat().st_size <= 15e6


def test_the_program_knows_the_packed_file(trained) -> None:
    record = identify(trained[0])
    assert (record.kind, record.family, record.problem) == ("checkpoint", "sd1", "")
    assert record.defaults == {"width": 64, "height": 64, "cfg_scale": 4.0}


def test_the_unet_comes_back_from_the_original_names(trained) -> None:
    path, weights = trained
    found = pipeline.load(path).unet.state_dict()
    assert set(found) == set(weights["unet"])
    assert all(torch.equal(found[name], value.half().float()) for name, value in weights["unet"].items())


def test_the_autoencoder_comes_back_from_the_original_names(trained) -> None:
    path, _ = trained
    before, found = (
        autoencoder.load(path.parent.parent / "autoencoder.pt").state_dict(),
        pipeline.load(path).vae.state_dict(),
    )
    assert set(found) == set(before)
    assert all(torch.equal(found[name], value.half().float()) for name, value in before.items())


def test_the_whole_vocabulary_encodes_as_the_folded_one(trained) -> None:
    path, weights = trained
    folded = text.build_folded()
    folded.load_state_dict({name: value.half().float() for name, value in weights["encoder"].items()})
    rows, emphasis = tokens.encode([("a", 1.0), ("red", 1.3), ("circle", 1.0), ("zebra", 1.0)])
    painter = pipeline.Painter(pipe=pipeline.load(path))
    with torch.no_grad():
        wanted = tokens.emphasise(folded(torch.tensor([rows]))[0], torch.tensor([emphasis]))
    found = painter.embed([("a", 1), ("red", 1.3), ("circle zebra", 1)])
    assert torch.allclose(found, wanted, atol=1e-5)


def test_batches_give_the_pictures_of_their_seeds(trained) -> None:
    painter = pipeline.Painter(pipe=pipeline.load(trained[0]), steps=2, batch=2)
    prompt = painter.embed("a red circle")
    three = painter.paint([prompt] * 3, seed=5)
    (last,) = painter.paint([prompt], seed=7)
    assert abs(three[2].astype(int) - last.astype(int)).max() <= 2
