"""Whether a picture's files are the ones that its record names."""

import pytest
from msgspec.structs import replace

from sdtui.images.hashes import RecordedHashes, recorded_hashes, unlike
from sdtui.spec.adapter import Network
from sdtui.spec.model import ModelFile
from tests.jobs.make import a_render

MINE = "ab12cd34ef" + "0" * 54
LORA = "0123456789ab" + "0" * 52


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ({}, RecordedHashes()),
        ({"Model hash": "AB12cd34ef"}, RecordedHashes(checkpoint="ab12cd34ef")),
        ({"Model hash": "7460a6fa"}, RecordedHashes()),
        ({"Model hash": "unhashed, so"}, RecordedHashes()),
        ({"Lora hashes": "ink: 0123456789ab, my ink_2: ffffffffffff"},
         RecordedHashes(loras={"ink": "0123456789ab", "my ink_2": "ffffffffffff"})),
        ({"Lora hashes": "ink: 01234567, : , gloss"}, RecordedHashes()),
    ],
)  # fmt: skip
def test_what_a_record_says_is_read(pairs, found):
    assert recorded_hashes(pairs) == found


def made(sha256=MINE):
    file = ModelFile(name="styles/ink", path="/m/ink.safetensors", size=1, mtime_ns=1)
    render = a_render(model="dream")
    networks = (Network(kind="lora", file=file), Network(kind="hypernetwork", file=replace(file, name="ink")))
    return replace(render, checkpoint=replace(render.checkpoint, sha256=sha256), networks=networks)


@pytest.mark.parametrize(
    ("recorded", "render", "content"),
    [
        (RecordedHashes(checkpoint=MINE[:10], loras={"ink": LORA[:12]}), made(), LORA),
        (RecordedHashes(checkpoint="ffffffffff"), made(sha256=""), LORA),
        (RecordedHashes(loras={"ink": "ffffffffffff", "gone": "eeeeeeeeeeee"}), made(), ""),
        (RecordedHashes(), made(), LORA),
    ],
)
def test_the_same_files_and_unknown_ones_say_nothing(recorded, render, content):
    assert list(unlike(recorded, render, lambda path: content)) == []


def test_each_other_file_is_named_with_both_hashes():
    recorded = RecordedHashes(checkpoint="ffffffffff", loras={"ink": "eeeeeeeeeeee"})
    model, lora = unlike(recorded, made(), {"/m/ink.safetensors": LORA}.__getitem__)
    assert "another version of dream: its hash was ffffffffff, that of the file now is ab12cd34ef" in model
    assert "another version of the LoRA ink: its hash was eeeeeeeeeeee, that of the file now is 0123456789ab" in lora
