"""What becomes of a render whose worker ended."""

import pytest

from sdtui.jobs.queue import Waiting
from sdtui.server.aftermath import decide, does_not_start
from tests.jobs.make import a_render


def waiting(alone=False, deaths=0):
    return Waiting(render=a_render(), queued_at=0.0, alone=alone, deaths=deaths)


@pytest.mark.parametrize(
    ("before", "suspect", "after"),
    [
        (waiting(), True, waiting(alone=True)),
        (waiting(alone=True), True, waiting(alone=True, deaths=1)),
        (waiting(alone=True, deaths=1), True, "fail"),
        (waiting(), False, waiting()),
        (waiting(alone=True, deaths=1), False, waiting(alone=True, deaths=1)),
    ],
    ids=[
        "suspected",
        "first death alone",
        "second death alone",
        "never got ready",
        "never got ready, suspected before",
    ],
)
def test_only_deaths_while_alone_count(before, suspect, after):
    assert decide(before, cancelled=False, suspect=suspect) == after
    assert decide(before, cancelled=True, suspect=suspect) == "cancel"


def test_a_worker_that_does_not_start_says_what_its_log_says(tmp_path):
    log = tmp_path / "worker.log"
    assert "(no log)" in str(does_not_start("cpu", log))
    log.write_text("a\nImportError: no torch\n")
    assert "ImportError: no torch" in str(does_not_start("cpu", log))
