"""A checkpoint that the tests may change, and a guard that they change it back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sdtui.engine.checkpoint import Checkpoint
from tests.engine.adapters.made import all_weights, fresh_checkpoint, same


@pytest.fixture(scope="session")
def _toy() -> Checkpoint:
    return fresh_checkpoint()


@pytest.fixture
def toy(_toy: Checkpoint) -> Iterator[Checkpoint]:
    """The built-in model, not the engine's; every test leaves it as it was."""
    before = all_weights(_toy)
    yield _toy
    assert same(all_weights(_toy), before)
