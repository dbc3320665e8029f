"""Lists made from the word table: wildcard files, completion, the README's table, example prompts."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from tools.demo_model import words

ROOT = Path(__file__).parents[2]
COMPLETION = Path("sdtui/data/words.csv")
START, END = "<!-- words of the built-in model -->", "<!-- /words -->"
GROUPS = {
    "shape": words.SHAPES,
    "colour": words.COLOURS,
    "size": words.SIZES,
    "place": words.POSITIONS,
    "style": words.STYLES[1:],
    "backdrop": words.BACKDROPS,
}
EXAMPLES = (
    "a large red circle on the left on a blue background",
    "a small yellow star at the top on a night sky",
    "a red ring on the left and a blue square on the right on a white background",
    "a striped green triangle in the center on a yellow checkered background",
    "a (large:1.5) (red:0.5) cross in the center on a white background",
)


def backdrops() -> tuple[str, ...]:
    """Every backdrop as a prompt names it."""
    solid = [f"{words.article(colour)} {colour} background" for colour in words.COLOUR_NAMES]
    checkered = [f"{words.article(colour)} {colour} checkered background" for colour in words.COLOUR_NAMES]
    return (*solid, *checkered, f"a {words.plain('night')}")


def wildcards() -> dict[str, str]:
    """Text of each wildcard file by its name."""
    lists = {
        "shapes": [words.plain(name) for name in words.SHAPE_NAMES],
        "colours": list(words.COLOUR_NAMES),
        "sizes": [words.plain(name) for name in words.SIZE_NAMES],
        "places": [words.plain(name) for name in words.POSITION_NAMES],
        "backgrounds": list(backdrops()),
        "examples": list(EXAMPLES),
    }
    told = {"backgrounds": "Backgrounds", "examples": "Whole prompts"}
    return {
        name: "\n".join([f"# {told.get(name, f'The {name}')} that the built-in model knows.", *lines, ""])
        for name, lines in lists.items()
    }


def completion() -> str:
    """The words as lines `word,kind,count,"other wordings"`, as lists of tags have them; commas part the wordings."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for kind, group in GROUPS.items():
        for word in group:
            first, *others = word.wordings
            writer.writerow((first, kind, sum(word.shares) * 100, ",".join(others)))
    for text in (*words.RELATIONS.values(), *words.OPENINGS, words.ANY_SHAPE):
        writer.writerow((text, "word", 50, ""))
    return out.getvalue()


def table() -> str:
    """The README's table of words."""
    rows = ["| | words of the built-in model |", "|---|---|"]
    for kind, group in GROUPS.items():
        told = [
            word.wordings[0] + (f" ({', '.join(word.wordings[1:])})" if word.wordings[1:] else "") for word in group
        ]
        rows.append(f"| {kind} | {', '.join(told)} |")
    rows.append(f"| between two | and, {', '.join(words.RELATIONS.values())} |")
    return "\n".join(rows)


def with_table(readme: str) -> str:
    """The README with the table between its markers made anew."""
    before, rest = readme.split(START)
    return f"{before}{START}\n{table()}\n{END}{rest.split(END)[1]}"


def files(root: Path = ROOT) -> dict[Path, str]:
    """Every file that follows the word table, with what stands in it."""
    found = {root / "wildcards" / f"{name}.txt": text for name, text in wildcards().items()}
    readme = root / "README.md"
    return {**found, root / COMPLETION: completion(), readme: with_table(readme.read_text("utf-8"))}


def write() -> None:
    """Write them all."""
    for path, text in files().items():
        path.write_text(text, "utf-8")
