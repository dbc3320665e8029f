"""Models on a real server: what lands is seen, what is written is kept, what is asked for is fetched."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import time
from pathlib import Path

import pytest

from sdtui.errors import ModelError, UsageError
from sdtui.spec.complaint import error_of
from sdtui.spec.event import FetchChanged, LibraryChanged, LogLine
from sdtui.spec.verb import Done
from sdtui.spec.verbs_models import (
    About,
    AboutAnswer,
    Describe,
    Fetch,
    FetchAgain,
    FetchAnswer,
    Fetches,
    FetchesAnswer,
    HashModel,
    StopFetch,
)
from tests.conftest import server_pid
from tests.fetch.site import serving
from tests.weights.synthetic import kohya_lora, write_model


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def lora(tmp_path):
    shapes = {**kohya_lora(768), "lora_unet_x.lora_down.weight": (64, 4096), "lora_unet_x.lora_up.weight": (4096, 64)}
    return write_model(tmp_path / "made" / "made.safetensors", shapes).read_bytes()


def configure(workspace, text):
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "sdtui"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(text)


def becomes(number, *states):
    return lambda event: isinstance(event, FetchChanged) and event.fetch.id == number and event.fetch.state in states


async def fetch(client, url, **more):
    return (await client.ask(Fetch(url=url, **more), FetchAnswer)).fetch


async def record_of(client, name):
    return next((record for record in await client.models() if record.name == name), None)


async def test_a_file_that_lands_is_seen_without_being_asked_for(workspace, connect):
    client, watch = await connect("cli")
    await client.models()
    watch.events.clear()
    write_model(workspace.root / "models" / "Lora" / "film.safetensors", kohya_lora(768))
    await watch.until(lambda event: isinstance(event, LibraryChanged))
    assert (await record_of(client, "film")).kind == "lora"
    watch.events.clear()
    (workspace.root / "models" / "Lora" / "film.safetensors").unlink()
    await watch.until(lambda event: isinstance(event, LibraryChanged))
    assert await record_of(client, "film") is None


async def test_what_is_written_about_a_model_is_in_its_side_file_and_in_its_record(workspace, connect):
    path = write_model(workspace.root / "models" / "Lora" / "film.safetensors", kohya_lora(768))
    (path.parent / "film.json").write_text(json.dumps({"mine": [1], "notes": "old"}))
    client, _ = await connect("cli")
    await client.models()
    wish = Describe(path=str(path), activation_text="grain, kodak", preferred_weight=0.7, notes="new")
    about = (await client.ask(wish, AboutAnswer)).about
    assert (about.activation_text, about.preferred_weight, about.notes) == ("grain, kodak", 0.7, "new")
    side = json.loads((path.parent / "film.json").read_text())
    assert side == {"mine": [1], "notes": "new", "activation text": "grain, kodak", "preferred weight": 0.7}
    record = await record_of(client, "film")
    assert (record.trigger_words, record.preferred_weight) == (("grain", "kodak"), 0.7)
    again = (await client.ask(Describe(path=str(path), notes="last"), AboutAnswer)).about
    assert (again.notes, again.activation_text) == ("last", "grain, kodak")


async def test_files_that_are_no_models_are_nobodys_business(workspace, connect):
    client, _ = await connect("cli")
    models = await client.models()
    for verb in (About(path="/etc/passwd"), Describe(path="/etc/passwd", notes="x"), HashModel(path="/etc/passwd")):
        with pytest.raises(UsageError, match="no model that is known"):
            await client.ask(verb, AboutAnswer)
    with pytest.raises(UsageError, match="belong to sdtui"):
        await client.ask(Describe(path=models[0].path, notes="x"), AboutAnswer)


async def test_a_hash_is_found_out_in_the_background_and_told(workspace, connect):
    path = write_model(workspace.root / "models" / "Lora" / "film.safetensors", kohya_lora(768))
    client, watch = await connect("cli")
    assert (await record_of(client, "film")).sha256 == ""
    watch.events.clear()
    assert (await client.ask(HashModel(path=str(path)), Done)).count == 1
    async with asyncio.timeout(20):
        while not (await record_of(client, "film")).sha256:
            await asyncio.sleep(0.02)
    await watch.until(lambda event: isinstance(event, LibraryChanged))
    assert (await record_of(client, "film")).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (await client.ask(HashModel(path=str(path)), Done)).count == 0


async def test_a_model_is_fetched_into_the_workspaces_own_tree_with_its_hash(workspace, connect, lora):
    client, watch = await connect("cli")
    with serving(body=lora, cuts=[100_000]) as site:
        view = await fetch(client, site.url)
        done = (await watch.until(becomes(view.id, "done"))).fetch
        async with asyncio.timeout(20):
            while await record_of(client, "film") is None:
                await asyncio.sleep(0.02)
    assert done.path == str(workspace.root / "models" / "Lora" / "film.safetensors")
    assert Path(done.path).read_bytes() == lora
    assert (await record_of(client, "film")).sha256 == hashlib.sha256(lora).hexdigest()
    assert [each.state for each in (await client.ask(Fetches(), FetchesAnswer)).fetches] == ["done"]


async def test_a_configured_tree_gets_the_file_where_its_program_looks_for_it(workspace, connect, lora, tmp_path):
    tree = tmp_path / "ComfyUI"
    (tree / "models" / "loras").mkdir(parents=True)
    (tree / "models" / "checkpoints").mkdir()
    (workspace.root / "sdtui.yaml").write_text(f"devices: [cpu]\nmodels: {{tree: {tree}}}\n")
    client, watch = await connect("cli")
    with serving(body=lora) as site:
        view = await fetch(client, site.url)
        done = (await watch.until(becomes(view.id, "done"))).fetch
    assert done.path == str(tree / "models" / "loras" / "film.safetensors")


async def test_a_server_that_was_killed_goes_on_where_it_stopped_when_it_comes_back(workspace, connect, lora):
    client, watch = await connect("cli")
    with serving(body=lora, cuts=[400_000], statuses=[]) as site:
        site.extra = {"Retry-After": "600"}

        def refuse_later():
            if len(site.asked) == 2:
                site.statuses = [503]

        site.on_ask = refuse_later
        view = await fetch(client, site.url)
        part = workspace.root / "models" / "Lora" / "film.safetensors.part"
        async with asyncio.timeout(20):
            while not (part.exists() and part.stat().st_size == 400_000 and len(site.asked) == 2):
                await asyncio.sleep(0.01)
        os.kill(server_pid(workspace), signal.SIGKILL)
        await watch.until_lost()
        site.on_ask, site.extra = None, {}
        again, watch = await connect("cli")
        fetches = (await again.ask(Fetches(), FetchesAnswer)).fetches
        if fetches[0].state != "done":
            await watch.until(becomes(view.id, "done"))
    assert (workspace.root / "models" / "Lora" / "film.safetensors").read_bytes() == lora
    assert site.asked[-1]["range"] == "bytes=400000-"
    assert not part.exists()


async def test_one_that_is_stopped_keeps_its_part_goes_on_or_is_forgotten(workspace, connect, lora):
    client, watch = await connect("cli")
    part = workspace.root / "models" / "Lora" / "film.safetensors.part"
    with serving(body=lora, cuts=[400_000, 1000], extra={}) as site:
        site.on_ask = lambda: site.statuses.append(503) if len(site.asked) == 2 else None
        site.extra = {"Retry-After": "600"}
        view = await fetch(client, site.url)
        async with asyncio.timeout(20):
            while len(site.asked) < 2:
                await asyncio.sleep(0.01)
        assert (await client.ask(StopFetch(id=view.id), Done)).count == 1
        await watch.until(becomes(view.id, "cancelled"))
        assert part.stat().st_size == 400_000
        site.on_ask, site.extra, site.cuts = None, {}, []
        await client.ask(FetchAgain(id=view.id), FetchAnswer)
        await watch.until(becomes(view.id, "done"))
    assert site.asked[-1]["range"] == "bytes=400000-"
    assert (await client.ask(StopFetch(id=view.id, forget=True), Done)).count == 1
    assert (await client.ask(Fetches(), FetchesAnswer)).fetches == ()
    assert part.with_suffix("").exists()


async def test_forgetting_one_that_failed_takes_its_part_away(workspace, connect, lora):
    client, watch = await connect("cli")
    page = b"<!doctype html>" + b" " * 600
    with serving(body=lora, cuts=[400_000]) as site:

        def log_out():
            if len(site.asked) == 2:
                site.body, site.etag = page, '"p"'

        site.on_ask = log_out
        view = await fetch(client, site.url)
        failed = (await watch.until(becomes(view.id, "failed"))).fetch
    assert isinstance(error_of(failed.error), ModelError)
    assert list((workspace.root / "models" / "Lora").iterdir()) != []
    await client.ask(StopFetch(id=view.id, forget=True), Done)
    assert list((workspace.root / "models" / "Lora").iterdir()) == []


async def test_a_token_is_in_no_log_no_event_and_no_file_of_the_state(workspace, connect, lora):
    configure(workspace, "tokens: {127.0.0.1: s3cr3t-token}\n")
    client, watch = await connect("cli")
    with serving(body=lora, token="s3cr3t-token") as site:
        view = await fetch(client, site.url)
        await watch.until(becomes(view.id, "done"))
        bad = await fetch(client, f"{site.url}?token=s3cr3t-query")
        await watch.until(becomes(bad.id, "failed", "done"))
    assert site.asked[0]["authorization"] == "Bearer s3cr3t-token"
    assert not any("s3cr3t" in repr(event) for event in watch.events)
    logs = b"".join(file.read_bytes() for file in workspace.state.iterdir() if file.suffix in {".log", ".db"})
    assert b"s3cr3t" not in logs
    assert all(file.stat().st_mode & 0o077 == 0 for file in workspace.state.glob("fetches.json"))


async def test_the_same_address_twice_is_one_download_and_nonsense_is_refused_at_once(workspace, connect):
    client, _ = await connect("cli")
    with serving(statuses=[503] * 20, extra={"Retry-After": "600"}) as site:
        one, two = await fetch(client, site.url), await fetch(client, site.url)
        assert one.id == two.id
    for wish in ({"url": "no address"}, {"url": "ftp://a/b"}, {"url": "https://a.example/x", "sha256": "12"}):
        with pytest.raises(UsageError):
            await fetch(client, **wish)
    with pytest.raises(UsageError, match="no download 77"):
        await client.ask(StopFetch(id=77), Done)


async def test_a_download_that_fails_says_why_in_the_log(workspace, connect):
    client, watch = await connect("cli")
    with serving(statuses=[404]) as site:
        view = await fetch(client, site.url)
        await watch.until(becomes(view.id, "failed"))
    assert any("There is no such file (404)" in line.text for line in watch.of(LogLine))


async def test_old_news_of_a_folder_is_not_news(workspace, connect):
    path = write_model(workspace.root / "models" / "Lora" / "film.safetensors", kohya_lora(768))
    at = time.time() - 100
    for each in (path.parent, path.parent.parent):
        os.utime(each, (at, at))
    client, watch = await connect("cli")
    await client.models()
    watch.events.clear()
    write_model(workspace.root / "models" / "Lora" / "b.safetensors", kohya_lora(768))
    await watch.until(lambda event: isinstance(event, LibraryChanged))
    assert len(watch.of(LibraryChanged)) == 1
