"""Renders and jobs for tests."""

from sdtui.spec.document import Document
from sdtui.spec.job import Job, Render
from sdtui.spec.model import ModelFile
from sdtui.spec.params import Params


def a_render(name="r0", job=1, index=0, model="m"):
    checkpoint = ModelFile(name=model, path=f"/models/{model}.safetensors", size=10, mtime_ns=5)
    return Render(
        id=name,
        job_id=job,
        index=index,
        prompt="a cat",
        negative_prompt="",
        params=Params(seed=7 + index, steps=4),
        checkpoint=checkpoint,
        path=f"/out/{job}-{index}.png",
    )


def a_job(job=1, count=2):
    renders = tuple(a_render(f"{job}-{i}", job, i) for i in range(count))
    return Job(id=job, created_at=100.0 + job, document=Document(prompt="a cat"), renders=renders)
