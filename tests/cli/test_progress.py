"""What stands beside the bar of `sdtui render`."""

import pytest
from msgspec.structs import replace

from sdtui.cli.progress import Lines, _detail
from sdtui.spec.document import Document
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


def loading(model, device="cpu", state="loading"):
    return Noted(seq=0, at=1.0, event=WorkerState(device=device, state=state, checkpoint=model, text="came to an end"))


def told(job, *events, capsys):
    """What the plain lines say of these events."""
    lines = Lines()
    for event in events:
        lines.show(event, job)
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize("name", ["", "dream", "sub/dream", "DREAM.safetensors", "/m/sub/dream.ckpt"])
def test_loading_the_jobs_own_model_is_said_once_with_its_name(name, capsys):
    job = job_view(document=Document(prompt="a cat", checkpoint=name))
    ready = loading("", state="ready")
    events = [loading("sub/dream"), ready, loading("sub/dream"), loading("sub/dream", "cuda:0")]
    assert told(job, *events, capsys=capsys) == ["Loading sub/dream on cpu.", "Loading sub/dream on cuda:0."]


def test_loading_another_jobs_model_is_not_said(capsys):
    waiting = job_view(document=Document(prompt="a cat", checkpoint="dream"))
    assert told(waiting, loading("other"), loading("sub/dreams"), capsys=capsys) == []
    assert told(replace(RUNNING, document=waiting.document), loading("dream"), capsys=capsys) == []


def test_a_worker_that_died_loads_once_more(capsys):
    job = job_view(document=Document(prompt="a cat", checkpoint="dream"))
    said = told(job, loading("dream"), loading("", state="died"), loading("dream"), capsys=capsys)
    assert said == ["Loading dream on cpu.", "cpu: came to an end", "Loading dream on cpu."]
