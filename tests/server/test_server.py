"""One server, its workers and its clients, for real; only the pictures are fake."""

import asyncio
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from sdtui.client.client import Client
from sdtui.errors import ModelError, ServerError, UsageError, WorkspaceError
from sdtui.images.png import read_texts
from sdtui.spec.document import Document
from sdtui.spec.event import (
    TRANSIENT,
    Cancelled,
    Failed,
    Finished,
    LogLine,
    Preview,
    Published,
    Requeued,
    Started,
    StepDone,
    Stopping,
    Submitted,
    WorkerState,
)
from sdtui.weights.identify import builtin_path
from sdtui.wire.frames import FrameReader, pack
from tests.conftest import server_pid


def document(prompt="a red circle", **params):
    return Document(prompt=prompt, params={"steps": 4, **params})


def ended(job):
    return lambda event: isinstance(event, Finished) and event.job_id == job.id


async def test_a_job_becomes_a_file_and_everybody_hears_of_it(connect):
    client, watch = await connect()
    _, other = await connect()
    job = await client.submit(document(seed=7))
    await watch.until(ended(job))
    await other.until(ended(job))
    lasting = [type(event) for event in watch.events if not isinstance(event, TRANSIENT)]
    assert lasting == [Submitted, Started, Published, Finished]
    (published,) = watch.of(Published)
    assert Path(published.path).name == "00001-7.png"
    texts = read_texts(Path(published.path))
    assert "a red circle" in texts["parameters"]
    assert "Seed: 7" in texts["parameters"]
    record = json.loads(texts["sdtui"])
    assert record["render"]["id"] == published.render_id
    assert record["document"]["prompt"] == "a red circle"
    assert record["render"]["checkpoint"]["sha256"] == hashlib.sha256(builtin_path().read_bytes()).hexdigest()
    assert any(watch.blobs)


async def test_picture_i_has_seed_plus_i_and_names_count_up(connect):
    client, watch = await connect()
    job = await client.submit(document(seed=2**32 - 1, batch_size=2, batch_count=2))
    assert [render.seed for render in job.renders] == [2**32 - 1, 0, 1, 2]
    await watch.until(ended(job))
    names = sorted(Path(event.path).name for event in watch.of(Published))
    assert names == ["00001-4294967295.png", "00002-0.png", "00003-1.png", "00004-2.png"]


async def test_an_open_seed_is_drawn_and_kept(connect):
    client, watch = await connect()
    first, second = [await client.submit(document()) for _ in range(2)]
    assert first.renders[0].seed != second.renders[0].seed
    await watch.until(ended(second))


async def test_a_new_client_sees_the_studio_as_it_is(connect):
    client, watch = await connect()
    await client.put_draft(Document(prompt="half a sen"))
    job = await client.submit(document("slow", steps=100))
    await watch.until(lambda event: isinstance(event, StepDone) and event.step > 2)
    await client.close()
    again, seen = await connect()
    (view,) = again.snapshot.jobs
    assert view.id == job.id
    assert view.state == "running"
    assert view.renders[0].step >= 2
    assert again.snapshot.draft.prompt == "half a sen"
    assert again.snapshot.workers[0].device == "cpu"
    await seen.until(lambda event: isinstance(event, Preview))
    await again.cancel(job.id)
    await seen.until(ended(job))


async def test_a_missed_event_can_be_asked_for(connect):
    client, watch = await connect()
    before = client.snapshot.seq
    job = await client.submit(document())
    await watch.until(ended(job))
    replayed = await client.events_after(before)
    assert [type(noted.event) for noted in replayed] == [Submitted, Started, Published, Finished]
    assert replayed[-1].seq == (await client.events_after(0))[-1].seq


async def test_cancel_ends_what_runs_and_what_waits(connect):
    client, watch = await connect()
    running = await client.submit(document("slow", steps=150))
    waiting = await client.submit(document("slow", steps=150, batch_count=30))
    await watch.until(lambda event: isinstance(event, Started))
    assert await client.cancel(waiting.id) == 30
    await watch.until(ended(waiting))
    assert await client.cancel(0) == 1
    await watch.until(ended(running))
    assert len(watch.of(Cancelled)) == 31
    assert not watch.of(Published)
    with pytest.raises(UsageError, match="no job 99"):
        await client.cancel(99)


async def test_a_picture_cancelled_while_its_worker_starts_is_never_made(connect):
    client, watch = await connect()
    job = await client.submit(document())
    assert await client.cancel(job.id) == 1
    await watch.until(ended(job))
    await watch.until(lambda event: isinstance(event, WorkerState) and event.state == "ready")
    later = await client.submit(document())
    await watch.until(ended(later))
    assert [event.job_id for event in watch.of(Published)] == [later.id]


@pytest.mark.parametrize("mode", ["drain", "now"])
async def test_a_cancelled_picture_that_is_stuck_neither_holds_up_a_stop_nor_comes_back(connect, mode):
    client, watch = await connect()
    job = await client.submit(document("stuck"))
    await watch.until(lambda event: isinstance(event, WorkerState) and event.state == "ready")
    await client.cancel(job.id)
    await client.stop(mode)
    again, _ = await connect()
    assert again.snapshot.jobs[0].state == "cancelled"


async def test_a_broken_picture_fails_alone_and_can_be_tried_again(connect):
    client, watch = await connect()
    bad = await client.submit(document("fail"))
    good = await client.submit(document())
    await watch.until(ended(bad))
    await watch.until(ended(good))
    (failed,) = watch.of(Failed)
    assert failed.error.what == "The prompt said so."
    watch.events.clear()
    assert await client.retry(bad.id) == 1
    await watch.until(ended(bad))
    assert [job.state for job in await client.jobs()] == ["failed", "done"]


async def test_a_render_that_kills_its_worker_fails_and_its_company_does_not(connect):
    client, watch = await connect()
    good = await client.submit(document("slow", steps=20))
    poison = await client.submit(document("die"))
    await watch.until(ended(poison))
    await watch.until(ended(good))
    assert [event.render_id for event in watch.of(Failed)] == [poison.renders[0].id]
    assert "died 2 times" in watch.of(Failed)[0].error.what
    assert [event.render_id for event in watch.of(Published)] == [good.renders[0].id]
    assert len(watch.of(Requeued)) >= 2


async def test_a_killed_worker_loses_nothing(connect):
    client, watch = await connect()
    job = await client.submit(document("slow", steps=20, batch_count=3))
    await watch.until(lambda event: isinstance(event, StepDone))
    subprocess.run(["pkill", "-KILL", "-P", str(client.snapshot.pid)], check=True)
    await watch.until(ended(job))
    assert len(watch.of(Published)) == 3
    assert not watch.of(Failed)


async def test_a_killed_server_goes_on_where_it_was(connect, workspace):
    client, watch = await connect()
    job = await client.submit(document("slow", steps=20, batch_count=3))
    await watch.until(lambda event: isinstance(event, StepDone))
    os.kill(server_pid(workspace), signal.SIGKILL)
    await watch.until_lost()
    again, seen = await connect()
    assert again.snapshot.jobs[0].id == job.id
    await seen.until(ended(job))
    assert len(list((workspace.outputs).rglob("*.png"))) == 3
    assert not list((workspace.outputs).rglob("*.part"))


async def test_jobs_go_on_when_nobody_looks(connect, workspace):
    client, watch = await connect()
    job = await client.submit(document("slow", steps=20))
    await watch.until(lambda event: isinstance(event, Started))
    await client.close()
    again, seen = await connect()
    if not again.snapshot.jobs[0].ended:
        await seen.until(ended(job))
    assert len(list(workspace.outputs.rglob("*.png"))) == 1


async def test_eight_starts_at_once_make_one_server(workspace):
    clients = await asyncio.gather(*(Client.connect(workspace, name="test") for _ in range(8)))
    assert len({client.snapshot.pid for client in clients}) == 1
    for client in clients:
        await client.close()


async def test_a_second_server_says_so_and_leaves(connect, workspace):
    await connect()
    second = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-m", "sdtui.server", str(workspace.root)], capture_output=True, text=True
    )
    assert second.returncode == 0
    assert "Another server has this workspace already" in second.stderr


async def test_two_workers_share_the_queue(connect, workspace):
    (workspace.root / "sdtui.yaml").write_text("devices: ['cpu:0', 'cpu:1']\nin_flight: 2\n")
    client, watch = await connect()
    job = await client.submit(document("slow", steps=10, batch_count=8))
    await watch.until(ended(job))
    assert {event.device for event in watch.of(Started)} == {"cpu:0", "cpu:1"}
    assert len(watch.of(Published)) == 8


async def test_stop_drains_and_stop_now_keeps_the_queue(connect, workspace):
    client, watch = await connect()
    job = await client.submit(document("slow", steps=20))
    await watch.until(lambda event: isinstance(event, Started))
    await client.stop("drain")
    assert len(list(workspace.outputs.rglob("*.png"))) == 1
    client, watch = await connect()
    assert client.snapshot.jobs[-1].state == "done"
    job = await client.submit(document("slow", steps=60))
    await watch.until(lambda event: isinstance(event, StepDone))
    await client.stop("now")
    client, watch = await connect()
    await watch.until(ended(job))
    assert len(list(workspace.outputs.rglob("*.png"))) == 2


async def test_a_stop_is_told_to_the_clients_that_stay(connect):
    client, _ = await connect()
    _, watch = await connect()
    await client.stop("now")
    await watch.until_lost()
    assert isinstance(watch.events[-1], Stopping)


async def test_a_stop_with_clients_that_stay_writes_no_traceback(connect, workspace):
    client, _ = await connect()
    await connect()
    _, watch = await connect()
    await client.stop("now")
    await watch.until_lost()
    await connect()  # its server begins when this one is gone
    assert "Traceback" not in workspace.log.read_text()


async def test_a_named_file_is_written_once(connect, tmp_path):
    client, watch = await connect()
    out = tmp_path / "a.png"
    await watch.until(ended(await client.submit(document(seed=1), out=str(out))))
    first = out.read_bytes()
    with pytest.raises(WorkspaceError, match="exists"):
        await client.submit(document(seed=2), out=str(out))
    await watch.until(ended(await client.submit(document(seed=2), out=str(out), force=True)))
    assert out.read_bytes() != first
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["a.png"]


REFUSED = [
    (Document(params={"width": 100}), {}, UsageError, "multiple of 8"),
    (Document(params={"sepps": 3}), {}, UsageError, "Did you mean 'steps'"),
    (Document(checkpoint="shapes-65"), {}, ModelError, "shapes-64"),
    (Document(prompt="<lora:x:1> cat"), {}, ModelError, "There is no LoRA named 'x'"),
    (Document(params={"batch_count": 2}), {"out": "/tmp/x.png"}, UsageError, "cannot share the one file"),
    (Document(), {"out": "/tmp/x.jpg"}, UsageError, "does not end in .png"),
    (Document(), {"out": "/proc/nowhere/x.png"}, WorkspaceError, "/proc/nowhere"),
]


@pytest.mark.parametrize(("wish", "more", "kind", "says"), REFUSED, ids=[row[3] for row in REFUSED])
async def test_refusals_say_what_is_wrong(connect, wish, more, kind, says):
    client, _ = await connect()
    with pytest.raises(kind) as refused:
        await client.submit(wish, **more)
    assert says in str(refused.value)
    assert (await client.jobs()) == ()


async def test_pictures_come_shrunk_and_only_our_own(connect, tmp_path):
    client, watch = await connect()
    job = await client.submit(document(width=128, height=64, seed=7))
    await watch.until(ended(job))
    answer, rgb = await client.picture(watch.of(Published)[0].path, max_px=32)
    assert (answer.width_px, answer.height_px, len(rgb)) == (32, 16, 32 * 16 * 3)
    assert "Seed: 7" in answer.infotext
    with pytest.raises(UsageError, match="no picture of this workspace"):
        await client.picture("/etc/passwd")


async def test_a_client_of_another_version_is_told_what_to_do(connect, workspace):
    await connect()
    reader, writer = await asyncio.open_unix_connection(workspace.socket)
    writer.write(pack(b'{"id":1,"verb":{"verb":"hello","version":"0.0.1","client":"x"}}'))
    frames = FrameReader().feed(await reader.read(1 << 16))
    answer = json.loads(frames[0].json)["answer"]
    assert answer["answer"] == "refused"
    assert "sdtui stop" in answer["error"]["todo"]
    writer.close()


@pytest.mark.parametrize("nonsense", [b"GET / HTTP/1.1\r\n\r\n", pack(b"[]"), pack(b'{"id":1,"verb":{"verb":"rm"}}')])
async def test_nonsense_ends_its_own_connection_only(connect, workspace, nonsense):
    client, _ = await connect()
    reader, writer = await asyncio.open_unix_connection(workspace.socket)
    writer.write(nonsense)
    assert await reader.read() == b""
    writer.close()
    assert await client.jobs() == ()


async def test_the_socket_is_for_its_owner_alone(connect, workspace):
    await connect()
    assert workspace.socket.parent.stat().st_mode & 0o777 == 0o700
    assert workspace.socket.stat().st_mode & 0o077 == 0
    assert workspace.socket.is_socket()


async def test_what_holds_prompts_is_for_the_owner_and_pictures_have_the_users_own_mode(connect, workspace):
    before = os.umask(0o022)
    try:
        client, watch = await connect()
    finally:
        os.umask(before)
    await watch.until(ended(await client.submit(document())))
    assert Path(watch.of(Published)[0].path).stat().st_mode & 0o777 == 0o644
    kept = [file for file in workspace.state.rglob("*") if file.suffix in {".db", ".db-wal", ".db-shm", ".log"}]
    assert kept
    assert workspace.state.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in kept)


async def test_without_a_server_there_is_a_sentence(workspace):
    with pytest.raises(ServerError, match="No server is running"):
        await Client.connect(workspace, name="test", start=False)


async def test_an_outputs_folder_that_cannot_be_made_is_told_at_once(connect, workspace):
    (workspace.root / "outputs").write_text("a file is in the way")
    client, _ = await connect()
    with pytest.raises(WorkspaceError) as refused:
        await client.submit(document())
    assert "outputs" in str(refused.value)


async def test_a_worker_that_cannot_start_fails_the_pictures_instead_of_making_them_wait(connect, monkeypatch):
    monkeypatch.setenv("SDTUI_RENDERER", "nowhere:Nothing")
    client, watch = await connect()
    job = await client.submit(document())
    await watch.until(ended(job))
    (failed,) = watch.of(Failed)
    assert "does not start" in failed.error.what
    assert "No module named 'nowhere'" in failed.error.todo
    assert await client.retry(job.id) == 1
    await watch.until(lambda event: isinstance(event, Failed) and len(watch.of(Failed)) == 2)


async def test_a_checkpoint_that_landed_a_moment_ago_is_found(connect, workspace):
    folder = workspace.root / "models"
    folder.mkdir()
    (workspace.root / "sdtui.yaml").write_text("devices: [cpu]\nmodels: {folders: [models]}\n")
    client, watch = await connect()
    with pytest.raises(ModelError, match="mine"):
        await client.submit(msgspec.structs.replace(document(), checkpoint="mine"))
    shutil.copyfile(builtin_path(), folder / "mine.safetensors")
    job = await client.submit(msgspec.structs.replace(document(), checkpoint="mine"))
    await watch.until(ended(job))
    assert "Model: mine" in read_texts(Path(watch.of(Published)[0].path))["parameters"]


async def test_an_edited_configuration_counts_for_the_next_job(connect, workspace):
    client, watch = await connect()
    await watch.until(ended(await client.submit(document(seed=1))))
    (workspace.root / "sdtui.yaml").write_text("devices: [cpu]\noutputs: {folder: elsewhere, pattern: '[seed]'}\n")
    await watch.until(ended(await client.submit(document(seed=2))))
    assert Path(watch.of(Published)[-1].path) == workspace.root / "elsewhere" / "2.png"
    (workspace.root / "sdtui.yaml").write_text("devices: [cpu]\noutputs: {foldr: x}\n")
    await watch.until(ended(await client.submit(document(seed=3))))
    assert any("foldr" in event.text and "sdtui.yaml:2" in event.text for event in watch.of(LogLine))
