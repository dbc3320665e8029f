"""The rooms of presets and wildcards as they look at two sizes, cell by cell; see `test_snapshots` for how they are rewritten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sdtui.spec.document import Document
from tests.ui.screen import studio, until_seen
from tests.ui.shelves import ShelfServer
from tests.ui.test_snapshots import FOLDER, SIZES, compare, settled

DRAFT = Document(prompt="a (red:1.3) ring, __colours__ sky", params={"steps": 24, "seed": 1234})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ShelfServer]:
    made = ShelfServer(tmp_path, draft=DRAFT)
    made.preset("ink", "# Black and white, as drawn with a pen.\nprompt: ink drawing of {prompt}, fine lines\n")
    made.preset("quick-look", "# Few steps.\nparams:\n  steps: 12\n  sampler: Euler a\n")
    made.preset("broken", "prompt: a\nstpes: 3\n")
    (made.workspace.root / "styles.csv").write_text("name,prompt,negative_prompt\nOil,oil painting,flat\n")
    made.wildcard("animals/tame.txt", "# at home\ncat\n(dog:1.2)\na __colours__ {hen|duck}\n")
    made.wildcard("animals/wild.txt", "wolf\n")
    made.wildcard("colours.txt", "red\n3::blue\n")
    made.wildcard("broken.yaml", "a: [1\n")
    yield made
    made.store.close()


SCENES = {
    "presets": (("f3", "down", "down"), "ink drawing of a"),
    "presets-marked": (("f3", "space", "down", "space"), "What 2 presets would change"),
    "presets-broken": (("f3", "down"), "presets/broken.yaml:2"),
    "presets-saving": (("ctrl+s",), "[x] Steps"),
    "wildcards": (("f7", "down"), "(dog:1.2)"),
    "wildcards-text": (("f7", "down", "enter", "ctrl+end"), "(dog:1.2)"),
    "wildcards-broken": (("f7", "end", "up"), "broken.yaml:2"),
    "wildcards-new": (("f7", "n"), "New wildcard"),
}


@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", SCENES)
async def test_each_scene_looks_as_it_did(server: ShelfServer, scene: str, size: tuple[int, int]) -> None:
    keys, words = SCENES[scene]
    async with studio(server, size) as pilot:
        await settled(pilot)
        await pilot.press(keys[0])
        await until_seen(pilot, {"f3": "quick-look", "f7": "colours.txt"}.get(keys[0], "Save as preset"))
        await pilot.press(*keys[1:])
        await until_seen(pilot, words)
        compare(f"shelves/{scene}-{size[0]}x{size[1]}", await settled(pilot))


def test_every_snapshot_is_of_something_that_is_tested() -> None:
    wanted = {f"{scene}-{width}x{height}.svg" for scene in SCENES for width, height in SIZES[:2]}
    found = {file.name for file in (FOLDER / "shelves").glob("*.svg") if not file.name.endswith(".new.svg")}
    assert found == wanted
