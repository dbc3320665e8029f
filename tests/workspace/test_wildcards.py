"""The folder of wildcards: names, values, and everything in it that must do no harm."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.errors import SdtuiError, UsageError, WorkspaceError
from sdtui.prompt.expand.draw import draw
from sdtui.prompt.expand.template import parse
from sdtui.workspace import wildcard_files
from sdtui.workspace.wildcards import WildcardFolder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "wildcards"
    folder.mkdir()
    return folder


def put(root: Path, name: str, content: str | bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def texts(root: Path, pattern: str) -> list[str]:
    return [value.text for value in WildcardFolder(root).look().values(pattern).items]


TEXT_FILES: dict[str, tuple[str | bytes, list[str]]] = {
    "a value a line, trimmed": ("  red \n\tblue\n", ["blue", "red"]),
    "blank lines and comments": ("\n# no\n   # nor this\nred\n\n", ["red"]),
    "sorted, without duplicates": ("b\na\nB\nb\n", ["B", "a", "b"]),
    "no line break at the end": ("red", ["red"]),
    "windows": (b"\xef\xbb\xbfred\r\nblue\r\n", ["blue", "red"]),
    "old mac": (b"red\rblue\r", ["blue", "red"]),
    "other scripts": ("日本\nété\n", ["été", "日本"]),
    "other line breaks are part of a value": ("a\x0bb\u2028c\n", ["a\x0bb\u2028c"]),
    "constructs": ("{a|b} __c__\n<lora:x:1>\n", ["<lora:x:1>", "{a|b} __c__"]),
    "nothing": ("", []),
}


@pytest.mark.parametrize(("content", "values"), TEXT_FILES.values(), ids=TEXT_FILES)
def test_text_files(content: str | bytes, values: list[str], root: Path) -> None:
    put(root, "x.txt", content)
    assert texts(root, "x") == values


def test_values_have_weights_and_know_their_lines(root: Path) -> None:
    put(root, "x.txt", "# some\n3::red\n .5::blue\ngreen\n-1::x\n2::\n0.5::green\n")
    values = WildcardFolder(root).look().values("x")
    found = {value.text: (value.weight, value.where) for value in values.items if value.text}
    assert found == {
        "red": (3, "wildcards/x.txt:2"),
        "blue": (0.5, "wildcards/x.txt:3"),
        "green": (1, "wildcards/x.txt:4"),
        "-1::x": (1, "wildcards/x.txt:5"),
    }


TREE = """\
clothes:
  - hat
  - 2::coat
artists:
  dutch: [Vermeer, Mondrian]
  finnish:
    - Helene Schjerfbeck
    - {text: Eero, weight: 4}
single: one
years: [1980, 1.5, true, null]
long:
  - |
    # a comment
    two
    lines
empty:
"""


def test_trees_name_their_lists_by_the_way_to_them(root: Path) -> None:
    put(root, "sub/my.yaml", TREE)
    found = WildcardFolder(root).look()
    assert list(found.names()) == [
        "sub/artists/dutch", "sub/artists/finnish", "sub/clothes", "sub/long", "sub/single", "sub/years"
    ]  # fmt: skip
    assert [value.text for value in found.values("sub/artists/*").items] == [
        "Eero", "Helene Schjerfbeck", "Mondrian", "Vermeer"
    ]  # fmt: skip
    weights = {value.text: (value.weight, value.line) for value in found.values("**").items}
    assert (weights["coat"], weights["Eero"], weights["Vermeer"]) == ((2, 3), (4, 8), (1, 5))
    assert {"1980", "1.5", "true", "one"} <= set(weights)
    assert draw(parse("__long__"), found, 1).text == "two\nlines"


def test_json_is_a_tree_too_and_a_list_has_its_files_name(root: Path) -> None:
    put(root, "a.json", '{"x": {"y": ["\\ud83d\\ude00", "b"]}}')
    put(root, "deep/list.yml", "- one\n- two\n")
    put(root, "deep/list.txt", "three\n")
    assert texts(root, "x/y") == ["b", "😀"]
    assert texts(root, "deep/list") == ["one", "three", "two"]


GLOBS = [
    ("colours/warm", ["red"]),
    ("colours*", ["blue", "red"]),
    ("colours/*", ["blue", "red"]),
    ("c*m", ["red"]),
    ("**/warm", ["hot", "red"]),
    ("warm", ["hot", "red"]),
    ("Warm", []),
    ("**", ["blue", "hot", "red"]),
    ("/colours//warm/", ["red"]),
    (r"colours\warm", ["red"]),
    ("colour?/warm", []),
    ("[c]olours/warm", []),
    ("nothing", []),
    ("*" * 50, ["blue", "hot", "red"]),
    ("*a" * 30 + "b", []),
]


@pytest.mark.parametrize(("pattern", "values"), GLOBS)
def test_globs(pattern: str, values: list[str], root: Path) -> None:
    put(root, "colours/warm.txt", "red")
    put(root, "colours/cold.txt", "blue")
    put(root, "baths/warm.txt", "hot")
    put(root, "a" * 200 + ".txt", "hot")
    put(root, ".hidden.txt", "no")
    put(root, ".git/x.txt", "no")
    put(root, "notes.md", "no")
    assert texts(root, pattern) == values


ESCAPES = [
    "../secret",
    "../../secret",
    "sub/../../secret",
    "/etc/passwd",
    "..",
    "...",
    "./secret",
    "sub/..",
    "~/secret",
]


@pytest.mark.parametrize("pattern", [*ESCAPES, *(escape.replace("/", "\\") for escape in ESCAPES)])
def test_no_name_leads_out_of_the_folder(pattern: str, root: Path) -> None:
    put(root.parent, "secret.txt", "secret")
    put(root, "sub/inside.txt", "inside")
    assert texts(root, pattern) == []
    with pytest.raises(UsageError, match=r"leads out|no wildcard"):
        draw(parse(f"__{pattern.replace(chr(92), '/')}__"), WildcardFolder(root).look(), 1)


@given(st.text(st.sampled_from("./\\~*secrtinsid_ "), max_size=20))
def test_no_pattern_finds_what_is_outside(tmp_path_factory: pytest.TempPathFactory, pattern: str) -> None:
    base = tmp_path_factory.getbasetemp() / "escape"
    if not base.exists():
        put(base, "secret.txt", "secret")
        put(base, "w/inside.txt", "inside")
        put(base, "outside/secret.txt", "secret")
        (base / "w/link").symlink_to("../outside")
        (base / "w/secret.txt").symlink_to("../secret.txt")
    found = WildcardFolder(base / "w").look()
    with contextlib.suppress(WorkspaceError):
        assert {value.text for value in found.values(pattern).items} <= {"inside"}


def test_links_out_are_refused_and_links_within_are_followed(root: Path) -> None:
    put(root.parent, "secret.txt", "secret")
    put(root.parent, "folder/secret.txt", "secret")
    put(root, "real/colours.txt", "red")
    (root / "out.txt").symlink_to("../secret.txt")
    (root / "far").symlink_to("../folder")
    (root / "alias.txt").symlink_to("real/colours.txt")
    (root / "near").symlink_to("real")
    (root / "dangling.txt").symlink_to("nowhere.txt")
    (root / "round.txt").symlink_to("round.txt")
    (root / "real/up").symlink_to("..")
    found = WildcardFolder(root).look()
    assert list(found.names()) == ["alias", "near/colours", "real/colours"]
    assert [value.text for value in found.values("**").items] == ["red"]
    for name in ("out", "far/secret", "far"):
        with pytest.raises(WorkspaceError, match="leads out of the folder"):
            found.values(name)
    assert sorted(problem.where for problem in found.problems) == ["wildcards/far", "wildcards/out.txt"]


def test_the_folder_itself_may_be_a_link(root: Path) -> None:
    put(root, "x.txt", "red")
    (root.parent / "link").symlink_to(root)
    assert texts(root.parent / "link", "x") == ["red"]


def test_a_file_that_became_a_link_since_it_was_found_is_not_followed(root: Path) -> None:
    secret = put(root.parent, "secret.txt", "secret")
    file = put(root, "x.txt", "red")
    found = WildcardFolder(root).look()
    file.unlink()
    file.symlink_to(secret)
    with pytest.raises(WorkspaceError, match=r"wildcards/x\.txt"):
        found.values("x")


BROKEN: dict[str, tuple[str, str | bytes, str]] = {
    "not UTF-8": ("x.txt", b"red\nbl\xffue\n", r"wildcards/x\.txt:2: .*not UTF-8"),
    "UTF-16": ("x.txt", "red\n".encode("utf-16"), r"wildcards/x\.txt:1: .*not UTF-8"),
    "zero bytes": ("x.txt", b"red\nbl\0ue\n", r"wildcards/x\.txt:2: .*zero byte"),
    "not YAML": ("x.yaml", "x: [a\ny: b\n", r"wildcards/x\.yaml:2: This is not YAML"),
    "alias bomb": ("x.yaml", "x: &a [a, a]\ny: &b [*a, *a]\nz: [*b, *b]\n", r"wildcards/x\.yaml:2: .*alias"),
    "deep": ("x.yaml", "x: " + "[" * 30 + "]" * 30, r"wildcards/x\.yaml:1: .*nested more than 20"),
    "a tag": ("x.yaml", "x: !!python/object:os.system ls\n", r"wildcards/x\.yaml:1: .*tag"),
    "a list in a list": ("x.yaml", "x:\n  - [a, b]\n", r"wildcards/x\.yaml:2: .*no value"),
    "a strange weight": ("x.yaml", "x:\n  - {text: a, weight: heavy}\n", r"wildcards/x\.yaml:2: .*no value"),
    "not JSON": ("x.json", '{"x": [', r"wildcards/x\.json: This is not JSON"),
    "deep JSON": ("x.json", "[" * 100_000, r"wildcards/x\.json: "),
}


@pytest.mark.parametrize(("name", "content", "sentence"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_used_is_named_with_its_line(
    name: str, content: str | bytes, sentence: str, root: Path
) -> None:
    put(root, name, content)
    put(root, "fine.txt", "red")
    found = WildcardFolder(root).look()
    with pytest.raises(UsageError, match=sentence):
        found.values("x")
    assert [value.text for value in found.values("fine").items] == ["red"]
    listed = {each.name: each for each in found.listing()}
    assert listed["fine"].count == 1
    assert ("x" in listed and listed["x"].problem) or found.problems


def test_a_file_beyond_the_limit_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wildcard_files.MAX_BYTES == 16_000_000
    monkeypatch.setattr(wildcard_files, "MAX_BYTES", 1000)
    put(root, "x.txt", "red\n" * 250)
    assert texts(root, "x") == ["red"]
    put(root, "x.txt", "red\n" * 251)
    with pytest.raises(UsageError, match=r"larger than 0\.001 MB"):
        texts(root, "x")


def test_what_is_no_file_does_not_hold_anybody_up(root: Path) -> None:
    os.mkfifo(root / "pipe.txt")
    (root / "folder.txt").mkdir()
    put(root, "x.txt", "red")
    found = WildcardFolder(root).look()
    with pytest.raises(WorkspaceError, match="no file"):
        found.values("pipe")
    assert found.values("folder").files == ()
    assert [value.text for value in found.values("x").items] == ["red"]


def test_an_unreadable_file_is_named(root: Path) -> None:
    file = put(root, "x.txt", "red")
    if os.getuid() == 0:
        file.unlink()
        file.symlink_to(root / "y.txt")
        put(root, "y.txt", "red")
        found = WildcardFolder(root).look()
        (root / "y.txt").unlink()
    else:
        file.chmod(0)
        found = WildcardFolder(root).look()
    with pytest.raises(WorkspaceError, match="cannot be read"):
        found.values("x")


def test_no_folder_has_no_wildcards(root: Path) -> None:
    assert list(WildcardFolder(root / "none").look().names()) == []


def test_names_that_are_no_text_are_passed_over(root: Path) -> None:
    try:
        (root / os.fsdecode(b"\xff.txt")).write_text("red")
    except OSError:
        pytest.skip("this file system takes UTF-8 names alone")
    assert list(WildcardFolder(root).look().names()) == []


def test_a_file_is_read_once_until_it_changes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    real = wildcard_files.read_text

    def counted(path: Path, *rest: int, **more: bool) -> str:
        reads.append(path.name)
        return real(path, *rest, **more)

    monkeypatch.setattr(wildcard_files, "read_text", counted)
    put(root, "x.txt", "red")
    put(root, "y.yaml", "y: [a]")
    folder = WildcardFolder(root)
    for _ in range(3):
        look = folder.look()
        assert [len(look.values(name)) for name in ("x", "y", "**")] == [1, 1, 2]
    assert sorted(reads) == ["x.txt", "y.yaml"]
    put(root, "x.txt", "red\nblue\n")
    assert len(folder.look().values("x")) == 2
    (root / "x.txt").unlink()
    assert folder.look().values("x").files == ()


def test_one_look_stays_as_it_was(root: Path) -> None:
    """A job plans all its pictures with the same values, whatever is saved meanwhile."""
    put(root, "x.txt", "red")
    look = WildcardFolder(root).look()
    assert len(look.values("x")) == 1
    put(root, "x.txt", "red\nblue\n")
    assert len(look.values("x")) == 1


CHAINS: dict[str, tuple[dict[str, str], str]] = {
    "itself": ({"a.txt": "__a__"}, r"wildcards/a\.txt:1: .*comes back to itself"),
    "two": ({"a.txt": "# x\n__b__", "b.txt": "\n\n__a__"}, r"wildcards/a\.txt:2: .*a\.txt:2 → wildcards/b\.txt:3"),
    "by a glob": ({"a.txt": "__*__"}, r"wildcards/a\.txt:1: .*comes back to itself"),
    "too deep": ({f"a{i}.txt": f"__a{i + 1}__" for i in range(40)} | {"a.txt": "__a0__"}, r"a14\.txt:1: .*16 deep"),
    "missing": (
        {"a.txt": "x\n", "b.txt": "y\n", "c.txt": "__d__"},
        r"wildcards/c\.txt:1: There is no wildcard '__d__'",
    ),
    "too long": ({"a.txt": "x" * 70_000}, r"wildcards/a\.txt:1: .*longer than 64 kB"),
    "too long together": ({"a.txt": "__b__" * 10, "b.txt": "x" * 9_000}, r"wildcards/b\.txt:1: .*longer than 64 kB"),
    "too many": ({"a.txt": "{" + "a|" * 20_000 + "b}"}, r"wildcards/a\.txt:1: .*more than 10,000"),
    "ever more": (
        {"a.txt": "__b0____b0__", **{f"b{i}.txt": f"__b{i + 1}____b{i + 1}__" for i in range(13)}, "b13.txt": "x{|}"},
        r"wildcards/a\.txt:1: .*more than 10,000",
    ),
    "empty": ({"a.txt": "# nothing\n"}, r"wildcards/a\.txt: The wildcard '__a__' has no values"),
}


@pytest.mark.parametrize(("files", "sentence"), CHAINS.values(), ids=CHAINS)
def test_what_cannot_be_drawn_names_file_and_line(files: dict[str, str], sentence: str, root: Path) -> None:
    for name, content in files.items():
        put(root, name, content)
    name = "c" if "c.txt" in files else "a"
    with pytest.raises(SdtuiError) as caught:
        draw(parse(f"__{name}__"), WildcardFolder(root).look(), 1)
    assert caught.match(sentence)
