"""Print the completion of a shell: commands, options, and the values that options take.

bash:  sdtui completion bash > ~/.local/share/bash-completion/completions/sdtui
zsh:   sdtui completion zsh > "${fpath[1]}/_sdtui"
fish:  sdtui completion fish > ~/.config/fish/completions/sdtui.fish

Checkpoints and jobs are completed while a server runs.
"""

from __future__ import annotations

import argparse

from sdtui.cli.say import say
from sdtui.errors import UsageError

SHELLS = ("bash", "zsh", "fish")
LISTS = ("checkpoints", "vaes", "unfinished", "again")


def options(parser: argparse.ArgumentParser) -> None:
    """SHELL, or what the shell asks for."""
    parser.add_argument("shell", metavar="SHELL", nargs="?", choices=SHELLS, help=", ".join(SHELLS))
    parser.add_argument("--list", choices=LISTS, help="what the scripts ask for while a line is typed")


def run(args: argparse.Namespace) -> int:
    """Print the script, made from the parsers themselves, or a list."""
    if args.list is not None:
        from sdtui.cli.told import told

        for line in told(args.list, args.workspace):
            say(line)
        return 0
    if args.shell is None:
        raise UsageError("Which shell?", todo=f"One of {', '.join(SHELLS)}.")
    from sdtui.cli import shells
    from sdtui.cli.words import read_grammar

    writers = {"bash": shells.bash, "zsh": shells.zsh, "fish": shells.fish}
    say(writers[args.shell](read_grammar()).rstrip("\n"))
    return 0
