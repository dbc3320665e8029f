"""SD2, SDXL and its refiner against diffusers: the same random weights, the same texts, sizes and noise."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from sdtui.engine.checkpoint import load_checkpoint
from sdtui.engine.device import open_device
from sdtui.engine.encoding import TextEncoding
from sdtui.engine.prediction import find_prediction, velocity
from sdtui.engine.requests import Cue, Encode
from sdtui.engine.sigmas import NoiseLevels
from sdtui.prompt.emphasis import runs
from sdtui.weights.identify import identify
from tests.engine.checkpoints import write_original
from tests.engine.pipeline import BETAS, scheduler_for, tokenizer
from tests.engine.renders import builtin, final_latents, model_file, relative, render
from tests.engine.small import SMALL

CPU = open_device("cpu")
PROMPT, NEGATIVE = "a large red circle on the left", "blurry"
TOLERANCE = 1e-4
SIZE = (64, 96)


def load(path):
    stages = load_checkpoint(identify(path), CPU)
    try:
        while True:
            next(stages)
    except StopIteration as finished:
        return finished.value


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A small file of each family."""
    folder = tmp_path_factory.mktemp("families")
    return {family: write_original(folder / f"{family}.safetensors", family=family) for family in SMALL}


def transformers_encoder(checkpoint, name):
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = SMALL[checkpoint.family][name]
    kind = CLIPTextModelWithProjection if name == "text_encoder_2" else CLIPTextModel
    tokens = {"bos_token_id": 49406, "eos_token_id": 49407, "pad_token_id": 0}
    theirs = kind(CLIPTextConfig(**config | {"projection_dim": config.get("projection_dim", 8)} | tokens))
    state = checkpoint.text_encoders[name].state_dict()
    inner = {key if key.startswith("text_projection") else f"text_model.{key}": value for key, value in state.items()}
    wanted = set(theirs.state_dict())
    theirs.load_state_dict(inner if set(inner) == wanted else state, strict=True)
    return theirs.eval()


def openclip_tokenizer():
    made = tokenizer()
    made.pad_token = "!"
    return made


def parts(checkpoint, scheduler=None):
    from diffusers import EulerDiscreteScheduler

    encoders = {name: transformers_encoder(checkpoint, name) for name in checkpoint.text_encoders}
    tokenizers = {"text_encoder": tokenizer(), "text_encoder_2": openclip_tokenizer()}
    if checkpoint.family == "sd2":
        tokenizers["text_encoder"] = openclip_tokenizer()
    made = {"unet": checkpoint.unet, "vae": checkpoint.vae, "scheduler": scheduler or EulerDiscreteScheduler(**BETAS)}
    for name in ("text_encoder", "text_encoder_2"):
        made[name] = encoders.get(name)
        made[name.replace("text_encoder", "tokenizer")] = tokenizers[name] if name in encoders else None
    return made


def pipeline(checkpoint, scheduler=None):
    from diffusers import StableDiffusionPipeline, StableDiffusionXLImg2ImgPipeline, StableDiffusionXLPipeline

    made = parts(checkpoint, scheduler)
    if checkpoint.family == "sd2":
        del made["text_encoder_2"], made["tokenizer_2"]
        pipe = StableDiffusionPipeline(
            **made, safety_checker=None, feature_extractor=None, requires_safety_checker=False
        )
    elif checkpoint.family == "sdxl":
        pipe = StableDiffusionXLPipeline(**made, add_watermarker=False)
    else:
        pipe = StableDiffusionXLImg2ImgPipeline(**made, requires_aesthetics_score=True, add_watermarker=False)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def encode(checkpoint, *cues, size_px=SIZE):
    request = Encode(builtin(), tuple(Cue(runs(text), negative) for text, negative in cues), 1, "Original", 20, size_px)
    with torch.inference_mode():
        return TextEncoding().serve(request, checkpoint).texts


def close(one, other):
    return relative(one, other) <= TOLERANCE


def test_sd2s_texts_agree(files):
    checkpoint = load(files["sd2"])
    with torch.inference_mode():
        theirs = pipeline(checkpoint).encode_prompt(PROMPT, "cpu", 1, True, NEGATIVE)
    for ours, other in zip(encode(checkpoint, (PROMPT, False), (NEGATIVE, True)), theirs, strict=True):
        assert close(ours.chunks[0], other[0])


@pytest.mark.parametrize("family", ["sdxl", "sdxl-refiner"])
def test_xls_texts_and_pooled_outputs_agree(files, family):
    checkpoint = load(files[family])
    with torch.inference_mode():
        theirs = pipeline(checkpoint).encode_prompt(PROMPT, device="cpu", negative_prompt=NEGATIVE)
    positive, negative = encode(checkpoint, (PROMPT, False), (NEGATIVE, True))
    assert close(positive.chunks[0], theirs[0][0])
    assert close(negative.chunks[0], theirs[1][0])
    assert close(positive.added.pooled, theirs[2][0])
    assert close(negative.added.pooled, theirs[3][0])


def test_an_empty_negative_prompt_is_zeros_for_sdxl_as_in_diffusers(files):
    checkpoint = load(files["sdxl"])
    pipe = pipeline(checkpoint)
    assert pipe.config.force_zeros_for_empty_prompt
    with torch.inference_mode():
        theirs = pipe.encode_prompt(PROMPT, device="cpu", negative_prompt=None)
    positive, negative, empty = encode(checkpoint, (PROMPT, False), (" ", True), ("", False))
    assert torch.equal(negative.chunks[0], theirs[1][0])
    assert torch.equal(negative.fill, theirs[1][0])
    assert torch.equal(negative.added.pooled, theirs[3][0])
    # an empty prompt is a text as any other
    assert not torch.equal(empty.chunks[0], negative.chunks[0])
    assert torch.equal(positive.fill, empty.chunks[0])


def test_sizes_agree(files):
    width, height = SIZE
    base, refiner = load(files["sdxl"]), load(files["sdxl-refiner"])
    size = (height, width)
    theirs = pipeline(base)._get_add_time_ids(
        size, (0, 0), size, torch.float32, base.text_encoder_2.text_projection.out_features
    )
    (ours,) = encode(base, (PROMPT, False))
    assert torch.equal(ours.added.numbers, theirs[0])
    theirs = pipeline(refiner)._get_add_time_ids(
        size,
        (0, 0),
        size,
        6.0,
        2.5,
        size,
        (0, 0),
        size,
        torch.float32,
        refiner.text_encoder.text_projection.out_features,
    )
    for ours, other in zip(encode(refiner, (PROMPT, False), (PROMPT, True)), theirs, strict=True):
        assert torch.equal(ours.added.numbers, other[0])


def test_sdxls_chunks_share_the_first_ones_pooled_output(files):
    checkpoint = load(files["sdxl"])
    both, first = encode(checkpoint, ("red BREAK blue", False), ("red", False))
    assert len(both.chunks) == 2
    assert torch.equal(both.added.pooled, first.added.pooled)


def test_weights_act_on_each_encoders_share_alone(files):
    """As A1111: each keeps the mean of its own."""
    checkpoint = load(files["sdxl"])
    plain, weighted = encode(checkpoint, ("a red cat", False), ("a (red:1.6) cat", False))
    width = checkpoint.text_encoders["text_encoder"].width
    for part in (slice(0, width), slice(width, None)):
        one, other = plain.chunks[0][:, part], weighted.chunks[0][:, part]
        assert not torch.allclose(one, other, atol=1e-3)
        assert float(other.mean()) == pytest.approx(float(one.mean()), rel=1e-3)
    assert torch.equal(plain.added.pooled, weighted.added.pooled)


@pytest.mark.parametrize("negative", [NEGATIVE, ""])
@pytest.mark.parametrize("family", ["sd2", "sdxl"])
def test_latents_agree_with_the_pipeline(engine, files, family, negative):
    checkpoint = load(files[family])
    steps, seed = 4, 11
    ours = render(PROMPT, negative=negative, model=model_file(files[family]), sampler="Euler", steps=steps, seed=seed)
    (latents,) = final_latents(engine, ours)
    noise = torch.randn((1, 4, 8, 8), generator=torch.Generator().manual_seed(seed))
    pipe = pipeline(checkpoint, scheduler_for(checkpoint, "Euler", "Automatic"))
    theirs = pipe(
        PROMPT,
        negative_prompt=negative or (None if family == "sdxl" else ""),
        num_inference_steps=steps,
        guidance_scale=4.0,
        height=64,
        width=64,
        latents=noise,
        output_type="latent",
    ).images[0]
    assert relative(latents, theirs) <= TOLERANCE


def test_v_prediction_agrees_with_the_pipeline(engine, files, tmp_path):
    path = tmp_path / "v.safetensors"
    path.write_bytes(files["sd2"].read_bytes())
    path.with_suffix(".yaml").write_text('model:\n  params:\n    parameterization: "v"\n')
    assert identify(path).prediction == "v_prediction"
    checkpoint = load(path)
    (latents,) = final_latents(engine, render(PROMPT, model=model_file(path), steps=4, seed=11))
    scheduler = scheduler_for(checkpoint, "Euler", "Automatic")
    scheduler.register_to_config(prediction_type="v_prediction")
    noise = torch.randn((1, 4, 8, 8), generator=torch.Generator().manual_seed(11))
    theirs = pipeline(checkpoint, scheduler)(
        PROMPT, num_inference_steps=4, guidance_scale=4.0, height=64, width=64, latents=noise, output_type="latent"
    ).images[0]
    assert relative(latents, theirs) <= TOLERANCE


def test_zero_terminal_noise_agrees_with_diffusers_but_for_the_last_level():
    from diffusers import EulerDiscreteScheduler

    theirs = EulerDiscreteScheduler(**BETAS, rescale_betas_zero_snr=True, prediction_type="v_prediction")
    signals = theirs.alphas_cumprod
    levels = NoiseLevels(zero_terminal=True)
    for step in (0, 10, 500, 900, 998):
        wanted = ((1 - signals[step]) / signals[step]) ** 0.5
        assert levels.sigma(step) == pytest.approx(float(wanted), rel=2e-3)
    assert levels.highest == pytest.approx(4518.76, rel=1e-4)
    assert levels.timestep(levels.highest) == pytest.approx(999.0)


@pytest.mark.parametrize("sampler", ["Euler", "DPM++ 2M"])
def test_a_model_of_zero_terminal_noise_renders(engine, tmp_path, sampler):
    marks = {"v_pred": torch.zeros(0), "ztsnr": torch.zeros(0)}
    path = write_original(tmp_path / "m.safetensors", family="sdxl", edit=lambda tensors: tensors.update(marks))
    assert load(path).levels.highest > 4000
    (latents,) = final_latents(engine, render(model=model_file(path), sampler=sampler, steps=4))
    assert latents.isfinite().all()


@pytest.mark.parametrize(("value", "wanted"), [(0.4, "epsilon"), (-0.9, "velocity")])
def test_an_sd2_model_of_which_nothing_is_said_is_looked_at(value, wanted):
    def unet(inputs, timestep, context, **_):
        assert (inputs.shape, int(timestep), context.shape) == ((1, 4, 8, 8), 999, (1, 2, 48))
        return (torch.full((1, 4, 8, 8), value),)

    unet.config = SimpleNamespace(in_channels=4, cross_attention_dim=48)
    assert find_prediction(unet, CPU).__name__ == wanted


def test_velocity_is_the_papers():
    clean, noise, sigma = torch.randn(4), torch.randn(4), 3.0
    signal = 1 / (sigma**2 + 1)
    output = signal**0.5 * noise - (1 - signal) ** 0.5 * clean
    of_latents, of_output = velocity(sigma)
    assert torch.allclose(of_latents * (clean + sigma * noise) + of_output * output, clean, atol=1e-5)
