"""Which texts pull a picture where, step by step: the prompt's parts, the negative prompt and the scale between them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from sdtui.engine.requests import Added, Cue, Encoded, EncodedText, Text
from sdtui.prompt.parser import parse, plain
from sdtui.prompt.timeline import Part, timeline
from sdtui.spec.job import Render

Mix = tuple[tuple[Cue, float], ...]
NO_PULL = 1e-9


class Look(NamedTuple):
    """What is wanted of one step's guesses: the guided mix, and where it counts the prompt's own (cfg 1) and the one without it."""

    guided: Mix
    positive: Mix = ()
    unconditional: Mix = ()


class Looks(NamedTuple):
    """The looks of each step, and what takes their place below the sigma where the negative prompt is left out."""

    whole: tuple[Look, ...]
    below: tuple[Look, ...] = ()

    @property
    def cues(self) -> tuple[Cue, ...]:
        """Every cue once, in the order of its first step."""
        return tuple(dict.fromkeys(cue for look in (*self.whole, *self.below) for mix in look for cue, _ in mix))


def read_looks(render: Render, *, cfg_share: float = 1.0, wants_unconditional: bool = False) -> Looks:
    """For each step the texts with their coefficients, so that denoised = Σ coefficient · denoised(text).

    That is uncond + Σ w·cfg·(cond − uncond), sorted by cue: equal cues are one, and a cue without any pull (the negative
    prompt at cfg 1) is left out. `cfg_share`: what the cfg scale is multiplied with.
    """
    params = render.params
    positive = _parts(render.prompt, params.emphasis, params.steps, negative=False)
    negative = _parts(render.negative_prompt, params.emphasis, params.steps, negative=True)
    whole: list[Look] = []
    below: list[Look] = []
    for step in range(1, params.steps + 1):
        alone: Mix = ((Cue(_text_at(negative[0], step), negative=True), 1.0),) if wants_unconditional else ()
        own = _mix(positive, negative, 1.0, step) if params.guidance_rescale > 0 else ()
        whole.append(Look(_mix(positive, negative, params.cfg_scale * cfg_share, step), own, alone))
        if params.skip_uncond_below > 0 and not wants_unconditional:
            below.append(Look(_positive(positive, step) or whole[-1].guided))
    return Looks(tuple(whole), tuple(below))


def _parts(text: str, emphasis: str, steps: int, *, negative: bool) -> tuple[Part, ...]:
    prompt = plain(text, negative=negative) if emphasis == "None" else parse(text, negative=negative)
    return timeline(prompt, steps, inner_replaces=emphasis == "ComfyUI")


def _mix(positive: tuple[Part, ...], negative: tuple[Part, ...], cfg_scale: float, step: int) -> Mix:
    pull: dict[Cue, float] = {}
    rest = 1.0
    for part in positive:
        cue = Cue(_text_at(part, step))
        pull[cue] = pull.get(cue, 0.0) + part.weight * cfg_scale
        rest -= part.weight * cfg_scale
    # a negative prompt is one part: AND does not split it
    unconditional = Cue(_text_at(negative[0], step), negative=True)
    pull[unconditional] = pull.get(unconditional, 0.0) + rest
    mix = tuple((cue, share) for cue, share in pull.items() if abs(share) > NO_PULL)
    return mix or ((unconditional, 1.0),)


def _positive(parts: tuple[Part, ...], step: int) -> Mix:
    """The prompt's parts alone, each by its share; nothing where their weights cancel out."""
    total = sum(part.weight for part in parts)
    if abs(total) <= NO_PULL:
        return ()
    pull: dict[Cue, float] = {}
    for part in parts:
        cue = Cue(_text_at(part, step))
        pull[cue] = pull.get(cue, 0.0) + part.weight / total
    return tuple(pull.items())


def _text_at(part: Part, step: int) -> Text:
    return _trimmed(next((held.runs for held in part.schedule if step <= held.until), part.schedule[-1].runs))


def _trimmed(text: Text) -> Text:
    """The text without white space around it, which is no token but would make equal texts look different."""
    runs = list(text)
    while len(runs) > 1 and not runs[0].text.strip():
        del runs[0]
    while len(runs) > 1 and not runs[-1].text.strip():
        del runs[-1]
    runs[0] = runs[0]._replace(text=runs[0].text.lstrip())
    runs[-1] = runs[-1]._replace(text=runs[-1].text.rstrip())
    return tuple(runs)


class Guidance(NamedTuple):
    """One step's contexts, as many tokens each, what is told beside them, and what each one's guess counts in each look.

    No shares stand for the first row as it is.
    """

    contexts: tuple[Tensor, ...]
    shares: Tensor | None
    added: tuple[Added, ...] = ()
    positive: Tensor | None = None
    unconditional: Tensor | None = None

    def combine(self, rows: Tensor) -> Tensor:
        """The guided guess (4, h, w) from one guess for each context (contexts, 4, h, w)."""
        return _mixed(rows, self.shares)

    def own(self, rows: Tensor) -> Tensor:
        """The prompt's own guess, as at cfg 1; where the looks asked for it."""
        return _mixed(rows, self.positive)

    def without(self, rows: Tensor) -> Tensor:
        """The guess without the prompt; where the looks asked for it."""
        return _mixed(rows, self.unconditional)


def guide(looks: Looks, encoded: Encoded) -> tuple[tuple[Guidance, ...], tuple[Guidance, ...]]:
    """The guidance of each step, whole and below: contexts padded to the longest of that step, cues encoded alike as one row."""
    texts = dict(zip(looks.cues, encoded.texts, strict=True))
    contexts: dict[tuple[int, int], Tensor] = {}
    made: dict[Look, Guidance] = {}

    def context(text: EncodedText, length: int) -> Tensor:
        key = (id(text), length)
        if key not in contexts:
            contexts[key] = torch.cat([*text.chunks, *[text.fill] * (length - len(text.chunks))])
        return contexts[key]

    for look in (*looks.whole, *looks.below):
        if look not in made:
            pulls = [_alike([(texts[cue], share) for cue, share in mix]) for mix in look]
            rows = {key: text for pull in pulls for key, (text, _) in pull.items()}
            length = max(len(text.chunks) for text in rows.values())
            device = next(iter(rows.values())).fill.device
            shares, own, alone = (
                _column([pull[key][1] if key in pull else 0.0 for key in rows], device) for pull in pulls
            )
            added = tuple(text.added for text in rows.values() if text.added is not None)
            made[look] = Guidance(tuple(context(text, length) for text in rows.values()), shares, added, own, alone)
    return tuple(made[look] for look in looks.whole), tuple(made[look] for look in looks.below)


def rescale(base: Tensor, guided: Tensor, own: Tensor, share: float) -> Tensor:
    """Lin et al. 2023, equations 14 to 16: what the model predicts gets back the deviation it has under the prompt alone.

    `base`: the part of the latents that a guess of the clean ones begins with, so that base − guess is the prediction but for a
    factor; `share` 0..1, their phi.
    """
    predicted = base - guided
    factor = (base - own).std() / predicted.std().clamp(min=1e-12)
    return base - predicted * (share * factor + (1 - share))


def _mixed(rows: Tensor, shares: Tensor | None) -> Tensor:
    if shares is None:
        return rows[0]
    return torch.mv(rows.flatten(1).T, shares).view(rows.shape[1:])


def _column(shares: list[float], device: torch.device) -> Tensor | None:
    """What each row counts; nothing where that is the first row alone, or where nobody asked."""
    if (shares[0] == 1.0 and not any(shares[1:])) or not any(shares):
        return None
    return torch.tensor(shares, device=device)


def _alike(rows: list[tuple[EncodedText, float]]) -> dict[int, tuple[EncodedText, float]]:
    """The rows with their shares, those of one encoding together; a row whose shares cancel out is left out."""
    pull: dict[int, float] = {}
    for text, share in rows:
        pull[id(text)] = pull.get(id(text), 0.0) + share
    texts = {id(text): text for text, _ in rows}
    kept = {key: (texts[key], share) for key, share in pull.items() if abs(share) > NO_PULL}
    return kept or {id(text): (text, share) for text, share in rows[:1]}
