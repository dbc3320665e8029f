from __future__ import annotations

import json
from pathlib import Path

import pytest

from sdtui.weights.triggers import Use, read_use


@pytest.mark.parametrize(
    ("metadata", "side", "use"),
    [
        ({}, None, Use()),
        ({"ss_output_name": "film_v2"}, None, Use(alias="film_v2")),
        ({"modelspec.trigger_phrase": "film grain, kodak"}, None, Use(trigger_words=("film grain", "kodak"))),
        (
            {"modelspec.trigger_phrase": "grain"},
            {"activation text": "film  grain,, ", "preferred weight": 0.7, "notes": "x"},
            Use(trigger_words=("film grain",), preferred_weight=0.7),
        ),
        ({"ss_tag_frequency": '{"8_film": {"grain": 40, "a man": 7}}'}, None, Use(trigger_words=("grain",))),
        (
            {"ss_tag_frequency": '{"1_a": {"grain": 9, "kodak": 5}, "1_b": {"kodak": 4}}'},
            None,
            Use(trigger_words=("grain", "kodak")),
        ),
        ({"ss_tag_frequency": '{"a": {"1": 1, "2": 1, "3": 1, "4": 1, "5": 1, "6": 1}}'}, None, Use()),
        ({"ss_tag_frequency": '{"a": 5}'}, None, Use()),
        ({"ss_tag_frequency": "{}"}, None, Use()),
        ({}, {"preferred weight": 0}, Use()),
        ({}, {"activation text": 5, "preferred weight": "much"}, Use()),
        ({}, {"preferred weight": 1e300}, Use()),
        ({"ss_output_name": "a\x1b[2Jb"}, {"activation text": "a\x07b, c"}, Use(trigger_words=("c",))),
        ({}, [1, 2], Use()),
    ],
)
def test_how_a_model_is_to_be_used(tmp_path: Path, metadata: dict[str, str], side: object, use: Use) -> None:
    if side is not None:
        (tmp_path / "film.json").write_text(json.dumps(side))
    assert read_use(tmp_path / "film.safetensors", metadata) == use


def test_a_broken_side_file_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "film.json").write_bytes(b'{"activation text": "\xff')
    assert read_use(tmp_path / "film.safetensors", {}) == Use()
