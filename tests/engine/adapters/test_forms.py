"""Each form of LoRA against its formula, written out once more."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from sdtui.engine.adapters.forms import Parts, bias_change, fits, shortened, weight_change

OUT, INTO, RANK = 6, 8, 2
LINEAR, CONVOLUTION = (OUT, INTO), (OUT, INTO, 3, 3)


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed + sum(shape)))


def numbers(parts: Parts) -> dict[str, np.ndarray]:
    return {name: tensor.double().numpy() for name, tensor in parts.items()}


def plain(p: dict[str, np.ndarray], w: np.ndarray) -> np.ndarray:
    down = p["down"].reshape(RANK, -1)
    return (p["up"].reshape(OUT, RANK) @ down).reshape(w.shape) * 0.5 / RANK


def tucker(p: dict[str, np.ndarray], w: np.ndarray) -> np.ndarray:
    up, down = p["up"].reshape(OUT, RANK), p["down"].reshape(RANK, INTO)
    change = np.zeros(w.shape)
    for a in range(RANK):
        for b in range(RANK):
            change += up[:, a, None, None, None] * down[b][None, :, None, None] * p["mid"][a, b]
    return change * 0.5 / RANK


def hadamard(p: dict[str, np.ndarray], w: np.ndarray) -> np.ndarray:
    first, second = (p[f"hada_w{n}_a"] @ p[f"hada_w{n}_b"] for n in "12")
    return (first * second).reshape(w.shape) * 0.5 / RANK


def hadamard_tucker(p: dict[str, np.ndarray], w: np.ndarray) -> np.ndarray:
    made = []
    for n in "12":
        core, a, b = p[f"hada_t{n}"], p[f"hada_w{n}_a"], p[f"hada_w{n}_b"]
        change = np.zeros(w.shape)
        for i in range(RANK):
            for j in range(RANK):
                change += a[i][:, None, None, None] * b[j][None, :, None, None] * core[i, j]
        made.append(change)
    return made[0] * made[1] * 0.5 / RANK


def kronecker(p: dict[str, np.ndarray], w: np.ndarray) -> np.ndarray:
    return np.kron(p["lokr_w1"], p["lokr_w2"]).reshape(w.shape)


def kronecker_low(p: dict[str, np.ndarray], w: np.ndarray) -> np.ndarray:
    return np.kron(p["lokr_w1_a"] @ p["lokr_w1_b"], p["lokr_w2_a"] @ p["lokr_w2_b"]) * 0.5 / RANK


def kronecker_tucker(p: dict[str, np.ndarray], w: np.ndarray) -> np.ndarray:
    second = np.einsum("ijkl,ip,jr->prkl", p["lokr_t2"], p["lokr_w2_a"], p["lokr_w2_b"])
    change = np.zeros(w.shape)
    for i, row in enumerate(p["lokr_w1"]):
        for j, one in enumerate(row):
            change[i * 3 : i * 3 + 3, j * 4 : j * 4 + 4] = one * second
    return change * 0.5 / RANK


def dora_rows(p: dict[str, np.ndarray], w: np.ndarray) -> np.ndarray:
    merged = w + plain(p, w)
    return merged * (p["dora_scale"].ravel() / np.linalg.norm(merged, axis=1))[:, None] - w


def dora_columns(p: dict[str, np.ndarray], w: np.ndarray) -> np.ndarray:
    merged = w + plain(p, w)
    return merged * (p["dora_scale"].ravel() / np.linalg.norm(merged, axis=0))[None] - w


def difference(p: dict[str, np.ndarray], w: np.ndarray) -> np.ndarray:
    return p["diff"]


def rotated(p: dict[str, np.ndarray], w: np.ndarray) -> np.ndarray:
    turned = w.copy()
    for n, block in enumerate(p["oft_blocks"]):
        skew = block - block.T
        turn = (np.eye(3) + skew) @ np.linalg.inv(np.eye(3) - skew)
        turned[n * 3 : n * 3 + 3] = turn.T @ w[n * 3 : n * 3 + 3]
    return turned - w


def glora(p: dict[str, np.ndarray], w: np.ndarray) -> np.ndarray:
    return (w @ p["a2"] @ p["a1"] + p["b2"] @ p["b1"]) * 0.5 / RANK


LOW = {"up": random(OUT, RANK), "down": random(RANK, INTO)}
ALPHA = {"alpha": torch.tensor(0.5)}
HADA = {f"hada_w{n}_{ab}": random(*shape) for n in "12" for ab, shape in (("a", (OUT, RANK)), ("b", (RANK, INTO)))}

CASES: dict[str, tuple[Parts, tuple[int, ...], Callable[[dict[str, np.ndarray], np.ndarray], np.ndarray]]] = {
    "LoRA": (LOW | ALPHA, LINEAR, plain),
    "LoRA of a convolution": (
        {"up": random(OUT, RANK, 1, 1), "down": random(RANK, INTO, 3, 3)} | ALPHA,
        CONVOLUTION,
        plain,
    ),
    "LoRA of 1×1 on a linear layer": (
        {"up": random(OUT, RANK, 1, 1), "down": random(RANK, INTO, 1, 1)} | ALPHA,
        LINEAR,
        plain,
    ),
    "LoCon": (
        {"up": random(OUT, RANK, 1, 1), "down": random(RANK, INTO, 1, 1), "mid": random(RANK, RANK, 3, 3)} | ALPHA,
        CONVOLUTION,
        tucker,
    ),
    "LoHa": (HADA | ALPHA, LINEAR, hadamard),
    "LoHa with cores": (
        {f"hada_t{n}": random(RANK, RANK, 3, 3, seed=int(n)) for n in "12"}
        | {f"hada_w{n}_a": random(RANK, OUT, seed=int(n)) for n in "12"}
        | {f"hada_w{n}_b": random(RANK, INTO, seed=int(n)) for n in "12"}
        | ALPHA,
        CONVOLUTION,
        hadamard_tucker,
    ),
    # without a rank there is nothing that alpha could be divided by
    "LoKr": ({"lokr_w1": random(2, 2), "lokr_w2": random(3, 4)} | ALPHA, LINEAR, kronecker),
    "LoKr, both decomposed": (
        {"lokr_w1_a": random(2, RANK), "lokr_w1_b": random(RANK, 2)}
        | {"lokr_w2_a": random(3, RANK), "lokr_w2_b": random(RANK, 4)}
        | ALPHA,
        LINEAR,
        kronecker_low,
    ),
    "LoKr with a core": (
        {"lokr_w1": random(2, 2), "lokr_t2": random(RANK, RANK, 3, 3)}
        | {"lokr_w2_a": random(RANK, 3), "lokr_w2_b": random(RANK, 4)}
        | ALPHA,
        CONVOLUTION,
        kronecker_tucker,
    ),
    "DoRA by rows (PEFT)": (LOW | ALPHA | {"dora_scale": random(OUT).abs()}, LINEAR, dora_rows),
    "DoRA by rows (LyCORIS)": (LOW | ALPHA | {"dora_scale": random(OUT, 1).abs()}, LINEAR, dora_rows),
    "DoRA by columns": (LOW | ALPHA | {"dora_scale": random(1, INTO).abs()}, LINEAR, dora_columns),
    "full difference": ({"diff": random(*LINEAR)}, LINEAR, difference),
    "OFT": ({"oft_blocks": random(2, 3, 3)}, LINEAR, rotated),
    "GLoRA": (
        {"a1": random(RANK, INTO), "a2": random(INTO, RANK), "b1": random(RANK, INTO), "b2": random(OUT, RANK)} | ALPHA,
        LINEAR,
        glora,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_form_is_its_formula(name: str) -> None:
    parts, shape, formula = CASES[name]
    weight = random(*shape, seed=9)

    change = weight_change(parts, weight)

    assert change is not None
    assert change.shape == weight.shape
    np.testing.assert_allclose(change.numpy(), formula(numbers(parts), weight.double().numpy()), rtol=1e-4, atol=1e-5)
    assert float(change.abs().max()) > 0.01


def test_dyn_takes_the_first_dimensions_and_keeps_the_scale() -> None:
    parts = shortened(LOW | ALPHA, 1)

    change = weight_change(parts, random(*LINEAR))

    assert change is not None
    torch.testing.assert_close(change, LOW["up"][:, :1] @ LOW["down"][:1] * 0.25)


def test_without_alpha_the_scale_is_one() -> None:
    change = weight_change(LOW, random(*LINEAR))

    assert change is not None
    torch.testing.assert_close(change, LOW["up"] @ LOW["down"])


def test_oft_is_bounded_by_its_alpha() -> None:
    weight = random(*LINEAR)
    free = weight_change({"oft_blocks": random(2, 3, 3)}, weight)
    bound = weight_change({"oft_blocks": random(2, 3, 3), "alpha": torch.tensor(1e-4)}, weight)

    assert free is not None
    assert bound is not None
    assert 0 < float(bound.norm()) < 0.01 * float(free.norm())


def test_bias_has_a_change_of_its_own() -> None:
    assert weight_change({"diff_b": torch.ones(OUT)}, random(*LINEAR)) is None
    assert bias_change({"diff_b": torch.ones(OUT)}) is not None
    assert bias_change(LOW) is None


@pytest.mark.parametrize(
    "parts",
    [{"up": random(OUT, 3), "down": random(RANK, INTO)}, {"up": random(OUT, RANK)}, {"diff": random(OUT, INTO + 1)}],
)
def test_tensors_that_do_not_fit_are_refused(parts: Parts) -> None:
    assert not fits(parts, LINEAR)
    with pytest.raises((RuntimeError, KeyError)):
        weight_change(parts, random(*LINEAR))


@pytest.mark.parametrize("name", CASES)
def test_what_fits_is_told_by_shapes_as_by_computing(name: str) -> None:
    """Every tensor made one longer along every axis: what torch refuses is refused."""
    parts, shape, _ = CASES[name]
    assert fits(parts, shape)
    for part, tensor in parts.items():
        for axis in range(tensor.ndim):
            longer = dict(parts) | {part: torch.cat([tensor, tensor.narrow(axis, 0, 1)], dim=axis)}
            try:
                computes = weight_change(longer, random(*shape)) is not None
            except (RuntimeError, KeyError):
                computes = False
            assert computes or not fits(longer, shape), (part, axis)
    assert not fits(parts, (shape[0] + 1, *shape[1:]))
