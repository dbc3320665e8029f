"""Presets laid over a document, merged in beneath it, and compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.spec.document import Document
from sdtui.spec.params import Scalar
from sdtui.spec.preset import Preset, apply, changes, merge_prompts, part, resolve, reverted


def preset(name: str = "p", **sets: object) -> Preset:
    return Preset(name=name, document=Document(**sets), sets=tuple(sets))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("style", "prompt", "merged"),
    [
        ("oil painting", "a cat", "a cat, oil painting"),
        ("oil painting", "", "oil painting"),
        ("", "a cat", "a cat"),
        ("  oil  ", " a cat ", "a cat, oil"),
        ("photo of {prompt}, 35mm", "a cat", "photo of a cat, 35mm"),
        ("{prompt} and {prompt}", "a cat", "a cat and a cat"),
        ("photo of {prompt}", "", "photo of "),
        ("{prompt}", " a cat ", " a cat "),
    ],
)
def test_prompts_are_merged_as_styles_are(style: str, prompt: str, merged: str) -> None:
    assert merge_prompts(style, prompt) == merged


def test_later_presets_win_and_prompts_add_up() -> None:
    before = Document(prompt="a cat", params={"steps": 5, "seed": 1})
    first = preset(prompt="photo of {prompt}", negative_prompt="blurry", params={"steps": 10, "cfg_scale": 4.0})
    second = preset(prompt="sharp", params={"steps": 20}, checkpoint="other")
    assert apply(before, [first, second]) == Document(
        prompt="photo of a cat, sharp",
        negative_prompt="blurry",
        params={"steps": 20, "seed": 1, "cfg_scale": 4.0},
        checkpoint="other",
    )
    assert apply(before, []) == before


def test_only_what_a_preset_sets_counts() -> None:
    partial = Preset(name="p", document=Document(prompt="x", checkpoint="y"), sets=("checkpoint",))
    assert apply(Document(prompt="a"), [partial]) == Document(prompt="a", checkpoint="y")


def test_what_a_document_sets_wins_over_the_presets_it_names() -> None:
    document = Document(prompt="a cat", params={"steps": 5}, presets=("p",))
    named = preset(prompt="oil", params={"steps": 10, "cfg_scale": 4.0}, checkpoint="other")
    assert resolve(document, [named]) == Document(
        prompt="a cat, oil", params={"steps": 5, "cfg_scale": 4.0}, checkpoint="other"
    )
    mine = Document(checkpoint="mine", presets=("p",))
    assert resolve(mine, [named]).checkpoint == "mine"


def test_changes_name_every_field_and_parameter_that_differs() -> None:
    before = Document(prompt="a", params={"steps": 5, "exact": True, "cfg_scale": 4.5})
    after = Document(prompt="b", checkpoint="m", params={"steps": 5, "seed": 7, "cfg_scale": 4.0})
    found = {change.name: (change.label, change.old, change.new) for change in changes(before, after)}
    assert found == {
        "prompt": ("Prompt", "a", "b"),
        "checkpoint": ("Checkpoint", "", "m"),
        "params.cfg_scale": ("CFG scale", "4.5", "4"),
        "params.seed": ("Seed", "", "7"),
        "params.exact": ("Exact", "on", ""),
    }
    assert changes(before, before) == ()


def test_a_part_has_what_was_chosen_and_nothing_else() -> None:
    document = Document(prompt="a", negative_prompt="b", checkpoint="c", params={"steps": 5, "seed": 7})
    kept, sets = part(document, ["negative_prompt", "params.seed"])
    assert (kept, sets) == (Document(negative_prompt="b", params={"seed": 7}), ("negative_prompt", "params"))
    assert part(document, [])[1] == ()


PARAMS = st.fixed_dictionaries({}, optional={"steps": st.integers(1, 150), "seed": st.integers(-1, 9)})
DOCUMENTS = st.builds(Document, prompt=st.text(max_size=9), params=PARAMS, checkpoint=st.sampled_from(["", "x"]))


@given(before=DOCUMENTS, after=DOCUMENTS)
def test_there_are_changes_exactly_where_documents_differ(before: Document, after: Document) -> None:
    assert bool(changes(before, after)) == (before != after)


@given(before=DOCUMENTS, after=DOCUMENTS)
def test_what_nobody_touched_since_is_all_taken_back(before: Document, after: Document) -> None:
    assert reverted(after, before, after) == (before, ())


@given(before=DOCUMENTS, after=DOCUMENTS, now=DOCUMENTS)
def test_what_was_changed_since_stays_as_it_is(before: Document, after: Document, now: Document) -> None:
    found, stays = reverted(now, before, after)
    mine = {change.name for change in changes(before, after)}
    since = {change.name for change in changes(after, now)}
    assert {change.name for change in changes(now, found)} == {
        name for name in mine - since if name in {change.name for change in changes(before, now)}
    }
    assert len(stays) == len(mine & since)


@given(document=DOCUMENTS, params=PARAMS)
def test_own_parameters_survive_every_preset(document: Document, params: dict[str, Scalar]) -> None:
    resolved = resolve(document, [preset(params=params)])
    assert resolved.params == {**params, **document.params}
