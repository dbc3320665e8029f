"""The user's configuration file in their editor, and what of it counts at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sdtui.errors import UsageError
from sdtui.ui.commands.keys import key_problems, keys_in_force
from sdtui.ui.writing.external import Run, edit_file, editor_command
from sdtui.workspace.config import Config, load_layers, user_file

if TYPE_CHECKING:
    from collections.abc import Container

    from sdtui.ui.commands.keys import Keys

FIRST_LINE = "# The configuration of sdtui; `sdtui config --show` prints every key with its help.\n"
AT_ONCE = ("keys", "theme")
NEXT_TIME = ("preview", "viewer", "completion")
"""Keys that the studio reads when it is opened."""


class Reconfigured(Protocol):
    """What takes another configuration while it runs: the app."""

    @property
    def available_themes(self) -> Container[str]:
        """The names of the themes."""

    def use_config(self, config: Config, keys: Keys) -> None:
        """Let another configuration count."""


def edit_config(app: Reconfigured, workspace: str, run: Run) -> tuple[str, bool]:
    """Edit the file, made if it is missing, and take over what can be; a sentence, and whether it is about a mistake.

    Raises UsageError when it cannot be edited.
    """
    file = user_file()
    made = not file.exists()
    command = editor_command()
    root = Path(workspace) if workspace and Path(workspace).is_dir() else None
    before = load_layers(root).config
    try:
        if made:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(FIRST_LINE, "utf-8")
        edit_file(file, command, run)
    except OSError as error:
        raise UsageError(f"The configuration cannot be edited: {error.strerror}.", where=str(file)) from None
    finally:
        if made and file.is_file() and file.read_text("utf-8", errors="replace") == FIRST_LINE:
            file.unlink()
    layers = load_layers(root)
    problems = [*map(str, layers.problems), *key_problems(layers.config.keys)]
    if layers.config.theme and layers.config.theme not in app.available_themes:
        problems.append(f"theme: There is no theme '{layers.config.theme}'; the palette lists them.")
    taken = take(app, before, layers.config)
    if problems:
        more = f" ({len(problems) - 1} more.)" if len(problems) > 1 else ""
        return f"{problems[0]}{more} {taken}".rstrip(), True
    return taken or "The configuration is as it was.", False


def take(app: Reconfigured, before: Config, after: Config) -> str:
    """Let the new configuration count where it can; what that comes to, in a sentence, empty when nothing changed."""
    changed = [name for name in Config.__struct_fields__ if getattr(before, name) != getattr(after, name)]
    if not changed:
        return ""
    app.use_config(after, keys_in_force(after.keys))
    said = ["The configuration is taken over."]
    if later := [name for name in changed if name in NEXT_TIME]:
        said.append(f"When the studio is opened again: {', '.join(later)}.")
    if server := [name for name in changed if name not in (*AT_ONCE, *NEXT_TIME, "devices", "workspace")]:
        said.append(f"With the next job: {', '.join(server)}.")
    if "devices" in changed:
        said.append("After `sdtui stop`: devices.")
    return " ".join(said)
