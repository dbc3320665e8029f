"""The command line's grammar as data, read from the parsers: what completions are written from."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Literal, NamedTuple

from sdtui.cli.commands import COMMANDS
from sdtui.cli.parser import Parser, command_parser, load_command, top_parser
from sdtui.spec.params import FIELD

Takes = Literal["nothing", "file", "folder", "choice", "text", "checkpoints", "vaes", "unfinished", "again"]
"""What follows a word; the last four are told by the server (`sdtui completion --list`)."""
MODELS: Mapping[str, Takes] = {"checkpoint": "checkpoints", "vae": "vaes", "refiner": "checkpoints"}
TOLD: Mapping[tuple[str, str], Takes] = {("cancel", "job"): "unfinished", ("retry", "job"): "again"}


class Word(NamedTuple):
    """An option with all its spellings (none: a positional argument), what follows it, and its help."""

    names: tuple[str, ...]
    takes: Takes
    choices: tuple[str, ...]
    help: str


class Grammar(NamedTuple):
    """The options before a command, and each command's help and words."""

    top: tuple[Word, ...]
    commands: tuple[tuple[str, str, tuple[Word, ...]], ...]


def read_grammar() -> Grammar:
    """Every command with every option."""
    commands = tuple((row.name, row.help, _words(command_parser(row, load_command(row)), row.name)) for row in COMMANDS)
    return Grammar(_words(top_parser()), commands)


def _words(parser: Parser, command: str = "") -> tuple[Word, ...]:
    return tuple(_word(action, command) for action in parser._actions)


def _word(action: argparse.Action, command: str) -> Word:
    names = tuple(action.option_strings)
    text = (action.help or "").replace("%%", "%")
    choices = tuple(map(str, action.choices or ()))
    if not choices and action.dest in FIELD:
        choices = FIELD[action.dest].choices
    if action.nargs == 0:
        return Word(names, "nothing", (), text)
    if choices:
        return Word(names, "choice", choices, text)
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    takes: Takes = "file" if metavar == "FILE" else "folder" if metavar == "DIR" else "text"
    takes = MODELS.get(action.dest) or TOLD.get((command, action.dest), takes)
    return Word(names, takes, (), text)
