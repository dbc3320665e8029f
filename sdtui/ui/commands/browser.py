"""The commands of the model browser: rows of the one table in `sdtui.ui.commands.table`. Knows no Textual."""

from __future__ import annotations

from sdtui.ui.commands.command import Command

BROWSER: tuple[Command, ...] = (
    Command(
        "browser-use",
        "enter",
        "Use",
        "Load the checkpoint or VAE; put the tag or word into the prompt with its trigger words, or take them out.",
        "browser",
        1,
    ),
    Command("browser-negative", "n", "In negative", "The same in the negative prompt.", "browser", 3),
    Command("browser-filter", "slash", "Filter", "Only models whose names have the letters typed next.", "browser", 1),
    Command("browser-next-kind", "right,l", "Kind", "Only models of the next kind.", "browser", 1),
    Command("browser-previous-kind", "left,h", "Kind before", "Only models of the kind before.", "browser"),
    Command(
        "browser-family", "m", "Family", "All families; those that go with the checkpoint; each family.", "browser", 2
    ),
    Command("browser-shelf", "v", "View", "All models; favourites; those used lately.", "browser", 2),
    Command("browser-order", "s", "Sort", "By name; the newest first; the largest first.", "browser", 2),
    Command("browser-favourite", "f", "Favourite", "Make it a favourite, or no longer.", "browser", 1),
    Command(
        "browser-edit",
        "e",
        "Edit",
        "Edit activation text, preferred weight, negative text and notes; they go into the side file.",
        "browser",
        1,
    ),
    Command(
        "browser-details", "i", "Details", "Everything about the model; in a narrow window, its own page.", "browser", 1
    ),
    Command("browser-hash", "c", "Hash", "Find out its SHA-256, in the background.", "browser", 3),
    Command("browser-get", "a", "Get", "Get a model from an address.", "browser", 1),
    Command("browser-rescan", "r", "Rescan", "Look through the model folders again.", "browser", 3),
    Command("browser-other", "tab,shift+tab", "Other list", "To the downloads, and back.", "browser"),
)
FETCHES: tuple[Command, ...] = (
    Command(
        "fetch-stop", "x,delete", "Stop", "Stop the download; once more forgets it and what came of it.", "fetches", 1
    ),
    Command(
        "fetches-clear", "X", "Clear", "Forget all that are over, and what came of those that failed.", "fetches", 2
    ),
    Command("fetch-again", "r,enter", "Go on", "Go on with a download that failed or was stopped.", "fetches", 1),
    Command("fetch-new", "a", "Get", "Get a model from an address.", "fetches", 1),
    Command("fetches-leave", "tab,shift+tab", "Models", "Back to the models.", "fetches", 2),
)
BROWSER_COMMANDS = (*BROWSER, *FETCHES)
