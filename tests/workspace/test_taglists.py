from __future__ import annotations

from pathlib import Path

import pytest

from sdtui.workspace.taglists import TagLists


def names(lists: TagLists, query: str, *, builtin: bool = False, limit: int = 20) -> list[str]:
    return [tag.name for tag in lists.find((query,), limit, builtin=builtin)[0]]


@pytest.fixture
def tags(tmp_path: Path) -> Path:
    folder = tmp_path / "tags"
    folder.mkdir()
    return folder


def test_lists_as_the_tag_completion_extensions_have_them(tmp_path: Path, tags: Path) -> None:
    (tags / "danbooru.csv").write_text(
        'long_hair,0,4350743,"longhair,very_long"\n1girl,0,5000000,\nlong_sleeves,0,1500000,\nhatsune_miku,4,90000,"miku"\n'
    )
    lists = TagLists(tmp_path)
    assert names(lists, "long") == ["long_hair", "long_sleeves"]
    assert names(lists, "hair") == ["long_hair"]
    assert names(lists, "LONG H") == ["long_hair"]
    (found,) = lists.find(("miku",), 5, builtin=False)[0]
    assert (found.name, found.kind, found.count, found.alias, found.listed) == (
        "hatsune_miku",
        "4",
        90000,
        "miku",
        True,
    )


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"\xff\xfe\0\0,,,",
        b'"unclosed,0,1\n' * 3,
        b"\0" * 100,
        b"name,type,count,aliases\n",
        b"," * 1000,
        b"a" * 9999,
    ],
)
def test_odd_files_hurt_nobody(tmp_path: Path, tags: Path, written: bytes) -> None:
    (tags / "odd.csv").write_bytes(written)
    (tags / "fine.csv").write_text("cat,0,5,\n")
    assert names(TagLists(tmp_path), "cat") == ["cat"]


def test_a_list_that_changed_is_read_again(tmp_path: Path, tags: Path) -> None:
    lists = TagLists(tmp_path)
    assert names(lists, "ca") == []
    (tags / "a.csv").write_text("cat,0,5,\n")
    assert names(lists, "ca") == ["cat"]
    (tags / "a.csv").unlink()
    assert names(lists, "ca") == []


def test_the_built_in_models_words_come_first_and_only_for_it(tmp_path: Path, tags: Path) -> None:
    (tags / "a.csv").write_text("circuit,0,5000000,\n")
    lists = TagLists(tmp_path)
    assert names(lists, "circ", builtin=True) == ["circle", "circuit"]
    assert names(lists, "circ") == ["circuit"]
    (found, *_) = lists.find(("disc",), 5, builtin=True)[0]
    assert (found.name, found.alias, found.listed) == ("circle", "disc", False)


def test_no_more_than_asked_for(tmp_path: Path, tags: Path) -> None:
    (tags / "a.csv").write_text("".join(f"tag{number},0,{number},\n" for number in range(100)))
    assert names(TagLists(tmp_path), "tag", limit=3) == ["tag99", "tag98", "tag97"]
