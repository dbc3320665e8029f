"""One engine with the built-in model for all tests that leave it idle."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.engine import Engine
from tests.engine.renders import builtin, drive


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """On a busy machine two threads of OpenMP wait for each other longer than they work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def _shared() -> Engine:
    engine = Engine("cpu")
    engine.warm(builtin())
    drive(engine)
    return engine


@pytest.fixture
def engine(_shared: Engine) -> Iterator[Engine]:
    """The engine, idle, with the built-in model loaded."""
    assert _shared.idle
    yield _shared
    for flight in list(_shared._flights):
        _shared.cancel(flight)
    drive(_shared)


@pytest.fixture(scope="session")
def checkpoint(_shared: Engine) -> Checkpoint:
    """The built-in model, loaded."""
    held = _shared.checkpoint(builtin())
    assert held is not None
    return held
