"""Measure a packed model on prompts of held-out combinations, beside what drawer and autoencoder can reach."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tools.demo_model import cases, changes, probes
from tools.demo_model.analyser import see
from tools.demo_model.draw import render
from tools.demo_model.pipeline import Painter, load
from tools.demo_model.scene import Scene

PARTS = ("ceilings", "single", "pair", "emphasis", "negative", "schedule", "img2img", "inpaint", "unknown")


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What is measured: the packed file, how many prompts of one and of two things, steps, and which parts."""

    file: Path
    sheets: Path
    single: int = 300
    pairs: int = 150
    steps: int = 20
    cfg_scale: float = 4.0
    parts: tuple[str, ...] = PARTS
    seed: str = cases.SEED


def write_sheet(pictures: list[np.ndarray], path: Path, columns: int = 12, zoom: int = 2) -> None:
    """A contact sheet, each picture enlarged, the last row filled up with black."""
    blank = [np.zeros_like(pictures[0])] * (-len(pictures) % columns)
    filled = [*pictures, *blank]
    rows = [filled[i : i + columns] for i in range(0, len(filled), columns)]
    sheet = Image.fromarray(np.concatenate([np.concatenate(row, 1) for row in rows], 0))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.resize((sheet.width * zoom, sheet.height * zoom), Image.Resampling.NEAREST).save(path)


def _answers(shown: list[Scene], pictures: list[np.ndarray]) -> list[cases.Answer]:
    return [cases.answer(scene, see(picture)) for scene, picture in zip(shown, pictures, strict=True)]


def _ceilings(painter: Painter, shown: list[Scene], name: str) -> None:
    drawn = [render(scene) for scene in shown]
    print(cases.figures(f"{name}, drawn", cases.shares(_answers(shown, drawn))), flush=True)
    restored = painter.through_autoencoder(drawn)
    answers = _answers(shown, restored)
    print(cases.figures(f"{name}, autoencoder", cases.shares(answers)), flush=True)


def prompted(painter: Painter, wanted: Evaluation, *, pair: bool) -> dict[str, float]:
    """Per cent right on the prompts of one thing or of pairs; prints figures and writes a sheet."""
    name = "pair" if pair else "single"
    shown = cases.scenes(wanted.pairs if pair else wanted.single, pair=pair, seed=wanted.seed)
    if "ceilings" in wanted.parts:
        _ceilings(painter, shown, name)
    began = time.monotonic()
    made = painter.paint([painter.embed(text) for text in cases.prompts(shown)], seed=0)
    spent = (time.monotonic() - began) / len(made)
    answers = _answers(shown, made)
    found = cases.shares(answers)
    print(cases.figures(f"{name}, model ({len(made)} prompts, {spent:.2f} s a picture)", found), flush=True)
    if not pair:
        print(cases.figures("single, shape by shape", cases.shapes(shown, answers)), flush=True)
    write_sheet(made[:96], wanted.sheets / f"{name}.png")
    wrong = [picture for picture, found in zip(made, answers, strict=True) if not found["all"]]
    if wrong:
        write_sheet(wrong[:48], wanted.sheets / f"{name}_wrong.png")
    return found


def evaluate(wanted: Evaluation) -> None:
    """Print every figure asked for and write the contact sheets."""
    painter = Painter(pipe=load(wanted.file), steps=wanted.steps, cfg_scale=wanted.cfg_scale)
    for name in ("single", "pair"):
        if name in wanted.parts:
            prompted(painter, wanted, pair=name == "pair")
    seed = wanted.seed
    if "emphasis" in wanted.parts:
        for cfg_scale in (1.0, 4.0):
            growths, kept = probes.emphasis(painter, 32, cfg_scale, seed)
            print("\n".join(growth.line() for growth in growths), flush=True)
            write_sheet(kept, wanted.sheets / f"emphasis_cfg{cfg_scale:g}.png")
    if "schedule" in wanted.parts:
        found, kept = changes.schedules(painter, 25, seed)
        print("\n".join(f"{name}: {counts}" for name, counts in found.items()), flush=True)
        write_sheet(kept, wanted.sheets / "schedules.png")
    questions = {
        "negative": ("negative prompt", probes.negative, 50),
        "img2img": ("img2img at 0.6", changes.repainted, 100),
        "inpaint": ("inpainting", changes.filled, 50),
        "unknown": ("unknown words", probes.unknown_words, 50),
    }
    for part, (name, ask, count) in questions.items():
        if part in wanted.parts:
            print(cases.figures(name, ask(painter, count, seed)), flush=True)
