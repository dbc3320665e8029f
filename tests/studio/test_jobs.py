"""The job list in a real terminal: unfold, hold, move, take back, the log of one job, a failure told whole."""

import re
import shutil

import pytest

from tests.studio.terminal import Tmux, sdtui

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed; .ci/run installs it")


@pytest.fixture
def tmux(tmp_path):
    made = Tmux(tmp_path)
    yield made
    made.kill()


async def test_jobs_are_driven_by_keys(tmux, workspace, connect):
    client, _ = await connect()
    document = client.snapshot.draft
    tmux.start(sdtui(workspace))
    tmux.until("queue empty")
    for words, count in (("slow crowd", 16), ("slow pair", 2), ("fail at once", 1)):
        params = {"batch_count": count, "steps": 150}
        await client.submit(type(document)(prompt=words, params=params))
    tmux.keys("M-4")
    tmux.until(r"… #3 fail at once .*waits, 2nd in line")
    tmux.keys("g", "K")
    tmux.until(r"… #3 fail at once .*waits, 1st in line")
    tmux.keys("j", "h")
    tmux.until(r"… #2 slow pair .*0/2 held")
    tmux.keys("Right")
    tmux.until(r"…\s+2 seed \d+ .*waits")
    tmux.keys("h", "G")
    tmux.until(r"… #2 slow pair .*waits, 2nd")
    tmux.keys("x")
    tmux.until(r"✗ #3 fail at once .*failed")
    tmux.keys("g", "Enter")
    tmux.until(lambda screen: re.search(r"Error\s+The prompt said so\.", screen) and "Say something else." in screen)
    tmux.keys("Escape")
    tmux.until(lambda screen: "Say something else. " not in screen or "6 Log" in screen)
    tmux.keys("M-6", "o")
    tmux.until(r"6 Log of #3[\s\S]*error: #3 failed")
    tmux.keys("C-q")
    tmux.until(lambda _: tmux.dead())
    await client.cancel(0)
