"""A preset as the text of its YAML file, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import yaml

from sdtui.errors import ConfigError, UsageError
from sdtui.spec.document import Document
from sdtui.workspace.documents import document_of, parse_json
from sdtui.workspace.yaml_reader import parse_yaml, plain_value

ABOUT_CELLS = 400
NOT_IN_A_PRESET = "presets"


def write_preset(document: Document, sets: Sequence[str], about: str = "") -> str:
    """The text of a file in which these fields of the document stand; raises UsageError for what no file can hold."""
    if not sets:
        raise UsageError("There is nothing to keep: no field is chosen.", todo="Choose at least one.")
    values = {name: msgspec.to_builtins(getattr(document, name)) for name in Document.__struct_fields__ if name in sets}
    text = yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**30, default_flow_style=False)
    text = "".join(f"# {line}\n" for line in about.splitlines() if line.strip()) + text
    try:
        text.encode()
        read = read_preset(text, "")
    except UnicodeEncodeError:
        raise UsageError("The text holds half a character, which no file can hold.") from None
    except ConfigError as error:
        raise UsageError(error.what, todo="A preset's file cannot hold it.") from None
    if any(getattr(read.document, name) != getattr(document, name) for name in sets):
        raise UsageError("A preset's file cannot hold this text as it is.")
    return text


class Read(NamedTuple):
    """The document of a preset's file, the fields that it sets, and the comment at its head on one line."""

    document: Document
    sets: tuple[str, ...]
    about: str


def read_preset(text: str, where: str, *, json: bool = False) -> Read:
    """What a preset's file says.

    Raises ConfigError or UsageError at its line for what cannot be understood: an unknown key with the nearest known one.
    """
    tree = parse_json(text, where) if json else parse_yaml(text, where=where)
    document = document_of(tree)
    values = tree.value if isinstance(tree.value, dict) else {}
    if NOT_IN_A_PRESET in values:
        raise UsageError(
            "A preset cannot name presets.", where=tree.place((NOT_IN_A_PRESET,)), todo="Write out what they set."
        )
    sets = tuple(name for name in Document.__struct_fields__ if values.get(name) is not None)
    if not sets:
        raise UsageError(
            "The preset sets nothing.", where=where, todo="Give it `prompt: …`, or `params:` with a parameter."
        )
    return Read(document, sets, "" if json else _about(text))


def _about(text: str) -> str:
    """The comment at the head of a file, as one line."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("#").strip())
    return " ".join(lines)[:ABOUT_CELLS]


class _Dumper(yaml.SafeDumper):
    """Writes what our reader reads back as the same: it knows other words and numbers than PyYAML."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """Lines as a block, what could be read as anything else in quotes."""
        if "\n" in text.strip("\n"):
            return self.represent_scalar("tag:yaml.org,2002:str", text, style="|")
        quoted = not isinstance(plain_value(text), str)
        return self.represent_scalar("tag:yaml.org,2002:str", text, style="'" if quoted else None)


_Dumper.add_representer(str, _Dumper.represent_text)
