"""Pack the trained demo model into the file that ships: the same tensors, its configs and defaults in the metadata.

    python tools/pack_builtin.py TRAINED_FOLDER sdtui/data/models/shapes-64.safetensors

TRAINED_FOLDER holds `shapes-64.safetensors` (original single-file layout) and `configs/{unet,vae,text_encoder}.json`.
The tensors' bytes are copied as they are and nothing else enters the file, so equal input gives equal output.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
from pathlib import Path

DEFAULTS = {"width": 64, "height": 64, "cfg_scale": 4.0}
MODULES = ("unet", "vae", "text_encoder")
# What a library noted about itself when it saved; the modules are built without it.
NOT_ARCHITECTURE = {"_diffusers_version", "_name_or_path", "architectures", "dtype", "transformers_version"}
ALIGNMENT = 8


def read_architecture(folder: Path) -> dict[str, dict[str, object]]:
    """The module configs of a trained model without what only its training run knew."""
    found = {}
    for module in MODULES:
        config: dict[str, object] = json.loads((folder / f"{module}.json").read_text("utf-8"))
        found[module] = {key: config[key] for key in sorted(config) if key not in NOT_ARCHITECTURE}
    return found


def metadata(architecture: dict[str, dict[str, object]], tensors: bytes) -> dict[str, str]:
    """The metadata of the shipped file: modelspec's names for people, `sdtui.*` for us."""
    return {
        "format": "pt",
        "modelspec.architecture": "stable-diffusion-v1",
        "modelspec.author": "the sdtui project",
        "modelspec.description": "A tiny Stable-Diffusion-1-style model of drawn shapes, trained from scratch on drawn pictures.",
        "modelspec.hash_sha256": "0x" + hashlib.sha256(tensors).hexdigest(),
        "modelspec.implementation": "https://github.com/Stability-AI/StableDiffusion",
        "modelspec.license": "Apache-2.0",
        "modelspec.prediction_type": "epsilon",
        "modelspec.resolution": f"{DEFAULTS['width']}x{DEFAULTS['height']}",
        "modelspec.sai_model_spec": "1.0.0",
        "modelspec.title": "Shapes 64",
        "sdtui.architecture": json.dumps(architecture, separators=(",", ":"), allow_nan=False),
        "sdtui.defaults": json.dumps(DEFAULTS, separators=(",", ":")),
    }


def pack(folder: Path) -> bytes:
    """The bytes of the shipped file."""
    source = (folder / "shapes-64.safetensors").read_bytes()
    (length,) = struct.unpack_from("<Q", source)
    entries = json.loads(source[8 : 8 + length])
    entries.pop("__metadata__", None)
    tensors = source[8 + length :]
    header = {"__metadata__": metadata(read_architecture(folder / "configs"), tensors), **entries}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    return struct.pack("<Q", len(text)) + text + tensors


def main() -> None:
    """Read the two arguments, write the file, say what it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the trained model's folder")
    parser.add_argument("out", type=Path, help="the file to write")
    options = parser.parse_args()
    packed = pack(options.folder)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_bytes(packed)
    print(f"{options.out}: {len(packed) / 1e6:.2f} MB, SHA-256 {hashlib.sha256(packed).hexdigest()}")


if __name__ == "__main__":
    main()
