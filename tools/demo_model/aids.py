"""Auxiliary losses that teach the UNet what stands where; they exist only while training.

At high noise, where the layout is decided, the denoising loss says little about shape and nothing about why. So the
features behind each attention also have to say, cell by cell, which shape and colour will stand there, how strong the
colour is, what the backdrop is, and where the cell lies. Without such aids position words stayed unused for long.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from diffusers import UNet2DConditionModel
from torch.nn import functional

from tools.demo_model import words

SHAPE_CLASSES, COLOUR_CLASSES, BACKDROP_CLASSES = len(words.SHAPES) + 1, len(words.COLOURS), len(words.COLOURS) + 1
# shape, colour, backdrop colour, amounts (strength of the colour, of the backdrop's, radius), place across and down
PARTS = (SHAPE_CLASSES, COLOUR_CLASSES, BACKDROP_CLASSES, 3, 2)
NOTHING_COUNTS = 0.35
# Emphasis is read from these alone: they count so much that their spread weighs as much as a colour's name.
STRENGTH_COUNTS, RADIUS_COUNTS = 25.0, 2.0


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What the aids aim at: maps by side (batch, 4, n, n), backdrop (batch, 3), and which captions count (batch)."""

    maps: dict[int, torch.Tensor]
    backdrop: torch.Tensor
    counts: torch.Tensor


def _attentions(unet: UNet2DConditionModel) -> list[torch.nn.Module]:
    down, up = unet.down_blocks, unet.up_blocks
    return [
        down[0].attentions[0],
        down[1].attentions[0],
        unet.mid_block.attentions[0],
        *up[0].attentions,
        *up[1].attentions,
    ]


class Aids(torch.nn.Module):
    """Linear readings of the features behind each attention, compared with the scene."""

    def __init__(self, unet: UNet2DConditionModel) -> None:
        super().__init__()
        watched = _attentions(unet)
        self.readers = torch.nn.ModuleList(torch.nn.Linear(module.in_channels, sum(PARTS)) for module in watched)
        self.features: list[torch.Tensor | None] = [None] * len(watched)
        for place, module in enumerate(watched):
            module.register_forward_hook(self._keeper(place))

    def _keeper(self, place: int):
        def keep(_module: torch.nn.Module, _inputs: object, output: object) -> None:
            self.features[place] = output[0] if isinstance(output, tuple) else output.sample

        return keep

    def forward(self, targets: Targets) -> torch.Tensor:
        """Mean loss of all readings of the last UNet call."""
        losses = []
        for reader, features in zip(self.readers, self.features, strict=True):
            cells = features.permute(0, 2, 3, 1)
            read = reader(functional.layer_norm(cells, cells.shape[-1:])).split(PARTS, -1)
            losses.append(_loss(read, targets))
        self.features = [None] * len(self.features)
        return torch.stack(losses).mean()


def _loss(read: tuple[torch.Tensor, ...], targets: Targets) -> torch.Tensor:
    shape, colour, behind, amounts, place = read
    side = shape.shape[1]
    wanted = targets.maps[side]
    kind = wanted[:, 0].long()
    there = (kind > 0).float()
    counts = targets.counts[:, None, None]
    behind_wanted = targets.backdrop[:, 1].long()[:, None, None].expand_as(kind)

    def wrong(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(logits.permute(0, 3, 1, 2), classes, reduction="none")

    weight = counts * (there + NOTHING_COUNTS * (1 - there))
    loss = (wrong(shape, kind) * weight).sum() / weight.sum().clamp(min=1)
    on_thing = counts * there
    off_strength, off_radius = (amounts[..., 0] - wanted[:, 2]).square(), (amounts[..., 2] - wanted[:, 3]).square()
    off_thing = wrong(colour, wanted[:, 1].long()) + STRENGTH_COUNTS * off_strength + RADIUS_COUNTS * off_radius
    loss = loss + (off_thing * on_thing).sum() / on_thing.sum().clamp(min=1)
    off_amount = (amounts[..., 1] - targets.backdrop[:, 2, None, None]).square()
    off_behind = wrong(behind, behind_wanted) + STRENGTH_COUNTS * off_amount
    loss = loss + (off_behind * counts).mean()
    line = torch.linspace(-1.6, 1.6, side, device=shape.device)
    across, down = place[..., 0] - line[None, None, :], place[..., 1] - line[None, :, None]
    return loss + 0.5 * (across.square() + down.square()).mean()
