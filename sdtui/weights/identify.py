"""Says what a file or folder of weights is, from its header alone; whatever is wrong with it becomes its `problem`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from msgspec.structs import replace

from sdtui.errors import ModelError
from sdtui.spec.model import ModelKind, ModelRecord
from sdtui.weights.families import FAMILIES, FAMILY, METADATA_PREFIXES, UNKNOWN
from sdtui.weights.files import describe
from sdtui.weights.folder import check_parts, folder_family, is_model_folder, prediction
from sdtui.weights.header import Header, read_header
from sdtui.weights.stamp import stamp
from sdtui.weights.telling import find_key, tell
from sdtui.weights.triggers import read_use
from sdtui.weights.wishes import read_architecture, read_defaults

REVISION = 2
"""Rises when the same file would come out as another record; whoever keeps records keeps this with them."""
SAFE_SUFFIXES = (".safetensors", ".sft")
PICKLE_SUFFIXES = (".ckpt", ".pt", ".pth", ".bin")
TITLE_LIMIT = 200
"""Longest title that is kept, in characters."""
PARTS = (("text encoder", ("cond_stage_model.*", "conditioner.*")), ("VAE", ("first_stage_model.*",)))
"""What a checkpoint needs beside its UNet, and the names that show it."""


def builtin_path() -> Path:
    """Where the built-in model is."""
    return Path(str(files("sdtui.data") / "models" / "shapes-64.safetensors"))


def identify(path: Path, *, expected: ModelKind = "unknown") -> ModelRecord:
    """The record of a file or diffusers folder; `expected` is its kind where the content cannot be read.

    Never raises for what it finds: `problem` is a sentence that says why the model cannot be used.
    """
    record = ModelRecord(name=path.stem, path=str(path), kind=expected, family=UNKNOWN)
    try:
        if path.is_dir():
            return _identify_folder(path, replace(record, name=path.name, layout="diffusers"))
        record = _stamped(record, path)
        if path.suffix.lower() in PICKLE_SUFFIXES:
            return _pickled(path, record)
        header = read_header(path)
    except ModelError as error:
        return replace(record, problem=str(error) if error.where != str(path) else _unplaced(error))
    except OSError as error:
        return replace(record, problem=describe(error))
    return _identify_header(path, record, header)


def _identify_header(path: Path, record: ModelRecord, header: Header) -> ModelRecord:
    told = tell(header.tensors)
    title = header.metadata.get("modelspec.title", "")[:TITLE_LIMIT]
    record = replace(record, title=title, builtin=path.name == "shapes-64.safetensors" and path == builtin_path())
    if told is None:
        names = ", ".join(name[:60] for name in list(header.tensors)[:3]) or "none"
        return replace(
            record, kind="unknown", problem=f"This is no kind of model that is known; its first keys: {names}."
        )
    kind, family = told
    if family == UNKNOWN:
        family = _family_of_metadata(header.metadata)
    record = replace(record, kind=kind, family=family)
    if kind != "checkpoint":
        use = read_use(path, header.metadata)
        return replace(record, alias=use.alias, trigger_words=use.trigger_words, preferred_weight=use.preferred_weight)
    try:
        record = replace(record, defaults=read_defaults(path, header.metadata))
        record = replace(record, architecture=read_architecture(path, header.metadata))
    except ModelError as error:
        return replace(record, problem=str(error))
    return replace(record, problem=_checkpoint_problem(family, header))


def _identify_folder(path: Path, record: ModelRecord) -> ModelRecord:
    if not is_model_folder(path):
        return replace(record, problem="The folder holds no model_index.json, so it is no model.")
    record = _stamped(replace(record, kind="checkpoint"), path)
    family = folder_family(path)
    record = replace(record, family=family, defaults=read_defaults(path, {}))
    problem = _family_problem(family)
    if not problem:
        check_parts(path)
        problem = _prediction_problem(prediction(path))
    return replace(record, problem=problem)


def _stamped(record: ModelRecord, path: Path) -> ModelRecord:
    size, mtime_ns = stamp(path)
    return replace(record, size=size, mtime_ns=mtime_ns)


def _pickled(path: Path, record: ModelRecord) -> ModelRecord:
    problem = (
        f"Pickles are off: a {path.suffix.lower()} file can run code when it is opened. Convert it to .safetensors."
    )
    return replace(record, kind="checkpoint" if path.suffix.lower() == ".ckpt" else record.kind, problem=problem)


def _checkpoint_problem(family: str, header: Header) -> str:
    if problem := _family_problem(family):
        return problem
    missing = [what for what, keys in PARTS if not any(find_key(header.tensors, key) for key in keys)]
    if missing:
        return f"The file holds no {' and no '.join(missing)}, which a checkpoint needs."
    velocity = "v_pred" in header.tensors or header.metadata.get("modelspec.prediction_type", "") in {
        "v",
        "v_prediction",
    }
    return _prediction_problem("v_prediction" if velocity else "epsilon")


def _family_problem(family: str) -> str:
    known = FAMILY[family]
    if known.renderable:
        return ""
    able = ", ".join(row.label for row in FAMILIES if row.renderable)
    what = f"{known.label} checkpoints" if family != UNKNOWN else "Checkpoints of this unknown family"
    return f"{what} cannot be rendered yet; {able} can."


def _prediction_problem(kind: str) -> str:
    return "" if kind == "epsilon" else f"The model predicts '{kind}', which cannot be rendered yet; epsilon can."


def _family_of_metadata(metadata: Mapping[str, str]) -> str:
    for key in ("modelspec.architecture", "ss_base_model_version"):
        value = metadata.get(key, "").lower()
        for start, family in METADATA_PREFIXES:
            if value.startswith(start):
                return family
    return UNKNOWN


def _unplaced(error: ModelError) -> str:
    """The error without its place, which the record names already."""
    return f"{error.what} {error.todo}".strip()
