"""What a client is told of a long queue is bounded, and it is the part that it needs."""

import time

import pytest

from sdtui.jobs.store import Store
from sdtui.server.journal import NEXT_JOBS, Journal
from tests.jobs.make import a_job


@pytest.fixture
def journal(tmp_path):
    store = Store(tmp_path / "queue.db")
    yield Journal(store, time.time)
    store.close()


def test_a_long_queue_is_told_from_both_ends(journal):
    for number in range(1, 101):
        journal.submit(a_job(number, count=10))
    told = [view.id for view in journal.views(5, pictures=200)]
    assert told == [*range(1, NEXT_JOBS + 1), *range(11, 16), *range(96, 101)]


def test_a_short_queue_is_told_whole(journal):
    for number in range(1, 31):
        journal.submit(a_job(number, count=2))
    assert [view.id for view in journal.views(5, pictures=200)] == list(range(1, 31))
    assert [view.id for view in journal.views(0)] == list(range(1, 31))


def test_a_job_that_is_larger_than_the_bound_is_told_all_the_same(journal):
    journal.submit(a_job(1, count=50))
    journal.submit(a_job(2, count=2))
    assert [view.id for view in journal.views(5, pictures=20)] == [1]
