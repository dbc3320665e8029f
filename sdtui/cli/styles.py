"""Makes preset files of the styles in a styles.csv."""

from __future__ import annotations

import itertools
from pathlib import Path

from sdtui.cli.exits import OK, exit_code
from sdtui.cli.place import Place, current_folder
from sdtui.cli.say import complain, say
from sdtui.errors import SdtuiError
from sdtui.spec.preset import PROMPTS, Preset, shown
from sdtui.terminal.filter import clean_line
from sdtui.workspace.file_names import safe_name
from sdtui.workspace.paths import expand
from sdtui.workspace.preset_text import write_preset
from sdtui.workspace.presets import ENDINGS
from sdtui.workspace.styles import STYLES, DoubledStyle, read_styles
from sdtui.workspace.text_files import TextFile, TextFiles

PRESET = ".yaml"


def convert(place: Place, given: str, *, force: bool) -> int:
    """A preset for each style, with `force` in place of those of the same name; what cannot be one is said. The exit code."""
    path = current_folder() / expand(Path(given)) if given else place.workspace.root / STYLES
    styles, problems = read_styles(path)
    files = TextFiles(place.workspace.presets, ENDINGS, place.workspace.make_state() / "removed", nested=False)
    made = 0
    for name, style in _named(styles):
        try:
            file = _put(files, name + PRESET, write_preset(style.document, style.sets), force=force)
        except SdtuiError as error:
            problems.append(error)
            continue
        made += 1
        say(
            f"{file.name}: {' | '.join(shown(getattr(style.document, each)) for each in PROMPTS if each in style.sets)}"
        )
        if name != style.name:
            say(f"  The style '{clean_line(style.name)}' is called '{name}' now: a file cannot have its name.")
        if file.kept:
            say(f"  It replaces a preset of that name, which is kept in {file.kept}.")
    say(f"{made} preset{'' if made == 1 else 's'} made of {len(styles)} style{'' if len(styles) == 1 else 's'}.")
    for problem in problems:
        complain(problem)
    unmade = [problem for problem in problems if not isinstance(problem, DoubledStyle)]
    return exit_code(unmade[0]) if unmade else OK


def _named(styles: list[Preset]) -> list[tuple[str, Preset]]:
    """The styles, each with a file's name that no other of them has, on no file system."""
    own = {style.name.casefold() for style in styles if safe_name(style.name) == style.name}
    taken: set[str] = set()
    named: list[tuple[str, Preset]] = []
    for style in styles:
        wanted = safe_name(style.name)
        names = itertools.chain([wanted], (f"{wanted}-{number}" for number in itertools.count(2)))
        name = next(
            each
            for each in names
            if each.casefold() not in taken and (each == style.name or each.casefold() not in own)
        )
        taken.add(name.casefold())
        named.append((name, style))
    return named


def _put(files: TextFiles, name: str, text: str, *, force: bool) -> TextFile:
    """Write it; where the file has the text already nothing is written."""
    if not (files.root / name).exists():
        return files.put(name, text, "")
    there = files.get(name)
    return there if there.text == text else files.put(name, text, there.etag if force else "")
