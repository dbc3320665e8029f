"""What is trained last, UNet and text encoder together, and how: shapes, plan, state."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from transformers import CLIPTextModel

from tools.demo_model import pipeline, text
from tools.demo_model.aids import Aids

CHANNELS, ATTENTION_HEADS, GROUPS = (64, 112), 4, 16
WORDS_PART = "attn2"


@dataclass(frozen=True, kw_only=True)
class UnetPlan:
    """How the UNet is trained. Shares are of all steps: single things, then prompts cut short; less noise weight at the end.

    `start` is a packed model of the same shape or None. Only what it knows of pictures is taken over: the weights that
    read words start untrained, so that no prompt about a held-out triple was ever part of the training. `earlier` is
    the unet.pt of an earlier run: everything goes on from there. With `minutes` the run ends after that time, wherever
    it went on. From `corrected_from` on `corrected_share` of a batch starts from what guidance made of it.
    """

    folder: Path
    steps: int = 14000
    batch: int = 16
    learning_rate: float = 1e-3
    word_rate: float = 2.0
    single_until: float = 0.08
    short_until: float = 0.65
    pair_share: float = 0.3
    emphasised_share: float = 0.25
    corrected_from: float = 0.3
    corrected_share: float = 0.25
    flat_until: float = 0.45
    calm_from: float = 0.5
    aid: float = 0.06
    reader: float = 0.1
    start: Path | None = None
    earlier: Path | None = None
    minutes: float | None = None
    device: str = "cpu"


def build() -> UNet2DConditionModel:
    """An untrained UNet: two levels, attention in both, SD1's layout."""
    levels = len(CHANNELS)
    unet = UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        block_out_channels=list(CHANNELS),
        layers_per_block=1,
        down_block_types=["CrossAttnDownBlock2D"] * levels,
        up_block_types=["CrossAttnUpBlock2D"] * levels,
        cross_attention_dim=text.WIDTH,
        attention_head_dim=ATTENTION_HEADS,
        norm_num_groups=GROUPS,
    )
    with torch.no_grad():
        for name, module in unet.named_modules():
            if name.endswith(("conv2", "proj_out")) and "time" not in name:
                module.weight.mul_(0.2)
        unet.conv_out.weight.mul_(0.2)
    return unet


@dataclass(kw_only=True)
class State:
    """Everything that is trained, on one device."""

    unet: UNet2DConditionModel
    encoder: CLIPTextModel
    reader: text.Reader
    aids: Aids

    def parameters(self) -> tuple[list[torch.nn.Parameter], list[torch.nn.Parameter]]:
        """What is kept (UNet and encoder), and what exists only while training."""
        kept = [*self.unet.parameters(), *(p for p in self.encoder.parameters() if p.requires_grad)]
        return kept, [*self.reader.parameters(), *self.aids.parameters()]

    def weights(self) -> dict[str, dict[str, torch.Tensor]]:
        """The state of all four parts, copied."""
        parts = {"unet": self.unet, "encoder": self.encoder, "reader": self.reader, "aids": self.aids}
        return {
            name: {key: value.detach().clone().contiguous() for key, value in part.state_dict().items()}
            for name, part in parts.items()
        }

    def load(self, weights: dict[str, dict[str, torch.Tensor]]) -> None:
        """Take over what `weights` gave."""
        self.unet.load_state_dict(weights["unet"])
        self.encoder.load_state_dict(weights["encoder"])
        self.reader.load_state_dict(weights["reader"])
        self.aids.load_state_dict(weights["aids"])


def fresh(plan: UnetPlan) -> State:
    """The untrained UNet beside the encoder of the text stage."""
    torch.manual_seed(0)
    unet = build()
    if plan.start is not None:
        pictures = pipeline.load(plan.start).unet.state_dict()
        unet.load_state_dict({name: value for name, value in pictures.items() if WORDS_PART not in name}, strict=False)
    state = State(unet=unet, encoder=text.build_folded(), reader=text.Reader(), aids=Aids(unet))
    learnt = torch.load(plan.folder / "text.pt", weights_only=True)
    state.encoder.load_state_dict(learnt["encoder"])
    state.reader.load_state_dict(learnt["reader"])
    if plan.earlier is not None:
        state.load(torch.load(plan.earlier, map_location="cpu", weights_only=True))
    for part in (state.unet, state.encoder, state.reader, state.aids):
        part.to(plan.device)
    state.unet.to(memory_format=torch.channels_last)
    return state


def learnt(folder: Path) -> dict[str, dict[str, torch.Tensor]]:
    """Weights of the finished training, or the averaged ones of the last checkpoint while it runs."""
    if (folder / "unet.pt").exists():
        return torch.load(folder / "unet.pt", map_location="cpu", weights_only=True)
    return torch.load(folder / "unet-checkpoint.pt", map_location="cpu", weights_only=True)["weights"]
