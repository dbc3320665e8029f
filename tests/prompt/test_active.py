"""What holds at a step: a letter a character below the prompt, + for what holds."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings

from sdtui.prompt.active import active_at, said_at
from sdtui.prompt.parser import parse
from sdtui.prompt.timeline import clock_of, timeline
from tests.prompt.wild import WILD, kinds_of_parse

TABLE: list[tuple[int, int, str, str]] = [
    (8, 4, "a [cat:dog:0.5] b", "++.+++.........++"),
    (8, 5, "a [cat:dog:0.5] b", "++.....+++.....++"),
    (8, 4, "[cat:0.5]", "........."),
    (8, 5, "[cat:0.5]", ".+++....."),
    (8, 5, "[cat::0.5]", ".........."),
    (3, 1, "[fe|]male", ".++..++++"),
    (3, 2, "[fe|]male", ".....++++"),
    (3, 3, "[a|b|c]", ".....+."),
    (4, 2, "[a:[b|c]:1]", "......+...."),
    (8, 1, "a b", "+++"),
    (8, 1, "", ""),
    # weights belong to what they weigh
    (8, 1, "[(a:1.2):b:4]", ".+++++++....."),
    # a tag holds wherever it stands
    (8, 8, "[a<lora:x>:b:4]", "..++++++++.+..."),
    # each clause has schedules of its own
    (2, 2, "[a:b:1] AND [c|d]", "...+...+++++...+."),
    # a step outside of the pass is its nearest
    (2, 0, "[a|b]", ".+..."),
    (2, 9, "[a|b]", "...+."),
]


def shown(text: str, stretches: tuple[tuple[int, int], ...]) -> str:
    holds = ["."] * len(text)
    for start, end in stretches:
        holds[start:end] = "+" * (end - start)
    return "".join(holds)


@pytest.mark.parametrize(("steps", "step", "text", "expected"), TABLE)
def test_what_holds_at_a_step(steps: int, step: int, text: str, expected: str) -> None:
    assert shown(text, active_at(parse(text), steps, step)) == expected


def test_the_second_pass_has_steps_of_its_own() -> None:
    prompt = parse("[a:b:1.5]")
    assert shown(prompt.text, active_at(prompt, 20, 5, hires_steps=10, second_pass=True)) == ".+......."
    assert shown(prompt.text, active_at(prompt, 20, 6, hires_steps=10, second_pass=True)) == "...+....."


def test_old_timelines_count_from_one() -> None:
    prompt = parse("[a:b:1.0]")
    assert shown(prompt.text, active_at(prompt, 20, 2)) == ".+......."
    assert shown(prompt.text, active_at(prompt, 20, 2, old_timelines=True)) == "...+....."


@settings(max_examples=300, deadline=None)
@given(WILD)
@example("[a<lora:b>|<lora:c>]")
@example("[cat<lora:a|b>:dog:0<lora:b>.5]")
def test_what_is_said_at_each_step_is_what_the_timeline_says(text: str) -> None:
    for prompt in kinds_of_parse(text):
        for clause, part in zip(prompt.clauses, timeline(prompt, 5), strict=True):
            for step in range(1, 6):
                stretches = said_at(prompt, clause, clock_of(5), step)
                held = next(each for each in part.schedule if step <= each.until)
                assert "".join(text[start:end] for start, end in stretches) == held.text
                active = shown(text, active_at(prompt, 5, step))
                assert all(active[start:end] == "+" * (end - start) for start, end in stretches)
                assert all(active[tag.start : tag.end] == "+" * (tag.end - tag.start) for tag in prompt.tags)
