"""Which texts pull a picture where, step by step: the prompt's parts, the negative prompt and the scale between them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from sdtui.engine.requests import Added, Cue, Encoded, EncodedText, Text
from sdtui.errors import RenderError
from sdtui.prompt.nodes import Prompt
from sdtui.prompt.parser import parse, plain
from sdtui.prompt.timeline import Part, timeline
from sdtui.spec.job import Render

Mix = tuple[tuple[Cue, float], ...]
NO_PULL = 1e-9


def read_mixes(render: Render) -> tuple[Mix, ...]:
    """For each step the texts with their coefficients, so that denoised = Σ coefficient · denoised(text).

    That is uncond + Σ w·cfg·(cond − uncond), sorted by cue: equal cues are one, and a cue without any pull (the negative
    prompt at cfg 1) is left out. Raises RenderError for a tag, which no checkpoint can follow yet.
    """
    params = render.params
    positive = _parts(render.prompt, params.emphasis, params.steps, negative=False)
    negative = _parts(render.negative_prompt, params.emphasis, params.steps, negative=True)
    return tuple(_mix(positive, negative, params.cfg_scale, step) for step in range(1, params.steps + 1))


def _parts(text: str, emphasis: str, steps: int, *, negative: bool) -> tuple[Part, ...]:
    prompt = plain(text, negative=negative) if emphasis == "None" else parse(text, negative=negative)
    _refuse_tags(prompt)
    return timeline(prompt, steps, inner_replaces=emphasis == "ComfyUI")


def _refuse_tags(prompt: Prompt) -> None:
    for tag in prompt.tags:
        raise RenderError(
            f"The tag {prompt.text[tag.start : tag.end]} cannot be followed yet.", todo="Take it out of the prompt."
        )


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
    """One step's contexts, as many tokens each, what is told beside them, and what each one's guess counts."""

    contexts: tuple[Tensor, ...]
    shares: Tensor | None
    added: tuple[Added, ...] = ()

    def combine(self, rows: Tensor) -> Tensor:
        """The guided guess (4, h, w) from one guess for each context (contexts, 4, h, w)."""
        if self.shares is None:
            return rows[0]
        return torch.mv(rows.flatten(1).T, self.shares).view(rows.shape[1:])


def cues_of(mixes: tuple[Mix, ...]) -> tuple[Cue, ...]:
    """Every cue of the mixes once, in the order of their first step."""
    return tuple(dict.fromkeys(cue for mix in mixes for cue, _ in mix))


def guide(mixes: tuple[Mix, ...], encoded: Encoded) -> tuple[Guidance, ...]:
    """The guidance of each step: contexts padded to the longest of that step, cues that are encoded alike as one row."""
    texts = dict(zip(cues_of(mixes), encoded.texts, strict=True))
    contexts: dict[tuple[int, int], Tensor] = {}
    made: dict[Mix, Guidance] = {}

    def context(text: EncodedText, length: int) -> Tensor:
        key = (id(text), length)
        if key not in contexts:
            contexts[key] = torch.cat([*text.chunks, *[text.fill] * (length - len(text.chunks))])
        return contexts[key]

    for mix in mixes:
        if mix not in made:
            rows = _alike([(texts[cue], share) for cue, share in mix])
            length = max(len(text.chunks) for text, _ in rows)
            shares = [share for _, share in rows]
            tensor = None if shares == [1.0] else torch.tensor(shares, device=rows[0][0].fill.device)
            added = tuple(text.added for text, _ in rows if text.added is not None)
            made[mix] = Guidance(tuple(context(text, length) for text, _ in rows), tensor, added)
    return tuple(made[mix] for mix in mixes)


def _alike(rows: list[tuple[EncodedText, float]]) -> list[tuple[EncodedText, float]]:
    """The rows with their shares, those of one encoding together; a row whose shares cancel out is left out."""
    pull: dict[int, float] = {}
    for text, share in rows:
        pull[id(text)] = pull.get(id(text), 0.0) + share
    texts = {id(text): text for text, _ in rows}
    kept = [(texts[key], share) for key, share in pull.items() if abs(share) > NO_PULL]
    return kept or rows[:1]
