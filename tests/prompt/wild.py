"""Prompts of every sort and none, for properties."""

from __future__ import annotations

from hypothesis import strategies as st

from sdtui.prompt.nodes import Prompt
from sdtui.prompt.parser import parse, plain

MARKS = [
    *"()[]:|\\<>{}$.,-+\n",
    " ",
    "AND",
    " AND ",
    "BREAK",
    " BREAK ",
    ":1.3)",
    ":0.5]",
    ":[1.1|1.4])",
    "(a:[1:0:2].5)",
    "<lora:x:0.5>",
    "<lora:",
    "a",
    "Z",
]
WILD = st.lists(st.sampled_from(MARKS) | st.text(max_size=3), max_size=30).map("".join)


def kinds_of_parse(text: str) -> list[Prompt]:
    return [parse(text), plain(text), parse(text, negative=True)]
