"""What README.md tells people to type works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import msgspec
import pytest

from sdtui.cli.parser import command_parser, find_command, load_command, split, top_parser
from sdtui.ui.commands.keys import keys_in_force
from sdtui.ui.commands.table import COMMANDS
from sdtui.workspace.config import Config
from sdtui.workspace.schema import fit
from sdtui.workspace.yaml_reader import parse_yaml

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
TYPED = sorted(
    {line.split("#")[0].strip() for line in re.findall(r"^    (?:echo .*\| )?(sdtui.*)$", README, re.M)}
    | {
        words
        for words in re.findall(r"`(sdtui[^`]*)`", README)
        if "/" not in words.split()[0] and words != "sdtui.yaml"
    }
)


@pytest.mark.parametrize("line", TYPED)
def test_a_command_in_the_readme_can_be_typed(line: str) -> None:
    words = shlex.split(line)
    before, name, after = split(words[1:])
    if "--help" in before + after:
        after = [word for word in after if word != "--help"]
        before = [word for word in before if word != "--help"]
    top_parser().parse_fully(before)
    if name:
        command = find_command(name)
        args = command_parser(command, load_command(command)).parse_fully(after)
        if getattr(args, "file", None) and args.file.parts[0] == "presets":
            assert (ROOT / args.file).is_file()


def test_the_readme_shows_every_command_of_the_command_line() -> None:
    from sdtui.cli.commands import COMMANDS as WORDS

    for command in WORDS:
        assert any(line.split()[1:2] == [command.name] for line in TYPED), command.name


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:^    |`)make ([a-z]+)", README, re.M))))
def test_a_make_target_in_the_readme_exists(target: str) -> None:
    assert re.search(rf"^[a-z ]*\b{target}\b[a-z ]*:", MAKEFILE, re.M)


def test_the_keys_in_the_readme_are_the_studio_s() -> None:
    rows = re.findall(r"^\| ([^|]+?) +\| ", README.partition("## Keys")[2].partition("## ")[0], re.M)[1:]
    known = {key for command in COMMANDS for key in command.keys.split(",")}
    mentioned = {key.lower() for row in rows for key in re.findall(r"(?:ctrl|alt)\+\w+|F\d+", row)}
    assert len(mentioned) >= 12
    assert mentioned <= known
    assert COMMANDS[0].id == "generate"


def test_the_example_of_a_changed_key_can_be_used() -> None:
    example = re.search(r"`keys: \{(\S+): (\S+)\}`", README)
    assert example is not None
    assert keys_in_force({example[1]: example[2]}).changed == {example[1]: example[2]}


def test_the_configuration_in_the_readme_fits_the_schema() -> None:
    block = re.search(r"^    models:\n(?:      .*\n)+", README, re.M)
    assert block is not None
    fitted = fit(parse_yaml(re.sub(r"^    ", "", block[0], flags=re.M)), Config)
    assert not fitted.problems
    assert msgspec.convert(fitted.values, Config).models.tree == "~/stable-diffusion-webui"


def test_links_in_the_readme_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target
