"""What may be typed: the options before a command, and each command's own."""

from __future__ import annotations

import argparse
import difflib
import importlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn, Protocol, cast

import sdtui
from sdtui.cli.commands import COMMANDS, Command
from sdtui.cli.exits import EXITS
from sdtui.errors import UsageError


class CommandModule(Protocol):
    """What a command's module has."""

    __doc__: str | None

    def options(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's options."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it; the exit code."""


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are UsageErrors."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError instead of printing and leaving."""
        raise UsageError(_sentence(message), todo=f"See `{self.prog} --help`.")

    def parse_fully(self, argv: Sequence[str]) -> argparse.Namespace:
        """The options; one that does not exist is a UsageError with the nearest that does."""
        args, left = self.parse_known_args(argv)
        if left:
            known = [name for action in self._actions for name in action.option_strings]
            word = left[0].partition("=")[0]
            near = difflib.get_close_matches(word, known, n=1)
            what = f"There is no option '{word}'." if word.startswith("-") else f"'{left[0]}' is one word too many."
            todo = f"Did you mean '{near[0]}'?" if near else "Put quotes around a prompt." if word == left[0] else ""
            raise UsageError(what, todo=todo or f"See `{self.prog} --help`.")
        return args


def split(argv: Sequence[str]) -> tuple[list[str], str, list[str]]:
    """Arguments before the command, the command ("" for none), arguments after it."""
    at = 0
    while at < len(argv) and argv[at].startswith("-"):
        if argv[at] in ("-C", "--workspace", "--config"):
            at += 1
        at += 1
    return list(argv[:at]), argv[at] if at < len(argv) else "", list(argv[at + 1 :])


def top_parser() -> Parser:
    """The options that stand before a command."""
    parser = Parser(
        prog="sdtui",
        usage="sdtui [-C DIR] [--config FILE] [COMMAND …]",
        description="A Stable Diffusion studio for the terminal. Without a command: open it, or come back to it.",
        epilog=f"commands:\n{_rows((c.name, c.help) for c in COMMANDS)}\n\n"
        f"exit codes:\n{_rows((str(row.code), row.meaning) for row in EXITS)}\n\n"
        "`sdtui COMMAND --help` tells more about a command.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_global(parser)
    parser.add_argument("--version", action="version", version=f"sdtui {sdtui.__version__}")
    return parser


def command_parser(command: Command, module: CommandModule) -> Parser:
    """A command's own options; the global ones may stand here, too."""
    parser = Parser(
        prog=f"sdtui {command.name}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.options(parser)
    _add_global(parser, default=argparse.SUPPRESS)
    return parser


def find_command(name: str) -> Command:
    """The row of a command; raises UsageError with the nearest name."""
    for command in COMMANDS:
        if command.name == name:
            return command
    near = difflib.get_close_matches(name, [command.name for command in COMMANDS], n=1)
    todo = f"Did you mean '{near[0]}'?" if near else 'To make a picture: sdtui render "…".'
    raise UsageError(f"There is no command '{name}'.", todo=todo)


def load_command(command: Command) -> CommandModule:
    """Import a command's module."""
    return cast(CommandModule, importlib.import_module(f"sdtui.cli.{command.module}"))


def _add_global(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    group = parser.add_argument_group("everywhere")
    group.add_argument(
        "-C",
        "--workspace",
        metavar="DIR",
        type=Path,
        default=default,
        help="use this workspace; made if it is none yet",
    )
    group.add_argument(
        "--config", metavar="FILE", type=Path, default=default, help="read this file instead of your own configuration"
    )


def _rows(rows: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"  {name:<12}{text}" for name, text in rows)


def _sentence(message: str) -> str:
    return message[:1].upper() + message[1:].rstrip(".") + "."
