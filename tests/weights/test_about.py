from __future__ import annotations

import json
from pathlib import Path

import pytest

from sdtui.weights.about import preview_of, read_about, top_tags
from sdtui.weights.triggers import read_use
from tests.weights.synthetic import kohya_lora, write_model

FREQUENCIES = json.dumps({"10_film": {"grain": 40, "street": 12, "a\x1bb": 99}, "5_more": {"grain": 5, "night": 1}})


def test_everything_that_is_written_beside_and_inside_a_model_is_told(tmp_path: Path) -> None:
    path = write_model(
        tmp_path / "film.v2.safetensors",
        kohya_lora(768),
        {"ss_tag_frequency": FREQUENCIES, "ss_network_dim": "8", "modelspec.author": "me", "ss_steps": "None"},
    )
    (tmp_path / "film.v2.json").write_text(json.dumps({"notes": "mine", "negative text": "blur"}))
    (tmp_path / "film.v2.civitai.info").write_text(
        json.dumps(
            {"description": "<p>Old &amp; <b>grainy</b></p><br>two", "baseModel": "SD 1.5", "model": {"name": "Film"}}
        )
    )
    (tmp_path / "film.v2.png").write_bytes(b"")
    about = read_about(path, "ab" * 32)
    assert (about.notes, about.negative_text, about.description) == ("mine", "blur", "Old & grainy\ntwo")
    assert about.tags == (("grain", 45), ("street", 12), ("night", 1))
    assert dict(about.facts) == {"author": "me", "rank": "8", "site's name": "Film", "site's base": "SD 1.5"}
    assert about.preview == str(tmp_path / "film.v2.png")
    assert about.sha256 == "ab" * 32
    assert about.read_only == ""


def test_the_pictures_of_a_preview_come_before_plain_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    assert preview_of(path) is None
    for name in ("a.jpg", "a.png", "a.preview.png"):
        (tmp_path / name).write_bytes(b"")
        found = preview_of(path)
        assert found is not None
        assert found.name == name


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', '{"a": {"b": "c"}}', '{"a": {"b": 1e400}}'])
def test_statistics_of_another_form_tell_nothing(text: str) -> None:
    assert top_tags({"ss_tag_frequency": text}) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"trainedWords": 5}', "\xff"])
def test_a_broken_file_of_a_site_tells_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.civitai.info").write_text(text, "latin-1")
    assert read_about(tmp_path / "a.safetensors").facts == ()
    assert read_use(tmp_path / "a.safetensors", {}).trigger_words == ()


def test_the_words_of_a_site_count_where_nobody_else_says_any(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    (tmp_path / "a.civitai.info").write_text('{"trainedWords": ["grain, kodak", " film "]}')
    assert read_use(path, {}).trigger_words == ("grain", "kodak", "film")
    assert read_use(path, {"modelspec.trigger_phrase": "x"}).trigger_words == ("x",)
