"""From the tensors of a LoRA, or of one of its relatives, to the change of one weight.

Weights are W of shape (out, in) or (out, in, height, width), changes ΔW of the same shape; all in float32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import NamedTuple

import torch
from torch import Tensor

Parts = Mapping[str, Tensor]
"""The tensors that belong to one module, by the names of `names.PARTS`."""
TINY = 1e-8


class Form(NamedTuple):
    """One kind of change: it is there when the part `sign` is. `rank` names the part whose extent along an axis divides alpha."""

    label: str
    sign: str
    change: Callable[[Parts, Tensor], Tensor]
    rank: tuple[tuple[str, int], ...] = ()


def _lora(parts: Parts, weight: Tensor) -> Tensor:
    """up · down (Hu et al. 2021); with `mid` the Tucker decomposition of a convolution (Yeh et al. 2023, LoCon)."""
    up, down = parts["up"].flatten(1), parts["down"].flatten(1)
    if "mid" in parts:
        return torch.einsum("nmkl,in,mj->ijkl", parts["mid"], up, down)
    return up @ down


def _loha(parts: Parts, weight: Tensor) -> Tensor:
    """The Hadamard product of two low ranks (Hyeon-Woo et al. 2021), each of them a Tucker decomposition when it has a core."""
    factors = []
    for number in ("1", "2"):
        a, b = parts[f"hada_w{number}_a"], parts[f"hada_w{number}_b"]
        core = parts.get(f"hada_t{number}")
        factors.append(a @ b if core is None else torch.einsum("ijkl,jr,ip->prkl", core, b, a))
    return factors[0] * factors[1]


def _lokr(parts: Parts, weight: Tensor) -> Tensor:
    """The Kronecker product of two matrices, each whole or of low rank (Edalati et al. 2022)."""
    first, second = _kronecker_factor(parts, "1"), _kronecker_factor(parts, "2")
    while first.ndim < second.ndim:
        first = first.unsqueeze(-1)
    return torch.kron(first, second.contiguous())


def _kronecker_factor(parts: Parts, number: str) -> Tensor:
    whole = parts.get(f"lokr_w{number}")
    if whole is not None:
        return whole
    a, b = parts[f"lokr_w{number}_a"], parts[f"lokr_w{number}_b"]
    core = parts.get(f"lokr_t{number}")
    return a @ b if core is None else torch.einsum("ijkl,ip,jr->prkl", core, a, b)


def _full(parts: Parts, weight: Tensor) -> Tensor:
    """The difference itself."""
    return parts["diff"]


def _norm(parts: Parts, weight: Tensor) -> Tensor:
    """The difference of a norm's scale (LyCORIS)."""
    return parts["w_norm"]


def _glora(parts: Parts, weight: Tensor) -> Tensor:
    """W·A + B, both of low rank (Chavan et al. 2023)."""
    a, b = parts["a2"].flatten(1) @ parts["a1"].flatten(1), parts["b2"].flatten(1) @ parts["b1"].flatten(1)
    return weight.flatten(1) @ a + b


def _oft(parts: Parts, weight: Tensor) -> Tensor:
    """The weight turned by blocks of rotations, by Cayley's formula from skew matrices (Qiu et al. 2023); `alpha` > 0 bounds them.

    blocks: (blocks, size, size), of as many rows as the weight has.
    """
    blocks = parts["oft_blocks"]
    skew = blocks - blocks.transpose(1, 2)
    bound = float(parts.get("alpha", torch.zeros(()))) * weight.shape[0]
    if bound > 0:
        length = skew.norm()
        skew = skew * ((length.clamp(max=bound) + TINY) / (length + TINY))
    eye = torch.eye(blocks.shape[1], device=blocks.device)
    turn = torch.linalg.solve(eye - skew, eye + skew)
    rows = weight.reshape(blocks.shape[0], blocks.shape[1], -1)
    turned = torch.einsum("knm,kni->kmi", turn, rows).flatten(0, 1).reshape(weight.shape)
    rescale = parts.get("rescale")
    return (turned if rescale is None else turned * rescale.reshape(-1, *[1] * (weight.ndim - 1))) - weight


FORMS: tuple[Form, ...] = (
    Form("LoRA", "up", _lora, (("down", 0),)),
    Form("LoHa", "hada_w1_a", _loha, (("hada_w1_b", 0),)),
    Form("LoKr", "lokr_w1", _lokr, (("lokr_w2_b", 0),)),
    Form("LoKr", "lokr_w1_a", _lokr, (("lokr_w2_b", 0), ("lokr_w1_b", 0))),
    Form("full difference", "diff", _full),
    Form("norm", "w_norm", _norm),
    Form("GLoRA", "a1", _glora, (("a1", 0),)),
    Form("OFT", "oft_blocks", _oft),
)
"""The first row whose sign is there counts."""


def fits(parts: Parts, shape: tuple[int, ...]) -> bool:
    """Whether the tensors fit each other and a weight of this shape; a look at their shapes alone."""
    form = form_of(parts)
    if any(parts[name].numel() != 1 for name in ("alpha", "scale") if name in parts):
        return False
    if form is None:
        return True
    try:
        sound = _count(form, {name: tuple(tensor.shape) for name, tensor in parts.items()}, shape) == prod(shape)
    except (KeyError, IndexError):
        return False
    return sound and ("dora_scale" not in parts or parts["dora_scale"].numel() in shape[:2])


def _count(form: Form, of: Mapping[str, tuple[int, ...]], shape: tuple[int, ...]) -> int:
    """How many numbers the change has; 0 when its tensors do not fit each other."""
    match form.sign:
        case "up":
            ranks = (prod(of["up"][1:]), of["down"][0])
            core = of.get("mid", (ranks[0], ranks[0]))
            return of["up"][0] * prod(of["down"][1:]) * prod(core[2:]) * (ranks == core[:2])
        case "hada_w1_a":
            counts = [_low_rank(of, f"hada_w{n}_a", f"hada_w{n}_b", f"hada_t{n}") for n in ("1", "2")]
            return counts[0] * (counts[0] == counts[1])
        case "lokr_w1" | "lokr_w1_a":
            return prod(
                prod(of[f"lokr_w{n}"])
                if f"lokr_w{n}" in of
                else _low_rank(of, f"lokr_w{n}_a", f"lokr_w{n}_b", f"lokr_t{n}")
                for n in ("1", "2")
            )
        case "oft_blocks":
            blocks, rows, columns = of["oft_blocks"]
            return prod(shape) * (rows == columns and blocks * rows == shape[0])
        case "a1":
            whole = (shape[0], prod(shape[1:]))
            turned, added = ((of[f"{a}2"][0], of[f"{a}1"][0], prod(of[f"{a}1"][1:])) for a in ("a", "b"))
            paired = prod(of["a2"][1:]) == turned[1] and prod(of["b2"][1:]) == added[1]
            return prod(shape) * (paired and turned[::2] == (whole[1], whole[1]) and added[::2] == whole)
        case _:
            return prod(of[form.sign])


def _low_rank(of: Mapping[str, tuple[int, ...]], a: str, b: str, core: str) -> int:
    """The numbers in a·b, or in a Tucker decomposition of them."""
    if core not in of:
        return of[a][0] * of[b][1] * (of[a][1] == of[b][0])
    return of[a][1] * of[b][1] * prod(of[core][2:]) * ((of[a][0], of[b][0]) == of[core][:2])


def form_of(parts: Parts) -> Form | None:
    """Which kind of change these tensors are; None for none that is known."""
    return next((form for form in FORMS if form.sign in parts), None)


def weight_change(parts: Parts, weight: Tensor) -> Tensor | None:
    """ΔW for a multiplier of 1, weight as it is before; None when only the bias changes. Raises RuntimeError or KeyError when
    the tensors do not fit each other or the weight."""
    form = form_of(parts)
    if form is None:
        return None
    change = form.change(parts, weight).reshape(weight.shape) * scale(parts, form)
    return _decomposed(weight + change, parts["dora_scale"]) - weight if "dora_scale" in parts else change


def bias_change(parts: Parts) -> Tensor | None:
    """The change of the bias, as `weight_change`."""
    return parts.get("diff_b", parts.get("b_norm"))


def scale(parts: Parts, form: Form) -> float:
    """alpha / rank; 1 where there is no alpha, or no rank it could be divided by."""
    if "scale" in parts:
        return float(parts["scale"])
    rank = next((parts[name].shape[axis] for name, axis in form.rank if name in parts), 0)
    return float(parts["alpha"]) / rank if "alpha" in parts and rank else 1.0


def shortened(parts: Parts, dyn: int) -> Parts:
    """The first `dyn` dimensions of a LoRA; alpha still counts against all of them (as A1111)."""
    if "up" not in parts or "mid" in parts:
        return parts
    kept = dict(parts)
    kept["scale"] = torch.tensor(scale(parts, FORMS[0]))
    return kept | {"up": parts["up"][:, :dyn], "down": parts["down"][:dyn]}


def _decomposed(weight: Tensor, magnitude: Tensor) -> Tensor:
    """The weight with the lengths that DoRA learnt (Liu et al. 2024, eq. 5): one a row, or one a column as LyCORIS began.

    magnitude: (out,), (out, 1, …) or (1, in, …).
    """
    by_row = magnitude.ndim == 1 or (magnitude.shape[0] == weight.shape[0] and magnitude[0].numel() == 1)
    kept = 0 if by_row else 1
    length: Tensor = weight.norm(dim=tuple(axis for axis in range(weight.ndim) if axis != kept), keepdim=True)
    tiny = torch.finfo(weight.dtype).eps
    learnt: Tensor = magnitude.reshape(length.shape)
    return weight * (learnt / (length + tiny))
