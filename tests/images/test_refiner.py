"""The refiner in a picture's record, as A1111 writes and reads it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from sdtui.images.infotext import Record, infotext, parse
from sdtui.images.restore import restore
from sdtui.spec.job import Refiner
from sdtui.spec.model import ModelFile
from tests.images.made import SHA256, document, render

FILE = ModelFile(name="sd_xl_refiner_1.0", path="/m/sd_xl_refiner_1.0.safetensors", size=1, mtime_ns=2, sha256=SHA256)


def test_a_refiner_is_written_and_read_back() -> None:
    made = replace(render(refiner_switch_at=0.75), refiner=Refiner(file=FILE))
    text = infotext(made, document(made), model_hash=SHA256)
    assert f"Refiner: sd_xl_refiner_1.0 [{SHA256[:10]}], Refiner switch at: 0.75," in text
    restored = restore(parse(text))
    assert restored.problems == ()
    assert restored.document.refiner == "sd_xl_refiner_1.0"
    assert restored.document.params["refiner_switch_at"] == 0.75


def test_without_one_nothing_is_said() -> None:
    assert "Refiner" not in infotext(render(), document(render()), model_hash=SHA256)


@pytest.mark.parametrize("title", ["xl/refiner [7440042bbd]", "xl/refiner"])
def test_a1111s_titles_are_read(title: str) -> None:
    record = Record("a", "", {"Steps": "20", "Refiner": title, "Refiner switch at": "0.8", "RNG": "CPU"}, 0)
    assert restore(record).document.refiner == "xl/refiner"
