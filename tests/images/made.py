"""Renders, documents and pictures that the tests of this room share."""

from __future__ import annotations

from sdtui.images import infotext, png
from sdtui.spec.document import Document
from sdtui.spec.job import Render
from sdtui.spec.model import ModelFile
from sdtui.spec.params import Params

SHA256 = "0123456789abcdef" * 4


def render(render_id: str = "r1", **changes: object) -> Render:
    params = {name: changes.pop(name) for name in list(changes) if name in Params.__struct_fields__}
    values: dict[str, object] = {
        "id": render_id,
        "job_id": 1,
        "index": 0,
        "prompt": "a red circle",
        "negative_prompt": "",
        "params": Params(**({"seed": 7} | params)),  # type: ignore[arg-type]
        "checkpoint": ModelFile(
            name="shapes-64", path="/models/shapes-64.safetensors", size=1, mtime_ns=2, sha256=SHA256
        ),
        "path": "/outputs/x.png",
    }
    return Render(**(values | changes))  # type: ignore[arg-type]


def document(of: Render) -> Document:
    return Document(prompt=of.prompt, negative_prompt=of.negative_prompt, params={"seed": of.params.seed})


def picture(of: Render, *, level: int = 0, side: int = 16) -> bytes:
    texts = infotext.texts(of, document(of), model_hash=SHA256)
    return png.encode(bytes([level]) * (side * side * 3), side, side, texts=texts)
