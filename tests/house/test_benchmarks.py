from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from benchmarks.figure import Figure


@pytest.mark.parametrize(
    ("figure", "ok"),
    [
        (Figure("a", 1.0, "s"), True),
        (Figure("a", 1.0, "s", 1.0), True),
        (Figure("a", 1.1, "s", 1.0), False),
        (Figure("a", 1.1, "s", 1.0, "higher"), True),
        (Figure("a", 0.9, "s", 1.0, "higher"), False),
        (Figure("a", float("nan"), "s", 1.0), False),
    ],
)
def test_a_figure_clears_its_bar_or_not(figure: Figure, ok: bool) -> None:
    assert figure.ok is ok


def test_the_table_shows_value_bar_and_verdict() -> None:
    text = bench.table(
        [Figure("first paint", 0.44, "s", 0.5), Figure("speed", 3, "×", 4, "higher"), Figure("info", 1, "MB")]
    )
    rows = text.splitlines()[2:]
    assert [row.split() for row in rows] == [
        ["first", "paint", "0.44", "s", "≤", "0.5", "s", "ok"],
        ["speed", "3", "×", "≥", "4", "×", "MISSED"],
        ["info", "1", "MB"],
    ]


def test_a_missed_bar_and_a_broken_benchmark_are_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fine.py").write_text(
        "from benchmarks.figure import Figure\ndef measure(): return (Figure('f', 1, 's', 2),)\n"
    )
    (tmp_path / "slow.py").write_text(
        "from benchmarks.figure import Figure\ndef measure(): return (Figure('s', 3, 's', 2),)\n"
    )
    (tmp_path / "broken.py").write_text("def measure(): raise OSError('x')\n")
    (tmp_path / "tools.py").write_text("")
    monkeypatch.setattr("benchmarks.__path__", [str(tmp_path), *__import__("benchmarks").__path__])
    monkeypatch.setattr(bench, "__file__", str(tmp_path / "__main__.py"))
    assert bench.main(["fine"]) == 0
    assert bench.main(["slow"]) == 1
    assert bench.main(["broken", "fine"]) == 1
    assert bench.main(["fine", "tools"]) == 0
    assert bench.main(["nonsense"]) == 2
    assert "Known: broken, fine, slow, tools." in capsys.readouterr().err
