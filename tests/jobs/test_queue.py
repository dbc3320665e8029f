"""Which render a worker gets next."""

import pytest

from sdtui.jobs.queue import LOOK_AHEAD, PATIENCE_S, RenderQueue, Waiting
from tests.jobs.make import a_render


def queue_of(*waiting):
    queue = RenderQueue()
    queue.append(waiting)
    return queue


def waiting(name, model="m", **more):
    return Waiting(render=a_render(name, model=model), queued_at=more.pop("at", 0.0), **more)


def take(queue, *, now=1.0, loaded=(), running=0, **more):
    one = queue.take(now=now, loaded=loaded, running=running, **more)
    return one and one.render.id


def test_renders_leave_in_the_order_they_came():
    queue = queue_of(waiting("a"), waiting("b"))
    assert [take(queue), take(queue), take(queue)] == ["a", "b", None]


def test_the_loaded_checkpoint_comes_first():
    queue = queue_of(waiting("a", "x"), waiting("b", "y"))
    assert take(queue, loaded=[a_render(model="y").group_key]) == "b"


def path_of(model):
    return a_render(model=model).checkpoint.path


def test_what_is_in_flight_comes_before_what_is_held_and_that_before_the_others():
    queue = queue_of(waiting("a", "x"), waiting("b", "y"), waiting("c", "z"))
    wishes = {"loaded": [a_render(model="z").group_key], "held": {path_of("y"), path_of("z")}}
    assert [take(queue, **wishes) for _ in range(4)] == ["c", "b", "a", None]


def test_what_another_worker_holds_is_left_to_it_but_for_a_suspect():
    queue = queue_of(waiting("a", "x"), waiting("b", "y"), waiting("c", "x", alone=True))
    assert [take(queue, elsewhere={path_of("x")}) for _ in range(3)] == ["b", "c", None]
    assert take(queue) == "a"


def test_looking_ahead_is_bounded():
    queue = queue_of(*(waiting(f"x{i}", "x") for i in range(LOOK_AHEAD)), waiting("y", "y"))
    assert take(queue, loaded=[a_render(model="y").group_key]) == "x0"


def test_nobody_starves():
    queue = queue_of(waiting("old", "x", at=0.0), waiting("b", "y", at=0.0))
    assert take(queue, now=PATIENCE_S + 1, loaded=[a_render(model="y").group_key]) == "old"


def test_a_suspect_gets_an_empty_worker_only():
    queue = queue_of(waiting("suspect", alone=True), waiting("b"))
    assert take(queue, running=1) == "b"
    assert take(queue, running=1) is None
    assert take(queue, running=0) == "suspect"


def test_what_was_lost_goes_to_the_front_once():
    queue = queue_of(waiting("a"), waiting("b"))
    queue.put_first([waiting("b", alone=True)])
    assert [one.render.id for one in queue] == ["b", "a"]
    assert queue.remove("a")
    assert not queue.remove("a")
    assert len(queue) == 1


def jobs_queue(*job_ids):
    queue = RenderQueue()
    for job_id in job_ids:
        renders = [a_render(f"{job_id}-{i}", job=job_id) for i in range(2)]
        queue.append(Waiting(render=render, queued_at=0.0) for render in renders)
    return queue


def test_a_held_job_is_passed_over_until_it_is_let_on():
    queue = jobs_queue(1, 2)
    assert queue.hold(1, held=True)
    assert not queue.hold(1, held=True)
    assert queue.held == (1,)
    assert [take(queue) for _ in range(3)] == ["2-0", "2-1", None]
    assert queue.hold(1, held=False)
    assert take(queue) == "1-0"


@pytest.mark.parametrize(
    ("job", "by", "order"),
    [
        (3, -1, (1, 3, 2)),
        (3, -9, (3, 1, 2)),
        (1, 1, (2, 1, 3)),
        (1, 9, (2, 3, 1)),
        (1, -1, (1, 2, 3)),
        (9, 1, (1, 2, 3)),
    ],
)
def test_a_job_is_moved_among_the_others_with_all_its_renders(job, by, order):
    queue = jobs_queue(1, 2, 3)
    assert queue.move(job, by) == (order != (1, 2, 3))
    assert queue.order == order
    assert [one.render.id for one in queue] == [f"{job_id}-{i}" for job_id in order for i in range(2)]


def test_a_kept_order_may_name_jobs_that_are_gone_and_miss_new_ones():
    queue = jobs_queue(1, 2, 3)
    queue.arrange((7, 3, 1))
    assert queue.order == (3, 1, 2)
