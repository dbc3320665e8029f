"""The commands of rooms: rows of the one table in `sdtui.ui.commands.table`. Knows no Textual."""

from __future__ import annotations

from sdtui.ui.commands.browser import BROWSER_COMMANDS
from sdtui.ui.commands.command import Command

PRESETS: tuple[Command, ...] = (
    Command("apply-preset", "enter", "Apply", "Apply the marked presets in their order, or this one.", "presets", 1),
    Command("mark-preset", "space", "Mark", "Mark this one to be applied after those marked before.", "presets", 1),
    Command("save-state", "s,ctrl+s", "Save", "Save what is set up, or a part of it, as a preset.", "presets", 1),
    Command("rename-preset", "r", "Rename", "Give the preset another name.", "presets", 2),
    Command("remove-preset", "delete,x", "Delete", "Delete the preset's file; u brings it back.", "presets", 2),
    Command("undo-presets", "u", "Undo", "Take back what was done here last.", "presets", 2),
    Command("edit-preset", "e,f4", "$EDITOR", "Edit the preset's file in your own editor.", "presets", 2),
    Command("convert-style", "c", "Make a file", "Write this style of styles.csv as a preset's file.", "presets", 3),
    Command("filter-presets", "slash", "Filter", "Only presets that have all words typed next.", "presets", 3),
)
WILDCARDS: tuple[Command, ...] = (
    Command("open-values", "enter", "Edit", "Edit the values; on a folder: fold or unfold it.", "wildcards", 1),
    Command("insert-wildcard", "i", "Insert", "Put __name__ into the prompt, and go back there.", "wildcards", 1),
    Command("new-wildcard", "n", "New", "Make a wildcard.", "wildcards", 2),
    Command("rename-wildcard", "r", "Rename", "Give the file another name or folder.", "wildcards", 2),
    Command("remove-wildcard", "delete,x", "Delete", "Delete the file; u brings it back.", "wildcards", 2),
    Command("undo-wildcards", "u", "Undo", "Take back what was done to files here last.", "wildcards", 2),
    Command("edit-values-outside", "e,f4", "$EDITOR", "Edit the file in your own editor.", "wildcards", 2),
    Command("draw-values", "d,alt+d", "Draws", "Show what ten pictures would draw from it.", "wildcards", 2),
    Command("unfold-wildcards", "right,l", "Unfold", "Show what is in the folder.", "wildcards"),
    Command("fold-wildcards", "left,h", "Fold", "Show the folder as one line.", "wildcards"),
    Command("filter-wildcards", "slash", "Filter", "Only wildcards that have all words typed next.", "wildcards", 3),
    Command("save-values", "ctrl+s", "Save", "Write the values into the file.", "wildcard", 1),
    Command("leave-values", "escape", "Back", "Back to the tree; what was changed is written.", "wildcard", 1),
)
WATCHING: tuple[Command, ...] = (
    Command(
        "edit-watched", "enter,e,f4", "$EDITOR", "Edit the prompt file; saving it renders it again.", "watching", 1
    ),
    Command("add-watched", "a,n", "Add", "Watch a folder of prompt files.", "watching", 1),
    Command("pause-watched", "p", "Pause", "Render nothing of the folder for a while, or go on.", "watching", 1),
    Command("compare-watched", "c", "Compare", "The picture beside the one of the save before.", "watching", 2),
    Command("zoom-watched", "z,f9", "Zoom", "The picture over the whole screen.", "watching", 2),
    Command("render-watched", "r", "Again", "Render the file again as it is.", "watching", 2),
    Command("remove-watched", "delete,x", "Stop", "Watch the folder no longer; u brings it back.", "watching", 2),
    Command("undo-watched", "u", "Undo", "Watch the folder again that was stopped here last.", "watching"),
    Command("deepen-watched", "t", "Tree", "Watch the folders in the folder as well, or no longer.", "watching"),
    Command("open-watched", "f10", "Open", "Open the picture outside.", "watching", 3),
    Command("open-home", "o", "Folder", "Open the folder of the file's pictures outside.", "watching", 3),
    Command("follow-watched", "f", "Follow", "Go to each file whose picture is new, or no longer.", "watching", 3),
    Command("filter-watched", "slash", "Filter", "Only files that have all words typed next.", "watching", 3),
)
ROOM_COMMANDS = (*BROWSER_COMMANDS, *PRESETS, *WILDCARDS, *WATCHING)
