"""The worker's process: frames in, frames out, and nothing else on the wire whatever libraries print."""

import os
import subprocess
import sys

import msgspec
import pytest

from sdtui.spec.document import Document
from sdtui.spec.event import Cancelled, Failed, Published, StepDone, WorkerState
from sdtui.spec.orders import AnyReport, Drop, Paint, Quit, Warm
from sdtui.wire.frames import FrameReader, pack
from tests.jobs.make import a_render

CHATTY = """
import os, sys
from sdtui.worker.fake import FakeRenderer
class Chatty(FakeRenderer):
    def turn(self):
        print("a library's progress bar", flush=True)
        os.write(1, b"and something from C\\n")
        return super().turn()
class Sick(FakeRenderer):
    def turn(self):
        if self._renders:
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        return super().turn()
class NoDevice:
    def __init__(self, device):
        from sdtui.errors import RenderError
        raise RenderError(f"{device} is not there.")
"""


@pytest.fixture
def worker(tmp_path):
    (tmp_path / "chatty.py").write_text(CHATTY)
    started = []

    def start(renderer="chatty:Chatty", stderr=subprocess.DEVNULL):
        command = [sys.executable, "-m", "sdtui.worker", "cpu", "--state", str(tmp_path), "--locks", str(tmp_path)]
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.getcwd()])}  # noqa: PTH109
        process = subprocess.Popen(
            [*command, "--renderer", renderer],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=environ,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def give(process, *orders):
    for order in orders:
        process.stdin.write(pack(msgspec.json.encode(order)))
    process.stdin.flush()


def reports_until(process, kind):
    reader, seen = FrameReader(), []
    while True:
        data = os.read(process.stdout.fileno(), 1 << 16)
        assert data, f"the worker ended after {seen}"
        for frame in reader.feed(data):
            seen.append(msgspec.json.decode(frame.json, type=AnyReport))
            if isinstance(seen[-1], kind):
                return seen


def paint(tmp_path, name="r0", prompt="x"):
    render = msgspec.structs.replace(a_render(name), path=str(tmp_path / f"{name}.png"), prompt=prompt)
    return Paint(render=render, document=Document(prompt=prompt))


def test_prints_never_reach_the_wire(worker, tmp_path):
    process = worker()
    give(process, Warm(checkpoint=a_render().checkpoint), paint(tmp_path))
    seen = reports_until(process, Published)
    assert [report.state for report in seen if isinstance(report, WorkerState)][:2] == ["starting", "ready"]
    assert [report.step for report in seen if isinstance(report, StepDone)] == [1, 2, 3, 4]
    assert (tmp_path / "r0.png").exists()


def test_a_picture_whose_model_went_away_is_published_all_the_same(worker, tmp_path):
    process = worker()
    give(process, paint(tmp_path))
    reports_until(process, Published)


def test_a_dropped_render_leaves(worker, tmp_path):
    process = worker()
    give(process, paint(tmp_path, prompt="slow"), Drop(render_id="r0"))
    assert reports_until(process, Cancelled)[-1].render_id == "r0"


def test_a_picture_that_cannot_be_written_fails_with_the_reason(worker, tmp_path):
    (tmp_path / "folder").write_text("a file is in the way")
    process = worker()
    render = msgspec.structs.replace(a_render(), path=str(tmp_path / "folder" / "a.png"))
    give(process, Paint(render=render, document=Document()))
    failed = reports_until(process, Failed)[-1]
    assert failed.error.kind == "WorkspaceError"
    assert "folder" in failed.error.where


def test_a_worker_whose_device_broke_ends_for_another_to_take_over_and_its_log_says_why(worker, tmp_path):
    with (tmp_path / "log").open("w") as log:
        process = worker("chatty:Sick", stderr=log)
        give(process, paint(tmp_path))
        assert process.wait(30) == 1
    assert "illegal memory access" in (tmp_path / "log").read_text()


def test_it_ends_with_its_server(worker):
    process = worker()
    reports_until(process, WorkerState)
    process.stdin.close()
    assert process.wait(10) == 0


def test_it_ends_when_told(worker):
    process = worker()
    reports_until(process, WorkerState)
    give(process, Quit())
    assert process.wait(10) == 0


def test_a_device_that_is_not_there_has_its_own_exit_code(worker):
    assert worker("chatty:NoDevice").wait(20) == 3
