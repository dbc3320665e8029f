"""`sdtui presets`, and presets at `sdtui render`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sdtui.images.chunk import read
from sdtui.workspace.paths import Workspace

STYLES = 'name,prompt,negative_prompt\nOil,"oil, thick",flat\n"A/B",x {prompt} y,\nbroken,a,b,c\n'


@pytest.fixture
def shelf(workspace: Workspace) -> Path:
    for each in workspace.presets.iterdir():
        each.unlink()
    (workspace.presets / "quick.yaml").write_text("# To look.\nparams:\n  steps: 2\n  cfg_scale: 3\n")
    (workspace.presets / "ink.yaml").write_text("prompt: ink drawing of {prompt}\n")
    return workspace.presets


def test_presets_are_listed_with_what_they_set_and_what_is_wrong(sdtui, shelf: Path) -> None:
    (shelf / "bad.yaml").write_text("prompt: x\nstpes: 3\n")
    told = sdtui("presets")
    assert told.code == 0
    rows = [line.split(maxsplit=1) for line in told.out.splitlines()]
    assert rows[1][0] == "bad"
    assert "presets/bad.yaml:2" in rows[1][1]
    assert rows[2] == ["ink", "prompt"]
    assert rows[3][1].split("  ")[0] == "steps, cfg_scale"
    assert "To look." in rows[3][1]
    lines = [json.loads(line) for line in sdtui("presets", "list", "--json").out.splitlines()]
    assert [each["name"] for each in lines] == ["bad", "ink", "quick"]


def test_a_preset_is_shown_as_its_file(sdtui, shelf: Path) -> None:
    assert sdtui("presets", "show", "quick").out == (shelf / "quick.yaml").read_text()
    told = sdtui("presets", "show", "qick")
    assert told.code == 2
    assert "Did you mean 'quick'?" in told.err
    assert sdtui("presets", "show").code == 2


def test_presets_are_laid_over_the_prompt_in_their_order_and_options_win(sdtui, shelf: Path) -> None:
    told = sdtui("render", "a cat", "--preset", "quick", "--preset", "ink", "--cfg-scale", "6", "--seed", "1")
    assert told.code == 0, told.err
    picture = read(Path(told.out.strip()))
    assert picture.render.prompt == "ink drawing of a cat"
    assert (picture.render.params.steps, picture.render.params.cfg_scale) == (2, 6.0)


def test_a_preset_counts_over_the_file_and_may_bring_the_prompt(sdtui, shelf: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("prompt: a dog\nparams:\n  steps: 9\n  clip_skip: 2\n")
    told = sdtui("render", "-f", str(file), "--preset", "quick")
    picture = read(Path(told.out.strip()))
    assert (picture.render.prompt, picture.render.params.steps, picture.render.params.clip_skip) == ("a dog", 2, 2)
    (shelf / "whole.yaml").write_text("prompt: a ring\nparams: {steps: 1}\n")
    assert sdtui("render", "--preset", "whole").code == 0
    none = sdtui("render", "--preset", "quick")
    assert (none.code, "no prompt" in none.err) == (2, True)
    unknown = sdtui("render", "a", "--preset", "quik")
    assert (unknown.code, "Did you mean 'quick'?" in unknown.err) == (2, True)


def test_a_file_may_name_presets_of_its_own(sdtui, shelf: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("prompt: a dog\npresets: [quick, ink]\nparams:\n  cfg_scale: 5\n")
    picture = read(Path(sdtui("render", "-f", str(file)).out.strip()))
    assert picture.render.prompt == "ink drawing of a dog"
    assert (picture.render.params.steps, picture.render.params.cfg_scale) == (2, 5.0)


def test_a_documents_fields_are_saved_and_never_over_another_preset(sdtui, shelf: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("prompt: a dog\nparams:\n  steps: 9\n  seed: 4\n")
    assert sdtui("presets", "save", "mine", "-f", str(file)).out == "mine.yaml is saved.\n"
    assert (shelf / "mine.yaml").read_text() == "prompt: a dog\nparams:\n  steps: 9\n"
    again = sdtui("presets", "save", "mine", "-f", str(file), "--only", "seed")
    assert (again.code, "exists" in again.err) == (5, True)
    assert sdtui("presets", "save", "mine", "-f", str(file), "--only", "seed", "--force").code == 0
    assert (shelf / "mine.yaml").read_text() == "params:\n  seed: 4\n"
    wrong = sdtui("presets", "save", "x", "-f", str(file), "--only", "cfg")
    assert (wrong.code, "'cfg' is not set" in wrong.err) == (2, True)
    assert sdtui("presets", "save", "../x", "-f", str(file)).code == 2


def test_a_deleted_preset_is_kept_in_the_state(sdtui, shelf: Path, workspace: Workspace) -> None:
    told = sdtui("presets", "delete", "ink").out
    assert not (shelf / "ink.yaml").exists()
    kept = [each for each in (workspace.state / "removed").iterdir() if each.name.endswith("presets-ink.yaml")]
    assert kept[-1].read_text() == "prompt: ink drawing of {prompt}\n"
    assert told == f"ink.yaml is deleted; its text is kept in {max(kept)}.\n"
    assert sdtui("presets", "delete", "ink").code == 2


def test_styles_become_files_and_broken_rows_are_told(sdtui, shelf: Path, tmp_path: Path) -> None:
    styles = tmp_path / "styles.csv"
    styles.write_text(STYLES)
    told = sdtui("presets", "convert", str(styles))
    assert told.code == 2
    assert f"{styles}:4" in told.err
    assert told.out.splitlines()[-1] == "2 presets made of 2 styles."
    assert (shelf / "Oil.yaml").read_text() == "prompt: oil, thick\nnegative_prompt: flat\n"
    assert (shelf / "A-B.yaml").read_text() == "prompt: x {prompt} y\n"
    (shelf / "Oil.yaml").write_text("prompt: mine\n")
    again = sdtui("presets", "convert", str(styles))
    assert "exists" in again.err
    assert (shelf / "Oil.yaml").read_text() == "prompt: mine\n"
    told = sdtui("presets", "convert", str(styles), "--force").out
    assert "oil, thick" in (shelf / "Oil.yaml").read_text()
    kept = told.partition("which is kept in ")[2].splitlines()[0].removesuffix(".")
    assert Path(kept).read_text() == "prompt: mine\n"
    assert told.count("It replaces a preset") == 1, "what is the same already is not replaced"


def test_all_styles_made_is_success_though_one_stands_twice_or_is_there_already(
    sdtui, shelf: Path, tmp_path: Path
) -> None:
    styles = tmp_path / "styles.csv"
    styles.write_text("name,prompt,negative_prompt\nOil,thick oil,\nInk2,ink,\nOil,thin oil,\n")
    for _ in range(2):
        told = sdtui("presets", "convert", str(styles))
        assert (told.code, told.out.splitlines()[-1]) == (0, "2 presets made of 2 styles.")
        assert "The style 'Oil' stands here a second time." in told.err
    assert (shelf / "Oil.yaml").read_text() == "prompt: thin oil\n"


@pytest.mark.parametrize("names", [("a/b", "a-b"), ("a-b", "a/b"), ("a/b", "A-B")])
def test_styles_whose_names_become_one_become_two_files(
    sdtui, shelf: Path, tmp_path: Path, names: tuple[str, str]
) -> None:
    styles = tmp_path / "styles.csv"
    styles.write_text("name,prompt,negative_prompt\n" + "".join(f"{name},of {name},\n" for name in names))
    for force in ((), ("--force",)):
        told = sdtui("presets", "convert", str(styles), *force)
        assert (told.code, told.out.count("It replaces")) == (0, 0), told.err
        assert "The style 'a/b' is called 'a-b-2' now" in told.out
        assert (shelf / "a-b-2.yaml").read_text() == "prompt: of a/b\n"
        plain = next(name for name in names if name != "a/b")
        assert (shelf / f"{plain}.yaml").read_text() == f"prompt: of {plain}\n"


def test_styles_in_the_workspace_are_presets_as_they_are(sdtui, shelf: Path, workspace: Workspace) -> None:
    (workspace.root / "styles.csv").write_text(STYLES)
    told = sdtui("presets")
    assert (told.code, "styles.csv:4" in told.err) == (2, True)
    assert "a row of styles.csv" in told.out
    assert sdtui("presets", "show", "Oil").out == "prompt: oil, thick\nnegative_prompt: flat\n"
    picture = read(Path(sdtui("render", "a cat", "--preset", "A/B", "--steps", "1").out.strip()))
    assert picture.render.prompt == "x a cat y"
    (workspace.root / "styles.csv").unlink()


def test_without_any_it_is_said_what_to_do(sdtui, shelf: Path) -> None:
    for each in shelf.iterdir():
        each.unlink()
    assert "No presets yet" in sdtui("presets").out


def test_what_ships_can_be_used_as_it_is() -> None:
    from sdtui.workspace.paths import starter_folder
    from sdtui.workspace.presets import PresetFolder

    listing = PresetFolder(starter_folder("presets")).look()
    assert listing.problems == ()
    assert [preset.problem for preset in listing.presets if preset.problem is not None] == []
    assert all(preset.about for preset in listing.presets)
    assert {"explore"} <= {preset.name for preset in listing.presets}
