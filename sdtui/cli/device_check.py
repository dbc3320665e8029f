"""What torch says about this machine's devices, asked in a process of its own: this one stays quick and small."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Literal

import msgspec
from msgspec import Struct

from sdtui.cli.finding import Finding
from sdtui.cli.place import Place
from sdtui.errors import ConfigError

PATIENCE_S = 90.0
CHOOSE_TORCH = "The selector on pytorch.org shows the index for this machine: make run TORCH_INDEX=…"

SCRIPT = """
import json, sys
sys.stdout, out = sys.stderr, sys.stdout
import torch
cards = []
if torch.cuda.is_available():
    for number in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(number)
        cards.append({"name": torch.cuda.get_device_name(number), "free": free, "total": total})
built = "rocm" if torch.version.hip else "cuda" if torch.version.cuda else "cpu"
mps = getattr(torch.backends, "mps", None)
json.dump({"torch": torch.__version__, "built": built, "cards": cards, "mps": bool(mps and mps.is_available()),
           "threads": torch.get_num_threads()}, out)
"""


class Card(Struct, frozen=True, kw_only=True):
    """A GPU; memory in bytes."""

    name: str
    free: int
    total: int


class Report(Struct, frozen=True, kw_only=True):
    """What torch said; `built` is the kind of device its binaries are made for."""

    torch: str
    built: Literal["cpu", "cuda", "rocm"]
    cards: tuple[Card, ...]
    mps: bool
    threads: int


def check_devices(place: Place, script: str = "", patience_s: float = PATIENCE_S) -> Iterator[Finding]:
    """Which devices torch can use, and whether those of the configuration are among them."""
    todo = "Install sdtui again: `make install`, or `pip install` where it came from."
    try:
        done = subprocess.run(
            [sys.executable, "-c", script or SCRIPT],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=patience_s,
            check=True,
            text=True,
        )
        report = msgspec.convert(json.loads(done.stdout), Report)
    except subprocess.TimeoutExpired:
        yield Finding("torch", "problem", f"No answer within {patience_s:.0f} s.", "A GPU driver that hangs does this.")
        return
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no word why"])[-1]
        yield Finding("torch", "problem", f"It cannot be imported: {last}", todo)
        return
    except (ValueError, OSError) as error:
        yield Finding("torch", "problem", f"It said nothing that can be understood: {error}", todo)
        return
    yield from _findings(report, place)


def _findings(report: Report, place: Place) -> Iterator[Finding]:
    yield Finding("torch", "ok", f"{report.torch}, made for {report.built}")
    yield Finding("device", "ok", f"cpu: {report.threads} threads")
    for number, card in enumerate(report.cards):
        memory = f"{card.free / 2**30:.1f} of {card.total / 2**30:.1f} GiB free"
        yield Finding("device", "ok", f"cuda:{number}: {card.name}, {memory}")
    if report.mps:
        yield Finding("device", "ok", "mps: Apple GPU")
    yield from _compare(report, place)


def _compare(report: Report, place: Place) -> Iterator[Finding]:
    """What the configuration (or the kernel's list of cards) promises and torch does not keep."""
    import os

    from sdtui.worker.devices import find_devices

    wanted = find_devices(os.environ) if place.config.devices == "auto" else place.config.devices
    how = "every GPU, else the CPU" if place.config.devices == "auto" else "as the configuration names them"
    yield Finding("workers", "ok", f"{', '.join(wanted)} ({how}); a picture goes where its checkpoint is loaded")
    there = {"cpu", *(f"cuda:{number}" for number in range(len(report.cards)))}
    there |= {"cuda"} if report.cards else set()
    there |= {"mps", "mps:0"} if report.mps else set()
    for device in wanted:
        if device.split(":")[0] == "cpu" or device in there:
            continue
        todo = CHOOSE_TORCH if report.built == "cpu" else "Is the driver running? Else set devices: [cpu]."
        text = f"{device} is to be used, and this torch cannot use it."
        yield Finding("device", "problem", text, todo, ConfigError)
