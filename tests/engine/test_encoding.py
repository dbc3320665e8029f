"""Texts to contexts: chunks, clip skip, emphasis, and the cache."""

from __future__ import annotations

import pytest
import torch

from sdtui.engine.encoding import TextEncoding
from sdtui.engine.requests import Cue, Encode
from sdtui.errors import RenderError
from sdtui.prompt.emphasis import Run, runs
from tests.engine.renders import builtin


def wish(*texts, clip_skip=1, emphasis="Original", comma_backtrack=20):
    return Encode(builtin(), tuple(Cue(runs(text)) for text in texts), clip_skip, emphasis, comma_backtrack)


@pytest.fixture
def encoding():
    return TextEncoding()


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


def test_a_text_is_start_tokens_end_and_padding(encoding, checkpoint):
    ((chunks, *_),) = encoding.serve(wish("a photo of a cat"), checkpoint).texts
    ids = [49406, 320, 1125, 539, 320, 2368] + [49407] * 71
    assert len(chunks) == 1
    assert torch.equal(chunks[0], checkpoint.text_encoder(torch.tensor([ids])).context[0])


def test_every_chunk_is_encoded_alone(encoding, checkpoint):
    first, second = "red " * 75, "blue circle"
    texts = encoding.serve(wish(first + second, first.strip(), second), checkpoint).texts
    both, one, other = (text.chunks for text in texts)
    assert [len(both), len(one), len(other)] == [2, 1, 1]
    assert torch.equal(both[0], one[0])
    assert torch.equal(both[1], other[0])


def test_break_ends_the_chunk(encoding, checkpoint):
    texts = encoding.serve(wish("red BREAK blue", "red", "blue"), checkpoint).texts
    chunks, red, blue = (text.chunks for text in texts)
    assert torch.equal(chunks[0], red[0])
    assert torch.equal(chunks[1], blue[0])


def test_clip_skip_two_is_the_last_layer_but_one(encoding, checkpoint):
    one = encoding.serve(wish("cat"), checkpoint).texts[0].chunks[0]
    two = encoding.serve(wish("cat", clip_skip=2), checkpoint).texts[0].chunks[0]
    assert not torch.allclose(one, two, atol=1e-2)


def test_a_clip_skip_deeper_than_the_encoder_is_an_error_that_says_how_deep_it_is(encoding, checkpoint):
    with pytest.raises(RenderError, match="has 3 layers"):
        encoding.serve(wish("cat", clip_skip=4), checkpoint)


def test_start_end_and_padding_are_never_weighted(encoding, checkpoint):
    plain = encoding.serve(wish("red cat", emphasis="No norm"), checkpoint).texts[0].chunks[0]
    weighted = encoding.serve(wish("(red:1.5) cat", emphasis="No norm"), checkpoint).texts[0].chunks[0]
    changed = [place for place in range(77) if not torch.equal(plain[place], weighted[place])]
    assert changed == [1]
    assert torch.allclose(weighted[1], plain[1] * 1.5)


def test_original_keeps_the_mean_of_the_chunk(encoding, checkpoint):
    plain = encoding.serve(wish("a red cat"), checkpoint).texts[0].chunks[0]
    weighted = encoding.serve(wish("a (red:1.6) cat"), checkpoint).texts[0].chunks[0]
    assert weighted.mean() == pytest.approx(float(plain.mean()), rel=1e-3)
    assert not torch.allclose(weighted, plain, atol=1e-3)


def test_ignore_parses_the_weights_and_drops_them(encoding, checkpoint):
    plain = encoding.serve(wish("a red cat"), checkpoint).texts[0].chunks[0]
    ignored = encoding.serve(wish("a (red:1.6) cat", emphasis="Ignore"), checkpoint).texts[0].chunks[0]
    assert torch.equal(ignored, plain)


def test_the_empty_text_pads(encoding, checkpoint):
    encoded = encoding.serve(wish(""), checkpoint)
    assert torch.equal(encoded.texts[0].fill, encoded.texts[0].chunks[0])


def test_an_encoding_is_made_once(encoding, checkpoint):
    first = encoding.serve(wish("a cat", "a dog"), checkpoint)
    second = encoding.serve(wish("a dog"), checkpoint)
    assert second.texts[0].chunks[0] is first.texts[1].chunks[0]


@pytest.mark.parametrize(
    "other",
    [
        wish("a (cat:1.3)", clip_skip=2),
        wish("a (cat:1.3)", emphasis="No norm"),
        wish("a (cat:1.3)", emphasis="ComfyUI"),
        wish("a (cat:1.4)"),
        wish("a (cat:1.3)", comma_backtrack=0),
    ],
)
def test_the_cache_tells_apart_whatever_changes_an_encoding(encoding, checkpoint, other):
    first = encoding.serve(wish("a (cat:1.3)"), checkpoint)
    assert encoding.serve(other, checkpoint).texts[0].chunks[0] is not first.texts[0].chunks[0]


def test_the_cache_is_bounded_and_forgets_the_oldest(checkpoint):
    size = 77 * 56 * 4
    encoding = TextEncoding(cache_bytes=3 * size)
    first = encoding.serve(wish("one"), checkpoint).texts[0].chunks[0]
    for text in ("two", "three", "four", "five"):
        encoding.serve(wish(text), checkpoint)
    assert encoding.held_bytes <= 3 * size
    again = encoding.serve(wish("one"), checkpoint).texts[0].chunks[0]
    assert again is not first
    assert torch.equal(again, first)
    encoding.forget()
    assert encoding.held_bytes == 0


def test_a_weight_of_zero_in_comfyui_is_the_empty_text_there(encoding, checkpoint):
    request = Encode(builtin(), (Cue((Run("red", 0.0), Run(" cat", 1.0))),), 1, "ComfyUI", 20)
    encoded = encoding.serve(request, checkpoint)
    assert torch.allclose(encoded.texts[0].chunks[0][1], encoded.texts[0].fill[1])
