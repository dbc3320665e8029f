"""Says what a file or folder of weights is, from its header alone; whatever is wrong with it becomes its `problem`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from msgspec.structs import replace

from sdtui.errors import ModelError
from sdtui.spec.model import ModelKind, ModelRecord
from sdtui.spec.params import Scalar
from sdtui.weights.archive import PICKLE_SUFFIXES, read_archive
from sdtui.weights.families import FAMILIES, FAMILY, METADATA_PREFIXES, UNKNOWN
from sdtui.weights.files import describe
from sdtui.weights.folder import check_parts, folder_family, is_model_folder
from sdtui.weights.header import Header, read_header
from sdtui.weights.prediction import EPSILON, Predicted, of_file, of_folder
from sdtui.weights.small import KINDS, tell_pickled, vectors_in
from sdtui.weights.stamp import stamp
from sdtui.weights.telling import find_key, tell
from sdtui.weights.triggers import read_use
from sdtui.weights.wishes import read_architecture, read_defaults

REVISION = 6
"""Rises when the same file would come out as another record; whoever keeps records keeps this with them."""
READ_AS_CHECKPOINTS = ("checkpoint", "unknown")
CHECKPOINT_SUFFIX = ".ckpt"
SAFE_SUFFIXES = (".safetensors", ".sft")
SD2_VELOCITY_PX = 768
SMALLEST_PX = 512
"""The side of the pictures that SD 2.x predicting v was trained on, and the side that a picture has anyway."""
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
    if expected == "unknown" and path.suffix.lower() == CHECKPOINT_SUFFIX:
        expected = "checkpoint"
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
    if told is None and record.kind == "embedding" and len(header.tensors) == 1:
        told = "embedding", UNKNOWN
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
        vectors = vectors_in(header.tensors) if kind == "embedding" else 0
        return _with_use(replace(record, vectors=vectors), header.metadata)
    try:
        defaults = read_defaults(path, header.metadata)
        if problem := _family_problem(family):
            return replace(record, defaults=defaults, problem=problem)
        predicted = of_file(path, family, header)
        record = _with_prediction(record, predicted, defaults)
        record = replace(record, architecture=read_architecture(path, header.metadata, family))
    except ModelError as error:
        return replace(record, problem=str(error))
    return replace(record, problem=_parts_problem(header))


def _identify_folder(path: Path, record: ModelRecord) -> ModelRecord:
    if not is_model_folder(path):
        return replace(record, problem="The folder holds no model_index.json, so it is no model.")
    record = _stamped(replace(record, kind="checkpoint"), path)
    family = folder_family(path)
    record = replace(record, family=family, defaults=read_defaults(path, {}))
    if problem := _family_problem(family):
        return replace(record, problem=problem)
    check_parts(path, FAMILY[family].modules)
    return _with_prediction(record, of_folder(path), record.defaults)


def _with_prediction(record: ModelRecord, predicted: Predicted, defaults: dict[str, Scalar]) -> ModelRecord:
    """The record with what its UNet predicts, and with the size it was trained on where nobody wants another."""
    side = FAMILY[record.family].side_px
    if record.family == "sd2" and predicted.kind != EPSILON:
        side = SD2_VELOCITY_PX
    own: dict[str, Scalar] = {} if side == SMALLEST_PX else {"width": side, "height": side}
    return replace(
        record, prediction=predicted.kind, zero_terminal=predicted.zero_terminal, defaults={**own, **defaults}
    )


def _stamped(record: ModelRecord, path: Path) -> ModelRecord:
    size, mtime_ns = stamp(path)
    return replace(record, size=size, mtime_ns=mtime_ns)


def _with_use(record: ModelRecord, metadata: Mapping[str, str]) -> ModelRecord:
    use = read_use(Path(record.path), metadata)
    return replace(record, alias=use.alias, trigger_words=use.trigger_words, preferred_weight=use.preferred_weight)


def _pickled(path: Path, record: ModelRecord) -> ModelRecord:
    if record.kind in KINDS or record.kind == "unknown":
        told = tell_pickled(path, record.kind)
        if told is not None:
            record = replace(record, kind=told.kind, family=told.family, vectors=told.vectors)
            return _with_use(record, {})
    if record.kind not in READ_AS_CHECKPOINTS:
        what = f"A pickled {record.kind} is not opened: a {path.suffix.lower()} file can run code."
        return replace(record, problem=what)
    return _identify_header(path, record, read_archive(path))


def _parts_problem(header: Header) -> str:
    missing = [what for what, keys in PARTS if not any(find_key(header.tensors, key) for key in keys)]
    return f"The file holds no {' and no '.join(missing)}, which a checkpoint needs." if missing else ""


def _family_problem(family: str) -> str:
    known = FAMILY[family]
    if known.renderable:
        return ""
    able = ", ".join(row.label for row in FAMILIES if row.renderable)
    what = f"{known.label} checkpoints" if family != UNKNOWN else "Checkpoints of this unknown family"
    return f"{what} cannot be rendered yet; {able} can."


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
