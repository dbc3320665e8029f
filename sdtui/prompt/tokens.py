"""CLIP's tokens: exact counts and ids without torch, from the vocabulary that ships with the package."""

from __future__ import annotations

import pkgutil
import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

    from tokenizers import Tokenizer

START = "<|startoftext|>"
END = "<|endoftext|>"
WORD_END = "</w>"
_SPLIT = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
_SURROGATE = re.compile("[\ud800-\udfff]")


class Token(NamedTuple):
    """One token's number and the characters of the text it stands for."""

    id: int
    start: int
    end: int


class ClipTokenizer:
    """The byte-pair encoding of CLIP ViT-L/14 (lower case, NFC, white space collapsed).

    The vocabulary is read at the first use, from `folder` (vocab.json, merges.txt) or from the package.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def ids(self, text: str) -> list[int]:
        """The text's tokens, without those of start and end."""
        ids: list[int] = self._tokenizer.encode(_whole(text), add_special_tokens=False).ids
        return ids

    def tokens(self, text: str) -> list[Token]:
        """The text's tokens with their places in the text."""
        encoding = self._tokenizer.encode(_whole(text), add_special_tokens=False)
        return [Token(id_, start, end) for id_, (start, end) in zip(encoding.ids, encoding.offsets, strict=True)]

    def load(self) -> None:
        """Read the vocabulary now (0.1 s), so that the first use need not wait."""
        _ = self._tokenizer

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

        vocabulary = msgspec.json.decode(self._read("vocab.json"), type=dict[str, int])
        # Handing over dicts is twice as fast as BPE.from_file, and the pairs never hold white space.
        words = iter(self._read("merges.txt").decode().partition("\n")[2].split())
        merges = list(zip(words, words, strict=True))
        tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token=END, end_of_word_suffix=WORD_END))
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
        )
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(_SPLIT), behavior="removed", invert=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False),
            ]
        )
        tokenizer.add_special_tokens([AddedToken(START, special=True), AddedToken(END, special=True)])
        return tokenizer

    def _read(self, name: str) -> bytes:
        if self._folder:
            return (self._folder / name).read_bytes()
        # Unlike importlib.resources.files it does not import zipfile and its compressors.
        data = pkgutil.get_data("sdtui.data", f"clip/{name}")
        assert data is not None
        return data


def _whole(text: str) -> str:
    """The text with half characters (lone surrogates), which no encoder takes, replaced one by one."""
    return _SURROGATE.sub("\ufffd", text)
