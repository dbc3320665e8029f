"""A1111's styles.csv."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdtui.workspace.styles import parse_styles, read_styles

HEAD = "name,prompt,negative_prompt\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + "Oil,an oil painting,blurry\n", [("Oil", "an oil painting", "blurry")]),
        ("\ufeff" + HEAD + "Oil,an oil painting,\n", [("Oil", "an oil painting", "")]),
        (HEAD + 'Oil,"an oil painting, of {prompt}",""\n', [("Oil", "an oil painting, of {prompt}", "")]),
        (HEAD + 'Oil,"two\nlines",no\n', [("Oil", "two\nlines", "no")]),
        (HEAD + 'Oil,"say ""cheese""",no\r\nB,b,\r\n', [("Oil", 'say "cheese"', "no"), ("B", "b", "")]),
        ("name;prompt;negative_prompt\nOil;a, b;c\n", [("Oil", "a, b", "c")]),
        ("name\tprompt\tnegative_prompt\nOil\ta, b\tc\n", [("Oil", "a, b", "c")]),
        ("name,text\nOld,from before\n", [("Old", "from before", "")]),
        ("prompt,name\na,Turned\n", [("Turned", "a", "")]),
        (HEAD + "--- photo ---,,\nA,a,\n====,,\n\n,,\n", [("A", "a", "")]),
        (HEAD + "Only negative,,ugly\n", [("Only negative", "", "ugly")]),
        (HEAD + "Short,a\n", [("Short", "a", "")]),
        ("", []),
    ],
)
def test_styles_are_read(text: str, expected: list[tuple[str, str, str]]) -> None:
    styles, problems = parse_styles(text, "styles.csv")
    assert [(each.name, each.document.prompt, each.document.negative_prompt) for each in styles] == expected
    assert problems == []


@pytest.mark.parametrize(
    ("text", "line", "what", "left"),
    [
        (HEAD + "A,a,\nB,b, and, more\nC,c,\n", 3, "4 cells", ["A", "C"]),
        (HEAD + 'A,a,\nB,"never closed,\nC,c,\n', 3, "never closed", ["A", "C"]),
        (HEAD + ",a prompt,\nC,c,\n", 2, "no name", ["C"]),
        (HEAD + "A,,\nC,c,\n", 2, "no prompt", ["C"]),
        (HEAD + 'A,"a"b,\nC,c,\n', 2, "cannot be read", ["C"]),
        (HEAD + "A,a,\nA,b,\n", 3, "second time", ["A"]),
        (HEAD + 'M,"1\n2\n3",\nA,a,b,c\n', 5, "4 cells", ["M"]),
        (HEAD + "Z,a\0b,\nC,c,\n", 2, "zero byte", ["C"]),
        ("a,b\nA,a\n", 1, "no list of styles", []),
    ],
)
def test_a_broken_row_is_told_by_its_line_and_the_others_count(
    text: str, line: int, what: str, left: list[str]
) -> None:
    styles, problems = parse_styles(text, "styles.csv")
    assert [each.name for each in styles] == left
    assert len(problems) == 1
    assert problems[0].where == f"styles.csv:{line}"
    assert what in problems[0].what


def test_of_two_styles_with_one_name_the_later_counts() -> None:
    styles, _ = parse_styles(HEAD + "A,a,\nA,b,\n", "styles.csv")
    assert styles[0].document.prompt == "b"
    assert styles[0].line == 3


def test_a_file_of_nothing_but_quotes_is_given_up_soon() -> None:
    _, problems = parse_styles(HEAD + 'A,"a\n' * 100_001, "styles.csv")
    assert len(problems) <= 50
    assert problems[-1].todo == "The rest of the file is not read."


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    file = tmp_path / "styles.csv"
    file.write_bytes(HEAD.encode() + b"A,caf\xe9,\n")
    styles, problems = read_styles(file)
    assert styles == []
    assert "not UTF-8" in problems[0].what
    assert read_styles(tmp_path / "none.csv")[1]
