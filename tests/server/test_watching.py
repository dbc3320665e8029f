"""Watched folders of a real server, with the renderer that needs no torch."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import tempfile
import time
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from sdtui.errors import ManyError, UsageError
from sdtui.images import chunk
from sdtui.images.png import read_texts
from sdtui.server import watchplaces
from sdtui.server.watchline import MOST_OPEN
from sdtui.spec.document import Document
from sdtui.spec.event import FilesChanged, Finished, LogLine, StepDone, Submitted, WatchesChanged
from sdtui.spec.verb import Done
from sdtui.spec.verbs_watch import PauseWatch, RenderFile, Unwatch, Watch, Watches, WatchesAnswer
from sdtui.spec.watch import WatchWish
from sdtui.watch import look
from tests.conftest import server_pid
from tests.watch.folders import SAVES


async def start_watch(client, folder, **more):
    return await client.ask(Watch(wish=WatchWish(path=str(folder), **more)), WatchesAnswer)


def of(event, name, state):
    """The file, if the event says that it stands so."""
    if not isinstance(event, FilesChanged):
        return None
    return next((file for file in event.files if file.name == name and file.state == state), None)


async def until(watch, name, state, latest_not=""):
    event = await watch.until(
        lambda e: (file := of(e, name, state)) is not None and (not latest_not or file.latest != latest_not)
    )
    watch.events.clear()
    return of(event, name, state)


@pytest.fixture
def prompts(tmp_path):
    folder = tmp_path / "prompts"
    folder.mkdir()
    return folder


async def test_each_save_is_one_picture_with_the_same_seed(workspace, connect, prompts):
    client, watch = await connect()
    (prompts / "cat.txt").write_text("a cat")
    await start_watch(client, prompts)
    first = await until(watch, "cat.txt", "done")
    home = workspace.outputs / "watch" / "cat"
    assert Path(first.latest).parent == home
    assert (home / "latest.png").resolve() == Path(first.latest)
    before = first
    for number, save in enumerate(SAVES):
        save(prompts / "cat.txt", f"a cat {number}")
        now = await until(watch, "cat.txt", "done", before.latest)
        assert now.before == before.latest
        assert chunk.read(Path(now.latest)).render.prompt == f"a cat {number}"
        assert chunk.read(Path(now.latest)).render.params.seed == first.seed
        before = now
    assert len([path for path in home.iterdir() if path.name != "latest.png"]) == 1 + len(SAVES)
    os.utime(prompts / "cat.txt")
    (prompts / "dog.txt").write_text("a dog")
    await until(watch, "dog.txt", "done")
    assert len(list(home.iterdir())) == 2 + len(SAVES), "the same content again is no change"


async def test_a_newer_save_takes_the_place_of_one_that_is_being_made(workspace, connect, prompts):
    client, watch = await connect()
    (prompts / "cat.txt").write_text("slow cat")
    await start_watch(client, prompts)
    first = await until(watch, "cat.txt", "rendering")
    await watch.until(lambda e: isinstance(e, StepDone) and e.job_id == first.job_id)
    (prompts / "cat.txt").write_text("a cat")
    done = await until(watch, "cat.txt", "done")
    assert done.job_id != first.job_id
    jobs = {job.id: job.state for job in await client.jobs()}
    assert jobs[first.job_id] == "cancelled"
    assert [path.name for path in Path(done.home).glob("0*.png")] == [Path(done.latest).name]


async def test_several_saves_in_a_moment_are_one(workspace, connect, prompts):
    client, watch = await connect()
    await start_watch(client, prompts)
    for number in range(30):
        (prompts / "cat.txt").write_text(f"a cat {number}")
        await asyncio.sleep(0)
    done = await until(watch, "cat.txt", "done")
    assert chunk.read(Path(done.latest)).render.prompt == "a cat 29"
    assert len(await client.jobs()) == 1


async def test_what_uses_a_wildcard_or_preset_that_changed_is_rendered_again_and_nothing_else(
    workspace, connect, prompts
):
    (workspace.wildcards / "animal.txt").write_text("cat\n")
    (workspace.wildcards / "nested.txt").write_text("__animal__\n")
    (workspace.presets / "night.yaml").write_text("prompt: '{prompt} at night'\n")
    (prompts / "plain.txt").write_text("a dog")
    (prompts / "direct.txt").write_text("a __animal__")
    (prompts / "nested.txt").write_text("a __nested__")
    (prompts / "preset.yaml").write_text("prompt: a house\npresets: [night]\n")
    client, _ = await connect()
    await start_watch(client, prompts)
    seen = {name: await find(client, name, "done") for name in ("plain.txt", "direct.txt", "nested.txt", "preset.yaml")}
    (workspace.wildcards / "animal.txt").write_text("horse\n")
    for name in ("direct.txt", "nested.txt"):
        file = await find(client, name, "done", seen[name].job_id)
        assert chunk.read(Path(file.latest)).render.prompt == "a horse"
        assert file.seed == seen[name].seed
    (workspace.presets / "night.yaml").write_text("prompt: '{prompt} at noon'\n")
    file = await find(client, "preset.yaml", "done", seen["preset.yaml"].job_id)
    assert chunk.read(Path(file.latest)).render.prompt == "a house at noon"
    assert len(await client.jobs()) == 4 + 3
    (workspace.wildcards / "unrelated.txt").write_text("x\n")
    (prompts / "last.txt").write_text("last")
    await find(client, "last.txt", "done")
    assert len(await client.jobs()) == 4 + 3 + 1


async def test_a_missing_preset_is_an_error_of_the_file_until_it_is_there(workspace, connect, prompts):
    client, watch = await connect()
    (prompts / "a.yaml").write_text("prompt: a house\npresets: night\n")
    await start_watch(client, prompts)
    failed = await until(watch, "a.yaml", "failed")
    assert "night" in failed.error.what
    assert failed.error.where.startswith("a.yaml")
    (workspace.presets / "night.yaml").write_text("prompt: '{prompt} at night'\n")
    await find(client, "a.yaml", "done")


async def test_an_error_in_a_prompt_is_told_with_the_line_of_the_file(workspace, connect, prompts):
    client, _ = await connect()
    (prompts / "a.md").write_text("---\nsteps: 2\n---\n\na\nb __nowhere__ {c|d\n")
    (prompts / "b.txt").write_text("a\nSteps: 2000")
    (prompts / "c.yaml").write_text("steps: 3\n")
    (prompts / "d.txt").write_text("a\nModel: nowhere")
    await start_watch(client, prompts)
    errors = {name: (await find(client, name, "failed")).error for name in ("b.txt", "c.yaml", "d.txt")}
    assert errors["b.txt"].where == "b.txt:2"
    assert errors["c.yaml"].where == "c.yaml"
    assert "no prompt" in errors["c.yaml"].what
    assert errors["d.txt"].kind == "ModelError"


async def find(client, name, state, not_job=-1):
    """The file once it stands so."""
    async with asyncio.timeout(40):
        while True:
            files = (await client.ask(Watches(), WatchesAnswer)).files
            for file in files:
                if file.name == name and file.state == state and file.job_id != not_job:
                    return file
            await asyncio.sleep(0.05)


async def test_results_and_our_own_pictures_are_no_prompt_files(workspace, connect):
    client, watch = await connect()
    root = workspace.root
    (workspace.wildcards / "w.txt").write_text("x\n")
    (workspace.presets / "p.yaml").write_text("prompt: x\n")
    (root / "cat.txt").write_text("a cat")
    await start_watch(client, root, recursive=True)
    done = await until(watch, "cat.txt", "done")
    beside = await client.submit(Document(prompt="beside"), out=str(root / "beside.png"))
    await watch.until(lambda e: isinstance(e, Finished) and e.job_id == beside.id)
    again = root / "again.png"
    again.write_bytes(Path(done.latest).read_bytes())
    file = await find(client, "again.png", "done")
    assert chunk.read(Path(file.latest)).render.params.seed == chunk.read(Path(done.latest)).render.params.seed
    files = (await client.ask(Watches(), WatchesAnswer)).files
    assert {file.name for file in files} == {"again.png", "cat.txt"}
    assert len(await client.jobs()) == 3


async def test_a_picture_that_was_made_with_another_version_of_its_model_says_so(workspace, connect, prompts):
    client, watch = await connect()
    (prompts / "cat.txt").write_text("a cat")
    await start_watch(client, prompts)
    made = Path((await until(watch, "cat.txt", "done")).latest)
    record = read_texts(made)["parameters"]
    hash_then = re.search("Model hash: ([0-9a-f]{10})", record)[1]
    for name, text in {"same.png": record, "other.png": record.replace(hash_then, "f" * 10)}.items():
        info = PngInfo()
        info.add_text("parameters", text)
        Image.open(made).save(prompts / name, pnginfo=info)
    same, other = [await find(client, name, "done") for name in ("same.png", "other.png")]
    assert same.notes == ()
    (note,) = other.notes
    assert f"its hash was ffffffffff, that of the file now is {hash_then}" in note
    await watch.until(lambda e: isinstance(e, LogLine) and (e.text, e.job_id) == (note, other.job_id))


async def test_a_folder_that_goes_away_and_comes_back_is_watched_on(workspace, connect, prompts):
    client, watch = await connect()
    (prompts / "cat.txt").write_text("a cat")
    await start_watch(client, prompts)
    await until(watch, "cat.txt", "done")
    aside = prompts.with_name("aside")
    prompts.rename(aside)
    await watch.until(lambda e: isinstance(e, WatchesChanged) and e.folders[0].problem is not None)
    aside.rename(prompts)
    await watch.until(lambda e: isinstance(e, WatchesChanged) and e.folders[0].problem is None)
    watch.events.clear()
    (prompts / "cat.txt").write_text("another cat")
    await until(watch, "cat.txt", "done")
    assert len(await client.jobs()) == 2


async def test_folders_moved_in_are_watched_where_that_is_wanted(workspace, connect, prompts, tmp_path):
    other = tmp_path / "other"
    (other / "deep").mkdir(parents=True)
    (other / "deep" / "cat.txt").write_text("a cat")
    client, watch = await connect()
    await start_watch(client, prompts, recursive=True)
    other.rename(prompts / "moved")
    done = await until(watch, "moved/deep/cat.txt", "done")
    assert Path(done.home).name == "moved-deep-cat"
    (prompts / "moved" / "deep" / "cat.txt").write_text("two cats")
    await until(watch, "moved/deep/cat.txt", "done", done.latest)
    (prompts / "moved" / "deep" / "cat.txt").unlink()
    await watch.until(lambda e: of(e, "moved/deep/cat.txt", "gone"))


async def test_paused_folders_render_nothing_and_then_the_last_of_each_file(workspace, connect, prompts):
    client, watch = await connect()
    await start_watch(client, prompts)
    await client.ask(PauseWatch(path=str(prompts)), Done)
    (prompts / "cat.txt").write_text("a cat")
    await until(watch, "cat.txt", "waiting")
    (prompts / "cat.txt").write_text("two cats")
    (prompts / "dog.txt").write_text("a dog")
    await until(watch, "dog.txt", "waiting")
    assert not await client.jobs()
    await client.ask(PauseWatch(paused=False), Done)
    file = await find(client, "cat.txt", "done")
    assert chunk.read(Path(file.latest)).render.prompt == "two cats"
    await find(client, "dog.txt", "done")
    assert len(await client.jobs()) == 2


async def test_options_count_over_files_and_again_renders_as_it_is(workspace, connect, prompts):
    client, watch = await connect()
    (prompts / "cat.txt").write_text("a cat\nSteps: 3, Seed: 5")
    await start_watch(client, prompts, options=Document(params={"steps": 2}, negative_prompt="blur"))
    done = await until(watch, "cat.txt", "done")
    render = chunk.read(Path(done.latest)).render
    assert (render.params.steps, render.params.seed, render.negative_prompt) == (2, 5, "blur")
    assert (await client.ask(RenderFile(folder=done.folder, name="cat.txt"), Done)).count == 1
    again = await until(watch, "cat.txt", "done", done.latest)
    assert again.before == done.latest
    assert (await client.ask(RenderFile(folder=done.folder, name="dog.txt"), Done)).count == 0


async def test_what_cannot_be_watched_is_refused(workspace, connect, prompts, tmp_path):
    client, _ = await connect()
    (workspace.outputs / "watch").mkdir(parents=True)
    for path in (tmp_path / "nowhere", workspace.outputs / "watch", Path("relative")):
        with pytest.raises(UsageError):
            await start_watch(client, path)
    with pytest.raises(UsageError, match="not watched"):
        await client.ask(Unwatch(path=str(prompts)), Done)


async def test_what_would_feed_on_itself_or_is_no_prompt_is_refused_with_a_sentence(workspace, connect, tmp_path):
    client, _ = await connect()
    (workspace.outputs / "2026").mkdir(parents=True)
    (workspace.wildcards / "inner").mkdir()
    (tmp_path / "link").symlink_to(workspace.outputs)
    for path, said in (
        (workspace.outputs, "rendered again, and again"),
        (workspace.outputs / "2026", "rendered again, and again"),
        (tmp_path / "link", "rendered again, and again"),
        (workspace.presets, "These are presets, no prompts"),
        (workspace.wildcards / "inner", "These are wildcards, no prompts"),
    ):
        with pytest.raises(UsageError, match=said):
            await start_watch(client, path)
        with pytest.raises(UsageError, match=said):
            await start_watch(client, path, once=True)
    assert (await client.ask(Watches(), WatchesAnswer)).folders == ()


async def test_the_folder_that_holds_the_workspace_is_watched_without_what_is_made_there(workspace, connect):
    client, watch = await connect()
    above = workspace.root.parent
    (above / "cat.txt").write_text("a cat\nSteps: 1")
    (workspace.presets / "p.yaml").write_text("prompt: x\n")
    (workspace.wildcards / "w.txt").write_text("x\n")
    (workspace.root / "models" / "Lora").mkdir(parents=True)
    (workspace.root / "models" / "Lora" / "film.json").write_text('{"activation text": "grain"}')
    await start_watch(client, above, recursive=True)
    await until(watch, "cat.txt", "done")
    files = (await client.ask(Watches(), WatchesAnswer)).files
    assert {file.name for file in files} == {"cat.txt"}
    assert len(await client.jobs()) == 1


async def test_many_files_are_counted_and_asked_about_before_they_are_rendered(workspace, connect, prompts):
    client, _ = await connect()
    for number in range(201):
        (prompts / f"{number}.txt").write_text("a cat\nSteps: 1")
    inner = prompts / "inner"
    inner.mkdir()
    with pytest.raises(ManyError, match="There are 201 prompt files in it; each would be rendered"):
        await start_watch(client, prompts)
    assert (await client.ask(Watches(), WatchesAnswer)).folders == ()
    (prompts / "0.txt").rename(inner / "0.txt")
    await start_watch(client, prompts)
    await client.ask(PauseWatch(), Done)
    (prompts / "201.txt").write_text("a cat\nSteps: 1")
    await start_watch(client, prompts, options=Document(params={"steps": 2}))
    with pytest.raises(ManyError, match="There are 202"):
        await start_watch(client, prompts, recursive=True)
    found = await start_watch(client, prompts, recursive=True, many=True)
    assert found.folders[0].wish.recursive
    await client.ask(Unwatch(), Done)


async def test_links_out_and_unreadable_files_are_told_at_the_file(workspace, connect, prompts, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (prompts / "out.txt").symlink_to(secret)
    (prompts / "cat.txt").write_text("a cat")
    (prompts / "inner.txt").symlink_to("cat.txt")
    (prompts / "dangling.txt").symlink_to("nothing.txt")
    client, _ = await connect()
    await start_watch(client, prompts)
    assert "leads out" in (await find(client, "out.txt", "failed")).error.what
    await find(client, "inner.txt", "done")
    await find(client, "cat.txt", "done")
    names = {file.name for file in (await client.ask(Watches(), WatchesAnswer)).files}
    assert names == {"out.txt", "cat.txt", "inner.txt"}


async def test_watching_goes_on_after_the_server_was_killed(workspace, connect, prompts):
    client, watch = await connect()
    (prompts / "dog.txt").write_text("a dog")
    (workspace.wildcards / "animal.txt").write_text("cow\n")
    (prompts / "uses.txt").write_text("a __animal__")
    await start_watch(client, prompts)
    dog = await find(client, "dog.txt", "done")
    uses = await find(client, "uses.txt", "done")
    (prompts / "cat.txt").write_text("slow cat\nSteps: 80")
    await find(client, "cat.txt", "rendering")
    os.kill(server_pid(workspace), signal.SIGKILL)
    await watch.until_lost()
    (prompts / "new.txt").write_text("while nobody looked")
    (workspace.wildcards / "animal.txt").write_text("goat\n")
    client, watch = await connect()
    cat = await find(client, "cat.txt", "done")
    assert (Path(cat.home) / "latest.png").resolve() == Path(cat.latest)
    await find(client, "new.txt", "done")
    again = await find(client, "dog.txt", "done")
    assert (again.latest, again.seed) == (dog.latest, dog.seed)
    again = await find(client, "uses.txt", "done", uses.job_id)
    assert chunk.read(Path(again.latest)).render.prompt == "a goat"
    assert len(await client.jobs()) == 5, "nothing is rendered twice"
    await client.ask(Unwatch(), Done)
    assert (await client.ask(Watches(), WatchesAnswer)).folders == ()


async def test_a_stop_while_a_file_is_being_made_takes_it_back(workspace, connect, prompts):
    client, watch = await connect()
    (prompts / "cat.txt").write_text("slow cat")
    await start_watch(client, prompts)
    await until(watch, "cat.txt", "rendering")
    await client.ask(Unwatch(path=str(prompts)), Done)
    finished = await watch.until(lambda e: isinstance(e, Finished))
    assert {job.id: job.state for job in await client.jobs()} == {finished.job_id: "cancelled"}


@pytest.fixture
def quick_folder(tmp_path):
    """In memory where there is such a place: ten thousand writes take long on a disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)


async def test_thousands_of_saves_at_once_lose_nothing_and_leave_room_for_others(workspace, connect, quick_folder):
    prompts = quick_folder
    client, watch = await connect()
    await start_watch(client, prompts)
    await client.ask(PauseWatch(), Done)
    names = [f"{number:04}.txt" for number in range(5000)]
    for name in names[:200]:
        (prompts / name).write_text("first")
    for name in names:
        (prompts / name).write_text(f"last of {name}\nSteps: 1")
    async with asyncio.timeout(60):
        while len((await client.ask(Watches(), WatchesAnswer)).files) < 5000:
            await asyncio.sleep(0.2)
    began = asyncio.get_running_loop().time()
    assert not await client.jobs()
    assert asyncio.get_running_loop().time() - began < 5, "the server is awake"
    await client.ask(PauseWatch(paused=False), Done)
    await watch.until(lambda e: isinstance(e, Submitted))
    mine = await client.submit(Document(prompt="mine", params={"steps": 1}))
    await watch.until(lambda e: isinstance(e, Finished) and e.job_id == mine.id, 60)
    before = [event.job.id for event in watch.of(Submitted) if event.job.id < mine.id]
    ended = [event.job_id for event in watch.of(Finished)]
    assert len([job_id for job_id in before if job_id not in ended]) <= MOST_OPEN
    await find(client, "0012.txt", "done")
    texts = {event.job.document.prompt for event in watch.of(Submitted)}
    assert "first" not in texts
    await client.ask(Unwatch(), Done)


async def test_once_renders_everything_and_watches_no_longer(workspace, connect, prompts):
    client, watch = await connect()
    (prompts / "cat.txt").write_text("a cat")
    (prompts / "bad.json").write_text("{")
    for count in (1, 2):
        watch.events.clear()
        await start_watch(client, prompts, once=True)
        await watch.until(lambda e: isinstance(e, WatchesChanged) and not e.folders)
        assert len(await client.jobs()) == count


async def test_a_server_that_watches_does_not_end_by_itself(workspace, connect, prompts):
    (workspace.root / "sdtui.yaml").write_text("devices: [cpu]\nserver: {idle_exit_s: 1}\n")
    client, _ = await connect()
    await start_watch(client, prompts)
    pid = server_pid(workspace)
    await client.close()
    (prompts / "cat.txt").write_text("a cat")
    latest = workspace.outputs / "watch" / "cat" / "latest.png"
    async with asyncio.timeout(30):
        while not latest.exists():
            await asyncio.sleep(0.1)
        made = time.time()
        while time.time() < made + 2.5:  # longer than it may be idle
            await asyncio.sleep(0.1)
    client, _ = await connect()
    assert server_pid(workspace) == pid
    await client.ask(Unwatch(), Done)


async def test_files_that_are_watched_no_longer_are_gone(workspace, connect, prompts):
    (prompts / "sub").mkdir()
    (prompts / "sub" / "cat.txt").write_text("a cat")
    (prompts / "dog.txt").write_text("a dog")
    client, watch = await connect()
    await start_watch(client, prompts, recursive=True)
    await find(client, "sub/cat.txt", "done")
    await find(client, "dog.txt", "done")
    watch.events.clear()
    await start_watch(client, prompts)
    await watch.until(lambda e: of(e, "sub/cat.txt", "gone"))
    await find(client, "dog.txt", "done")
    assert len(await client.jobs()) == 2
    await start_watch(client, prompts, options=Document(params={"steps": 2}))
    await watch.until(lambda e: isinstance(e, Submitted) and e.job.document.params["steps"] == 2)


async def test_no_path_is_refused_with_a_sentence(workspace, connect):
    client, _ = await connect()
    for path in ("", "/\0", "/" + "x" * 5000, "/dev/null"):
        with pytest.raises(UsageError):
            await start_watch(client, path)


async def test_a_stop_in_the_middle_leaves_a_clean_log_and_goes_on_later(workspace, connect, prompts):
    client, _ = await connect()
    await start_watch(client, prompts)
    (prompts / "cat.txt").write_text("slow cat\nSteps: 60")
    rendering = await find(client, "cat.txt", "rendering")
    for number in range(6):
        (prompts / f"{number}.txt").write_text("slow\nSteps: 60")
    await find(client, "5.txt", "waiting")
    await client.stop("now")
    assert "watch" not in workspace.log.read_text()
    client, _ = await connect()
    done = await find(client, "cat.txt", "done")
    assert done.job_id == rendering.job_id
    assert (Path(done.home) / "latest.png").resolve() == Path(done.latest)
    await find(client, "5.txt", "done")
    assert len(await client.jobs()) == 7


async def test_more_folders_than_can_be_watched_are_asked_about(tmp_path, workspace, monkeypatch):
    monkeypatch.setattr(look, "MOST_FOLDERS", 3)
    for number in range(4):
        (tmp_path / f"deep{number}").mkdir()
    around = watchplaces.Around(workspace.outputs, workspace, lambda path: None, lambda file: False)
    await watchplaces.admitted(WatchWish(path=str(tmp_path)), around)
    with pytest.raises(ManyError, match="more folders or files in it than can be watched, and 0 prompt files found"):
        await watchplaces.admitted(WatchWish(path=str(tmp_path), recursive=True), around)
