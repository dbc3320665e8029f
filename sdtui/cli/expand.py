"""Draw prompts from a template of wildcards and choices, or list every one of its combinations.

Without TEMPLATE, or with -, the template is read from standard input. Nothing is rendered, and no server is needed.
The same seed draws the same prompts, and picture i of a job draws what seed + i draws here.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sdtui.cli.say import note, say
from sdtui.errors import SdtuiError, UsageError, WorkspaceError

if TYPE_CHECKING:
    from sdtui.prompt.expand.nodes import Template
    from sdtui.workspace.wildcards import FoundWildcards

PIPE = "-"
MOST = 100_000
SEEDS = 2**32


def options(parser: argparse.ArgumentParser) -> None:
    """The template, how many of its prompts, from which wildcards, and as what."""
    parser.add_argument("template", metavar="TEMPLATE", nargs="?", help="the template; - or nothing: standard input")
    many = parser.add_mutually_exclusive_group()
    many.add_argument("--all", action="store_true", help="every combination instead, the last choice varying fastest")
    many.add_argument("--count", metavar="N", type=_count, default=1, help="draw N prompts (default 1)")
    parser.add_argument("--seed", metavar="S", type=_seed, help="prompt i is drawn by S + i; without it by chance")
    parser.add_argument(
        "--wildcards", metavar="DIR", dest="folder", type=Path, help="the folder of wildcards (the workspace's own)"
    )
    parser.add_argument(
        "--json", action="store_true", help="one JSON object: total (of all combinations), count, seed, texts"
    )


def run(args: argparse.Namespace) -> int:
    """Print the prompts, a line each."""
    from sdtui.prompt.expand.template import parse

    template = parse(_text(args.template))
    source = _look(args)
    seed = _by_chance() if args.seed is None else args.seed
    if not args.json:
        for text in _list_all(template, source, seed) if args.all else _draws(template, source, args.count, seed):
            say(text)
        return 0
    texts = list(_list_all(template, source, seed) if args.all else _draws(template, source, args.count, seed))
    found: dict[str, object] = {"total": None, "count": len(texts), "seed": seed, "texts": texts}
    try:
        from sdtui.prompt.expand.combinations import count

        found["total"] = count(template, source)
    except SdtuiError as error:
        # what was drawn is fine; only all of it cannot be counted
        note(f"sdtui: {error} (no total)")
    say(json.dumps(found))
    return 0


def _draws(template: Template, source: FoundWildcards, number: int, seed: int) -> Iterable[str]:
    from sdtui.prompt.expand.draw import draw

    return (draw(template, source, (seed + place) % SEEDS).text for place in range(number))


def _list_all(template: Template, source: FoundWildcards, seed: int) -> Iterable[str]:
    """Every combination, once they were counted; raises UsageError for too many."""
    from sdtui.prompt.expand.combinations import count, each

    total = count(template, source)
    if total > MOST:
        raise UsageError(f"{total:,} combinations are too many to list.", todo="Draw some of them with --count N.")
    return each(template, source, seed)


def _look(args: argparse.Namespace) -> FoundWildcards:
    """The wildcards of the folder that was named, or of the workspace; says what of them cannot be used."""
    from sdtui.cli.place import current_folder, open_place
    from sdtui.workspace.paths import expand
    from sdtui.workspace.wildcards import WildcardFolder

    if args.folder is None:
        root = open_place(args.workspace).workspace.wildcards
    else:
        root = current_folder() / expand(args.folder)
        if not root.is_dir():
            raise WorkspaceError("There is no such folder of wildcards.", where=str(root))
    found = WildcardFolder(root).look()
    for problem in found.problems:
        note(f"sdtui: {problem} (passed over)")
    return found


def _text(given: str | None) -> str:
    if given in (None, PIPE):
        from sdtui.cli.piped import read_piped

        return read_piped("There is nothing to expand: no template.")
    text = str(given)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError("The template is not UTF-8 text.", todo="Type it in a terminal with a UTF-8 locale.") from None
    return text


def _by_chance() -> int:
    import secrets

    return secrets.randbelow(SEEDS)


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,7}", text) or not 1 <= int(text) <= MOST:
        raise UsageError(f"--count takes a whole number from 1 to {MOST:,}, not '{text}'.")
    return int(text)


def _seed(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) >= SEEDS:
        raise UsageError(f"--seed takes a whole number from 0 to {SEEDS - 1}, not '{text}'.")
    return int(text)
