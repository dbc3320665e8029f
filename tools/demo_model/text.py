"""The text encoder: its shape, and a short training that teaches it which words belong together."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn import functional
from transformers import CLIPTextConfig, CLIPTextModel

from tools.demo_model import data, pair, progress, tokens, words

WIDTH, LAYERS, HEADS = 56, 3, 4
# The last padding tokens see the whole prompt: each is to know one slot of the picture, the one before them the backdrop.
READ_TOKENS = len(data.SLOTS) + 1
# Most captions are shorter than SHORT tokens: leaving out the padding behind them halves the work of the text encoder.
SHORT = 36
SHORT_PLACES = (*range(SHORT), *range(tokens.LENGTH - READ_TOKENS, tokens.LENGTH))
SLOT_CLASSES = (len(words.SHAPES) + 1, len(words.COLOURS) + 1, len(words.SIZES) + 1, len(words.STYLES) + 1)
BACKDROP_CLASSES = (len(words.BACKDROPS), len(words.COLOURS) + 1)


def build(rows: int) -> CLIPTextModel:
    """An untrained text encoder with `rows` embedding rows (folded while training, 49,408 when packed)."""
    config = CLIPTextConfig(
        vocab_size=rows,
        hidden_size=WIDTH,
        intermediate_size=4 * WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        max_position_embeddings=tokens.LENGTH,
        hidden_act="quick_gelu",
        projection_dim=WIDTH,
        bos_token_id=tokens.BEGIN,
        eos_token_id=tokens.END,
        pad_token_id=1,
    )
    encoder = CLIPTextModel(config)
    # A1111's emphasis divides by the mean of the output: keep it away from 0.
    last = final_norm(encoder)
    torch.nn.init.constant_(last.bias, 0.3)
    last.bias.requires_grad_(False)
    return encoder


def final_norm(encoder: CLIPTextModel) -> torch.nn.LayerNorm:
    """The encoder's last layer norm, wherever this version of transformers keeps it."""
    return next(module for name, module in encoder.named_modules() if name.endswith("final_layer_norm"))


def build_folded() -> CLIPTextModel:
    """The untrained encoder that training uses: one row for each known token and one for all others."""
    return build(len(tokens.known_tokens()) + 1)


def unfold(encoder: CLIPTextModel) -> CLIPTextModel:
    """The encoder with CLIP's whole vocabulary; unknown tokens share one embedding."""
    config = copy.deepcopy(encoder.config)
    config.vocab_size, config.pad_token_id = tokens.VOCABULARY, tokens.END
    whole, state = CLIPTextModel(config), dict(encoder.state_dict())
    (key,) = [name for name in state if "token_embedding" in name]
    whole.load_state_dict({**state, key: tokens.unfolded(state[key])})
    return whole.eval()


def encode(encoder: CLIPTextModel, rows: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """States (batch, tokens, width) of the tokens that stand at `places` of their prompts."""
    return encoder(rows.long(), position_ids=places[None])[0]


class Reader(torch.nn.Module):
    """Reads slots and backdrop from the encoder's last tokens: exists only while training."""

    def __init__(self) -> None:
        super().__init__()
        self.slots = torch.nn.Linear(WIDTH, sum(SLOT_CLASSES))
        self.backdrop = torch.nn.Linear(WIDTH, sum(BACKDROP_CLASSES))

    def forward(self, states: torch.Tensor, slots: torch.Tensor, backdrop: torch.Tensor) -> torch.Tensor:
        """Mean cross-entropy from states (batch, tokens, width), slots (batch, 5, 4) and backdrop (batch, 2)."""
        read = self.slots(states[:, 1 - READ_TOKENS :]).split(SLOT_CLASSES, -1)
        behind = self.backdrop(states[:, -READ_TOKENS]).split(BACKDROP_CLASSES, -1)
        losses = [functional.cross_entropy(part.flatten(0, 1), slots[..., i].flatten()) for i, part in enumerate(read)]
        losses += [functional.cross_entropy(part, backdrop[:, i]) for i, part in enumerate(behind)]
        return torch.stack(losses).mean()


@dataclass(frozen=True, kw_only=True)
class TextPlan:
    """How the encoder learns to bind words before it meets the UNet."""

    folder: Path
    steps: int = 4000
    batch: int = 64
    learning_rate: float = 3e-3
    device: str = "cpu"


def train(rank: int, world: int, plan: TextPlan) -> None:
    """Train encoder and reader on captions alone; writes text.pt."""
    torch.manual_seed(0)
    encoder, reader = build_folded().to(plan.device), Reader().to(plan.device)
    parameters = [*(p for p in encoder.parameters() if p.requires_grad), *reader.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=plan.learning_rate, betas=(0.9, 0.99), weight_decay=1e-2, fused=True)
    known = data.load(plan.folder)
    rows, slots, backdrop = known["rows"], known["slots"].long(), known["backdrop"][:, :2].long()
    places = torch.tensor(SHORT_PLACES)
    torch.manual_seed(1 + rank)
    meter = progress.Meter("text", plan.steps)
    for step in range(plan.steps):
        for group in optimiser.param_groups:
            group["lr"] = plan.learning_rate * progress.rate(step, step / plan.steps, flat=0.4)
        picked, variant = torch.randint(len(rows), (plan.batch,)), torch.randint(data.CAPTIONS, (plan.batch,))
        states = encode(encoder, rows[picked, variant][:, places].to(plan.device), places.to(plan.device))
        loss = reader(states, slots[picked].to(plan.device), backdrop[picked].to(plan.device))
        optimiser.zero_grad()
        loss.backward()
        pair.average_gradients(parameters, world)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        meter.add(step, loss=loss.item())
        if rank == 0 and (step + 1) % 200 == 0:
            print(meter.line(step + 1, plan.batch * world), flush=True)
    if rank == 0:
        states = {"encoder": encoder.cpu().state_dict(), "reader": reader.cpu().state_dict()}
        progress.save_whole(plan.folder / "text.pt", states)
