"""What users do to the queue's order, with a real server; only the pictures are fake."""

import os
import signal

from sdtui.client.client import Client
from sdtui.spec.document import Document
from sdtui.spec.event import Cancelling, Finished, QueueChanged, Started, StepDone
from tests.conftest import server_pid


def slow(steps=150, **params):
    return Document(prompt="slow", params={"steps": steps, **params})


def started(job):
    return lambda event: isinstance(event, Started) and event.job_id == job.id


async def filled(client, watch):
    """A worker whose hands are full, and three jobs that wait."""
    running = await client.submit(slow(batch_count=16))
    await watch.until(started(running))
    return running, [await client.submit(slow(steps=2)) for _ in range(3)]


async def test_a_held_job_waits_until_it_is_let_on(connect):
    client, watch = await connect()
    running, (first, second, _) = await filled(client, watch)
    assert await client.hold(first.id) == 1
    assert await client.hold(first.id) == 0
    await watch.until(lambda event: isinstance(event, QueueChanged) and event.held == (first.id,))
    await client.cancel(running.id)
    await watch.until(lambda event: event == Finished(job_id=second.id))
    assert not any(started(first)(event) for event in watch.events)
    assert await client.hold(first.id, held=False) == 1
    await watch.until(lambda event: event == Finished(job_id=first.id))


async def test_a_job_that_is_retried_is_held_no_longer(connect):
    client, watch = await connect()
    running, (first, *_) = await filled(client, watch)
    await client.hold(first.id)
    await client.cancel(first.id)
    await client.retry(first.id)
    await client.cancel(running.id)
    await watch.until(lambda event: event == Finished(job_id=first.id) and any(map(started(first), watch.events)))


async def test_the_order_that_was_chosen_outlives_the_server(connect, workspace):
    client, watch = await connect()
    _, (first, second, third) = await filled(client, watch)
    assert await client.move(third.id, -2) == 1
    assert await client.move(third.id, -2) == 0
    assert await client.hold(first.id) == 1
    await watch.until(lambda event: isinstance(event, QueueChanged) and event.held == (first.id,))
    other = await Client.connect(workspace, name="test")
    assert other.snapshot.queue == QueueChanged(order=(third.id, first.id, second.id), held=(first.id,))
    await other.close()
    os.kill(server_pid(workspace), signal.SIGKILL)
    await watch.until_lost()
    again, _ = await connect()
    assert [job for job in again.snapshot.queue.order if job != 1] == [third.id, first.id, second.id]
    assert again.snapshot.queue.held == (first.id,)


async def test_a_picture_that_is_taken_back_says_so_until_its_worker_lets_go(connect):
    client, watch = await connect()
    job = await client.submit(slow())
    await watch.until(lambda event: isinstance(event, StepDone))
    await client.cancel(job.id)
    await watch.until(lambda event: event == Cancelling(job_id=job.id, render_id=job.renders[0].id))
    await watch.until(lambda event: event == Finished(job_id=job.id))
    (view,) = await client.jobs()
    assert not view.renders[0].cancelling
