"""What a checkpoint's weights were is read again from its file: nothing is copied, and nothing else is ever taken for it."""

from __future__ import annotations

import weakref
from pathlib import Path

import pytest
import torch
from msgspec.structs import replace
from torch.utils._python_dispatch import TorchDispatchMode

from sdtui.engine.adapters.applied import Adapters
from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.originals import OriginalsGoneError
from sdtui.spec.adapter import Network
from sdtui.weights.identify import builtin_path
from tests.engine.adapters.made import all_weights, fresh_checkpoint, lora, same, weight_of, write, write_lora
from tests.engine.renders import render


@pytest.fixture
def adapters() -> Adapters:
    return Adapters()


def apply(adapters: Adapters, checkpoint: Checkpoint, *networks: Network) -> None:
    adapters.apply(checkpoint, replace(render(), networks=networks))


def test_what_a_file_held_comes_back_whatever_becomes_of_its_name(tmp_path: Path) -> None:
    """Removed or replaced: the open file is still the one that was loaded."""
    for gone in (Path.unlink, lambda path: write(tmp_path / "new", {"a": torch.ones(1)}).replace(path)):
        file = tmp_path / "model.safetensors"
        file.write_bytes(builtin_path().read_bytes())
        checkpoint, adapters = fresh_checkpoint(file), Adapters()
        before = all_weights(checkpoint)
        apply(adapters, checkpoint, lora(write_lora(tmp_path / "a.safetensors", checkpoint)))
        gone(file)

        apply(adapters, checkpoint)

        assert same(all_weights(checkpoint), before)


def test_a_file_written_over_is_never_taken_for_the_original(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(builtin_path().read_bytes())
    checkpoint, adapters = fresh_checkpoint(file), Adapters()
    apply(adapters, checkpoint, lora(write_lora(tmp_path / "a.safetensors", checkpoint)))
    file.write_bytes(file.read_bytes()[:1000])

    for _ in range(2):
        with pytest.raises(OriginalsGoneError, match="written over"):
            apply(adapters, checkpoint)


def test_merging_takes_no_copy_of_the_weights(toy: Checkpoint, adapters: Adapters, tmp_path: Path) -> None:
    """The largest tensor that is made on the way is far smaller than what is changed."""
    paths = [path for path, part in toy.unet.named_modules() if isinstance(part, torch.nn.Linear)]
    changed = sum(weight_of(toy, path).nbytes for path in paths)
    network = lora(write_lora(tmp_path / "a.safetensors", toy, paths=paths))

    with Allocated() as allocated:
        apply(adapters, toy, network)
        apply(adapters, toy)

    assert changed > 1_000_000
    assert allocated.most < changed / 4


class Allocated(TorchDispatchMode):
    """`most`: bytes of what torch's operations made and what still lives, at the worst moment."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        made = function(*args, **(kwargs or {}))
        if isinstance(made, torch.Tensor) and not any(
            made.untyped_storage().data_ptr() == one.untyped_storage().data_ptr()
            for one in args
            if isinstance(one, torch.Tensor)
        ):
            size = made.nbytes
            self.now += size
            self.most = max(self.most, self.now)
            weakref.finalize(made, self._freed, size)
        return made

    def _freed(self, size: int) -> None:
        self.now -= size
