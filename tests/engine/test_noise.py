"""A picture's noise: whose generator, which seeds, which size; and the path of the SDE samplers."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from sdtui.engine.brownian import BrownianPath, mixed
from sdtui.engine.noise import PictureNoise, open_source, pasted, slerp
from sdtui.engine.philox import CudaNoise, philox
from sdtui.spec.params import Params
from tests.engine.renders import final_latents, render

CPU = torch.device("cpu")

# Random123's known answers for Philox 4×32-10: counter, key, random words
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def words(text: str) -> tuple[int, ...]:
    return tuple(int(word, 16) for word in text.split())


@pytest.mark.parametrize(("counter", "key", "wanted"), KNOWN)
def test_philox_gives_the_known_answers(counter: str, key: str, wanted: str) -> None:
    first, second, third, fourth = (torch.tensor([word]) for word in words(counter))
    low, high = words(key)
    assert tuple(int(word) for word in philox((first, second, third, fourth), (low, high))) == words(wanted)


def test_cuda_noise_is_what_torch_prints_on_a_card() -> None:
    # torch.manual_seed(0); torch.randn(8, device="cuda")
    wanted = [-0.9247, -0.4253, -2.6438, 0.1452, -0.1209, -0.5797, -0.6229, -0.3284]
    assert CudaNoise(0, CPU)((8,)).tolist() == pytest.approx(wanted, abs=5e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="There is no CUDA card to compare with.")
@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**40 + 3])
def test_cuda_noise_is_that_of_the_card_itself(seed: int) -> None:
    card = torch.Generator("cuda").manual_seed(seed)
    ours = CudaNoise(seed, CPU)
    for shape in ((4, 64, 64), (4, 8, 8), (4, 128, 128)):
        wanted = torch.randn(shape, generator=card, device="cuda").cpu()
        assert torch.allclose(ours(shape), wanted, atol=1e-5)


@pytest.mark.parametrize("rng", ["CPU", "GPU", "NV"])
def test_noise_is_normal_the_same_for_a_seed_and_another_for_another(rng: str) -> None:
    one, again, other = (open_source(rng, seed, CPU) for seed in (5, 5, 6))
    first, second = one((4, 64, 64)), one((4, 64, 64))
    assert torch.equal(first, again((4, 64, 64)))
    assert torch.equal(second, again((4, 64, 64)))
    for drawn in (second, other((4, 64, 64))):
        assert abs(float((drawn * first).mean())) < 0.03
        assert float(drawn.mean()) == pytest.approx(0, abs=0.03)
        assert float(drawn.std()) == pytest.approx(1, abs=0.03)


def test_cpu_noise_is_torchs_own_and_the_steps_go_on_in_its_stream() -> None:
    noise = PictureNoise(Params(seed=9, width=64, height=128), CPU)
    stream = torch.Generator().manual_seed(9)
    for drawn in (noise.first(), noise(), noise()):
        assert torch.equal(drawn, torch.randn((4, 16, 8), generator=stream))


def test_ensd_makes_the_steps_noise_another_seeds() -> None:
    plain, moved = (PictureNoise(Params(seed=9, ensd=ensd, width=64, height=64), CPU) for ensd in (0, 31337))
    assert torch.equal(plain.first(), moved.first())
    assert torch.equal(moved(), PictureNoise(Params(seed=9 + 31337, width=64, height=64), CPU).first())


def first(**params: object) -> torch.Tensor:
    return PictureNoise(Params(**({"seed": 3, "width": 64, "height": 64} | params)), CPU).first()  # type: ignore[arg-type]


def test_a_variation_goes_from_one_seeds_noise_to_the_others() -> None:
    one, other = first(), first(seed=8)
    assert torch.equal(first(variation_seed=8), one)
    assert torch.allclose(first(variation_seed=8, variation_strength=1.0), other, atol=1e-5)
    half = first(variation_seed=8, variation_strength=0.5)
    assert float(half.std()) == pytest.approx(1, abs=0.12)
    assert float((half - one).norm()) == pytest.approx(float((half - other).norm()), rel=0.05)
    distances = [float((first(variation_seed=8, variation_strength=s / 10) - one).norm()) for s in range(1, 11)]
    assert distances == sorted(distances)


def test_every_column_turns_by_its_own_angle() -> None:
    # one column at a right angle, one the same: 45° and nothing
    one = torch.tensor([[[1.0, 1.0], [0.0, 2.0]]])
    other = torch.tensor([[[0.0, 0.5], [1.0, -1.0]]])
    half = slerp(0.5, one, other)[0]
    assert half[:, 0].tolist() == pytest.approx([math.sqrt(0.5), math.sqrt(0.5)])
    angle = math.acos((0.5 - 2) / math.sqrt(5 * 1.25))
    share = math.sin(angle / 2) / math.sin(angle)
    assert half[:, 1].tolist() == pytest.approx([1.5 * share, share], rel=1e-5)
    assert torch.allclose(slerp(0.5, one, one), one)


def test_a_resized_seed_keeps_its_noise_in_the_middle() -> None:
    small, large = first(), first(width=128, height=96, seed_resize_width=64, seed_resize_height=64)
    assert large.shape == (4, 12, 16)
    assert torch.equal(large[:, 2:10, 4:12], small)
    assert torch.equal(large[:, :2], first(width=128, height=96)[:, :2])


def test_a_resized_seed_of_a_larger_picture_is_cut() -> None:
    small, large = first(seed_resize_width=128), first(width=128)
    assert torch.equal(small, large[:, :, 4:12])


def test_pasting_cuts_one_side_and_fills_up_the_other() -> None:
    result = pasted(torch.ones(1, 2, 6), torch.zeros(1, 4, 4))
    assert result[0].sum(1).tolist() == [0, 4, 4, 0]


def path(seed: int = 1, size: int = 1) -> BrownianPath:
    return BrownianPath(
        lambda key: torch.randn(size, generator=torch.Generator().manual_seed(mixed(seed, key)), dtype=torch.float64)
    )


def test_the_path_is_the_same_in_one_stride_and_in_many() -> None:
    sigmas = [2.0 ** (4 - step / 4) for step in range(33)]
    whole = path().between(sigmas[0], sigmas[-1]) * math.sqrt(sigmas[-1] ** -2 - sigmas[0] ** -2)
    walked = path()
    parts = [walked.between(one, other) * math.sqrt(other**-2 - one**-2) for one, other in itertools.pairwise(sigmas)]
    assert torch.allclose(sum(parts), whole)  # type: ignore[arg-type]


def test_a_half_step_and_its_whole_step_share_their_noise() -> None:
    made = path()
    half, whole = made.between(4.0, 2.5), made.between(4.0, 1.5)
    rest = made.between(2.5, 1.5)
    lengths = [math.sqrt(other**-2 - one**-2) for one, other in ((4.0, 2.5), (2.5, 1.5), (4.0, 1.5))]
    assert torch.allclose(half * lengths[0] + rest * lengths[1], whole * lengths[2])


def test_increments_are_unit_noise_and_independent() -> None:
    made = path(size=20_000)
    sigmas = (14.6, 9.1, 5.0, 2.2, 1.0, 0.31, 0.03)
    found = [made.between(one, other) for one, other in itertools.pairwise(sigmas)]
    for drawn in found:
        assert float(drawn.std()) == pytest.approx(1, abs=0.03)
    correlations = torch.corrcoef(torch.stack(found)) - torch.eye(len(found))
    assert correlations.abs().max() < 0.03


def test_the_path_forgets_what_lies_behind() -> None:
    made = path()
    for step in range(150):
        made.between(14.6 * 0.96**step, 14.6 * 0.96 ** (step + 1))
    assert len(made._times) < 40


STOCHASTIC = ["Euler a", "DPM++ SDE", "DPM++ 2M SDE", "DPM++ 3M SDE", "Restart", "LCM"]


def test_stochastic_samplers_give_the_same_picture_alone_and_in_company(engine) -> None:  # type: ignore[no-untyped-def]
    renders = [render(sampler=name, seed=seed, steps=20) for seed, name in enumerate(STOCHASTIC)]
    together = final_latents(engine, *renders)
    for latents, one in zip(together, renders, strict=True):
        (alone,) = final_latents(engine, render(sampler=one.params.sampler, seed=one.params.seed, steps=20))
        assert float((latents - alone).norm() / alone.norm()) < 1e-3, one.params.sampler


def test_the_generator_makes_another_picture(engine) -> None:  # type: ignore[no-untyped-def]
    cpu, nv, varied = final_latents(
        engine,
        render(steps=2),
        render(steps=2, rng="NV"),
        render(steps=2, variation_seed=9, variation_strength=0.3),
    )
    assert float((cpu - nv).norm() / cpu.norm()) > 0.1
    assert float((cpu - varied).norm() / cpu.norm()) > 0.01
