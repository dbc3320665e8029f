from __future__ import annotations

import json
from pathlib import Path

import pytest

from sdtui.errors import ModelError, UsageError, WorkspaceError
from sdtui.weights import sidefile
from sdtui.weights.sidefile import Side, read_side, write_side

FOREIGN = {
    "description": "from the site",
    "sd version": "SD1",
    "activation text": "old words",
    "preferred weight": 0.5,
    "negative text": "",
    "notes": "",
    "civitai": {"id": 12345678901234567890, "ratio": 0.30000000000000004, "list": [1, None, True]},
    "sdtui": {"steps": 9},
}


def test_only_what_changed_changes_and_everything_else_stays_as_it_was(tmp_path: Path) -> None:
    side = tmp_path / "film.json"
    side.write_text(json.dumps(FOREIGN, indent=4, ensure_ascii=False))
    write_side(tmp_path / "film.safetensors", {"activation text": "grain, kodak", "preferred weight": 0.75})
    after = json.loads(side.read_text())
    assert after == {**FOREIGN, "activation text": "grain, kodak", "preferred weight": 0.75}
    assert list(after) == list(FOREIGN)
    assert "12345678901234567890" in side.read_text()
    assert [file.name for file in tmp_path.iterdir()] == ["film.json"]


def test_a_file_is_made_when_there_is_something_to_say_and_only_then(tmp_path: Path) -> None:
    path = tmp_path / "my.model.v1.safetensors"
    write_side(path, {"notes": "", "preferred weight": 0.0})
    assert not (tmp_path / "my.model.v1.json").exists()
    write_side(path, {"notes": "gut für Häuser", "preferred weight": 0.0})
    assert json.loads((tmp_path / "my.model.v1.json").read_text()) == {"notes": "gut für Häuser"}
    assert read_side(path) == Side(notes="gut für Häuser")


def test_what_is_emptied_stays_as_an_empty_key(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"notes": "x", "preferred weight": 1}')
    write_side(tmp_path / "a.safetensors", {"notes": "", "preferred weight": 0.0})
    assert json.loads((tmp_path / "a.json").read_text()) == {"notes": "", "preferred weight": 0.0}


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": \xff}', '"x"'])
def test_what_is_no_object_is_not_written_over(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text, "latin-1")
    with pytest.raises(ModelError, match="nothing is written"):
        write_side(tmp_path / "a.safetensors", {"notes": "x"})
    assert (tmp_path / "a.json").read_text("latin-1") == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 11.0, -10.5])
def test_a_weight_that_nobody_uses_is_refused(value: float, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="preferred weight"):
        write_side(tmp_path / "a.safetensors", {"preferred weight": value})
    assert not list(tmp_path.iterdir())


def test_a_folder_that_may_not_be_written_to_is_said_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.json").write_text('{"notes": "x"}')

    def refuse(self: Path, target: Path) -> None:
        # root may write everywhere, so the refusal is played
        raise PermissionError(13, "Permission denied", str(target))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(WorkspaceError, match="may not be written to"):
        write_side(tmp_path / "a.safetensors", {"notes": "y"})
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]
    assert read_side(tmp_path / "a.safetensors").notes == "x"


def test_a_link_stays_a_link_and_the_mode_stays(tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    real.write_text("{}")
    real.chmod(0o640)
    (tmp_path / "a.json").symlink_to(real)
    write_side(tmp_path / "a.safetensors", {"notes": "x"})
    assert (tmp_path / "a.json").is_symlink()
    assert json.loads(real.read_text()) == {"notes": "x"}
    assert real.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("said", "read"), [("0.7", 0.7), (" 0.7 ", 0.7), (1, 1.0), ("much", 0.0), (True, 0.0), ("nan", 0.0), (None, 0.0)]
)
def test_a_weight_is_read_as_number_or_text(said: object, read: float, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"preferred weight": said}))
    assert read_side(tmp_path / "a.safetensors").preferred_weight == read


def test_a_mark_of_byte_order_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"notes": "x"}')
    assert read_side(tmp_path / "a.safetensors").notes == "x"


def test_the_limit_of_a_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="characters"):
        write_side(tmp_path / "a.safetensors", {"notes": "x" * (sidefile.LONGEST_TEXT + 1)})
