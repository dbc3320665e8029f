from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from sdtui import errors
from sdtui.cli.commands import COMMANDS
from sdtui.cli.exits import EXITS, exit_code
from sdtui.cli.parser import command_parser, find_command, load_command, split, top_parser
from sdtui.cli.render import read_arguments
from sdtui.errors import SdtuiError, UsageError
from sdtui.spec.document import Document
from sdtui.spec.params import FIELDS
from sdtui.weights.identify import builtin_path, identify


@pytest.mark.parametrize(
    ("argv", "parts"),
    [
        ([], ([], "", [])),
        (["render", "a", "--steps", "3"], ([], "render", ["a", "--steps", "3"])),
        (["-C", "x", "ls"], (["-C", "x"], "ls", [])),
        (["--workspace=x", "ls", "-C", "y"], (["--workspace=x"], "ls", ["-C", "y"])),
        (["--config", "ls", "ls"], (["--config", "ls"], "ls", [])),
        (["--help"], (["--help"], "", [])),
    ],
)
def test_the_command_is_the_first_word_that_is_no_option(argv: list[str], parts: object) -> None:
    assert split(argv) == parts


def test_every_command_has_a_module_with_help_of_its_own() -> None:
    for command in COMMANDS:
        module = load_command(command)
        assert module.__doc__
        page = command_parser(command, module).format_help()
        assert "--workspace" in page


def test_the_overview_shows_every_command_and_every_exit_code() -> None:
    page = top_parser().format_help()
    for command in COMMANDS:
        assert command.name in page
        assert command.help in page
    for row in EXITS:
        assert f"{row.code:<12}{row.meaning}" in page


def all_errors(kind: type[SdtuiError] = SdtuiError) -> list[type[SdtuiError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in all_errors(child))]


def test_every_error_has_an_exit_code_in_the_table() -> None:
    assert len(all_errors()) >= 8
    codes = {row.code for row in EXITS}
    for kind in all_errors():
        assert exit_code(kind("x")) in codes
        assert exit_code(kind("x")) != 0
    assert exit_code(errors.WireError("x")) == exit_code(errors.ServerError("x")) == 6


@pytest.mark.parametrize(
    ("name", "todo"), [("rendr", "'render'"), ("doktor", "'doctor'"), ("a red circle", "sdtui render")]
)
def test_an_unknown_command_is_answered_with_the_nearest(name: str, todo: str) -> None:
    with pytest.raises(UsageError, match=name) as caught:
        find_command(name)
    assert todo in caught.value.todo


def render_document(*arguments: str) -> Document:
    command = find_command("render")
    return read_arguments(command_parser(command, load_command(command)).parse_fully(arguments))


@pytest.mark.parametrize(
    ("arguments", "document"),
    [
        (["a cat"], Document(prompt="a cat")),
        (["--", "-a cat"], Document(prompt="-a cat")),
        (["a", "--negative", "b", "--checkpoint", "c"], Document(prompt="a", negative_prompt="b", checkpoint="c")),
        (["a", "--steps", "3", "--cfg-scale=2.5"], Document(prompt="a", params={"steps": 3, "cfg_scale": 2.5})),
        (["a", "--sampler", "euler A"], Document(prompt="a", params={"sampler": "Euler a"})),
        (["a", "--seed", "-1"], Document(prompt="a", params={"seed": -1})),
        (["a", "--exact"], Document(prompt="a", params={"exact": True})),
        (["a", "--no-exact"], Document(prompt="a", params={"exact": False})),
    ],
)
def test_arguments_become_a_document_that_holds_what_was_given(arguments: list[str], document: Document) -> None:
    assert render_document(*arguments) == document


def test_the_command_line_counts_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("prompt: a\nnegative_prompt: b\nparams: {steps: 3, width: 64}\n")
    document = render_document("c", "-f", str(file), "--steps", "5", "--negative", "")
    assert document == Document(prompt="c", negative_prompt="", params={"steps": 5, "width": 64})


def test_a_file_without_a_prompt_is_given_one(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("params: {steps: 3, width: 64}\n")
    assert render_document("c", "-f", str(file), "--steps", "5").params == {"steps": 5, "width": 64}
    assert render_document("", "-f", str(file)).prompt == ""
    for text in ("params: {steps: 3}", "prompt: ' '", ""):
        file.write_text(text)
        with pytest.raises(UsageError, match="no prompt") as caught:
            render_document("-f", str(file), "--steps", "5")
        assert caught.value.where == str(file)
        assert "PROMPT" in caught.value.todo


PRESETS = Path(__file__).resolve().parents[2] / "presets"
EXAMPLES = re.findall(r"^    (sdtui .+)$", (PRESETS / "README.md").read_text(), re.M)


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_of_the_presets_readme_works(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PRESETS.parent)
    assert len(EXAMPLES) >= 3
    document = render_document(*shlex.split(line)[2:])
    assert document.prompt
    assert document.params


def test_the_help_tells_of_defaults_that_a_checkpoint_brings() -> None:
    command = find_command("render")
    page = " ".join(command_parser(command, load_command(command)).format_help().split())
    builtin = identify(builtin_path()).defaults
    assert builtin == {"width": 64, "height": 64, "cfg_scale": 4.0}
    assert "64×64 pixels and a CFG scale of 4." in page
    for default in ("default 7", "default 512"):
        assert f"{default} or the checkpoint's own)" in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing to make"),
        (["a", "b"], "'b' is one word too many"),
        (["a", "--stepz", "3"], "no option '--stepz'"),
        (["a", "--steps", "many"], "Steps is a whole number from 1 to 150, not 'many'."),
        (["a", "--steps"], "expected one argument"),
        (["a", "--width", "65"], "multiple of 8"),
        (["a", "--sampler", "eulr"], "no sampler 'eulr'"),
        (["a", "--force"], "--force goes with -o"),
        (["-f", "/bin/sh"], "ends in .txt"),
    ],
)
def test_arguments_that_cannot_be_used_are_sentences(arguments: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        render_document(*arguments)


def test_render_has_an_option_for_every_field() -> None:
    command = find_command("render")
    known = {
        name for action in command_parser(command, load_command(command))._actions for name in action.option_strings
    }
    assert {field.option for field in FIELDS} <= known
