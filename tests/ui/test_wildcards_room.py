"""The room of wildcards, by its keys."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest

from sdtui.errors import UsageError, WorkspaceError
from sdtui.spec.document import Document
from sdtui.spec.wildcard import WildcardName
from sdtui.ui.rooms.selection import values_of
from sdtui.ui.rooms.wildcard_shelf import DRAFTS, TextDraft, file_name, name_problem
from sdtui.ui.rooms.wildcard_tree import leaves, tree_rows
from sdtui.ui.rooms.wildcards import WildcardsRoom
from tests.ui.screen import StudioPilot, lines, studio, text, until, until_seen
from tests.ui.shelves import ShelfServer


@pytest.fixture
def server(tmp_path: Path) -> ShelfServer:
    made = ShelfServer(tmp_path, draft=Document(prompt="a __colours__ hat"))
    made.wildcard("colours.txt", "# warm ones\nred\norange\n")
    made.wildcard("animals/tame.txt", "cat\n(dog:1.2)\na __colours__ {hen|duck}\n")
    made.wildcard("trees.yaml", "oak: [old, young]\nelm: [tall]\n")
    yield made
    made.store.close()


def document(pilot: StudioPilot) -> Document:
    return pilot.app._studio._presenter.draft.document


async def enter(pilot: StudioPilot, words: str = "colours.txt") -> None:
    await pilot.press("f7")
    await until(pilot, lambda: isinstance(pilot.app.screen, WildcardsRoom))
    await until_seen(pilot, words)


def read(server: ShelfServer, name: str) -> str:
    return (server.workspace.wildcards / name).read_text()


async def test_the_tree_shows_folders_files_and_counts_and_folds(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await until_seen(pilot, "3 values in animals/")
        tree = [line[1:30].split() for line in lines(pilot.app)[2:9]]
        assert tree[:6] == [
            ["▾", "animals/", "3"],
            ["tame.txt", "3"],
            ["colours.txt", "2"],
            ["▾", "trees.yaml", "3"],
            ["elm", "1"],
            ["oak", "2"],
        ]
        await pilot.press("left")
        await until(pilot, lambda: "tame.txt" not in text(pilot.app))
        await pilot.press("enter")
        await until_seen(pilot, "tame.txt")
        await pilot.press("end", "left")
        await until(pilot, lambda: "oak" not in "".join(line[:31] for line in lines(pilot.app)))


async def test_the_text_and_who_uses_it_are_seen_beside_the_tree(server: ShelfServer) -> None:
    server.preset("warm", "prompt: __colours__ light\n")
    server.store.put_draft(Document(prompt="a __colours__ hat"))
    async with studio(server, (120, 40)) as pilot:
        await enter(pilot)
        await pilot.press("down", "down")
        await until_seen(pilot, "# warm ones")
        await until_seen(pilot, "Used by presets warm; wildcards animals/tame; the prompt that is set up")
        await pilot.press("up")
        await until_seen(pilot, "(dog:1.2)")
        await until_seen(pilot, "Used by nothing that is known")


async def test_a_text_is_edited_saved_and_taken_back(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("down", "down")
        await until_seen(pilot, "# warm ones")
        await pilot.press("enter", "ctrl+end", "enter", *"pink", "ctrl+s")
        await until_seen(pilot, "colours.txt is saved.")
        assert read(server, "colours.txt") == "# warm ones\nred\norange\npink\n"
        await until_seen(pilot, "colours.txt              3")
        await pilot.press("enter", *"rose", "escape")
        await until(pilot, lambda: read(server, "colours.txt").endswith("pink\nrose\n"))
        await until_seen(pilot, "colours.txt is saved.")
        await pilot.press("u")
        await until_seen(pilot, "colours.txt is as it was before.")
        assert read(server, "colours.txt").endswith("pink\n")
        await pilot.press("u")
        await until(pilot, lambda: read(server, "colours.txt") == "# warm ones\nred\norange\n")


async def test_looking_at_a_file_never_writes_it(server: ShelfServer) -> None:
    odd = server.workspace.wildcards / "odd.txt"
    odd.write_bytes(b"a\tb\r\nc\x1b[2J\r\n\r\n")
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot, "odd.txt")
        await pilot.press("down", "down", "down")
        await until_seen(pilot, "a b")
        await pilot.press("enter", "escape", "up", "down", "enter", "tab", "escape")
        await pilot.pause()
    assert odd.read_bytes() == b"a\tb\r\nc\x1b[2J\r\n\r\n"
    assert not [verb for verb in server.asked("ask") if type(verb).__name__ == "WriteFile"]


async def test_a_file_that_was_changed_outside_keeps_both_texts(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("down", "down")
        await until_seen(pilot, "# warm ones")
        await pilot.press("enter", "ctrl+end", "enter", *"mine")
        server.wildcard("colours.txt", "theirs\n")
        server.changes_outside("wildcards")
        await pilot.press("ctrl+s")
        await until_seen(pilot, "yours is kept as colours-2.txt")
        assert read(server, "colours.txt") == "theirs\n"
        assert read(server, "colours-2.txt") == "# warm ones\nred\norange\nmine\n"
        await pilot.press("escape")
        await until_seen(pilot, "colours-2.txt")


async def test_a_change_outside_shows_at_once(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("down", "down")
        await until_seen(pilot, "# warm ones")
        server.wildcard("colours.txt", "mauve\n")
        server.wildcard("new.txt", "x\n")
        server.changes_outside("wildcards")
        await until_seen(pilot, "mauve")
        await until_seen(pilot, "new.txt")
        await pilot.press("enter")
        server.wildcard("colours.txt", "teal\n")
        server.changes_outside("wildcards")
        await until_seen(pilot, "teal")


async def test_a_text_that_cannot_be_written_is_kept_and_said(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("down", "down")
        await until_seen(pilot, "# warm ones")
        await pilot.press("enter", "ctrl+end", "!")
        server.refusals["ask"] = WorkspaceError(
            "It cannot be written: No space left on device.", where="wildcards/colours.txt"
        )
        await pilot.press("escape")
        await until_seen(pilot, "No space left on device")
        await until_seen(pilot, "colours.txt •")
        await pilot.press("escape")
        await until_seen(pilot, "Not saved: colours.txt")
        await pilot.press("enter", "ctrl+s")
        await until_seen(pilot, "colours.txt is saved.")
        assert read(server, "colours.txt").endswith("orange!\n")


async def test_what_is_in_the_editor_is_written_when_the_studio_ends(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("down", "down")
        await until_seen(pilot, "# warm ones")
        await pilot.press("enter", "ctrl+end", "!", "ctrl+q")
        await until(pilot, lambda: not pilot.app.is_running or pilot.app._exit)
    assert read(server, "colours.txt").endswith("orange!\n")


@pytest.mark.parametrize(("meanwhile", "written"), [(False, "colours.txt"), (True, "colours-2.txt")])
async def test_what_a_killed_studio_had_not_saved_is_there_again(
    server: ShelfServer, meanwhile: bool, written: str
) -> None:
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("down", "down", "enter", "ctrl+end", "enter", *"pink")
        await until(pilot, lambda: "orange\\npink" in server.texts.get(DRAFTS, ""))
        killed = dict(server.texts)
    server.wildcard("colours.txt", "theirs\n" if meanwhile else "# warm ones\nred\norange\n")
    server.texts.clear()
    server.texts.update(killed)
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("down", "down", "up", "down", "enter")
        await until_seen(pilot, "pink")
        await until_seen(pilot, "not saved last time")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: not server.texts[DRAFTS])
        assert read(server, written) == "# warm ones\nred\norange\npink\n"
        assert read(server, "colours.txt").startswith("theirs" if meanwhile else "# warm")


async def test_undo_brings_the_files_text_back_and_other_files_drafts_stay(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        drafts = {name: TextDraft("0" * 16, "lost\n") for name in ("colours.txt", "animals/tame.txt")}
        server.texts[DRAFTS] = msgspec.json.encode(drafts).decode()
        await enter(pilot)
        await pilot.press("down", "down", "enter")
        await until_seen(pilot, "not saved last time")
        await pilot.press("ctrl+z")
        await until_seen(pilot, "# warm ones")
        await pilot.press("escape")
        await until(pilot, lambda: list(msgspec.json.decode(server.texts[DRAFTS])) == ["animals/tame.txt"])
        assert read(server, "colours.txt") == "# warm ones\nred\norange\n"


async def test_keys_that_come_at_once_find_the_file_that_was_gone_to(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("down", "down", "enter", "ctrl+end", "!", "escape")
        await until_seen(pilot, "colours.txt is saved.")
        assert read(server, "colours.txt").endswith("orange!\n")
        assert read(server, "animals/tame.txt").startswith("cat\n")


async def test_files_are_made_renamed_deleted_and_brought_back(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("n")
        await until_seen(pilot, "New wildcard")
        await pilot.press("ctrl+u", *"../x", "enter")
        await until_seen(pilot, "begins with neither a dot")
        await pilot.press("ctrl+u", *"light/sun", "enter")
        await until_seen(pilot, "light/sun.txt is made.")
        await pilot.press("ctrl+end", "enter", *"dawn", "escape")
        await until(pilot, lambda: read(server, "light/sun.txt").endswith("\ndawn\n"))
        await until_seen(pilot, "light/sun.txt is saved.")
        await pilot.press("r")
        await until_seen(pilot, "Rename 'light/sun.txt'")
        await pilot.press("ctrl+u", *"colours", "enter")
        await until_seen(pilot, "This file exists.")
        await pilot.press("r")
        await until_seen(pilot, "Rename 'light/sun.txt'")
        await pilot.press("ctrl+u", *"sky", "enter")
        await until_seen(pilot, "light/sun.txt is called sky.txt now.")
        await pilot.press("x")
        await until_seen(pilot, "sky.txt is deleted. u brings it back.")
        assert not (server.workspace.wildcards / "sky.txt").exists()
        await pilot.press("u")
        await until_seen(pilot, "sky.txt is there again.")
        assert read(server, "sky.txt").endswith("\ndawn\n")
        await pilot.press("u")
        await until_seen(pilot, "sky.txt is called light/sun.txt again.")


async def test_what_is_in_no_file_yet_goes_with_its_file_and_comes_back_with_it(server: ShelfServer) -> None:
    full = WorkspaceError("It cannot be written: No space left on device.", where="wildcards/colours.txt")
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("down", "down")
        await until_seen(pilot, "# warm ones")
        await pilot.press("enter", "ctrl+end", "!")
        await until(pilot, lambda: "orange!" in server.texts.get(DRAFTS, ""))
        server.refusals["ask"] = full
        await pilot.press("escape")
        await until_seen(pilot, "colours.txt •")
        await pilot.press("r")
        await until_seen(pilot, "Rename 'colours.txt'")
        await pilot.press("ctrl+u", *"paint", "enter")
        await until_seen(pilot, "paint.txt •")
        assert list(msgspec.json.decode(server.texts[DRAFTS])) == ["paint.txt"]
        await pilot.press("u")
        await until_seen(pilot, "colours.txt •")
        assert list(msgspec.json.decode(server.texts[DRAFTS])) == ["colours.txt"]
        await pilot.press("x")
        await until_seen(pilot, "colours.txt is deleted.")
        await until(pilot, lambda: not server.texts[DRAFTS])
        assert "orange!" not in text(pilot.app)
        await pilot.press("u")
        await until_seen(pilot, "colours.txt is there again.")
        await until_seen(pilot, "orange!")
        assert read(server, "colours.txt") == "# warm ones\nred\norange\n"
        await pilot.press("enter", "ctrl+s")
        await until_seen(pilot, "colours.txt is saved.")
    assert read(server, "colours.txt").endswith("orange!\n")
    assert sorted(path.name for path in server.workspace.wildcards.glob("*.txt")) == ["colours.txt"]


async def test_a_draft_of_a_killed_studio_goes_with_its_file(server: ShelfServer) -> None:
    etag = hashlib.sha256(read(server, "colours.txt").encode()).hexdigest()[:16]
    server.texts[DRAFTS] = msgspec.json.encode({"colours.txt": TextDraft(etag, "lost\n")}).decode()
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("down", "down", "r")
        await until_seen(pilot, "Rename 'colours.txt'")
        await pilot.press("ctrl+u", *"paint", "enter")
        await until_seen(pilot, "is called paint.txt now")
        await pilot.press("enter")
        await until_seen(pilot, "not saved last time")
        await pilot.press("ctrl+s")
        await until_seen(pilot, "paint.txt is saved.")
    assert read(server, "paint.txt") == "lost\n"


async def test_everything_is_taken_back_one_by_one_after_a_file_was_brought_back(server: ShelfServer) -> None:
    before = read(server, "colours.txt")
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("down", "down", "enter", "ctrl+end", "!", "escape")
        await until_seen(pilot, "colours.txt is saved.")
        await pilot.press("r")
        await until_seen(pilot, "Rename 'colours.txt'")
        await pilot.press("ctrl+u", *"paint", "enter")
        await until_seen(pilot, "is called paint.txt now")
        await pilot.press("x")
        await until_seen(pilot, "paint.txt is deleted.")
        for said in ("paint.txt is there again", "is called colours.txt again", "colours.txt is as it was before"):
            await pilot.press("u")
            await until_seen(pilot, said)
    assert read(server, "colours.txt") == before
    assert not (server.workspace.wildcards / "paint.txt").exists()


async def test_renaming_says_who_names_it_by_its_name_before(server: ShelfServer) -> None:
    server.preset("warm", "prompt: __colours__ light\n")
    async with studio(server, (160, 24)) as pilot:
        await enter(pilot)
        await pilot.press("down", "down", "r")
        await until_seen(pilot, "Rename 'colours.txt'")
        await pilot.press("ctrl+u", *"paint", "enter")
        await until_seen(pilot, "Used by presets warm; wildcards animals/tame")


async def test_draws_are_previewed_from_the_tree_and_from_a_line(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("down", "down", "d")
        await until_seen(pilot, "10 draws of 2 combinations")
        await pilot.press("escape", "up")
        await until_seen(pilot, "(dog:1.2)")
        await pilot.press("enter", "ctrl+end", "alt+d")
        await until_seen(pilot, "10 draws of 4 combinations")
        assert server.asked("draws")[-1] == "a __colours__ {hen|duck}"


async def test_a_wildcard_is_put_into_the_prompt(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await pilot.press("ctrl+end", "space")
        await enter(pilot)
        await pilot.press("end", "i")
        await until(pilot, lambda: document(pilot).prompt == "a __colours__ hat __oak__")
        assert not isinstance(pilot.app.screen, WildcardsRoom)


async def test_the_wildcard_at_the_cursor_is_shown_in_its_room(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await pilot.press("ctrl+home", "right", "right", "right", "alt+o")
        await until_seen(pilot, "# warm ones")


@pytest.mark.parametrize(
    ("selected", "values"),
    [
        ("{red|blue sky|(pink:1.2)}", "red\nblue sky\n(pink:1.2)\n"),
        ("{3::red|blue}", "3::red\nblue\n"),
        ("red|blue", "red\nblue\n"),
        ("{2$$red|blue}", "{2$$red|blue}\n"),
        ("red hat", "red hat\n"),
    ],
)
async def test_a_selection_becomes_a_wildcard(tmp_path: Path, selected: str, values: str) -> None:
    server = ShelfServer(tmp_path, draft=Document(prompt=f"a {selected}"))
    async with studio(server, (80, 24)) as pilot:
        await pilot.press("ctrl+home", "right", "right", "ctrl+shift+end", "alt+w")
        await until_seen(pilot, "Wildcard of")
        await pilot.press(*"mine", "enter")
        await until_seen(pilot, "mine.txt is made.")
        await until(pilot, lambda: document(pilot).prompt == "a __mine__")
        assert read(server, "mine.txt") == values
        await pilot.press("ctrl+z")
        await until(pilot, lambda: document(pilot).prompt == f"a {selected}")
    server.store.close()


async def test_nothing_selected_makes_no_wildcard_and_a_taken_name_is_refused(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await pilot.press("alt+w")
        await until_seen(pilot, "Nothing is selected.")
        await pilot.press("ctrl+home", "ctrl+shift+end", "alt+w")
        await until_seen(pilot, "Wildcard of 1 value")
        await pilot.press(*"colours", "enter")
        await until_seen(pilot, "This file exists.")
        assert document(pilot).prompt == "a __colours__ hat"


async def test_an_empty_room_says_what_to_do_and_help_knows_it(tmp_path: Path) -> None:
    server = ShelfServer(tmp_path)
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot, "No wildcards yet.")
        await until_seen(pilot, "n makes a wildcard.")
        await pilot.press("enter", "i", "r", "x", "d", "left", "right")
        await pilot.press("f1")
        await until_seen(pilot, "Help: wildcards first")
    server.store.close()


async def test_a_broken_file_is_told_with_its_line_and_the_others_work(server: ShelfServer) -> None:
    server.wildcard("bad.yaml", "a: [1\nb: 2\n")
    server.wildcard("latin.txt", "")
    (server.workspace.wildcards / "latin.txt").write_bytes(b"caf\xe9\n")
    async with studio(server, (120, 24)) as pilot:
        await enter(pilot, "bad.yaml")
        await until_seen(pilot, "✗ 2 cannot be used")
        await pilot.press("down", "down")
        await until_seen(pilot, "wildcards/bad.yaml:2")
        await until_seen(pilot, "a: [1")
        await pilot.press("down", "down")
        await until_seen(pilot, "wildcards/latin.txt:1: The file is not UTF-8")


# without a screen


def name(wildcard: str, file: str, count: int = 1) -> WildcardName:
    return WildcardName(name=wildcard, count=count, path=f"/w/{file}", file=file)


def test_folders_come_before_files_and_a_filter_unfolds() -> None:
    found = leaves([name("b", "b.txt"), name("a/z/y", "a/z/y.txt", 4), name("a/c", "a/c.txt", 2)], [])
    assert [(row.label, row.depth, row.values) for row in tree_rows(found, frozenset(), ())] == [
        ("a/", 0, 6),
        ("z/", 1, 4),
        ("y.txt", 2, 4),
        ("c.txt", 1, 2),
        ("b.txt", 0, 1),
    ]
    assert [row.label for row in tree_rows(found, frozenset({"a/z/"}), ())] == ["a/", "z/", "c.txt", "b.txt"]
    assert [row.label for row in tree_rows(found, frozenset({"a/"}), ("y",))] == ["a/", "z/", "y.txt"]


@pytest.mark.parametrize(
    ("typed", "file"),
    [("a", "a.txt"), ("__a/b__", "a/b.txt"), ("a.yaml", "a.yaml"), ("/a.b/", "a.b.txt")],
)
def test_a_name_is_a_files_with_or_without_its_ending(typed: str, file: str) -> None:
    assert file_name(typed) == file
    assert name_problem(typed) == ""


@pytest.mark.parametrize("typed", ["a__b", "{a}", "$a", "a(b)", "../a", "a/../b", ".a", "a:b"])
def test_a_name_that_no_prompt_could_say_is_refused(typed: str) -> None:
    assert name_problem(typed)


@pytest.mark.parametrize("text", ["", "  \n ", "#x", "a\n# b"])
def test_what_cannot_be_values_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        values_of(text)
