"""The folder of presets and the files in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.errors import SdtuiError, UsageError, WorkspaceError
from sdtui.spec.document import Document
from sdtui.workspace.preset_text import read_preset, write_preset
from sdtui.workspace.presets import PresetFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "presets").mkdir()
    return tmp_path / "presets"


def test_a_preset_is_found_by_its_files_name(folder: Path) -> None:
    (folder / "quick.yaml").write_text("# Few steps,\n# to look.\nparams:\n  steps: 12\n  exact: on\n")
    preset = PresetFolder(folder).find("quick")
    assert preset.document == Document(params={"steps": 12, "exact": True})
    assert preset.sets == ("params",)
    assert preset.about == "Few steps, to look."
    assert preset.path == str(folder / "quick.yaml")


def test_an_unknown_name_brings_the_nearest(folder: Path) -> None:
    (folder / "quick-look.yaml").write_text("prompt: a\n")
    with pytest.raises(UsageError, match="Did you mean 'quick-look'"):
        PresetFolder(folder).find("quick-lok")
    for name in ("../presets/quick-look", "/etc/passwd", "", "."):
        with pytest.raises(UsageError, match="There is no preset"):
            PresetFolder(folder).find(name)


@pytest.mark.parametrize(
    ("name", "text", "where", "what"),
    [
        ("a.yaml", "prompt: x\nstpes: 3\n", "presets/a.yaml:2", "Did you mean 'steps', below `params:`?"),
        ("a.yaml", "seed: 3\n", "presets/a.yaml:1", "Did you mean 'seed', below `params:`?"),
        ("a.yaml", "params:\n  setps: 3\n", "presets/a.yaml:2", "There is no parameter 'setps'. Did you mean 'steps'"),
        ("a.yaml", "params:\n  steps: 1000\n", "presets/a.yaml:2", "Steps is a whole number"),
        ("a.yaml", "promt: x\n", "presets/a.yaml:1", "Did you mean 'prompt'"),
        ("a.yaml", "prompt: [1\n", "presets/a.yaml:2", "This is not YAML"),
        ("a.yaml", "", "presets/a.yaml", "The preset sets nothing"),
        ("a.yaml", "- a\n", "presets/a.yaml:1", "The file must be lines"),
        ("a.yaml", "presets: [b]\n", "presets/a.yaml:1", "A preset cannot name presets"),
        ("a.json", "{", "presets/a.json", "This is not JSON"),
        ("a.yaml", "prompt: &a x\nnegative_prompt: *a\n", "presets/a.yaml:2", "alias"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_and_the_others_work(
    folder: Path, name: str, text: str, where: str, what: str
) -> None:
    (folder / name).write_text(text)
    (folder / "good.yaml").write_text("prompt: fine\n")
    presets = PresetFolder(folder)
    broken, good = presets.look().presets
    assert good.problem is None
    assert broken.problem is not None
    assert broken.problem.where == where
    with pytest.raises(UsageError) as caught:
        presets.find("a")
    assert what in str(caught.value)
    assert where in str(caught.value)


def test_a_change_outside_shows_at_the_next_look(folder: Path) -> None:
    file = folder / "a.yaml"
    file.write_text("prompt: one\n")
    presets = PresetFolder(folder)
    assert presets.find("a").document.prompt == "one"
    file.write_text("prompt: another\n")
    assert presets.find("a").document.prompt == "another"
    file.rename(folder / "b.yaml")
    assert [each.name for each in presets.look().presets] == ["b"]
    file.write_text("prompt: x\n")
    (folder / "b.yaml").unlink()
    assert [each.name for each in presets.look().presets] == ["a"]


def test_a_file_that_did_not_change_is_not_read_again(folder: Path) -> None:
    (folder / "a.yaml").write_text("prompt: one\n")
    presets = PresetFolder(folder)
    assert presets.find("a") is presets.find("a")


def test_a_link_that_leads_out_is_not_followed(folder: Path) -> None:
    (folder.parent / "secret.yaml").write_text("prompt: secret\n")
    (folder / "out.yaml").symlink_to(folder.parent / "secret.yaml")
    (folder / "in.yaml").symlink_to(folder / "a.yaml")
    (folder / "a.yaml").write_text("prompt: x\n")
    (folder / "nowhere.yaml").symlink_to(folder / "none.yaml")
    presets = PresetFolder(folder)
    assert presets.find("in").document.prompt == "x"
    with pytest.raises(WorkspaceError, match="leads out of the folder"):
        presets.find("out")
    assert [each.name for each in presets.look().presets] == ["a", "in", "out"]


def test_other_files_are_no_presets(folder: Path) -> None:
    for name in (".hidden.yaml", "README.md", "a.yaml~", ".a.yaml.swp", "#a.yaml#"):
        (folder / name).write_text("prompt: x\n")
    (folder / "folder.yaml").mkdir()
    os.mkfifo(folder / "pipe.yaml")
    listing = PresetFolder(folder).look()
    assert {each.name: each.problem is not None for each in listing.presets} == {"folder": True, "pipe": True}


def test_without_a_folder_there_are_none(tmp_path: Path) -> None:
    assert PresetFolder(tmp_path / "presets").look() == ((), ())


def test_the_same_name_twice_is_told(folder: Path) -> None:
    (folder / "a.yaml").write_text("prompt: yaml\n")
    (folder / "a.yml").write_text("prompt: yml\n")
    listing = PresetFolder(folder).look()
    assert [each.document.prompt for each in listing.presets] == ["yaml"]
    assert listing.problems[0].where == "presets/a.yml"


def test_styles_are_presets_until_a_file_has_their_name(folder: Path) -> None:
    styles = folder.parent / "styles.csv"
    styles.write_text("name,prompt,negative_prompt\nOil,oil,\nInk,ink,\nbroken,a,b,c\n")
    (folder / "Oil.yaml").write_text("prompt: mine\n")
    presets = PresetFolder(folder, [styles])
    assert presets.find("Oil").document.prompt == "mine"
    assert presets.find("Ink").source == "styles"
    assert [problem.where for problem in presets.look().problems] == [f"{styles}:4"]


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40) | st.sampled_from(
    ["on", "~", "null", "1e5", "12", ".5", "1:30", "- a", "# a", "a\n\n b \n", "a: b", "{a|b}", "__x__", "'", '"', " a"]
)


@given(prompt=TEXTS, negative=TEXTS, steps=st.integers(1, 150), cfg=st.floats(1, 30))
def test_what_is_written_is_read_back(prompt: str, negative: str, steps: int, cfg: float) -> None:
    document = Document(prompt=prompt, negative_prompt=negative, params={"steps": steps, "cfg_scale": cfg})
    sets = ("prompt", "negative_prompt", "params")
    try:
        text = write_preset(document, sets, about="What it is for.")
    except UsageError:
        # what YAML cannot carry is refused, never changed
        assert any(not character.isprintable() for character in prompt + negative)
        return
    read = read_preset(text, "x")
    assert (read.document, read.sets, read.about) == (document, sets, "What it is for.")


@pytest.mark.parametrize("prompt", ["a\0b", "\ud800"])
def test_what_no_file_can_hold_is_refused(prompt: str) -> None:
    with pytest.raises(SdtuiError):
        write_preset(Document(prompt=prompt), ("prompt",))


def test_a_file_is_written_as_people_write_it() -> None:
    document = Document(prompt="a cat,\nat night", params={"steps": 5, "sampler": "Euler a", "exact": True})
    assert write_preset(document, ("prompt", "params")) == (
        "prompt: |-\n  a cat,\n  at night\nparams:\n  steps: 5\n  sampler: Euler a\n  exact: true\n"
    )


def test_nothing_chosen_is_nothing_to_keep() -> None:
    with pytest.raises(UsageError, match="no field is chosen"):
        write_preset(Document(prompt="x"), ())
