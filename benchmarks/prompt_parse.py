"""The prompt language: what a key press, a hostile prompt and the first token count cost."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks.figure import Figure
from sdtui.prompt.active import active_at
from sdtui.prompt.borders import borders
from sdtui.prompt.brackets import partner
from sdtui.prompt.chunks import count
from sdtui.prompt.embeddings import ListedEmbeddings, mentions
from sdtui.prompt.highlight import spans
from sdtui.prompt.lint import lint
from sdtui.prompt.names import ListedNames
from sdtui.prompt.parser import parse
from sdtui.prompt.timeline import timeline
from sdtui.prompt.tokens import ClipTokenizer

ORDINARY = (
    "a photo of a (cat:1.2) sitting on the [old] roof of a house, <lora:film:0.8> [noon:sunset:0.5], soft light, "
)
LIMIT = 256 * 1024
HOSTILE = {
    "open brackets": "(" * LIMIT,
    "pairs of brackets, 63 deep": "(" * 63 + "(a)" * (LIMIT // 3),
    "crossing brackets": ("[" * 32 + "(" * 32 + "]a" * 32 + ")a" * 32) * (LIMIT // 192),
    "alternations": "[a|b]" * (LIMIT // 5),
    "schedules with tags": "[a<a:b>:b:1]" * (LIMIT // 12),
    "stray brackets": ")a" * (LIMIT // 2),
    "heads of tags": "<a:" * (LIMIT // 3),
    "backslashes": "\\a" * (LIMIT // 2),
}
NAMES = ListedNames({"lora": [f"lora-{number}" for number in range(1000)] + ["film"]})
EMBEDDINGS = ListedEmbeddings({f"embedding-{number}": 4 for number in range(500)})
LOAD = (
    "import time; from pathlib import Path; import msgspec, tokenizers;"
    "from sdtui.prompt.tokens import ClipTokenizer;"
    "kb = lambda: int(Path('/proc/self/statm').read_text().split()[1]) * 4;"
    "before, start = kb(), time.perf_counter(); ClipTokenizer().load();"
    "print((time.perf_counter() - start) * 1000, (kb() - before) / 1024)"
)


def measure() -> list[Figure]:
    """Best of several rounds each; loading the vocabulary in processes of its own."""
    ordinary = (ORDINARY * 40)[:2000]
    longer = (ORDINARY * 80)[:5000]
    tokenizer = ClipTokenizer()
    tokenizer.load()
    loads = [_load() for _ in range(5)]
    runs = timeline(parse(ordinary), 20)[0].schedule[0].runs
    read = parse(longer)
    changing = parse("[cat|dog|bird], " + ordinary)
    return [
        Figure("parse, 2,000 characters", _best_ms(lambda: parse(ordinary), 50), "ms", 2.0),
        Figure("parse and colour, 5,000 characters", _best_ms(lambda: spans(parse(longer)), 20), "ms", 16.0),
        Figure("parse, colour, lint and find embeddings, 5,000", _best_ms(lambda: _key(longer), 20), "ms", 16.0),
        Figure(
            "which brackets belong together, 5,000",
            _best_ms(lambda: partner(longer, longer.index("(")), 20),
            "ms",
            16.0,
        ),
        Figure("what holds at a step, 5,000", _best_ms(lambda: active_at(read, 20, 7), 20), "ms", 16.0),
        Figure("chunk borders, 5,000", _best_ms(lambda: borders(read, tokenizer, embeddings=EMBEDDINGS), 10), "ms"),
        Figure("timeline, 2,000 characters, 20 steps", _best_ms(lambda: timeline(parse(ordinary), 20), 20), "ms"),
        Figure("timeline that alternates 150 steps", _best_ms(lambda: timeline(changing, 150), 10), "ms"),
        Figure("parse, 10,000 open brackets", _best_ms(lambda: parse("(" * 10_000), 10), "ms", 50.0),
        Figure("parse, 256 kB of words and marks", _best_ms(lambda: parse((ORDINARY * 2400)[:LIMIT]), 3), "ms", 1000.0),
        *(
            Figure(f"parse, 256 kB of {name}", _best_ms(lambda text=text: parse(text), 2), "ms", 1000.0)  # type: ignore[misc]
            for name, text in HOSTILE.items()
        ),
        Figure("load the CLIP vocabulary", min(load[0] for load in loads), "ms", 100.0),
        Figure("memory of the CLIP vocabulary", min(load[1] for load in loads), "MB"),
        Figure("count the tokens of 2,000 characters", _best_ms(lambda: count(runs, tokenizer), 20), "ms"),
    ]


def _key(text: str) -> None:
    prompt = parse(text)
    spans(prompt)
    mentions(prompt, EMBEDDINGS)
    lint(prompt, NAMES, steps=20, family="sd1", embeddings=EMBEDDINGS)


def _load() -> tuple[float, float]:
    done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True)
    milliseconds, megabytes = done.stdout.split()
    return float(milliseconds), float(megabytes)


def _best_ms(do: Callable[[], object], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        do()
        best = min(best, time.perf_counter() - start)
    return best * 1000
