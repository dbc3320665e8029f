from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.errors import WorkspaceError
from sdtui.images.naming import DEFAULT_PATTERN, NAME_BYTES, TOKENS, Naming
from sdtui.spec.model import ModelFile
from tests.images.made import render

OUT = Path("/nowhere/outputs")
AT = datetime(2026, 1, 2, 3, 4, 5)


def name(pattern: str, *taken: str, **changes: object) -> str:
    naming = Naming(OUT, names_in=lambda folder: taken, pattern=pattern)
    return str(naming.name(render(**changes), AT).relative_to(OUT))


FILLED = {
    DEFAULT_PATTERN: "2026-01-02/00001-7.png",
    "[seed]": "7.png",
    "[seed].PNG": "7.png",
    "[steps]-[cfg]-[width]x[height]": "20-7-512x512.png",
    "[sampler] [scheduler]": "DPM++ 2M Automatic.png",
    "[model_name]-[model_hash]": "shapes-64-0123456789.png",
    "[datetime]": "20260102030405.png",
    "[datetime<%H.%M>]": "03.04.png",
    "[datetime<%Y/%m>]/[seed]": "2026_01/7.png",
    "[prompt_hash]": "a1e4a280.png",
    "[prompt_hash<4>]": "a1e4.png",
    "[prompt_words]": "a red circle.png",
    "[prompt_words<2>]": "a red.png",
    "[batch_number] of [generation_number]": "1 of 1.png",
    "[unknown]-[seed]-[Seed]": "[unknown]-7-[Seed].png",
    "[unknown<x>]": "[unknown_x_].png",
    "[number]/[number]": "00001/00001.png",
    "a//./b/[seed]": "a/b/7.png",
    "": "_.png",
    "/etc/[seed]": "etc/7.png",
    "../../[seed]": "_/_/7.png",
    ".hidden": "_hidden.png",
    "a:b*c?.png": "a_b_c_.png",
    " [seed]. ": "7.png",
}


@pytest.mark.parametrize(("pattern", "wanted"), FILLED.items())
def test_patterns(pattern: str, wanted: str) -> None:
    assert name(pattern) == wanted


def test_every_pattern_is_filled() -> None:
    filled = name("-".join(f"[{token}]" for token in TOKENS))
    assert "[" not in filled


def test_the_place_in_the_batch_and_in_the_job() -> None:
    assert name("[batch_number]-[generation_number]", batch_size=4, index=6) == "3-7.png"


NUMBERS = {
    "an empty folder": ((), "00001-7.png"),
    "one more than the highest": (("00002-9.png", "00041-1.png", "00007-3.png"), "00042-7.png"),
    "more digits": (("99999-1.png", "100041-1.png"), "100042-7.png"),
    "what is beside another one": (("00009-1-2.png",), "00010-7.png"),
    "other files do not count": (
        ("00009.txt", "9-1.png", "x00050-1.png", "20260102030405123456789-1.png"),
        "00001-7.png",
    ),
}


@pytest.mark.parametrize(("taken", "wanted"), NUMBERS.values(), ids=NUMBERS)
def test_numbers_count_up_in_their_folder(taken: tuple[str, ...], wanted: str) -> None:
    assert name("[number]-[seed]", *taken) == wanted


def test_a_number_may_stand_anywhere() -> None:
    assert name("[model_name]-[number]-[sampler]", "x-y-00007-Euler a.png") == "shapes-64-00008-DPM++ 2M.png"


def test_a_plan_of_many_never_gives_a_name_twice() -> None:
    looked = []
    naming = Naming(OUT, names_in=lambda folder: looked.append(folder) or ["00003-7.png"])  # type: ignore[func-returns-value]
    names = [naming.name(render(index=index, seed=index), AT) for index in range(50)]
    assert [path.name for path in names[:2]] == ["00004-0.png", "00005-1.png"]
    assert len(set(names)) == 50
    assert looked == [OUT / "2026-01-02"]


def test_without_a_number_a_taken_name_gets_one() -> None:
    naming = Naming(OUT, names_in=lambda folder: ["7.png", "7-2.png"], pattern="[seed]")
    assert [naming.name(render(), AT).name for _ in range(2)] == ["7-3.png", "7-4.png"]


def test_a_long_name_is_cut_and_keeps_its_ending() -> None:
    naming = Naming(OUT, names_in=lambda folder: (), pattern="[prompt_words<99>]-[seed]" * 5)
    first, second = (naming.name(render(prompt="日本 " * 80), AT).name for _ in range(2))
    assert first != second
    for made in (first, second):
        assert len(made.encode()) <= NAME_BYTES
        assert made.endswith(".png")


@given(
    st.lists(
        st.sampled_from(["/", ".", "..", "~", "\\", "\0", "%", "<", ">", "[number]", *(f"[{t}]" for t in TOKENS)])
    ),
    st.text(),
    st.text(min_size=1),
)
def test_nothing_leads_out_of_the_outputs_folder(pieces: list[str], text: str, model: str) -> None:
    naming = Naming(OUT, names_in=lambda folder: (), pattern="".join([*pieces, text, *pieces]))
    version = ModelFile(name=model, path="/m", size=1, mtime_ns=1)
    path = naming.name(render(prompt=text, sampler=model, checkpoint=version), AT)
    assert path.is_relative_to(OUT)
    assert not {"..", ".", ""} & set(path.relative_to(OUT).parts)
    assert all(len(part.encode()) <= NAME_BYTES and not part.startswith(".") for part in path.relative_to(OUT).parts)
    assert not set('#<>:"\\|?*\x00\x1b\x7f\x9b') & set(str(path.relative_to(OUT)))
    assert path.suffix == ".png"


def test_a_symbolic_link_out_is_refused_and_one_inside_is_not(tmp_path: Path) -> None:
    outputs, elsewhere = tmp_path / "outputs", tmp_path / "elsewhere"
    (outputs / "real").mkdir(parents=True)
    elsewhere.mkdir()
    (outputs / "out").symlink_to(elsewhere)
    (outputs / "in").symlink_to(outputs / "real")
    assert Naming(outputs, names_in=lambda folder: (), pattern="in/[seed]").name(render(), AT).name == "7.png"
    with pytest.raises(WorkspaceError, match="leads out of the outputs folder"):
        Naming(outputs, names_in=lambda folder: (), pattern="out/[seed]").name(render(), AT)


def test_the_outputs_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "outputs").symlink_to(tmp_path / "disk")
    naming = Naming(tmp_path / "outputs", names_in=lambda folder: ())
    assert naming.name(render(), AT) == tmp_path / "outputs" / "2026-01-02" / "00001-7.png"
