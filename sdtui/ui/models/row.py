"""One model as a line of the list, and what is said of the one under the cursor."""

from __future__ import annotations

from textual.content import Content

from sdtui.spec.model import ModelKind, ModelRecord
from sdtui.ui.text import one_line, sizes
from sdtui.weights.families import FAMILY

KIND_BADGES: dict[ModelKind, str] = {
    "checkpoint": "ckpt",
    "lora": "LoRA",
    "embedding": "embed",
    "hypernetwork": "hyper",
    "vae": "VAE",
    "controlnet": "cnet",
    "upscaler": "upsc",
    "unknown": "?",
}
FAMILY_BADGES = {"sd1": "SD1", "sd2": "SD2", "sdxl": "SDXL", "sd3": "SD3", "flux": "Flux", "sd": "SD", "any": "any"}
BADGE_CELLS, SIZE_CELLS = 5, 7
IN_USE, BROKEN, UNFIT = "●", "✗", "–"


def model_row(record: ModelRecord, width: int, *, in_use: bool, unfit: bool) -> Content:
    """Mark, name, and the badges at the right; what cannot be used is dim, and marked."""
    mark = BROKEN if record.problem else IN_USE if in_use else UNFIT if unfit else " "
    family = FAMILY_BADGES.get(record.family.partition("-")[0], "?")
    size = sizes(record.size) if record.size else ""
    right = f" {KIND_BADGES[record.kind]:<{BADGE_CELLS}} {family:<4} {size:>{SIZE_CELLS}}"
    name = Content(f"{mark} {one_line(record.name)}").truncate(max(1, width - len(right)), ellipsis=True, pad=True)
    look = "dim" if record.problem or unfit else "bold" if in_use else ""
    return Content.assemble(name, (right, "dim")).stylize(look)


def about_model(record: ModelRecord, reason: str) -> Content:
    """Why it cannot be used, if so; else its title, its family and where it lies."""
    if record.problem:
        return Content.assemble((f"{BROKEN} {one_line(record.problem)}", "$text-error"), (f" {_place(record)}", "dim"))
    if reason:
        return Content(f"{UNFIT} {one_line(reason)}")
    known = FAMILY.get(record.family)
    family = known.label if known is not None else record.family
    title = f"{one_line(record.title)}. " if record.title else ""
    return Content.assemble(f"{title}{family}. ", (_place(record), "dim"))


def _place(record: ModelRecord) -> str:
    return "Comes with sdtui." if record.builtin else one_line(record.path)
