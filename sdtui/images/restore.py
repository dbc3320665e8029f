"""From a picture's record back to a document, with a sentence for everything that cannot be had again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sdtui.errors import UsageError
from sdtui.images.infotext import ALL_STEPS, LOW_MEMORY, NEGATIVE_TEMPLATE, TEMPLATE, Record
from sdtui.prompt.expand.template import parse
from sdtui.spec.document import Document
from sdtui.spec.params import FIELDS, Field, Scalar, parse_value
from sdtui.spec.samplers import SAMPLER_NAMES, sampler_spec, split_former

CARDS_NOISE = "NV"
"""What a record without RNG was made with: a CUDA card's noise, A1111's default."""

_HASH_BEHIND = re.compile(r"\s*\[[0-9a-fA-F]{6,64}\]$")
_FORMER_VERSION = re.compile(r"v?1\.[0-8]\.")
_SOURCES: Mapping[str, str] = {
    "width": "Size-1",
    "height": "Size-2",
    "seed_resize_width": "Seed resize from-1",
    "seed_resize_height": "Seed resize from-2",
}
_KNOWN = {
    "Model hash",
    "Model",
    "VAE hash",
    "VAE",
    "Refiner",
    "Hypernet",
    "Hypernet strength",
    "Batch size",
    "Batch pos",
    TEMPLATE,
    NEGATIVE_TEMPLATE,
    LOW_MEMORY,
    "Version",
    ALL_STEPS,
}
# What makes no other picture, or is said by the prompt itself.
_HARMLESS = {"Face restoration", "User", "Lora hashes", "TI hashes", "Hashes", "Hypernet hash"}


@dataclass(frozen=True)
class Restored:
    """The document that a record describes; `problems` say in sentences what of it could not be had again."""

    document: Document
    problems: tuple[str, ...] = ()


def restore(record: Record) -> Restored:
    """The document of one picture (its own seed, one picture). Never raises: what does not fit becomes a problem."""
    pairs = split_sampler(record.pairs)
    params: dict[str, Scalar] = {}
    problems: list[str] = []
    read = set(_KNOWN)
    for field in FIELDS:
        key = _key(field)
        read.add(key)
        if not key or key not in pairs or field.name == "batch_size":
            continue
        try:
            params[field.name] = parse_value(field.name, pairs[key])
        except UsageError as error:
            problems.append(f"{error.what} {error.todo}".strip())
    problems += [
        f"'{key}: {value}' is not supported yet." for key, value in pairs.items() if key not in read | _HARMLESS
    ]
    if pairs and "RNG" not in pairs:
        params["rng"] = CARDS_NOISE
    if "NGMS" in pairs and pairs.get(ALL_STEPS) != "True":
        problems.append(
            "The negative prompt was left out of every other step below a sigma; here it is of all of them."
        )
    prompt, negative = _prompts(record, params, problems)
    document = Document(
        prompt=_with_hypernetwork(prompt, pairs),
        negative_prompt=negative,
        params=params,
        checkpoint=pairs.get("Model", ""),
        vae=pairs.get("VAE", ""),
        refiner=_HASH_BEHIND.sub("", pairs.get("Refiner", "")),
    )
    return Restored(document, tuple(problems))


def _prompts(record: Record, params: dict[str, Scalar], problems: list[str]) -> tuple[str, str]:
    """Our own pictures give back the templates that their seeds drew from; others what was drawn, which nothing draws again."""
    templates = (record.pairs.get(TEMPLATE, ""), record.pairs.get(NEGATIVE_TEMPLATE, ""))
    if record.pairs.get("Version", "").startswith("sdtui"):
        if any(templates) and params.get("wildcards") == "combinatorial":
            problems.append("The picture was one of all combinations of its template; this makes them all.")
        return templates[0] or record.prompt, templates[1] or record.negative_prompt
    if any(templates):
        problems.append("The prompt was drawn from a template by another program; here is what it drew.")
    if not (parse(record.prompt).is_plain and parse(record.negative_prompt).is_plain):
        params["wildcards"] = "off"
    return record.prompt, record.negative_prompt


def _with_hypernetwork(prompt: str, pairs: Mapping[str, str]) -> str:
    """The prompt with the tag for the hypernetwork that A1111 had as a setting of its own at first."""
    name = pairs.get("Hypernet", "").partition("(")[0].strip()
    if not name or name == "None":
        return prompt
    return f"{prompt}<hypernet:{name}:{pairs.get('Hypernet strength', '1.0')}>"


def split_sampler(pairs: Mapping[str, str]) -> dict[str, str]:
    """The pairs with the schedule taken out of a sampler's name ("DPM++ 2M Karras"), as A1111 wrote it before 1.9.

    Then a name without one meant the uniform schedule, but for the samplers that go by timesteps.
    """
    split = dict(pairs)
    sampler = split.get("Sampler", "")
    if "Schedule type" in split:
        return split
    if sampler in SAMPLER_NAMES:
        former = _FORMER_VERSION.match(split.get("Version", "")) and sampler_spec(sampler).automatic != "DDIM"
        return split | {"Schedule type": "Uniform"} if former else split
    name, schedule = split_former(sampler)
    return split | {"Sampler": name, "Schedule type": schedule} if schedule else split


def _key(field: Field) -> str:
    return _SOURCES.get(field.name, field.infotext)
