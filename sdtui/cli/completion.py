"""Print the completion of a shell: commands, options, and the values that options take.

bash:  sdtui completion bash > ~/.local/share/bash-completion/completions/sdtui
zsh:   sdtui completion zsh > "${fpath[1]}/_sdtui"
fish:  sdtui completion fish > ~/.config/fish/completions/sdtui.fish
"""

from __future__ import annotations

import argparse

from sdtui.cli.say import say

SHELLS = ("bash", "zsh", "fish")


def options(parser: argparse.ArgumentParser) -> None:
    """SHELL."""
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help=", ".join(SHELLS))


def run(args: argparse.Namespace) -> int:
    """Print the script, made from the parsers themselves."""
    from sdtui.cli import shells
    from sdtui.cli.words import read_grammar

    writers = {"bash": shells.bash, "zsh": shells.zsh, "fish": shells.fish}
    say(writers[args.shell](read_grammar()).rstrip("\n"))
    return 0
