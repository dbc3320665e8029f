"""From a document to renders: what is fixed, what is refused, what is said."""

import pytest
from msgspec.structs import replace

from sdtui.errors import UsageError
from sdtui.jobs.plan import MAX_PICTURES, SEED_RANGE, check, plain_notes, plan
from sdtui.spec.document import Document
from sdtui.spec.model import ModelRecord

TINY = ModelRecord(name="tiny", path="/m/tiny.safetensors", kind="checkpoint", family="sd1", defaults={"width": 64})


def wish(**params):
    return check(Document(prompt="a cat", params=params), lambda name: TINY)


def planned(made, seed=5):
    return plan(made, job_id=3, now=1.0, seed=seed, name=lambda renders, now: tuple(f"/o/{r.index}" for r in renders))


def test_the_checkpoints_defaults_count_where_nothing_was_set():
    assert (wish().params.width, wish().params.height) == (64, 512)
    assert wish(width=128).params.width == 128


def test_an_open_seed_is_drawn_once_and_counts_up_for_each_picture():
    assert [r.params.seed for r in planned(wish(batch_count=3)).renders] == [5, 6, 7]
    assert [r.params.seed for r in planned(wish(seed=SEED_RANGE - 1, batch_size=2)).renders] == [SEED_RANGE - 1, 0]


def test_every_render_has_an_id_a_path_and_the_version_of_its_model():
    renders = planned(wish(batch_count=20)).renders
    assert len({r.id for r in renders}) == 20
    assert [r.path for r in renders] == [f"/o/{i}" for i in range(20)]
    assert {r.checkpoint.path for r in renders} == {TINY.path}


def test_too_many_pictures_and_tags_are_refused():
    with pytest.raises(UsageError, match="too many"):
        wish(batch_count=1000, batch_size=MAX_PICTURES // 1000 + 1)
    with pytest.raises(UsageError, match="not supported yet"):
        check(Document(negative_prompt="<hypernet:x>"), lambda name: TINY)


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("a __colours__ cat", ["__colours__"]),
        ("a {red|blue} cat, __a/b*__", ["{red|blue}", "__a/b*__"]),
        ("${x=1} cat", ["${x"]),
        ("snake__case, {one}, 5 $ and 10 %", []),
        ("__colours__ and __colours__", ["__colours__"]),
    ],
)
def test_what_looks_like_a_wildcard_is_not_silently_taken_as_text(prompt, found):
    notes = plain_notes(replace(Document(), prompt=prompt))
    assert [note.split(" is not drawn")[0] for note in notes] == found
