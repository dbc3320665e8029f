"""The one table of commands that bindings, footer, help and palette are made from. Knows no Textual."""

from __future__ import annotations

from typing import Literal, NamedTuple

PaneId = Literal["prompt", "negative", "parameters", "jobs", "preview", "log"]
PANES: tuple[tuple[PaneId, str], ...] = (
    ("prompt", "Prompt"),
    ("negative", "Negative"),
    ("parameters", "Parameters"),
    ("jobs", "Jobs"),
    ("preview", "Preview"),
    ("log", "Log"),
)
"""Panes in the order of their numbers, with their titles."""

Place = Literal["app", "studio", "editor", "parameters", "jobs"]
"""Where a command works: anywhere, anywhere in the studio, or only while a pane of that kind has the focus."""


class Command(NamedTuple):
    """What the user can do.

    `keys` are the default ones, separated by commas, the first is shown; `footer` is the rank there, 0 for none.
    """

    id: str
    keys: str
    label: str
    help: str
    place: Place = "studio"
    footer: int = 0

    @property
    def action(self) -> str:
        """What does it, as Textual names it: the method `action_do_…` where the command works."""
        if self.id.startswith("pane-"):
            return f"do_go('{PANES[int(self.id[5:]) - 1][0]}')"
        return "do_" + self.id.replace("-", "_")


COMMANDS: tuple[Command, ...] = (
    Command(
        "generate",
        "f5,ctrl+j,alt+enter,ctrl+enter",
        "Generate",
        "Queue the pictures as they are set up.",
        "studio",
        1,
    ),
    Command("cancel", "f8", "Cancel", "Take back the selected job, or the one that is running.", "studio", 1),
    Command(
        "lock-seed", "ctrl+l", "Lock seed", "Keep the seed of the selected picture; once more draws new ones again."
    ),
    Command("open-outside", "f10", "Open", "Show the shown picture's path and open it in the viewer outside."),
    *(
        Command(f"pane-{number}", f"alt+{number}", title, f"Go to {title.lower()}.")
        for number, (_, title) in enumerate(PANES, 1)
    ),
    Command("jump", "ctrl+o", "Jump", "Show a digit on every pane; the next key goes there."),
    Command("weight-up", "alt+up", "Weight+", "Raise the weight of the word or selection by 0.1.", "editor", 2),
    Command("weight-down", "alt+down", "Weight−", "Lower the weight of the word or selection by 0.1.", "editor", 2),
    Command(
        "next-field", "tab", "Next", "Go to the next field, and from the last one to the next pane.", "parameters", 2
    ),
    Command(
        "previous-field",
        "shift+tab",
        "Previous",
        "Go to the field before, and from the first one to the pane before.",
        "parameters",
    ),
    Command("step-up", "up", "More", "The field's next value.", "parameters", 2),
    Command("step-down", "down", "Less", "The field's value before.", "parameters", 2),
    Command(
        "reset-field",
        "delete,alt+backspace",
        "Default",
        "Back to the default value; • marks a field that was set by hand.",
        "parameters",
        2,
    ),
    Command("cancel-job", "delete,x", "Cancel job", "Take back the selected job.", "jobs", 2),
    Command("retry-job", "r", "Retry", "Queue the selected job's failed and cancelled pictures again.", "jobs", 2),
    Command("quit", "ctrl+q", "Quit", "Leave the studio; jobs go on.", "app", 1),
    Command("help", "f1", "Help", "Every command and its keys; typing filters.", "app", 1),
    Command("palette", "ctrl+p", "Commands", "Find a command by its name.", "app", 3),
)
COMMAND = {command.id: command for command in COMMANDS}
