"""The version of a model on disk: what changes when somebody replaces it."""

from __future__ import annotations

from glob import escape
from pathlib import Path
from typing import NamedTuple

PARTS = ("unet", "vae", "text_encoder", "text_encoder_2")
"""The subfolders of a diffusers folder whose weights a picture is made with, as far as a family has them."""
WEIGHT_NAMES = (
    "diffusion_pytorch_model.safetensors",
    "diffusion_pytorch_model.fp16.safetensors",
    "model.safetensors",
    "model.fp16.safetensors",
)
"""Files that hold a part's weights, the preferred first."""
MOST_SHARDS = 1000


class Stamp(NamedTuple):
    """`size` in bytes and `mtime_ns` in nanoseconds since the epoch: of a file, or of all that counts in a diffusers folder."""

    size: int
    mtime_ns: int


def stamp(path: Path) -> Stamp:
    """The version of a file, or of a diffusers folder (sum of the sizes, newest time); raises OSError when it is gone."""
    if "\0" in str(path):
        raise FileNotFoundError("a name cannot hold a zero byte")
    if not path.is_dir():
        status = path.stat()
        return Stamp(status.st_size, status.st_mtime_ns)
    members = [path / "model_index.json", *(path / part / "config.json" for part in PARTS)]
    members += [weights for part in PARTS for weights in part_files(path, part)]
    states = [member.stat() for member in members if member.is_file()]
    if not states:
        raise FileNotFoundError(f"{path} holds no model")
    return Stamp(sum(state.st_size for state in states), max(state.st_mtime_ns for state in states))


def part_files(folder: Path, part: str) -> tuple[Path, ...]:
    """The files with the weights of a diffusers folder's part (full precision before fp16): one, or all its shards in order.

    Nothing when there are none, or a shard is missing.
    """
    for name in WEIGHT_NAMES:
        path = folder / part / name
        if path.is_file():
            return (path,)
        if shards := _shards(path):
            return shards
    return ()


def part_weights(folder: Path, part: str) -> Path | None:
    """The file with the weights of a diffusers folder's part, the first of its shards; None when there is none."""
    return next(iter(part_files(folder, part)), None)


def _shards(path: Path) -> tuple[Path, ...]:
    """The files `NAME-00001-of-00003.safetensors` that stand for a large `NAME.safetensors`; none unless all are there."""
    first = next(
        iter(sorted(path.parent.glob(f"{escape(path.stem)}-00001-of-[0-9][0-9][0-9][0-9][0-9]{path.suffix}"))), None
    )
    if first is None:
        return ()
    count = int(first.stem[-5:])
    names = (f"{path.stem}-{number:05}-of-{count:05}{path.suffix}" for number in range(1, count + 1))
    shards = tuple(path.with_name(name) for name in names)
    return shards if count <= MOST_SHARDS and all(shard.is_file() for shard in shards) else ()


def hashed_file(path: Path) -> Path:
    """The file whose SHA-256 stands for the model: itself, or the UNet's weights of a diffusers folder."""
    return (part_weights(path, "unet") or path) if path.is_dir() else path
