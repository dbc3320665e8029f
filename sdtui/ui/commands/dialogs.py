"""The commands of what lies over a screen, and of every screen: rows of the one table in `sdtui.ui.commands.table`. Knows no Textual."""

from __future__ import annotations

from sdtui.ui.commands.command import PANES, Command

SCREENS: tuple[Command, ...] = (
    Command("next-part", "tab", "Next part", "To the next part of the screen.", "screen", does="app.focus_next"),
    Command("previous-part", "shift+tab", "Part before", "To the part before.", "screen", does="app.focus_previous"),
    Command(
        "copy-marked",
        "ctrl+c,super+c",
        "Copy marked",
        "Copy what the mouse has marked.",
        "screen",
        does="screen.copy_text",
    ),
    Command("leave", "escape,q", "Back", "Back to what lies below.", "above", 1, "leave"),
)
DIALOGS: tuple[Command, ...] = (
    Command("close-dialog", "escape", "Close", "Close it, and do nothing.", "dialog", does="leave"),
    Command("take", "enter", "Take", "Do what the chosen line says; take what is typed.", "dialog", does="take"),
    Command("close-details", "enter", "Close", "Close the details.", "details", does="leave"),
    Command("take-draw", "enter", "Take", "Put the chosen draw into the editor.", "draws", does="take"),
    Command("draw-again", "r", "Draw again", "Draw others.", "draws", does="again"),
    Command("send-form", "ctrl+s", "Send", "Do what the form is for.", "form", does="send"),
    Command("next-line", "down", "Next line", "To the next line of the form.", "form", does="app.focus_next"),
    Command("previous-line", "up", "Line before", "To the line before.", "form", does="app.focus_previous"),
    Command("choose-field", "space", "Choose", "Save the field, or not.", "saving", does="choose"),
    Command(
        "choose-fields",
        "ctrl+a",
        "Choose all",
        "Save every field that is set; then every field; then none.",
        "saving",
        does="choose_all",
    ),
    Command("to-fields", "down", "To the fields", "From the name to the fields.", "saving", does="to_fields"),
    Command("to-name", "up", "To the name", "From the fields to the name.", "saving", does="to_name"),
    *(
        Command(f"jump-{number}", str(number), title, f"Go to {title.lower()}.", "jump", does=f"go('{pane}')")
        for number, (pane, title) in enumerate(PANES, 1)
    ),
)
DIALOG_COMMANDS = (*SCREENS, *DIALOGS)
