"""What stands beside the bar of `sdtui render`."""

import pytest
from msgspec.structs import replace

from sdtui.cli.progress import _detail
from sdtui.spec.event import Chore, Noted, StepDone, WorkerState
from tests.ui.fake import job_view

STEP = StepDone(job_id=1, render_id="r1-0", step=5, steps=20)
LOADING = WorkerState(device="cpu", state="loading", text="reads dream", progress=0.5)
HASHING = Chore(id="h", text="hashing dream", progress=0.25)
QUEUED = job_view()
RUNNING = job_view(state="running", step=5)
LAST = job_view(state="running", step=20)


@pytest.mark.parametrize(
    ("event", "job", "said"),
    [
        (LOADING, QUEUED, "cpu reads dream 50%"),
        (replace(LOADING, text="", progress=None), QUEUED, "cpu loading"),
        (STEP, RUNNING, "step 5/20"),
        (HASHING, RUNNING, "step 5/20"),
        (HASHING, LAST, "hashing dream 25%"),
        (replace(HASHING, over=True), LAST, "step 20/20"),
        (STEP, job_view(state="running", step=5, cancelling=True), "cancelling after this step"),
        (STEP, job_view(count=3, state="running", step=5), "0/3 pictures"),
        (HASHING, job_view(), "hashing dream 25%"),
    ],
)
def test_beside_the_bar_is_what_keeps_the_picture_from_being_done(event, job, said):
    assert _detail(Noted(seq=0, at=1.0, event=event), job) == said
