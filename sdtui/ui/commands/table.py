"""The one table of commands that bindings, footer, help and palette are made from. Knows no Textual."""

from __future__ import annotations

from collections.abc import Mapping

from sdtui.ui.commands.command import LISTS, PANES, REACHED, ROOMS, Command, PaneId, Place
from sdtui.ui.commands.dialogs import DIALOG_COMMANDS
from sdtui.ui.commands.rooms import ROOM_COMMANDS
from sdtui.ui.commands.text import TEXT_COMMANDS

__all__ = ["COMMAND", "COMMANDS", "LISTS", "PANES", "REACHED", "ROOMS", "Command", "PaneId", "Place"]

LETTERS: Mapping[PaneId, str] = {"jobs": ",alt+q", "history": ",alt+g"}
"""Further keys of panes that stand for a room: the queue and the gallery."""
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
    Command("zoom", "f9", "Zoom", "Show the picture over the whole screen, or go back.", "studio", 3),
    *(
        Command(f"pane-{number}", f"alt+{number}{LETTERS.get(pane, '')}", title, f"Go to {title.lower()}.")
        for number, (pane, title) in enumerate(PANES, 1)
    ),
    Command("studio", "alt+s", "Studio", "Back to the studio; there, to the prompt."),
    Command(
        "browser", "f2,alt+l", "Browser", "Go to the model browser: find, use, describe and get models.", "studio", 3
    ),
    Command(
        "presets", "f3,alt+p,ctrl+r", "Presets", "Go to the presets: apply, compare, save, rename, delete.", "studio", 3
    ),
    Command(
        "wildcards", "f7,alt+c", "Wildcards", "Go to the wildcards: read, edit, draw, see who uses them.", "studio", 3
    ),
    Command(
        "watching", "f6,alt+t", "Watching", "Go to the watched folders: what became of each prompt file.", "studio", 3
    ),
    Command("save-preset", "ctrl+s", "Save preset", "Save what is set up, or a part of it, as a preset."),
    Command("undo-preset", "alt+u", "Undo preset", "Take back what the preset applied last has changed."),
    Command("jump", "ctrl+o", "Jump", "Show a digit on every pane; the next key goes there."),
    Command("weight-up", "alt+up", "Weight+", "Raise the weight of the word or selection by 0.1.", "editor", 2),
    Command("weight-down", "alt+down", "Weight−", "Lower the weight of the word or selection by 0.1.", "editor", 2),
    Command("fix", "ctrl+f", "Mend", "Mend what is odd at the cursor, or nearest to it.", "editor", 2),
    Command(
        "next-remark",
        "alt+j",
        "Next remark",
        "Go to the next underlined place, and say what is odd.",
        "editor",
        3,
    ),
    Command("previous-remark", "alt+k", "Previous remark", "Go to the underlined place before.", "editor"),
    Command(
        "partner", "ctrl+right_square_bracket", "Bracket", "Go to the bracket that belongs to the one here.", "editor"
    ),
    Command(
        "complete",
        "ctrl+space,ctrl+@,ctrl+n",
        "Complete",
        "Offer what can come at the cursor, and go to the next of it.",
        "editor",
        3,
    ),
    Command("edit-outside", "f4", "$EDITOR", "Edit the text in your own editor (VISUAL or EDITOR).", "editor", 2),
    Command("preview-draws", "alt+d", "Draws", "Show what ten pictures would draw from this template.", "editor", 3),
    Command(
        "open-wildcard",
        "alt+e",
        "Open wildcard",
        "Edit the file of the wildcard at the cursor, in your editor.",
        "editor",
    ),
    Command(
        "selection-to-wildcard",
        "alt+w",
        "To wildcard",
        "Make a wildcard of the selection, a value a line or a branch of {a|b}, and put its name in its place.",
        "editor",
    ),
    Command("show-wildcard", "alt+o", "Show wildcard", "Go to the wildcard at the cursor, in its room.", "editor"),
    *TEXT_COMMANDS,
    Command("edit-config", "", "Edit configuration", "Edit your configuration file, in your own editor."),
    Command("take-offer", "tab", "Take", "Put in what is chosen in the list, or the first of it.", "completion"),
    Command("take-grey", "right", "Take grey", "Put in what is shown in grey.", "completion"),
    Command("take-chosen", "enter", "Take chosen", "Put in what is chosen in the list.", "completion"),
    Command(
        "next-offer",
        "down",
        "Next offer",
        "The next in the list, once one is chosen or the cursor is at the end of the text.",
        "completion",
    ),
    Command("previous-offer", "up", "Previous offer", "The one before; from the first, back to typing.", "completion"),
    Command("close-offers", "escape", "No offers", "Offer nothing more for this word.", "completion"),
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
    Command("field-left", "left", "Left", "The field beside this one; on a heading: fold its section.", "parameters"),
    Command(
        "field-right", "right", "Right", "The field beside this one; on a heading: unfold its section.", "parameters"
    ),
    Command("accept-field", "enter", "Take", "Take over what is typed; on a heading: fold or unfold.", "parameters"),
    Command("forget-field", "escape", "Forget", "Forget what is typed.", "parameters"),
    Command("leap-up", "shift+up,pageup", "Ten more", "Ten steps up at once.", "parameters"),
    Command("leap-down", "shift+down,pagedown", "Ten less", "Ten steps down at once.", "parameters"),
    Command(
        "reset-field",
        "delete,alt+backspace",
        "Default",
        "Back to the default value; • marks a field that was set by hand.",
        "parameters",
        2,
    ),
    Command(
        "reset-form",
        "ctrl+delete,alt+d",
        "Reset form",
        "Every parameter back to its default; the checkpoint stays.",
        "parameters",
    ),
    Command(
        "next-aspect",
        "alt+a",
        "Aspect",
        "The next of 1:1, 3:2, 2:3, 4:3, 3:4, 16:9, 9:16, at as many pixels as the checkpoint is made for.",
    ),
    Command("swap-sides", "alt+x", "Swap sides", "Swap width and height."),
    Command(
        "open-job",
        "enter",
        "Open",
        "Unfold the job to its pictures; show the picture in the preview; tell the whole of what went wrong.",
        "jobs",
        2,
    ),
    Command("cancel-job", "delete,x", "Cancel job", "Take back the selected job.", "jobs", 2),
    Command("retry-job", "r", "Retry", "Queue the selected job's failed and cancelled pictures again.", "jobs", 2),
    Command(
        "use-job",
        "u",
        "Use",
        "Take the job's prompts, checkpoint and parameters into the form, with its seed; again on the same job: back.",
        "jobs",
        2,
    ),
    Command("hold-job", "h", "Hold", "Keep the job's waiting pictures back, or let them on.", "jobs", 2),
    Command(
        "job-details", "i", "Details", "Everything about the job or picture: error, prompt, seed, path.", "jobs", 2
    ),
    Command("move-job-up", "K,shift+up", "Earlier", "Let the job come one job earlier.", "jobs", 3),
    Command("move-job-down", "J,shift+down", "Later", "Let the job come one job later.", "jobs", 3),
    Command("unfold-job", "right,l", "Unfold", "Show the job's pictures, a line each.", "jobs"),
    Command("fold-job", "left", "Fold", "Show the job as one line.", "jobs"),
    Command("filter-jobs", "slash", "Filter", "Only jobs that have all words typed next; Esc shows all.", "jobs", 2),
    Command("log-scope", "o", "One job/all", "Only the lines about the selected job, or all of them.", "log", 2),
    Command("filter-log", "slash", "Filter", "Only lines that have all words typed next; Esc shows all.", "log", 2),
    Command("skip-chore", "", "Stop hashing", "Give up what is done in the background and can do without."),
    Command("list-up", "up,k", "Up", "The line above.", "list"),
    Command("list-down", "down,j", "Down", "The line below.", "list"),
    Command("list-page-up", "pageup", "Page up", "A page up.", "list"),
    Command("list-page-down", "pagedown", "Page down", "A page down.", "list"),
    Command("list-first", "home,g", "First", "The first line.", "list"),
    Command("list-last", "end,G", "Last", "The last line; the log follows its end from there.", "list"),
    Command(
        "use-model",
        "enter",
        "Use",
        "Load the checkpoint; put the LoRA's tag or the embedding's word into the prompt, or take it out.",
        "models",
        2,
    ),
    Command(
        "use-in-negative",
        "n",
        "In negative",
        "Put the embedding's word into the negative prompt, or take it out.",
        "models",
        2,
    ),
    Command(
        "filter-models", "slash", "Filter", "Only models whose names have the letters that are typed next.", "models", 2
    ),
    Command("next-kind", "right", "Next kind", "Only models of the next kind.", "models", 2),
    Command("previous-kind", "left", "Previous kind", "Only models of the kind before.", "models"),
    Command("rescan", "r", "Rescan", "Look through the model folders again.", "models", 2),
    Command("picture-left", "left,h", "Newer", "The newer picture beside this one.", "history"),
    Command("picture-right", "right,l", "Older", "The older picture beside this one.", "history"),
    Command("show-picture", "enter", "Show", "Show the chosen picture in the preview.", "history", 2),
    Command(
        "use-all",
        "u",
        "Use all of it",
        "Take prompts, checkpoint and parameters of the chosen picture into the form, with its seed.",
        "history",
        2,
    ),
    Command("zoom-fit", "0", "Fit", "All of the picture.", "zoom"),
    Command("zoom-true", "1,enter", "True pixels", "A pixel of the screen for each of the picture's.", "zoom"),
    Command("zoom-nearer", "plus,equals_sign", "Nearer", "Twice as large.", "zoom"),
    Command("zoom-further", "minus", "Further", "Half as large.", "zoom"),
    Command("zoom-left", "left,h", "Left", "Move; the job's picture before, when all of this one is seen.", "zoom"),
    Command("zoom-right", "right,l", "Right", "Move; the job's next picture, when all of this one is seen.", "zoom"),
    Command("zoom-up", "up,k", "Up", "Move up.", "zoom"),
    Command("zoom-down", "down,j", "Down", "Move down.", "zoom"),
    Command("zoom-page-up", "pageup", "Page up", "Move up by what is seen.", "zoom"),
    Command("zoom-page-down", "pagedown", "Page down", "Move down by what is seen.", "zoom"),
    Command("zoom-next", "n", "Next", "The job's next picture.", "zoom"),
    Command("zoom-previous", "p", "Previous", "The job's picture before.", "zoom"),
    Command("zoom-record", "i", "About it", "What the picture was made from, as it says itself.", "zoom"),
    Command("zoom-compare", "c", "Compare", "This picture and the one seen before it, side by side.", "zoom"),
    Command("zoom-flip", "space,tab", "Flip", "The other picture in this one's place, and back.", "zoom"),
    *ROOM_COMMANDS,
    *DIALOG_COMMANDS,
    Command("quit", "ctrl+q", "Quit", "Leave the studio; jobs go on.", "app", 1),
    Command("help", "f1", "Help", "Every command and its keys; typing filters.", "app", 1),
    Command("palette", "ctrl+p", "Commands", "Find a command by its name.", "app", 1),
)
COMMAND = {command.id: command for command in COMMANDS}
