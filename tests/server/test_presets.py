"""Presets and wildcards on a real server: told, written, renamed, removed, used, and what changed outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdtui.errors import UsageError, WorkspaceError
from sdtui.images.chunk import read
from sdtui.server.folderwatch import FolderWatch, look
from sdtui.server.uses import Finder
from sdtui.spec.document import Document
from sdtui.spec.event import Finished, FolderChanged, Published
from sdtui.spec.verbs_files import (
    FileAnswer,
    Presets,
    PresetsAnswer,
    ReadFile,
    RemoveFile,
    RenameFile,
    SavePreset,
    Uses,
    UsesAnswer,
    WildcardUses,
    WriteFile,
)


async def names(client):
    return [each.name for each in (await client.ask(Presets(), PresetsAnswer)).presets]


async def test_presets_are_saved_read_renamed_removed_and_brought_back(connect, workspace):
    client, _ = await connect()
    document = Document(prompt="oil, {prompt}", params={"steps": 3, "seed": 7})
    saved = await client.ask(
        SavePreset(name="oil", document=document, fields=("prompt", "params.steps"), about="As painted."), FileAnswer
    )
    assert (workspace.presets / "oil.yaml").read_text() == "# As painted.\nprompt: oil, {prompt}\nparams:\n  steps: 3\n"
    assert await client.ask(ReadFile(folder="presets", name="oil.yaml"), FileAnswer) == saved
    with pytest.raises(WorkspaceError, match="exists"):
        await client.ask(SavePreset(name="oil", document=document, fields=("prompt",)), FileAnswer)
    again = SavePreset(name="oil", document=document, fields=("prompt",), etag=saved.etag)
    second = await client.ask(again, FileAnswer)
    assert await names(client) == ["oil"]
    await client.ask(RenameFile(folder="presets", name="oil.yaml", new="ink.yaml"), FileAnswer)
    assert await names(client) == ["ink"]
    gone = await client.ask(RemoveFile(folder="presets", name="ink.yaml", etag=second.etag), FileAnswer)
    assert await names(client) == []
    await client.ask(WriteFile(folder="presets", name=gone.name, text=gone.text), FileAnswer)
    assert await names(client) == ["ink"]
    assert sorted(each.name.split("-", 1)[1] for each in (workspace.state / "removed").iterdir()) == [
        "presets-ink.yaml",
        "presets-oil.yaml",
    ]


async def test_nothing_outside_the_two_folders_is_read_or_written(connect, workspace):
    client, _ = await connect()
    for name in ("../sdtui.yaml", "/etc/passwd", "../../etc/passwd.yaml"):
        with pytest.raises(UsageError):
            await client.ask(ReadFile(folder="presets", name=name), FileAnswer)
        with pytest.raises(UsageError):
            await client.ask(WriteFile(folder="wildcards", name=name, text="x"), FileAnswer)
    with pytest.raises(UsageError):
        await client.ask(SavePreset(name="../x", document=Document(prompt="x"), fields=("prompt",)), FileAnswer)
    assert {each.name for each in workspace.root.iterdir()} == {"presets", "wildcards", "sdtui.yaml"}


async def test_presets_that_a_document_names_are_merged_in_when_it_is_planned(connect, workspace):
    (workspace.presets / "fast.yaml").write_text("prompt: a drawing of {prompt}\nparams:\n  steps: 2\n  cfg_scale: 3\n")
    client, watch = await connect()
    job = await client.submit(Document(prompt="a cat", params={"cfg_scale": 5.0}, presets=("fast",)))
    await watch.until(lambda event: isinstance(event, Finished) and event.job_id == job.id)
    picture = read(Path(watch.of(Published)[0].path))
    assert picture.render.prompt == "a drawing of a cat"
    assert (picture.render.params.steps, picture.render.params.cfg_scale) == (2, 5.0)
    assert picture.document.presets == ()
    with pytest.raises(UsageError, match="Did you mean 'fast'"):
        await client.submit(Document(prompt="a cat", presets=("fats",)))
    (workspace.presets / "fast.yaml").write_text("prmpt: x\n")
    with pytest.raises(UsageError, match=r"presets/fast.yaml:1: There is no key 'prmpt'"):
        await client.submit(Document(prompt="a cat", presets=("fast",)))


async def test_a_change_outside_is_told_to_every_client(connect, workspace):
    (_, one), (_, other) = await connect(), await connect()
    (workspace.wildcards / "deep").mkdir()
    (workspace.wildcards / "deep/b.txt").write_text("a\n")
    (workspace.presets / "a.yaml").write_text("prompt: x\n")
    for watch in (one, other):
        for folder in ("presets", "wildcards"):
            await watch.until(lambda event, folder=folder: event == FolderChanged(folder=folder))


async def test_styles_of_the_workspace_and_of_the_a1111_folder_are_presets(connect, workspace):
    tree = workspace.root.parent / "webui"
    (tree / "models").mkdir(parents=True)
    (tree / "styles.csv").write_text("name,prompt,negative_prompt\nOil,an oil painting,\nbroken,a,b,c\n")
    (workspace.root / "styles.csv").write_text("name,prompt,negative_prompt\nInk,ink,\n")
    (workspace.root / "sdtui.yaml").write_text(f"devices: [cpu]\nmodels:\n  tree: {tree}/models\n")
    client, _ = await connect()
    answer = await client.ask(Presets(), PresetsAnswer)
    assert [(each.name, each.source, each.line) for each in answer.presets] == [
        ("Ink", "styles", 2),
        ("Oil", "styles", 2),
    ]
    assert [problem.where for problem in answer.problems] == [f"{tree}/styles.csv:3"]


async def test_who_uses_a_wildcard_is_told(connect, workspace):
    (workspace.wildcards / "colours.txt").write_text("red\n")
    (workspace.wildcards / "things.txt").write_text("a __colours__ ball\nplain\n")
    (workspace.wildcards / "shapes.txt").write_text("ring\n")
    (workspace.presets / "bright.yaml").write_text("prompt: a __col*__ ring\n")
    (workspace.presets / "dark.yaml").write_text("prompt: a ring\n")
    client, _ = await connect()
    job = await client.submit(Document(prompt="a __colours__ hat", params={"steps": 1}))
    await client.submit(Document(prompt="a hat", params={"steps": 1}))
    await client.put_draft(Document(negative_prompt="__colours__"))
    answer = await client.ask(WildcardUses(name="colours"), UsesAnswer)
    assert answer.uses == Uses(presets=("bright",), wildcards=("things",), jobs=(job.id,), draft=True)
    assert (await client.ask(WildcardUses(name="shapes"), UsesAnswer)).uses == Uses()


# looking for changes


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "w").mkdir()
    return tmp_path / "w"


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "new.txt").write_text("x"),
        lambda folder: (folder / "a.txt").write_text("longer"),
        lambda folder: (folder / "a.txt").unlink(),
        lambda folder: (folder / "a.txt").rename(folder / "b.txt"),
        lambda folder: (folder / "deep/c.txt").write_text("other"),
        lambda folder: (folder.parent / "beside.csv").write_text("other"),
    ],
)
def test_a_look_differs_after_any_change(folder, change):
    (folder / "deep").mkdir()
    for name in ("a.txt", "deep/c.txt", "../beside.csv"):
        (folder / name).write_text("x")
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere.txt").symlink_to(folder / "none.txt")
    others = [folder.parent / "beside.csv", folder.parent / "none.csv"]
    before = look(folder, others)
    assert look(folder, others) == before
    (folder / ".a.txt.swp").write_text("what an editor keeps beside")
    unchanged = look(folder, others)
    change(folder)
    assert look(folder, others) not in {before, unchanged}


async def test_the_first_look_tells_nothing_and_each_change_is_told_once(folder):
    told = []
    watch = FolderWatch({"wildcards": folder}, lambda: (), told.append, lambda: True)
    await watch.look()
    await watch.look()
    assert told == []
    (folder / "a.txt").write_text("x")
    await watch.look()
    await watch.look()
    assert told == [FolderChanged(folder="wildcards")]


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("a __colours__ hat", True),
        ("a __paint/colours__ hat", True),
        ("a __c*rs__ hat", True),
        ("a __**/colours__ hat", True),
        ("a {__colours__|x} hat", True),
        ("a __shades__ hat", False),
        ("a colours hat", False),
        ("a __colour__ hat", False),
    ],
)
def test_a_name_or_a_pattern_that_means_a_wildcard_uses_it(text, used):
    assert Finder("paint/colours", ["paint/colours", "shades"]).in_text(text) is used


def test_a_short_name_means_the_wildcard_that_has_it_whole():
    assert not Finder("paint/colours", ["paint/colours", "colours"]).in_text("__colours__")
