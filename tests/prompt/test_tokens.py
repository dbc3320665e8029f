"""Our tokens against those of transformers, string by string."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import as_file, files
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdtui.prompt.tokens import ClipTokenizer


class Reference(Protocol):
    def __call__(self, text: str, *, add_special_tokens: bool) -> dict[str, list[int]]: ...


@pytest.fixture(scope="module")
def reference() -> Reference:
    from transformers import CLIPTokenizer

    with as_file(files("sdtui.data") / "clip") as folder:
        tokenizer: Reference = CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    return tokenizer


@pytest.fixture(scope="module")
def ours() -> ClipTokenizer:
    return ClipTokenizer()


STRINGS = [
    "",
    " ",
    "a photo of a cat",
    "  A   PHOTO\tof\n\na  cat  ",
    "masterpiece, best quality, 1girl, solo, (detailed:1.2), 8k uhd",
    "it's they're we've I'm you'll he'd don't 'S 'twas rock'n'roll",
    "12345 3.14159 1,000,000 ½ ² Ⅷ ٣٤ 1st 2nd x2 v1.5",
    "naïve café Ångström ñ e\u0301 A\u030a ﬁne ﬀ",
    "ÀÉÎÕÜ ß ẞ İstanbul ıI ΑΣ ΣΑΣ ǅ",
    "日本語のプロンプト 中文提示词 한국어 프롬프트 ไทย हिन्दी עברית العربية",
    "😀 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 ❤️ ✨masterpiece✨ 🇩🇪",
    ",,, ... !!! ??? --- ___ *** ~~~ ;) :( <3 -_- ^_^",
    "a_b a-b a.b a/b a\\b a|b a&b a@b #tag 100% $5 €5",
    "<|startoftext|>", "cat<|endoftext|>dog", "<|endoftext", "<lora:x:1>",
    "\u00a0nbsp\u2003em\u200bzero\u00adsoft\ufeffbom \u3000 wide",
    "\x00\x01\x7f control \x1b[31m",
    "supercalifragilisticexpialidocious antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "http://example.com/a?b=c&d=e#f user@example.com",
    "\U0001f9ff\U000e0041 \ud7ff \uffff \U0010ffff",
    "BREAK AND [from:to:0.5] {a|b} __wild__ ${x}",
]  # fmt: skip


@pytest.mark.parametrize("text", STRINGS)
def test_tokens_are_those_of_transformers(ours: ClipTokenizer, reference: Reference, text: str) -> None:
    assert ours.ids(text) == reference(text, add_special_tokens=False)["input_ids"]


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from(["'s", "'LL", "é", "e\u0301", " ", "1", "ab", ",", "💡", "\n"])).map("".join)
)
def test_any_text_gives_the_tokens_of_transformers(ours: ClipTokenizer, reference: Reference, text: str) -> None:
    assert ours.ids(text) == reference(text, add_special_tokens=False)["input_ids"]


def test_a_photo_of_a_cat(ours: ClipTokenizer) -> None:
    assert ours.ids("a photo of a cat") == [320, 1125, 539, 320, 2368]


def test_half_a_character_is_no_error(ours: ClipTokenizer) -> None:
    assert ours.ids("a \ud800 cat") == ours.ids("a \ufffd cat")


def test_tokens_know_their_places(ours: ClipTokenizer) -> None:
    text = "A  photo, of\ncats"
    assert [text[token.start : token.end] for token in ours.tokens(text)] == ["A", "photo", ",", "of", "cats"]


def test_nothing_heavy_is_imported_before_the_first_use() -> None:
    script = (
        "import sys, sdtui.prompt.tokens, sdtui.prompt.chunks, sdtui.prompt.lint, sdtui.prompt.timeline\n"
        "heavy = {'tokenizers', 'numpy', 'torch', 'transformers', 'importlib.resources', 'difflib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "from sdtui.prompt.tokens import ClipTokenizer\n"
        "assert ClipTokenizer().ids('a') == [320]\n"
        "heavy = {'numpy', 'torch', 'transformers', 'huggingface_hub'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
