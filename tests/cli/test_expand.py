"""`sdtui expand`: prompts from a template, without a server."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest


@pytest.fixture
def folder(workspace, tmp_path: Path) -> Path:
    (workspace.wildcards / "size.txt").write_text("big\nsmall\n")
    made = tmp_path / "mine"
    made.mkdir()
    (made / "size.txt").write_text("huge\n")
    return made


def test_the_same_seed_draws_the_same_prompts(sdtui, folder) -> None:
    first = sdtui("expand", "a __size__ {cat|dog|cow|fox}", "--count", "4", "--seed", "7")
    assert first.code == 0
    assert len(first.out.splitlines()) == 4
    assert first.out == sdtui("expand", "a __size__ {cat|dog|cow|fox}", "--count", "4", "--seed", "7").out
    assert first.out.splitlines()[1] == sdtui("expand", "a __size__ {cat|dog|cow|fox}", "--seed", "8").out.strip()


def test_without_a_seed_chance_decides(sdtui) -> None:
    template = "{" + "|".join(map(str, range(1000))) + "}" * 1 + "{0|1|2|3|4|5|6|7|8|9}" * 9
    assert sdtui("expand", template).out != sdtui("expand", template).out


def test_all_lists_the_combinations(sdtui, folder) -> None:
    assert sdtui("expand", "a __size__ {cat|dog}", "--all").out == "a big cat\na big dog\na small cat\na small dog\n"


def test_json_is_one_object(sdtui, folder) -> None:
    told = sdtui("expand", "__size__ {1-2$$a|b}", "--count", "2", "--seed", "4294967295", "--json")
    found = json.loads(told.out)
    assert (found["total"], found["count"], found["seed"], len(found["texts"])) == (8, 2, 4294967295, 2)
    assert (
        found["texts"]
        == sdtui("expand", "__size__ {1-2$$a|b}", "--count", "2", "--seed", "4294967295").out.split("\n")[:2]
    )
    assert json.loads(sdtui("expand", "__size__", "--all", "--json").out)["texts"] == ["big", "small"]


def test_another_folder_can_be_named(sdtui, folder) -> None:
    assert sdtui("expand", "__size__", "--wildcards", str(folder)).out == "huge\n"


@pytest.mark.parametrize("words", [("expand",), ("expand", "-")])
def test_a_template_comes_from_a_pipe(sdtui, monkeypatch: pytest.MonkeyPatch, words) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("# no\n{ä|ä}\nb\n".encode()), encoding="utf-8"))
    assert sdtui(*words).out == "ä\nb\n"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("__siz__",), 2, "There is no wildcard '__siz__'. Did you mean '__size__'?"),
        (("{a|b}" * 20, "--all"), 2, "1,048,576 combinations are too many to list"),
        (("x", "--count", "0"), 2, "--count takes a whole number from 1 to 100,000"),
        (("x", "--seed", "-1"), 2, "--seed takes a whole number"),
        (("x", "--all", "--count", "2"), 2, "not allowed with"),
        (("__size__", "--wildcards", "nowhere"), 5, "no such folder of wildcards"),
        (("__loop__",), 2, "wildcards/loop.txt:1: This wildcard comes back to itself"),
    ],
)
def test_what_cannot_be_done_is_said(sdtui, workspace, folder, words, code, sentence) -> None:
    (workspace.wildcards / "loop.txt").write_text("__loop__\n")
    told = sdtui("expand", *words)
    assert (told.code, told.out) == (code, "")
    assert sentence in told.err


def test_what_cannot_be_counted_can_still_be_drawn(sdtui, workspace) -> None:
    (workspace.wildcards / "half.txt").write_text("1000000::fine\n__half__\n")
    told = sdtui("expand", "__half__", "--seed", "1", "--json")
    assert (told.code, json.loads(told.out)["texts"], json.loads(told.out)["total"]) == (0, ["fine"], None)
    assert "no total" in told.err


def test_a_broken_file_is_said_and_the_others_are_used(sdtui, workspace, folder) -> None:
    (workspace.wildcards / "broken.yaml").write_text("a: [b\n")
    told = sdtui("expand", "__size__", "--seed", "1")
    (workspace.wildcards / "broken.yaml").unlink()
    assert (told.code, told.out.strip() in {"big", "small"}) == (0, True)
    assert "wildcards/broken.yaml:" in told.err
