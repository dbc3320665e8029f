from __future__ import annotations

from sdtui.spec.document import Document
from sdtui.workspace.paths import starter_folder
from sdtui.workspace.preset_text import read_preset


def test_every_preset_that_ships_is_a_document_that_says_something() -> None:
    presets = sorted(starter_folder("presets").glob("*.yaml"))
    assert len(presets) >= 2
    for preset in presets:
        assert read_preset(preset.read_text("utf-8"), preset.name).document != Document(), preset


def test_every_wildcard_that_ships_has_a_value_a_line() -> None:
    files = sorted(starter_folder("wildcards").glob("*.txt"))
    assert {file.stem for file in files} >= {"colours", "shapes"}
    for file in files:
        values = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
        assert len(values) == len(set(values)) > 1, file
