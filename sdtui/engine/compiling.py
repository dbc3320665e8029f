"""Compiled UNets, where the configuration asks for them. What does not compile runs as it is, and that is said."""

from __future__ import annotations

import weakref
from typing import Any

from sdtui.spec.tuning import Compiled

WHOLE_MODE = "reduce-overhead"
"""torch's name for CUDA graphs, one for each shape."""
COMPILERS = ("torch._dynamo", "torch._inductor", "triton")


class Compiling:
    """Compiles UNets in place when they are used; weights may be changed in place as before."""

    def __init__(self, backend: str = "inductor") -> None:
        """`backend` is torch's; tests take one that needs no compiler."""
        self._backend = backend
        self._how: Compiled = "off"
        self._compiled: weakref.WeakSet[Any] = weakref.WeakSet()

    def choose(self, how: Compiled) -> None:
        """Compile like this from now on."""
        if how != self._how:
            self._how = how
            self._undo()

    def prepare(self, unet: Any) -> None:
        """Have a UNet compiled at its next call, if that is wanted and was not done yet."""
        if self._how == "off" or unet in self._compiled:
            return
        self._compiled.add(unet)
        if self._how == "blocks":
            unet.compile_repeated_blocks(backend=self._backend)
        elif self._backend == "inductor":
            unet.compile(mode=WHOLE_MODE)
        else:
            unet.compile(backend=self._backend)

    def gave_up(self, error: Exception) -> str:
        """If the error is the compiler's: nothing is compiled any more, and a sentence about it; else empty."""
        if self._how == "off" or not any(_comes_from(kind, COMPILERS) for kind in type(error).__mro__):
            return ""
        self._how = "off"
        self._undo()
        return f"The UNet cannot be compiled here ({type(error).__name__}); it runs as it is. `compile: off` spares the attempt."

    def _undo(self) -> None:
        for unet in self._compiled:
            for module in unet.modules():
                module._compiled_call_impl = None
        self._compiled.clear()


def _comes_from(kind: type, modules: tuple[str, ...]) -> bool:
    return kind.__module__.startswith(modules)
