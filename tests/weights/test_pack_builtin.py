from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from sdtui.weights.header import read_header
from sdtui.weights.identify import builtin_path, identify
from tests.weights.synthetic import sd1, write_model

TOOL = Path(__file__).parents[2] / "tools" / "pack_builtin.py"


def pack(folder: Path, out: Path) -> bytes:
    subprocess.run([sys.executable, str(TOOL), str(folder), str(out)], check=True, capture_output=True)
    return out.read_bytes()


def unpack_builtin(folder: Path) -> None:
    """The trained model's folder, made again from the file that ships."""
    data, header = builtin_path().read_bytes(), read_header(builtin_path())
    (folder / "configs").mkdir(parents=True)
    for module, config in json.loads(header.metadata["sdtui.architecture"]).items():
        (folder / "configs" / f"{module}.json").write_text(
            json.dumps({**config, "_diffusers_version": "0.0", "dtype": "x"})
        )
    length = int.from_bytes(data[:8], "little")
    entries = json.loads(data[8 : 8 + length])
    del entries["__metadata__"]
    text = json.dumps(entries).encode()
    (folder / "shapes-64.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :])


def test_shipped_model_comes_out_of_the_tool_byte_for_byte(tmp_path: Path) -> None:
    unpack_builtin(tmp_path / "trained")
    assert pack(tmp_path / "trained", tmp_path / "again.safetensors") == builtin_path().read_bytes()


def test_packed_file_is_aligned_sound_and_says_what_it_is() -> None:
    data = builtin_path().read_bytes()
    assert int.from_bytes(data[:8], "little") % 8 == 0
    record = identify(builtin_path())
    assert record.problem == ""


def test_packed_tensors_are_the_trained_ones(tmp_path: Path) -> None:
    folder = tmp_path / "trained"
    (folder / "configs").mkdir(parents=True)
    for module in ("unet", "vae", "text_encoder"):
        (folder / "configs" / f"{module}.json").write_text("{}")
    source = read_header(write_model(folder / "shapes-64.safetensors", dict.fromkeys(sd1(), (1,))))
    pack(folder, tmp_path / "out.safetensors")
    packed = read_header(tmp_path / "out.safetensors")
    assert list(packed.tensors) == list(source.tensors)
