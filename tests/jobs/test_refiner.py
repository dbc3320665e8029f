"""Which checkpoint takes over, decided when a job is planned."""

from __future__ import annotations

import pytest

from sdtui.errors import ModelError
from sdtui.jobs.plan import check, draw_prompts, plan
from sdtui.prompt.expand.source import ListedValues
from sdtui.spec.document import Document
from sdtui.spec.model import ModelRecord

RECORDS = {
    name: ModelRecord(name=name, path=f"/m/{name}.safetensors", kind="checkpoint", family=family, size=3, mtime_ns=5)
    for name, family in (
        ("base", "sdxl"),
        ("other", "sdxl"),
        ("refiner", "sdxl-refiner"),
        ("old", "sd1"),
        ("paint", "sd1-inpaint"),
        ("second", "sd2"),
    )
}


def planned(checkpoint: str, refiner: str):
    wish = check(Document(checkpoint=checkpoint, refiner=refiner), RECORDS.__getitem__)
    drawn = draw_prompts(wish, ListedValues({}), seed=1)
    return plan(wish, drawn, job_id=1, now=0.0, name=lambda renders, now: tuple("/o" for _ in renders)).renders[0]


@pytest.mark.parametrize(
    ("checkpoint", "refiner", "alike"),
    [("base", "refiner", False), ("base", "other", True), ("old", "second", False), ("old", "paint", False)],
)
def test_a_refiner_is_planned_by_its_version(checkpoint, refiner, alike):
    made = planned(checkpoint, refiner)
    assert made.refiner is not None
    assert made.refiner.file.path == f"/m/{refiner}.safetensors"
    assert made.refiner.file.version == (f"/m/{refiner}.safetensors", "3", "5")
    assert made.refiner.alike == alike


@pytest.mark.parametrize("refiner", ["", "None", "base"])
def test_without_a_name_or_with_its_own_there_is_none(refiner):
    assert planned("base", refiner).refiner is None


@pytest.mark.parametrize(("checkpoint", "refiner"), [("old", "refiner"), ("base", "second")])
def test_a_refiner_of_other_latents_is_refused(checkpoint, refiner):
    with pytest.raises(ModelError, match="their latents differ") as caught:
        planned(checkpoint, refiner)
    assert caught.value.where == "refiner"
