"""What the editor is made of: rows, places, marks that move, the undo history as text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from textual._wrap import compute_wrap_offsets
from textual.color import Color
from textual.document._document import Document
from textual.theme import BUILTIN_THEMES

from sdtui.prompt.nodes import Diagnostic, Fix
from sdtui.prompt.tokens import ClipTokenizer
from sdtui.ui.widgets.colours import KINDS, Ground, contrast, style_of
from sdtui.ui.widgets.editor.marks import Marks
from sdtui.ui.widgets.editor.places import before, behind, difference, line_starts, location_of
from sdtui.ui.widgets.editor.remarks import fitted, following, nearest, sentence, tally
from sdtui.ui.widgets.editor.wrap import Rows, wrap_offsets
from sdtui.ui.writing.reading import Reading, Surroundings
from sdtui.ui.writing.understanding import judge, understand

WORDS = st.text(alphabet="ab  ,日é\u0301", max_size=60)


@settings(max_examples=500)
@given(st.text(alphabet="ab  ,", max_size=80) | WORDS, st.integers(1, 20))
@example("   a", 2)
@example("aaaaaaaa b", 3)
@example("a bbbbbbbb     c", 4)
def test_rows_are_cut_as_textual_cuts_them(line: str, width: int) -> None:
    assert wrap_offsets(line, width) == (compute_wrap_offsets(line, width, 4) if line else [])


@given(st.lists(WORDS, min_size=1, max_size=5), st.integers(0, 4), st.integers(0, 4), st.text("ab \n", max_size=30))
def test_rows_after_an_edit_are_those_of_the_whole_text(lines: list[str], top: int, bottom: int, put: str) -> None:
    document = Document("\n".join(lines))
    rows = Rows(document, 10)
    first, last = sorted((min(top, len(lines) - 1), min(bottom, len(lines) - 1)))
    start, end = (first, 0), (last, len(document[last]))
    result = document.replace_range(start, end, put)
    rows.wrap_range(start, end, result.end_location)
    anew = Rows(document, 10)
    assert rows._wrap_offsets == anew._wrap_offsets
    assert rows._offset_to_line_info == anew._offset_to_line_info
    assert rows._line_index_to_offsets == anew._line_index_to_offsets


@given(st.text("ab\n", max_size=20), st.text("ab\n", max_size=20))
def test_the_difference_makes_one_text_of_another(old: str, new: str) -> None:
    start, end, length = difference(old, new)
    assert old[:start] + new[start : start + length] + old[end:] == new


@given(st.text("ab\n", max_size=20), st.integers(0, 20))
def test_an_offset_is_a_row_and_a_column(text: str, offset: int) -> None:
    offset = min(offset, len(text))
    row, column = location_of(line_starts(text.split("\n")), offset)
    assert sum(len(line) + 1 for line in text.split("\n")[:row]) + column == offset


@pytest.mark.parametrize("whole", ["a", "日", "e\u0301", "👍🏽", "👩\u200d🎨", "e\u0301\u0302"])
def test_a_character_is_gone_over_whole(whole: str) -> None:
    line = f"x{whole}y"
    assert behind(line, 1) == 1 + len(whole)
    assert before(line, 1 + len(whole)) == 1


TOKENIZER = ClipTokenizer()


def marks_of(text: str) -> Marks:
    marks = Marks()
    marks.understand(understand(text, Reading()))
    marks.judge(judge(text, Reading(), Surroundings(), TOKENIZER))
    return marks


@settings(max_examples=200, deadline=None)
@given(st.text("ab(): [].1{|}", max_size=30), st.integers(0, 30), st.integers(0, 30), st.text("ab(", max_size=5))
def test_marks_that_moved_lie_within_the_text_and_cover_it(text: str, a: int, b: int, put: str) -> None:
    start, end = sorted((min(a, len(text)), min(b, len(text))))
    marks = marks_of(text)
    marks.edited(start, end, len(put))
    length = len(text) - (end - start) + len(put)
    spans = list(marks.spans(0, length + 1))
    assert all(one.end == other.start for one, other in pairwise(spans))
    assert all(0 <= span.start < span.end <= length for span in spans)
    assert not spans or (spans[0].start, spans[-1].end) == (0, length)
    assert all(0 <= each.start <= each.end <= length for each in marks.diagnostics)


def test_marks_behind_an_edit_move_and_what_was_touched_is_forgotten() -> None:
    marks = marks_of("a) b) c")
    assert [each.start for each in marks.diagnostics] == [1, 4]
    marks.edited(0, 0, 3)
    assert [each.start for each in marks.diagnostics] == [4, 7]
    marks.edited(4, 5, 1)
    assert [each.start for each in marks.diagnostics] == [7]
    assert (marks.understood, marks.judged) == (None, None)


def remark(start: int, end: int, severity: str = "warning") -> Diagnostic:
    return Diagnostic(start, end, severity, f"At {start}.", Fix(start, end, ""))  # type: ignore[arg-type]


def test_the_nearest_remark_is_the_worst_at_the_place() -> None:
    known = [remark(0, 9, "hint"), remark(2, 4), remark(2, 4, "error"), remark(20, 21)]
    assert nearest(known, 3) == known[2]
    assert nearest(known, 7) == known[0]
    assert nearest(known, 18) == known[3]
    assert nearest([], 0) is None


def test_remarks_follow_one_another_round_the_text() -> None:
    known = [remark(2, 4), remark(8, 9), remark(20, 21)]
    found = [following(known, place, 1) for place in (0, 2, 20)]
    assert [each.start for each in found if each] == [2, 8, 2]
    found = [following(known, place, -1) for place in (2, 8, 30)]
    assert [each.start for each in found if each] == [20, 2, 20]
    assert following([], 0, 1) is None


def test_severities_are_told_apart_by_a_mark() -> None:
    known = [remark(0, 1, "error"), remark(1, 2, "hint"), remark(2, 3, "hint")]
    assert tally(known) == "✗1 ·2"
    assert sentence(known[0], "Ctrl+F") == "✗ At 0. Ctrl+F mends it."
    assert sentence(known[0]) == "✗ At 0."
    assert (fitted("日本 and more words", 14), fitted("long words", 5)) == ("日本 and more…", "")


@pytest.mark.parametrize("theme", sorted(name for name in BUILTIN_THEMES if "ansi" not in name))
def test_every_look_can_be_read_on_every_theme(theme: str) -> None:
    built = BUILTIN_THEMES[theme].to_color_system().generate()
    ground = Ground(Color.parse(built["background"]).rgb)
    looks = [style_of(kind, 1.0, ground) for kind in KINDS]
    looks += [style_of("text", weight, ground) for weight in (0.1, 0.5, 0.8, 0.95, 1.05, 1.2, 1.5, 3.0)]
    for style in looks:
        if style.color is not None and style.color.triplet is not None:
            assert contrast(tuple(style.color.triplet), ground.background) >= 4.5


def test_without_colours_attributes_tell() -> None:
    ground = Ground(colours=False)
    severities = [style_of(severity, 1.0, ground) for severity in ("error", "warning", "hint")]
    weights = [style_of("text", weight, ground) for weight in (0.4, 0.8, 1.0, 1.2)]
    assert len(set(map(str, severities))) == 3
    assert len(set(map(str, weights))) == 4
    assert all(str(style_of(kind, 1.0, ground)) not in {"", "none"} for kind in KINDS)
    assert all(style.color is None for style in (*severities, *weights, *(style_of(k, 1.0, ground) for k in KINDS)))


def test_sixteen_colours_keep_warm_from_cold() -> None:
    from rich.color import ColorSystem

    def sixteen(weight: float) -> int | None:
        colour = style_of("text", weight, Ground()).color
        assert colour is not None
        return colour.downgrade(ColorSystem.STANDARD).number

    warm, cold = {sixteen(1.1), sixteen(1.6)}, {sixteen(0.9), sixteen(0.6)}
    assert not warm & cold
    assert 0 not in warm | cold
