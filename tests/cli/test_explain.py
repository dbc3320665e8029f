"""`sdtui explain`: as JSON, as lines of JSON, and for people."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from sdtui.cli import paint
from sdtui.cli.explained import Page
from sdtui.prompt.explain import Explainer
from sdtui.workspace.paths import Workspace
from tests.prompt.test_borders import Letters
from tests.weights.synthetic import write_model

Pipe = Callable[[str | bytes], None]


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Pipe:
    def put(text: str | bytes) -> None:
        data = text.encode() if isinstance(text, str) else text
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))

    return put


@pytest.fixture
def page(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What is printed for a prompt on a terminal of so many columns, 0: in a pipe."""

    def print_page(text: str, *, columns: int = 0, coloured: bool = False, **more: int) -> str:
        made = Page(text, Explainer(Letters()).explain(text, 4, **more))
        made._cells = columns or made._cells
        made._painter = paint.Painter(coloured=coloured)
        made.print()
        return capsys.readouterr().out

    return print_page


def test_json_is_one_object(sdtui) -> None:
    told = sdtui("explain", "a (cat:1.3) <lora:film:te=0.5> [b:c:0.5]", "--steps", "8", "--json")
    found = json.loads(told.out)
    assert told.code == 0
    assert found["text"] == "a (cat:1.3)  [b:c:0.5]"
    assert found["tags"] == [{"kind": "lora", "positional": ["film"], "named": {"te": "0.5"}}]
    (part,) = found["parts"]
    assert [(held["until"], held["text"]) for held in part["schedule"]] == [
        (4, "a (cat:1.3)  b"),
        (8, "a (cat:1.3)  c"),
    ]
    assert part["schedule"][0]["emphasis"] == [["a ", 1.0], ["cat", 1.3], ["  b", 1.0]]
    assert (found["tokens"], found["limit"], found["chunks"]) == (3, 75, 1)
    (unknown,) = found["diagnostics"]
    assert (unknown["start"], unknown["end"], unknown["severity"]) == (12, 30, "error")
    assert unknown["message"] == 'There is no LoRA named "film".'
    assert unknown["fix"] is None


@pytest.mark.parametrize(
    ("options", "untils"),
    [
        (["--steps", "10"], [[1, 10], []]),
        (["--steps", "10", "--hires-steps", "4"], [[1, 10], [4]]),
        (["--steps", "10", "--hires-steps", "0"], [[1, 10], []]),
        (["--old-timelines"], [[3, 20], []]),
    ],
)
def test_steps(sdtui, options: list[str], untils: list[list[int]]) -> None:
    when = "0.15" if "--old" in options[0] else "0.1"
    (part,) = json.loads(sdtui("explain", f"[a:b:{when}]", "--json", *options).out)["parts"]
    assert [[held["until"] for held in part[key]] for key in ("schedule", "hires_schedule")] == untils


def test_a_negative_prompt_is_not_split(sdtui) -> None:
    assert len(json.loads(sdtui("explain", "a AND b", "--json").out)["parts"]) == 2
    assert len(json.loads(sdtui("explain", "a AND b", "--json", "--negative").out)["parts"]) == 1


@pytest.mark.parametrize("words", [["-"], []])
def test_the_prompt_may_come_from_a_pipe(sdtui, pipe: Pipe, words: list[str]) -> None:
    pipe("a cat,\na dog\r\n")
    assert json.loads(sdtui("explain", "--json", *words).out)["text"] == "a cat,\na dog"


def test_a_line_that_cannot_be_read_is_an_error_object_and_the_rest_go_on(sdtui, pipe: Pipe) -> None:
    lines = [
        '"a cat"',
        '{"prompt": "[a:b:0.5]", "steps": 4, "hires_steps": 2, "negative": true}',
        "",
        "{not json",
        '{"prompt": "a", "stepz": 4}',
        '{"prompt": "a", "steps": 0}',
        '["a"]',
        "\udcff",
        '"(b"',
    ]
    pipe("\n".join(lines).encode(errors="surrogateescape"))
    told = sdtui("explain", "--json-lines", "--steps", "6")
    found = [json.loads(line) for line in told.out.splitlines()]
    assert told.code == 2
    assert "5 of 9 lines could not be read." in told.err
    assert [each.get("text", each.get("line")) for each in found] == ["a cat", "[a:b:0.5]", 4, 5, 6, 7, 8, "(b"]
    assert [each["steps"] for each in found if "text" in each] == [6, 4, 6]
    assert "stepz" in found[3]["error"]
    assert "from 1 to 150, not 0" in found[4]["error"]


def test_lines_that_can_all_be_read_end_well(sdtui, pipe: Pipe) -> None:
    pipe('"a"\n"b"\n')
    told = sdtui("explain", "--json-lines", "-")
    assert (told.code, told.err) == (0, "")
    assert [json.loads(line)["text"] for line in told.out.splitlines()] == ["a", "b"]


def test_a_line_without_end_does_not_take_all_memory(sdtui, pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdtui.cli.explain.MAX_INPUT", 100)
    pipe('"' + "a" * 1000 + '"\n"b"\n')
    found = [json.loads(line) for line in sdtui("explain", "--json-lines").out.splitlines()]
    assert [each.get("text", each.get("line")) for each in found] == [1, "b"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a", "--json-lines"], "reads prompts from standard input"),
        (["a", "--json", "--json-lines"], "not allowed with"),
        (["a", "--steps", "0"], "from 1 to 150, not 0"),
        (["a", "--hires-steps", "-1"], "from 0 to 150"),
        (["a", "--hires-steps", "many"], "from 0 to 150"),
        (["a", "b"], "one word too many"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(sdtui, words: list[str], said: str) -> None:
    told = sdtui("explain", *words)
    assert told.code == 2
    assert said in told.err


def test_bytes_that_are_no_text_and_a_terminal_are_refused(sdtui, pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(b"\xff\xfe")
    assert "not UTF-8" in sdtui("explain").err
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    told = sdtui("explain")
    assert (told.code, "nothing to explain" in told.err) == (2, True)


def test_a_lora_is_judged_by_the_checkpoint_that_is_named(sdtui) -> None:
    assert sdtui("explain", "a", "--checkpoint", "no such model").code == 4


def test_without_a_name_a_lora_is_judged_by_the_checkpoint_that_jobs_take(sdtui, workspace: Workspace) -> None:
    loras = workspace.root / "tree" / "models" / "Lora"
    loras.mkdir(parents=True)
    write_model(
        loras / "film.safetensors", {"lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": (4, 1280)}
    )
    (found,) = json.loads(sdtui("explain", "a <lora:film>", "--json").out)["diagnostics"]
    assert "film" in found["message"]
    (workspace.root / "sdtui.yaml").write_text("checkpoint: gone\n")
    assert sdtui("explain", "a <lora:film>").code == 0


def test_embeddings_in_the_folders_count_with_their_vectors(sdtui, workspace: Workspace) -> None:
    folder = workspace.root / "tree" / "models" / "embeddings"
    folder.mkdir(parents=True)
    write_model(folder / "bad-hands.safetensors", {"emb_params": (8, 768)})
    (workspace.root / "sdtui.yaml").write_text("models: {tree: tree}\n")
    assert json.loads(sdtui("explain", "a bad-hands", "--json").out)["tokens"] == 9
    (near,) = json.loads(sdtui("explain", "a bad-handz", "--json").out)["diagnostics"]
    assert "bad-hands" in near["message"]


PAGE = r"""
tag      lora film 0.5
steps    1–2  a (cat:1.21) day\)
steps    3–4  a (cat:1.21) night\)
hires    1–2  a (cat:1.21) night\)
tokens   10/75, 1 chunk
warning  Nothing is open that this ")" could close: it counts as text.
         a ((cat)) [day:night:0.5]) <lora:film:0.5>
                                  ^
         fix: a ((cat)) [day:night:0.5]\) <lora:film:0.5>
"""


def test_the_page_for_people(page: Callable[..., str]) -> None:
    shown = page("a ((cat)) [day:night:0.5]) <lora:film:0.5>", hires_steps=2)
    assert shown.splitlines() == PAGE.strip("\n").splitlines()


def test_parts_breaks_alternations_and_borders(page: Callable[..., str]) -> None:
    lines = page("[a|b] AND c BREAK (d:0.5) :0.25 AND " + "e" * 80).splitlines()
    assert lines[:3] == ["part 1   weight 1.00", "steps    1, 3  a", "steps    2, 4  b"]
    assert lines[3:5] == ["part 2   weight 0.25", "text     c BREAK (d:0.50)"]
    assert lines[5] == "part 3   weight 1.00"
    assert [line for line in lines if line.startswith("border")] == [
        "border   at 19: b] AND c BREAK (│d:0.5) :0.25 AND",
        "border   at 111: eeeeeeeeeeeeeeee│eeeee",
    ]


def test_an_empty_prompt(page: Callable[..., str]) -> None:
    assert page("").splitlines() == ["text     (nothing)", "tokens   0/75, 1 chunk"]


def test_no_line_is_wider_than_the_terminal(page: Callable[..., str]) -> None:
    from rich.cells import cell_len

    text = "日本語のプロンプト, " * 20 + "(cat " + "a dog, " * 40 + "<lora:x:nope>"
    for columns in (40, 80):
        shown = page(text, columns=columns)
        assert max(cell_len(line) for line in shown.splitlines()) <= columns
        lines = shown.splitlines()
        under = next(place for place, line in enumerate(lines) if "is never" in line)
        carets = [place for place in range(under, len(lines)) if "^" in lines[place]]
        line, caret = lines[carets[0] - 1], lines[carets[0]]
        assert cell_len(line[: line.index("(")]) == caret.index("^")


def test_nothing_in_a_prompt_reaches_the_terminal_unfiltered(page: Callable[..., str]) -> None:
    shown = page("(a\x1b[2J\u202e\x9b1m\r\n[b\x07:1.2.3) <lora:\x1b]0;x\x07:y>", coloured=False)
    assert not {"\x1b", "\x9b", "\x07", "\r", "\u202e"} & set(shown)


def test_colour_only_where_it_is_wanted(page: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" in page("(a", coloured=True)
    assert "\x1b[" not in page("(a")
    terminal = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert paint.wants_colour()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not paint.wants_colour()
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not paint.wants_colour()


def test_no_server_is_started(sdtui, workspace) -> None:
    sdtui("explain", "a <lora:x>", "--json")
    assert not workspace.socket.exists()


def test_unknown_wildcards_are_said_and_comments_are_no_words(sdtui, workspace) -> None:
    (workspace.wildcards / "colours.txt").write_text("red\n")
    text = "# (old:1.9) <lora:gone>\na __colour__ __colours__ {cat|dog}"
    found = json.loads(sdtui("explain", text, "--json").out)
    (unknown,) = found["diagnostics"]
    assert (text[unknown["start"] : unknown["end"]], unknown["severity"]) == ("__colour__", "error")
    assert unknown["fix"]["text"] == "colours"
    assert found["tags"] == []
    assert found["text"].strip() == "a __colour__ __colours__ {cat|dog}"
