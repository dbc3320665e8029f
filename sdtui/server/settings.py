"""The configuration as the server lives by it: read again when a file changed, so that an edit counts for the next job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sdtui.errors import SdtuiError
from sdtui.spec.tuning import Tuning
from sdtui.workspace.config import Config, load_layers, user_file
from sdtui.workspace.paths import WORKSPACE_FILE

Stamp = tuple[tuple[int, int] | None, ...]
OnChange = Callable[[Config, tuple[SdtuiError, ...]], None]


class Settings:
    """The newest configuration; `on_change` is called with each newer one and what was wrong in it."""

    def __init__(self, root: Path, config: Config, on_change: OnChange) -> None:
        self.config = config
        self._root = root
        self._on_change = on_change
        self._files = (user_file(), root / WORKSPACE_FILE)
        self._stamp = self._look()

    def refresh(self) -> None:
        """Read the files again if one of them changed since they were read last; two calls of stat otherwise."""
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        layers = load_layers(self._root)
        if layers.config != self.config or layers.problems:
            self.config = layers.config
            self._on_change(layers.config, layers.problems)

    def _look(self) -> Stamp:
        return tuple(_stamp(file) for file in self._files)


def tuning_of(config: Config) -> Tuning:
    """What of the configuration is for the workers."""
    return Tuning(device_gb=config.memory.device_gb, ram_gb=config.memory.ram_gb, compiled=config.compile)


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
