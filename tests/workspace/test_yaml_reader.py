from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.errors import ConfigError, WorkspaceError
from sdtui.workspace.yaml_reader import MAX_BYTES, parse_yaml, read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# nothing but a comment\n", None),
        ("a: off", {"a": "off"}),
        ("a: yes", {"a": "yes"}),
        ("a: true", {"a": True}),
        ("a: 'true'", {"a": "true"}),
        ("a: 1:30", {"a": "1:30"}),
        ("a: 2024-05-01", {"a": "2024-05-01"}),
        ("a: 010", {"a": 10}),
        ("a: 1e3", {"a": 1000.0}),
        ("a: .5", {"a": 0.5}),
        ("a: 1e999", {"a": "1e999"}),
        ("a: .inf", {"a": ".inf"}),
        ("a: None", {"a": "None"}),
        ("a:", {"a": None}),
        ("a: !!str 1", {"a": "1"}),
        ("- 1\n- [x, y]\n", [1, ["x", "y"]]),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ("\ufeffa: 1", {"a": 1}),
    ],
)
def test_values_follow_the_core_schema(text: str, value: object, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text, encoding="utf-8")
    assert read_yaml(file).value == value


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("x: 1\na: &b 1\nc: *b\n", 3, "alias '*b'"),
        ("a: !!python/object/apply:os.system ['true']", 1, "tag"),
        ("a: !!binary aGk=", 1, "tag"),
        ("a: " + "[" * 25 + "]" * 25, 1, "20 levels"),
        ("[" * 100_000, 1, "20 levels"),
        ("a: 1\nb: 2\na: 3\n", 3, "second time"),
        ("a: 'x\n", 2, "not YAML"),
        ("a: 1\n\tb: 2\n", 2, "not YAML"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("? [a]\n: b\n", 1, "must be a word"),
    ],
)
def test_what_may_be_abused_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace("*", r"\*")) as caught:
        parse_yaml(text, where="f.yaml")
    assert caught.value.where == f"f.yaml:{line}"


def test_an_alias_bomb_is_refused_before_it_is_built() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    with pytest.raises(ConfigError, match="alias"):
        parse_yaml("\n".join(rows))


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"x" * (MAX_BYTES + 1), "larger than 1 MB"), (b"a: 1\nb: \xff\n", "not UTF-8"), (b"a: \x00", "not YAML")],
)
def test_files_that_are_no_text_are_refused(tmp_path: Path, data: bytes, said: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(data)
    with pytest.raises(ConfigError, match=said) as caught:
        read_yaml(file)
    assert str(file) in caught.value.where


def test_a_folder_a_pipe_and_a_missing_file_are_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe, tmp_path / "none.yaml"):
        with pytest.raises(WorkspaceError) as caught:
            read_yaml(path)
        assert caught.value.where == str(path)


def test_each_value_knows_its_line() -> None:
    tree = parse_yaml("a:\n  b: 1\n  c:\n    - x\n    - y\n", where="f.yaml")
    assert tree.place(("a", "b")) == "f.yaml:2"
    assert tree.place(("a", "c", 1)) == "f.yaml:5"
    assert tree.place(("a", "not there")) == "f.yaml:1"


@given(st.text(st.sampled_from("ab:-[]{}&*!|>'\"#%@\n\t ,?0~"), max_size=60))
def test_any_text_gives_a_tree_or_an_error_of_ours(text: str) -> None:
    with contextlib.suppress(ConfigError):
        assert parse_yaml(text).lines is not None
