"""How many threads a call gets on the CPU: a small one a single thread, whatever happened before."""

from collections.abc import Iterator

import pytest
import torch

from sdtui.engine.device import Compute

TINY_BYTES, SD1_BYTES = 29_000_000, 4_300_000_000


@pytest.fixture
def compute() -> Iterator[Compute]:
    before = torch.get_num_threads()
    yield Compute(torch.device("cpu"), torch.float32, threads=2)
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("weight_bytes", "cells", "threads"),
    [
        (TINY_BYTES, 2 * 8 * 8, 1),
        (TINY_BYTES, 16 * 8 * 8, 1),
        (TINY_BYTES, 2 * 32 * 32, 2),
        (SD1_BYTES, 2 * 64 * 64, 2),
        (SD1_BYTES, 64 * 64, 2),
    ],
)
def test_small_calls_have_one_thread_and_large_ones_all(compute, weight_bytes, cells, threads):
    for before in (1, 2):
        torch.set_num_threads(before)
        compute.spread(weight_bytes, cells)
        assert torch.get_num_threads() == threads
