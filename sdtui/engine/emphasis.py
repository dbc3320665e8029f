"""How prompt weights act on the text encoder's output."""

from __future__ import annotations

from torch import Tensor

NEAR_ZERO = 1e-6


def weigh(encoded: Tensor, weights: Tensor, mode: str, empty: Tensor) -> Tensor:
    """A chunk's encoding with its weights applied; `mode` as in EMPHASIS_MODES.

    encoded: (77, width); weights: (77,); empty: the empty text's encoding, (77, width), which only ComfyUI's mode reads.
    Weights that are all 1 change nothing. Original: as A1111, the chunk's mean stays what it was.
    """
    if mode in {"None", "Ignore"} or bool((weights == 1).all()):
        return encoded
    column = weights[:, None]
    if mode == "ComfyUI":
        return empty + (encoded - empty) * column
    weighed = encoded * column
    if mode == "No norm":
        return weighed
    before, after = encoded.mean(), weighed.mean()
    if abs(before) < NEAR_ZERO or abs(after) < NEAR_ZERO:
        return weighed
    return weighed * (before / after)
