"""All three processes with the built-in model: a prompt becomes the picture it asks for."""

from pathlib import Path

from PIL import Image

from sdtui.spec.document import Document
from sdtui.spec.event import Finished, Preview, Published, Started, StepDone

LOADING_S = 110.0


async def test_a_red_circle_on_white_is_red_on_white_and_the_same_twice(connect, workspace, monkeypatch):
    monkeypatch.delenv("SDTUI_RENDERER")
    client, watch = await connect("render")
    wish = Document(prompt="a large red circle on a white background", params={"seed": 7})
    jobs = [await client.submit(wish), await client.submit(wish)]
    for job in jobs:
        await watch.until(lambda event, job=job: isinstance(event, Finished) and event.job_id == job.id, LOADING_S)
    first, second = (Image.open(Path(event.path)).convert("RGB") for event in watch.of(Published))
    assert first.size == (64, 64)
    assert first.tobytes() == second.tobytes()
    red = [p for p in first.get_flattened_data() if p[0] > 180 and p[1] < 90 and p[2] < 90]
    white = [p for p in first.get_flattened_data() if min(p) > 200]
    assert len(red) > 400, "a large circle covers a fifth of the picture and more"
    assert len(white) > 1500
    steps = [event.step for event in watch.of(StepDone) if event.render_id == jobs[0].renders[0].id]
    assert steps[-1] == 20
    assert {event.width_px for event in watch.of(Preview)} <= set(range(8, 65))
    assert {event.device for event in watch.of(Started)} == {"cpu"}
