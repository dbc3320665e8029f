"""Captions as token ids: CLIP's vocabulary, folded to the few tokens the captions use while training."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

import torch
from transformers import CLIPTokenizer

from tools.demo_model import words
from tools.demo_model.captions import UNKNOWN, Caption

BEGIN, END, LENGTH, VOCABULARY = 49406, 49407, 77, 49408


@cache
def tokenizer() -> CLIPTokenizer:
    """CLIP's tokenizer from the files that ship with the program."""
    with as_file(files("sdtui") / "data" / "clip") as folder:
        return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))


@cache
def token_ids(text: str) -> tuple[int, ...]:
    """CLIP's token ids of a text, without begin and end."""
    return tuple(tokenizer()(text).input_ids[1:-1])


@cache
def known_tokens() -> tuple[int, ...]:
    """The tokens of the word table in ascending order; row i + 1 of the folded table is known_tokens()[i]."""
    used = {BEGIN, END}.union(*(token_ids(text) for text in words.vocabulary()))
    return tuple(sorted(used))


@cache
def _rows() -> dict[int, int]:
    return {token: row + 1 for row, token in enumerate(known_tokens())}


def folded(token: int) -> int:
    """Row of a token in the folded table; 0 is every unknown token."""
    return _rows().get(token, 0)


def encode(caption: Caption) -> tuple[list[int], list[float]]:
    """Folded rows (77) and emphasis (77) of a caption."""
    rows, weights = [folded(BEGIN)], [1.0]
    for text, weight in caption:
        found = [0] if text == UNKNOWN else [folded(token) for token in token_ids(text)]
        rows += found
        weights += [weight] * len(found)
    rows, weights = rows[: LENGTH - 1], weights[: LENGTH - 1]
    padding = LENGTH - len(rows)
    return rows + [folded(END)] * padding, weights + [1.0] * padding


def unfolded(table: torch.Tensor) -> torch.Tensor:
    """The whole embedding table (49408, width) from the folded one."""
    whole = table[0].expand(VOCABULARY, -1).clone()
    whole[torch.tensor(known_tokens())] = table[1:]
    return whole


def emphasise(states: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Encoder output (batch, 77, width) times the weights (batch, 77), the mean restored: A1111's emphasis."""
    before = states.mean((1, 2), keepdim=True)
    scaled = states * weights[..., None]
    return scaled * (before / scaled.mean((1, 2), keepdim=True))
