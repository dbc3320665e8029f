"""A server with several devices: each has its worker, all are shown, and renders settle where their checkpoint is."""

import shutil
from pathlib import Path

import pytest

from sdtui.spec.document import Document
from sdtui.spec.event import Finished, LogLine, Published, Started, WorkerState
from sdtui.weights.identify import builtin_path

DEVICES = {"cpu:0", "cpu:1", "cpu:2"}


@pytest.fixture
def three(workspace):
    """Three checkpoints and three devices."""
    folder = workspace.root / "models"
    folder.mkdir()
    for name in "xyz":
        shutil.copyfile(builtin_path(), folder / f"{name}.safetensors")
    (workspace.root / "sdtui.yaml").write_text(f"devices: {sorted(DEVICES)}\nmodels: {{folders: [models]}}\n")


def wish(checkpoint="x", prompt="slow", **params):
    return Document(prompt=prompt, checkpoint=checkpoint, params={"steps": 4, **params})


def ended(job):
    return lambda event: isinstance(event, Finished) and event.job_id == job.id


async def make(client, watch, *documents):
    """The devices that each document's pictures were begun on."""
    jobs = [await client.submit(document) for document in documents]
    for job in jobs:
        await watch.until(ended(job))
    return [{event.device for event in watch.of(Started) if event.job_id == job.id} for job in jobs]


async def test_every_device_is_told_to_whoever_comes(connect, three):
    _, watch = await connect("studio")
    ready = set()
    await watch.until(
        lambda event: (
            isinstance(event, WorkerState) and event.state == "ready" and (ready.add(event.device) or ready == DEVICES)
        )
    )
    other, _ = await connect()
    assert {worker.device for worker in other.snapshot.workers} == DEVICES


async def test_renders_go_where_their_checkpoint_is(connect, three):
    client, watch = await connect()
    first = await make(client, watch, *(wish(name) for name in "xyz"))
    assert set.union(*first) == DEVICES
    again = await make(client, watch, *(wish(name, batch_count=2) for name in "zxy"))
    assert again == [first[2], first[0], first[1]]


async def test_a_large_job_is_shared_by_all(connect, three):
    client, watch = await connect()
    assert await make(client, watch, wish(batch_count=12)) == [DEVICES]
    assert len(watch.of(Published)) == 12


async def test_what_a_dead_worker_held_is_loaded_by_whoever_has_least_to_do(connect, three):
    client, watch = await connect()
    (first,) = await make(client, watch, wish("x"))
    (dead,) = first
    job = await client.submit(wish("x", "slow die", steps=9))
    await watch.until(lambda event: isinstance(event, WorkerState) and event.state == "died")
    await watch.until(ended(job))
    (after,) = await make(client, watch, wish("x"))
    assert len(after) == 1
    assert any(dead in event.text for event in watch.of(LogLine))


async def test_a_release_is_for_idle_devices_and_the_next_job_begins_anew(connect, three):
    client, watch = await connect()
    await make(client, watch, wish("x"))
    assert await client.release() == len({event.device for event in watch.of(WorkerState) if event.state == "ready"})
    await watch.until(lambda event: isinstance(event, WorkerState) and event.held == ())
    seen = len(watch.events)
    await make(client, watch, wish("x"))
    held = [event.held for event in watch.events[seen:] if isinstance(event, WorkerState) and event.held]
    assert [Path(path).stem for path in held[0]] == ["x"]


async def test_a_device_at_work_is_not_released(connect, three):
    client, watch = await connect()
    job = await client.submit(wish("x", steps=40))
    started = await watch.until(lambda event: isinstance(event, Started))
    await client.release()
    await watch.until(ended(job))
    assert not any(event.device == started.device and event.held == () for event in watch.of(WorkerState))


async def test_idle_devices_are_released_by_themselves(connect, three, workspace):
    with (workspace.root / "sdtui.yaml").open("a") as file:
        file.write("release_after_s: 0.5\n")
    client, watch = await connect()
    await make(client, watch, wish("x"))
    await watch.until(lambda event: isinstance(event, WorkerState) and event.held == ())
    assert await make(client, watch, wish("x"))
