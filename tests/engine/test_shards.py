"""Diffusers folders whose weights are in several files."""

from __future__ import annotations

import json

from safetensors.torch import load_file, save_file

from tests.engine.checkpoints import write_folder
from tests.engine.test_loading import load


def test_a_folder_of_shards_loads_as_the_whole_one(tmp_path) -> None:
    whole, _ = load(write_folder(tmp_path / "whole"))
    folder = write_folder(tmp_path / "shards")
    for part in ("unet", "text_encoder"):
        file = next((folder / part).glob("*.safetensors"))
        tensors = load_file(file)
        names = sorted(tensors)
        halves = (names[::2], names[1::2])
        for number, half in enumerate(halves, 1):
            save_file(
                {name: tensors[name] for name in half}, file.with_name(f"{file.stem}-{number:05}-of-00002.safetensors")
            )
        (folder / part / f"{file.name}.index.json").write_text(json.dumps({"weight_map": {}}))
        file.unlink()
    loaded, _ = load(folder)
    mine, theirs = loaded.unet.state_dict(), whole.unet.state_dict()
    assert mine.keys() == theirs.keys()
    assert all(mine[name].equal(theirs[name]) for name in mine)
