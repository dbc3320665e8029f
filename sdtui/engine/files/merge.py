"""Merging checkpoints: the weighted sum, and the difference of two added to a third, as A1111 defines them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from torch import Tensor

from sdtui.engine.files.convert import Made, Overflow
from sdtui.engine.files.mapped import DTYPES, MappedFile
from sdtui.engine.files.writing import Output, Tell, mapped, pieces_of, write_safetensors
from sdtui.errors import ModelError, UsageError
from sdtui.weights.families import INPAINT
from sdtui.weights.telling import tell

VAE_PREFIX = "first_stage_model."
SKIPPED = ("position_ids",)
"""Tensors that are counted, not learnt: they stay as they are in A."""
UNTITLED = ("modelspec.title", "modelspec.hash_sha256", "modelspec.thumbnail", "sshs_model_hash", "sshs_legacy_hash")
"""Metadata that is true of A alone."""
RECIPE_KEY = "sd_merge_recipe"
NAMED = 3

Blend = Callable[..., Tensor]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is merged: A and B, with `c` the difference B − C is added to A instead; `weight` is B's, or the difference's."""

    a: Path
    b: Path
    c: Path | None
    weight: float
    half: bool
    vae: Path | None

    @property
    def method(self) -> str:
        """The method's name as A1111 writes it."""
        return "Weighted sum" if self.c is None else "Add difference"


def merge(recipe: Recipe, target: Path, *, overwrite: bool, tell_share: Tell) -> Made:
    """Write the merged checkpoint; raises ModelError when the files are of different families, UsageError on a bad recipe.

    Computed in float32 and rounded to A's precision. What only A has stays as it is there, what only B has is left out; both
    are said. An inpainting model is merged with another by its first four input channels and has to be A.
    """
    if not -1 <= recipe.weight <= 2:
        raise UsageError(f"The weight is a number from -1 to 2, not {recipe.weight:g}.", where="--weight")
    files = {key: MappedFile(path) for key, path in (("A", recipe.a), ("B", recipe.b), ("C", recipe.c)) if path}
    _check_families(files)
    vae = MappedFile(recipe.vae) if recipe.vae else None
    overflow = Overflow()
    outputs = [_output(name, files, recipe, overflow) for name in files["A"].infos]
    notes = _only_one_has(files)
    if vae is not None:
        outputs, baked = _with_vae(outputs, vae, recipe, overflow)
        notes += (f"The VAE of {vae.path.name} took the place of {baked} tensors.",)
    write_safetensors(target, outputs, _metadata(files["A"], recipe), overwrite=overwrite, tell=tell_share)
    return Made(target, (*notes, *overflow.notes))


def weighted_sum(weight: float, a: Tensor, b: Tensor) -> Tensor:
    """(1 − weight)·A + weight·B."""
    return a * (1.0 - weight) + b * weight


def add_difference(weight: float, a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """A + weight·(B − C)."""
    return a + (b - c) * weight


def _output(name: str, files: Mapping[str, MappedFile], recipe: Recipe, overflow: Overflow) -> Output:
    a = files["A"].infos[name]
    dtype = "F16" if recipe.half and a.dtype in {"F32", "F64"} else a.dtype
    others = [file for key, file in files.items() if key != "A"]
    # without C's tensor there is no difference to add, as A1111
    both = all(name in file.infos for file in others)
    if (
        not both
        or "model" not in name
        or name.endswith(SKIPPED)
        or a.dtype not in {"F16", "BF16", "F32", "F64"}
        or 0 in a.shape
    ):
        return _cast(Output(name, a.dtype, a.shape, mapped(files["A"], name)), dtype, overflow)
    for file in others:
        _check_shape(name, files["A"], file)
    blend = partial(weighted_sum if len(others) == 1 else add_difference, recipe.weight)
    tensors = partial(_blended, name, files["A"], others, blend)
    return Output(name, dtype, a.shape, lambda: (_rounded(name, piece, dtype, overflow) for piece in tensors()))


def _blended(name: str, base: MappedFile, others: list[MappedFile], blend: Blend) -> Iterator[Tensor]:
    """The merged numbers in float32; where A has more input channels than the others, those behind stay A's.

    Raises ModelError at a number that is none.
    """
    for file in (base, *others):
        _check_numbers(name, file)
    a, rest = base.tensor(name), [file.tensor(name) for file in others]
    if a.shape == rest[0].shape:
        for pieces in zip(pieces_of(a), *map(pieces_of, rest), strict=True):
            yield blend(*(piece.float() for piece in pieces))
        return
    whole = a.float().clone()
    channels = [tensor.float()[:, : rest[0].shape[1]] for tensor in rest]
    shared = slice(0, rest[0].shape[1])
    whole[:, shared] = blend(whole[:, shared].clone(), *channels)
    yield from pieces_of(whole)


def _check_numbers(name: str, file: MappedFile) -> None:
    # not the infinite ones: the mask of an OpenCLIP text encoder is made of them
    if any(bool(piece.isnan().any()) for piece in pieces_of(file.tensor(name))):
        raise ModelError(
            f"The tensor '{name}' of {file.path.name} holds what is no number (NaN): the file is broken.",
            where=str(file.path),
            todo="Merge another copy of it.",
        )


def _rounded(name: str, piece: Tensor, dtype: str, overflow: Overflow) -> Tensor:
    return overflow.halved(name, piece) if dtype == "F16" else piece.to(DTYPES[dtype])


def _cast(output: Output, dtype: str, overflow: Overflow) -> Output:
    if dtype == output.dtype:
        return output
    return output._replace(
        dtype=dtype, pieces=lambda: (_rounded(output.name, piece, dtype, overflow) for piece in output.pieces())
    )


def _check_shape(name: str, a: MappedFile, other: MappedFile) -> None:
    """Raises ModelError unless the shapes are equal, or A's has five input channels more (an inpainting model's)."""
    ours, theirs = a.infos[name].shape, other.infos[name].shape
    if ours == theirs:
        return
    if len(ours) == len(theirs) == 4 and (*ours[:1], *ours[2:]) == (*theirs[:1], *theirs[2:]):
        if (ours[1], theirs[1]) == (9, 4):
            return
        if (ours[1], theirs[1]) == (4, 9):
            raise ModelError(
                f"{other.path.name} is an inpainting model and {a.path.name} is none.",
                where=name,
                todo="Give the inpainting model as A, the first one.",
            )
    sizes = f"{'×'.join(map(str, ours))} in A and {'×'.join(map(str, theirs))} in {other.path.name}"
    raise ModelError(f"The tensor '{name}' is {sizes}: the files are models of different architectures.")


def _check_families(files: Mapping[str, MappedFile]) -> None:
    """Raises ModelError unless all are checkpoints of one family, inpainting models among them or not."""
    families: dict[str, str] = {}
    for key, file in files.items():
        told = tell(file.infos)
        if told is None or told[0] != "checkpoint":
            raise ModelError(
                f"This is no checkpoint; it looks like: {told[0] if told else 'nothing that is known'}.",
                where=str(file.path),
            )
        families[key] = told[1].removesuffix(INPAINT)
    if len(set(families.values())) > 1:
        listed = ", ".join(f"{key} is {family}" for key, family in families.items())
        raise ModelError(f"Only checkpoints of one family can be merged: {listed}.")


def _only_one_has(files: Mapping[str, MappedFile]) -> tuple[str, ...]:
    a = files["A"].infos
    notes: list[str] = []
    for key, file in files.items():
        if key == "A":
            continue
        kept = [name for name in a if name not in file.infos]
        if kept:
            notes.append(f"{_count(kept)} not in {key} and stay{_s(kept)} as in A.")
        if left := [name for name in file.infos if name not in a]:
            notes.append(f"{_count(left)} only in {key} and {'is' if len(left) == 1 else 'are'} left out.")
    return tuple(notes)


def _count(names: list[str]) -> str:
    listed = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
    return f"1 tensor ({listed}) is" if len(names) == 1 else f"{len(names)} tensors ({listed}) are"


def _s(names: list[str]) -> str:
    return "s" if len(names) == 1 else ""


def _with_vae(outputs: list[Output], vae: MappedFile, recipe: Recipe, overflow: Overflow) -> tuple[list[Output], int]:
    """The outputs with another VAE's tensors in the place of their own, as A1111 bakes one in."""
    ours = {output.name: output for output in outputs}
    baked = 0
    for name, info in vae.infos.items():
        place = name if name.startswith(VAE_PREFIX) else VAE_PREFIX + name
        own = ours.get(place)
        if own is None or not place.startswith(VAE_PREFIX):
            continue
        if own.shape != info.shape:
            raise ModelError(f"The VAE's tensor '{name}' does not fit.", where=str(vae.path))
        dtype = "F16" if recipe.half and info.dtype in {"F32", "F64"} else info.dtype
        ours[place] = _cast(Output(place, info.dtype, info.shape, mapped(vae, name)), dtype, overflow)
        baked += 1
    if not baked:
        raise ModelError("None of the VAE's tensors has a place in the checkpoint.", where=str(vae.path))
    return list(ours.values()), baked


def _metadata(a: MappedFile, recipe: Recipe) -> dict[str, str]:
    """A's metadata, and how the file was made."""
    kept = {key: value for key, value in a.metadata.items() if key not in UNTITLED}
    told = {
        "type": "sdtui",
        "primary_model": recipe.a.name,
        "secondary_model": recipe.b.name,
        "tertiary_model": recipe.c.name if recipe.c else None,
        "interp_method": recipe.method,
        "multiplier": recipe.weight,
        "save_as_half": recipe.half,
        "bake_in_vae": recipe.vae.name if recipe.vae else None,
    }
    return kept | {RECIPE_KEY: json.dumps(told)}
