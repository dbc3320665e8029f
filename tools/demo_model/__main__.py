"""Make the built-in model: `python -m tools.demo_model all` runs every stage and says how long each took."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from tools.demo_model import (
    autoencoder,
    cases,
    data,
    decoder,
    denoising,
    evaluate,
    extras,
    lists,
    pack,
    pair,
    text,
    unet,
)

Stage = Callable[[argparse.Namespace], None]


def train_autoencoder(options: argparse.Namespace) -> None:
    """Pictures to latents and back."""
    start = options.start
    plan = autoencoder.AutoencoderPlan(
        folder=options.folder,
        steps=options.autoencoder_steps,
        learning_rate=2e-3 if start is None else 1.5e-3,
        start=start,
        device=options.device,
    )
    pair.run(autoencoder.train, plan, device=options.device)


def prepare_data(options: argparse.Namespace) -> None:
    """Scenes, captions, latents, targets."""
    plan = data.DataPlan(folder=options.folder, single=options.single, pairs=options.pairs, device=options.device)
    pair.run(data.prepare, plan, device=options.device)


def train_text(options: argparse.Namespace) -> None:
    """Which words belong together."""
    plan = text.TextPlan(folder=options.folder, steps=options.text_steps, device=options.device)
    pair.run(text.train, plan, device=options.device)


def train_unet(options: argparse.Namespace) -> None:
    """Noise to latents."""
    plan = unet.UnetPlan(
        folder=options.folder,
        steps=options.unet_steps,
        batch=options.unet_batch,
        minutes=options.unet_minutes,
        learning_rate=options.unet_rate,
        single_until=0.0 if options.earlier else 0.08,
        corrected_from=0.0 if options.earlier else 0.3,
        start=options.start,
        earlier=options.earlier,
        device=options.device,
    )
    pair.run(denoising.train, plan, device=options.device)


def tune_decoder(options: argparse.Namespace) -> None:
    """Clean pictures from latents that are a little off."""
    plan = decoder.DecoderPlan(folder=options.folder, steps=options.decoder_steps, device=options.device)
    pair.run(decoder.train, plan, device=options.device)


def pack_model(options: argparse.Namespace) -> None:
    """The parts as one file; the tuned decoder if there is one."""
    tuned = options.folder / "autoencoder-tuned.pt"
    vae_file = tuned if tuned.exists() else options.folder / "autoencoder.pt"
    pack.write(unet.learnt(options.folder), vae_file, options.folder)


def train_extras(options: argparse.Namespace) -> None:
    """The LoRA, the embedding and the hypernetwork that ship beside the packed file."""
    packed = options.folder / "packed"
    extras.train(extras.ExtrasPlan(file=packed / pack.NAME, folder=packed, steps=options.extras_steps))


def write_words(_options: argparse.Namespace) -> None:
    """Wildcards, completion and the README's table, from the word table."""
    lists.write()


def evaluate_model(options: argparse.Namespace) -> None:
    """Figures and contact sheets of the packed file."""
    wanted = evaluate.Evaluation(
        file=options.file or options.folder / "packed" / pack.NAME,
        sheets=options.folder / "sheets",
        single=options.prompts,
        pairs=options.prompts // 2,
        steps=options.steps,
        cfg_scale=options.cfg_scale,
        parts=tuple(options.parts.split(",")),
        seed=options.prompt_seed,
    )
    evaluate.evaluate(wanted)


# stage → what it does and the file that shows it is done, if any
STAGES: dict[str, tuple[Stage, str]] = {
    "autoencoder": (train_autoencoder, "autoencoder.pt"),
    "data": (prepare_data, "data.pt"),
    "text": (train_text, "text.pt"),
    "unet": (train_unet, "unet.pt"),
    "decoder": (tune_decoder, "autoencoder-tuned.pt"),
    "pack": (pack_model, ""),
    "extras": (train_extras, "packed/hypernetworks/midnight.safetensors"),
    "evaluate": (evaluate_model, ""),
}


# stages that `all` leaves out: they make nothing of the model
OTHERS: dict[str, Stage] = {"words": write_words}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.demo_model", description=__doc__)
    parser.add_argument("stage", choices=["all", *STAGES, *OTHERS])
    parser.add_argument("--folder", type=Path, default=Path(".train"), help="where checkpoints and results lie")
    parser.add_argument("--device", default="cpu", help="cpu (two processes of one thread each) or cuda")
    parser.add_argument(
        "--start", type=Path, help="packed model to start autoencoder and UNet from (default: untrained)"
    )
    parser.add_argument("--earlier", type=Path, help="unet.pt of an earlier run that the UNet's training goes on from")
    parser.add_argument("--unet-rate", type=float, default=1e-3, help="learning rate of the UNet")
    parser.add_argument("--autoencoder-steps", type=int, default=6000)
    parser.add_argument("--single", type=int, default=36000, help="scenes of one thing")
    parser.add_argument("--pairs", type=int, default=24000, help="scenes of two things")
    parser.add_argument("--text-steps", type=int, default=2500)
    parser.add_argument("--unet-steps", type=int, default=14000)
    parser.add_argument(
        "--unet-minutes", type=float, help="end the UNet's training after this time, whatever its steps"
    )
    parser.add_argument("--decoder-steps", type=int, default=1200)
    parser.add_argument("--extras-steps", type=int, default=350, help="steps of the LoRA and the hypernetwork each")
    parser.add_argument("--file", type=Path, help="evaluate: the packed file (default: the one in the folder)")
    parser.add_argument(
        "--prompts", type=int, default=300, help="evaluate: prompts of one thing; half as many of pairs"
    )
    parser.add_argument("--prompt-seed", default=cases.SEED, help="evaluate: another seed asks for other scenes")
    parser.add_argument("--steps", type=int, default=20, help="evaluate: sampling steps")
    parser.add_argument("--cfg-scale", type=float, default=4.0, help="evaluate: guidance")
    parser.add_argument("--parts", default=",".join(evaluate.PARTS), help="evaluate: what is measured")
    parser.add_argument("--unet-batch", type=int, default=16, help="pictures a step and process")
    return parser.parse_args()


def main() -> None:
    """Run one stage, or all whose result is not there yet."""
    options = _options()
    if options.stage in OTHERS:
        OTHERS[options.stage](options)
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    chosen = STAGES if options.stage == "all" else {options.stage: STAGES[options.stage]}
    for name, (work, result) in chosen.items():
        if options.stage == "all" and result and (options.folder / result).exists():
            print(f"{name}: {result} is there", flush=True)
            continue
        began = time.monotonic()
        work(options)
        print(f"{name}: {(time.monotonic() - began) / 60:.1f} min", flush=True)


if __name__ == "__main__":
    main()
