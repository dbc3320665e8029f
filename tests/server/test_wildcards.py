"""Wildcards on a real server: every picture draws anew, and what was drawn stays."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from sdtui.errors import UsageError, WorkspaceError
from sdtui.images.chunk import read
from sdtui.images.infotext import parse
from sdtui.images.png import read_texts
from sdtui.spec.document import Document
from sdtui.spec.event import Finished, LogLine, Published, Started
from tests.conftest import server_pid


def document(prompt, **params):
    return Document(prompt=prompt, params={"steps": 2, **params})


def ended(job):
    return lambda event: isinstance(event, Finished) and event.job_id == job.id


@pytest.fixture
def wildcards(workspace):
    folder = workspace.wildcards
    (folder / "colours.txt").write_text("# some\n" + "\n".join(f"colour {number}" for number in range(1000)))
    (folder / "nested").mkdir()
    (folder / "nested/size.txt").write_text("2::big\nsmall\n")
    (folder / "tree.yaml").write_text("animals:\n  tame: [cat, dog]\n")
    return folder


def drawn(watch, job):
    """The prompts of a job's pictures, in their order, as the pictures themselves tell them."""
    found = [read(Path(event.path)) for event in watch.of(Published) if event.job_id == job.id]
    return [each.render.prompt for each in sorted(found, key=lambda each: each.render.index)]


async def test_each_picture_of_a_job_draws_anew_and_the_same_seed_draws_the_same(connect, wildcards):
    client, watch = await connect()
    wish = document("a __colours__ {cat|dog}, ${x=!__size__}${x}", batch_count=4, seed=11)
    jobs = [await client.submit(wish) for _ in range(2)]
    third = await client.submit(document("a __colours__ {cat|dog}, ${x=!__size__}${x}", seed=13))
    for job in (*jobs, third):
        await watch.until(ended(job))
    first, again = (drawn(watch, job) for job in jobs)
    assert len(set(first)) == 4
    assert first == again
    assert drawn(watch, third) == first[2:3]
    assert all("__" not in prompt and "{" not in prompt and "$" not in prompt for prompt in first)


async def test_the_picture_keeps_its_template_beside_what_was_drawn(connect, wildcards):
    client, watch = await connect()
    job = await client.submit(
        Document(prompt="a __size__ cat", negative_prompt="{a|b}", params={"steps": 2, "seed": 5})
    )
    await watch.until(ended(job))
    (published,) = watch.of(Published)
    found = read(Path(published.path))
    record = parse(read_texts(Path(published.path))["parameters"])
    assert found.document.prompt == record.pairs["Template"] == "a __size__ cat"
    assert record.pairs["Negative Template"] == "{a|b}"
    assert record.prompt == found.render.prompt in {"a big cat", "a small cat"}
    assert record.negative_prompt in {"a", "b"}


async def test_a_cancelled_picture_is_retried_with_what_it_had_drawn(connect, wildcards):
    client, watch = await connect()
    wish = document("slow __colours__", steps=150, seed=3)
    job = await client.submit(wish)
    await watch.until(lambda event: isinstance(event, Started))
    await client.cancel(job.id)
    await watch.until(ended(job))
    (wildcards / "colours.txt").write_text("other\n")
    watch.events.clear()
    await client.retry(job.id)
    await watch.until(ended(job))
    assert drawn(watch, job)[0].startswith("slow colour ")


async def test_what_was_drawn_outlives_the_server(connect, wildcards, workspace):
    client, watch = await connect()
    job = await client.submit(document("slow __colours__", steps=60, seed=3, batch_count=2))
    await watch.until(lambda event: isinstance(event, Started))
    (wildcards / "colours.txt").write_text("other\n")
    os.kill(server_pid(workspace), signal.SIGKILL)
    await watch.until_lost()
    _, again = await connect()
    await again.until(ended(job))
    prompts = drawn(again, job)
    assert prompts
    assert all(prompt.startswith("slow colour ") for prompt in prompts)


async def test_combinations_are_counted_before_they_are_made(connect, wildcards):
    client, watch = await connect()
    wish = document("a __size__ __animals/tame__", wildcards="combinatorial", batch_count=2)
    plan = await client.plan(wish)
    assert (plan.count, plan.notes) == (8, ("4 combinations × 2 each: 8 pictures.",))
    job = await client.submit(wish)
    await watch.until(ended(job))
    assert drawn(watch, job) == ["a big cat", "a big dog", "a small cat", "a small dog"] * 2
    assert "4 combinations × 2 each: 8 pictures." in [event.text for event in watch.of(LogLine)]
    with pytest.raises(UsageError, match="1,000,000 pictures are too many"):
        await client.plan(document("__colours__ __colours__", wildcards="combinatorial"))


async def test_wildcards_off_leaves_everything_alone(connect, wildcards):
    client, watch = await connect()
    job = await client.submit(document("a __size__ {cat|dog}", wildcards="off"))
    await watch.until(ended(job))
    assert drawn(watch, job) == ["a __size__ {cat|dog}"]


async def test_a_wildcard_that_cannot_be_drawn_is_refused_before_anything_is_made(connect, wildcards, tmp_path):
    client, _ = await connect()
    (wildcards / "loop.txt").write_text("fine\n\n__loop2__\n")
    (wildcards / "loop2.txt").write_text("__loop__")
    (tmp_path / "secret.txt").write_text("secret")
    (wildcards / "out.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(UsageError, match=r"wildcards/loop\.txt:3: .*comes back to itself"):
        await client.submit(document("__loop__", wildcards="combinatorial"))
    with pytest.raises(UsageError, match=r"prompt: There is no wildcard '__colour__'\. Did you mean '__colours__'"):
        await client.submit(document("__colour__"))
    with pytest.raises(WorkspaceError, match=r"wildcards/out\.txt: .*leads out"):
        await client.submit(document("__out__"))
    assert (await client.jobs()) == ()


async def test_a_client_gets_the_names_and_a_preview_of_draws(connect, wildcards):
    client, _ = await connect()
    listed = await client.wildcards()
    assert [(each.name, each.count) for each in listed] == [("animals/tame", 2), ("colours", 1000), ("nested/size", 2)]
    assert listed[2].path == str(wildcards / "nested/size.txt")
    draws = await client.draws("a __size__ {cat|dog} __colours__", 10, seed=5)
    assert (len(draws.texts), draws.total, draws.problem) == (10, 4000, None)
    assert draws == await client.draws("a __size__ {cat|dog} __colours__", 10, seed=5)
    assert draws.texts[1] == (await client.draws("a __size__ {cat|dog} __colours__", 1, seed=6)).texts[0]
    wrong = await client.draws("__nope__")
    assert wrong.texts == ()
    assert "There is no wildcard" in wrong.problem.what


async def test_a_wildcard_that_was_changed_is_read_again(connect, wildcards):
    client, _ = await connect()
    assert (await client.draws("__size__", 1)).total == 2
    (wildcards / "nested/size.txt").write_text("one\ntwo\nthree\n")
    assert (await client.draws("__size__", 1)).total == 3
