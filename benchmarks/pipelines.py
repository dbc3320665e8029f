"""Iterations a second of SD 1.5's and SDXL's shapes, ours and diffusers' pipelines', plain and compiled, in interleaved rounds.

python -m benchmarks.pipelines [--device cuda:0] [--small] [--steps N] [--rounds N] [--batch N] [--backend B]

Writes benchmarks/RESULTS.md. `--small` takes small modules and pictures: for a CPU, where it shows that everything works.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.figure import Figure
from benchmarks.full_size import write_folder
from benchmarks.results import Row, Run, write_results

if TYPE_CHECKING:
    from sdtui.engine.engine import Engine
    from sdtui.spec.model import ModelFile

RESULTS = Path(__file__).with_name("RESULTS.md")
LABELS = {"sd1": "SD 1.5", "sdxl": "SDXL"}
SIDES_PX = {"sd1": 512, "sdxl": 1024}
FULL_BATCH = {"sd1": 16, "sdxl": 8}
SMALL_SIDE_PX, SMALL_BATCH = 128, 4
CFG_SCALE = 7.0
PROMPT = "a large red circle on a white background"

Take = Callable[[], None]


class Options(NamedTuple):
    """What is measured: on which device, small or full shapes, steps a picture, rounds, pictures at once (0: the family's).

    `backend` is torch.compile's; empty is inductor on a card, and on a CPU the one that traces and compiles nothing.
    """

    device: str = "cpu"
    small: bool = True
    steps: int = 10
    rounds: int = 5
    batch: int = 0
    backend: str = ""

    @property
    def compiler(self) -> str:
        """The backend that is used."""
        return self.backend or ("eager" if self.device == "cpu" else "inductor")


def measure() -> list[Figure]:
    """Full shapes where there is a card, small ones on a CPU; our figures against the plain pipeline's."""
    import torch

    card = torch.cuda.is_available()
    rows = run(Options("cuda:0", small=False, steps=20) if card else Options())
    figures = []
    for row in rows:
        plain = next(other for other in rows if (other.shape, other.batch, other.what) == (row.shape, row.batch, PLAIN))
        if row.what.startswith("sdtui"):
            name = f"{row.shape}, batch {row.batch}: {row.what} / StableDiffusionPipeline"
            figures.append(Figure(name, row.rate / plain.rate, "×"))
    return figures


PLAIN = "pipeline"


def run(options: Options) -> list[Row]:
    """Measure both families, write the results, and return them."""
    import diffusers
    import torch

    rows: list[Row] = []
    for family in LABELS:
        rows += _family(family, options)
    card = torch.cuda.get_device_name(options.device) if options.device.startswith("cuda") else "CPU"
    about = Run(
        card, torch.__version__, diffusers.__version__, options.small, options.steps, options.rounds, options.compiler
    )
    write_results(RESULTS, rows, about)
    return rows


def _family(family: str, options: Options) -> list[Row]:
    from sdtui.weights.configs import family_config
    from tests.engine.renders import model_file
    from tests.engine.small import SMALL

    side_px = SMALL_SIDE_PX if options.small else SIDES_PX[family]
    full = options.batch or (SMALL_BATCH if options.small else FULL_BATCH[family])
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        configs: Any = SMALL[family] if options.small else family_config(family)
        model = model_file(write_folder(Path(folder) / "model", family, configs))
        ours, compiled = _engine(model, options, "off"), _engine(model, options, "whole")
        for batch in dict.fromkeys((1, full)):
            takes = _takes(ours, compiled, model, options, (batch, side_px))
            shape = f"{LABELS[family]}, {side_px}×{side_px}" + (", small modules" if options.small else "")
            rows += _interleaved(takes, options, shape, batch)
    del ours, compiled
    gc.collect()
    return rows


def _takes(
    ours: Engine, compiled: Engine, model: ModelFile, options: Options, size: tuple[int, int]
) -> dict[str, Take]:
    import torch

    pipe, pipe_compiled = _pipeline(ours, model), _pipeline(ours, model)
    mode = "reduce-overhead" if options.compiler == "inductor" else None
    pipe_compiled.unet = torch.compile(pipe_compiled.unet, mode=mode, backend=options.compiler)
    return {
        "sdtui": lambda: _our_steps(ours, model, options, *size),
        "sdtui, compiled": lambda: _our_steps(compiled, model, options, *size),
        PLAIN: lambda: _their_steps(pipe, options, *size),
        f"{PLAIN}, compiled": lambda: _their_steps(pipe_compiled, options, *size),
    }


def _interleaved(takes: dict[str, Take], options: Options, shape: str, batch: int) -> list[Row]:
    """Each take once a round, in turning order, after one to warm up; what cannot be done says so instead of a figure."""
    seconds: dict[str, list[float]] = {what: [] for what in takes}
    failed: dict[str, str] = {}
    names = list(takes)
    for number in range(options.rounds + 1):
        for place in range(len(names)):
            what = names[(number + place) % len(names)]
            if what in failed:
                continue
            started = time.perf_counter()
            try:
                takes[what]()
            except Exception as error:  # noqa: BLE001 - whatever a compiler raises, the others' figures are wanted
                failed[what] = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:80]}"
                continue
            if number:
                seconds[what].append(time.perf_counter() - started)
    rows = []
    for what in names:
        rates = [options.steps / took for took in seconds[what]]
        if what in failed or not rates:
            rows.append(Row(shape, batch, what, 0.0, 0.0, 0.0, failed.get(what, "not measured")))
        else:
            rows.append(Row(shape, batch, what, median(rates), min(rates), max(rates)))
    return rows


def _engine(model: ModelFile, options: Options, compiled: Any) -> Engine:
    from sdtui.engine.compiling import Compiling
    from sdtui.engine.engine import Engine
    from sdtui.spec.tuning import Tuning
    from tests.engine.renders import drive

    engine = Engine(options.device, row_limit=lambda checkpoint, cells: 1024)
    engine._stepper.compiling = Compiling(options.compiler)
    engine.tune(Tuning(compiled=compiled))
    engine.warm(model)
    drive(engine)
    return engine


def _our_steps(engine: Engine, model: ModelFile, options: Options, batch: int, side_px: int) -> None:
    """The steps of so many pictures; they leave before they are decoded."""
    from sdtui.errors import RenderError
    from sdtui.spec.outcome import Broken, Stepped
    from tests.engine.renders import drive, render

    wishes: Any = {"width": side_px, "height": side_px, "cfg_scale": CFG_SCALE, "steps": options.steps + 1}
    renders = [render(PROMPT, model=model, sampler="Euler", seed=seed, **wishes) for seed in range(batch)]
    for one in renders:
        engine.add(one)
    done = 0
    while done < options.steps * batch:
        for outcome in engine.turn():
            if isinstance(outcome, Broken):
                raise RenderError(str(outcome.error))
            done += isinstance(outcome, Stepped)
    for one in renders:
        engine.cancel(one.id)
    drive(engine)


def _pipeline(engine: Engine, model: ModelFile) -> Any:
    """diffusers' pipeline on the engine's own UNet and VAE; it is given encoded prompts, as ours has them in its cache."""
    from diffusers import EulerDiscreteScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline

    from tests.engine.pipeline import BETAS

    checkpoint = engine.checkpoint(model)
    assert checkpoint is not None
    parts: dict[str, Any] = {"vae": checkpoint.vae, "unet": checkpoint.unet, "text_encoder": None, "tokenizer": None}
    parts["scheduler"] = EulerDiscreteScheduler(**BETAS, timestep_spacing="linspace", steps_offset=1)
    if checkpoint.text_encoder_2 is not None:
        made = StableDiffusionXLPipeline(**parts, text_encoder_2=None, tokenizer_2=None, add_watermarker=False)
    else:
        made = StableDiffusionPipeline(
            **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
        )
    made.set_progress_bar_config(disable=True)
    return made


def _their_steps(pipe: Any, options: Options, batch: int, side_px: int) -> None:
    """The same steps through the pipeline, which gives its latents."""
    import torch

    config = pipe.unet.config
    weight = next(pipe.unet.parameters())
    context = torch.zeros(1, 77, config.cross_attention_dim, device=weight.device, dtype=weight.dtype)
    given: dict[str, Any] = {"prompt_embeds": context, "negative_prompt_embeds": context}
    if config.addition_embed_type:
        width = config.projection_class_embeddings_input_dim - 6 * config.addition_time_embed_dim
        pooled = context.new_zeros(1, width)
        given |= {"pooled_prompt_embeds": pooled, "negative_pooled_prompt_embeds": pooled}
    with torch.inference_mode():
        pipe(
            **given,
            num_images_per_prompt=batch,
            num_inference_steps=options.steps,
            guidance_scale=CFG_SCALE,
            width=side_px,
            height=side_px,
            output_type="latent",
        )
    if weight.device.type == "cuda":
        torch.cuda.synchronize(weight.device)


def main() -> None:
    """Read the options, measure, and print the table that was written."""
    parser = argparse.ArgumentParser(prog="benchmarks.pipelines", description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=0, help="pictures at once, beside one; 0: what a large card takes")
    parser.add_argument("--backend", default="", help="torch.compile's; empty: inductor on a card, eager on a CPU")
    run(Options(**vars(parser.parse_args())))
    print(RESULTS.read_text())


if __name__ == "__main__":
    main()
