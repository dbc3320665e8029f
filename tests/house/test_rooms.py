from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "sdtui").rglob("*.py"))
REFUSED = ("manager", "helper", "util", "base", "common", "misc", "stuff")
LONGEST = 300
MEDIAN = 150


def test_no_file_is_over_300_lines_and_the_median_is_under_150() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in SOURCES}
    assert {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > LONGEST} == {}
    assert sorted(lengths.values())[len(lengths) // 2] < MEDIAN


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_say_what_a_thing_is(path: Path) -> None:
    tree = ast.parse(path.read_text())
    classes = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    for name in (path.stem, *classes):
        assert not [word for word in REFUSED if name.lower().strip("_").endswith((word, word + "s"))], name


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if p.name == "__init__.py"], ids=lambda path: str(path.relative_to(ROOT))
)
def test_a_folder_says_what_it_is_for_and_does_nothing(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert len(ast.get_docstring(tree) or "") > 60
    rest = [
        node
        for node in tree.body[1:]
        if not (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__")
    ]
    assert rest == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_broad_except_stands_in_two_places_only(path: Path) -> None:
    allowed = {"sdtui/cli/main.py": 1, "sdtui/worker/child.py": 1}
    broad = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and (node.type is None or ast.unparse(node.type) == "Exception")
    ]
    assert len(broad) <= allowed.get(str(path.relative_to(ROOT)), 0)


def test_pickles_are_never_loaded_bare() -> None:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"torch.load", "pickle.load", "pickle.loads"}:
                assert any(
                    keyword.arg == "weights_only" and ast.unparse(keyword.value) == "True" for keyword in node.keywords
                ), path


def test_nothing_of_the_machine_it_was_written_on_is_in_it() -> None:
    words = ("/work/", "/root/", "/home/")
    names = ["README.md", "CHANGELOG.md", "Makefile", "constraints.txt", "pyproject.toml", ".ci/run"]
    for path in [*SOURCES, *(ROOT / name for name in names)]:
        text = path.read_text()
        assert not [word for word in words if word in text], path


def test_building_names_no_host() -> None:
    for name in ("Makefile", "constraints.txt", ".ci/run"):
        assert "://" not in (ROOT / name).read_text(), name
