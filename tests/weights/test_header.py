from __future__ import annotations

import contextlib
import json
import os
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdtui.errors import ModelError
from sdtui.weights.header import HEADER_LIMIT, read_header
from tests.weights.synthetic import header_bytes, sd1, write_model

F32 = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}


def raw_header(text: bytes, data: bytes = b"1234") -> bytes:
    return struct.pack("<Q", len(text)) + text + data


def entry(**changes: object) -> dict[str, object]:
    return {"a": {**F32, **changes}}


HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "shorter-than-a-length": (b"\x10\x00", "too few"),
    "claims-a-huge-header": (struct.pack("<Q", 2**63) + b"{}", "claims"),
    "header-over-the-limit": (struct.pack("<Q", HEADER_LIMIT + 1) + b" " * (HEADER_LIMIT + 2), "claims"),
    "ends-inside-its-header": (struct.pack("<Q", 1000) + b'{"a":', "ends inside its header"),
    "not-json": (raw_header(b'{"a": nonsense}'), "cannot be read"),
    "a-list": (raw_header(b"[]"), "does not begin"),
    "nested-a-hundred-thousand-deep": (raw_header(b'{"a":' + b"[" * 100_000), "cannot be read"),
    "not-utf-8": (raw_header(b'{"\xff":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'), "cannot be read"),
    "tensor-twice": (
        raw_header(
            b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
        ),
        "twice",
    ),
    "field-twice": (raw_header(b'{"a":{"dtype":"U8","dtype":"F32","shape":[1],"data_offsets":[0,4]}}'), "twice"),
    "metadata-key-twice": (raw_header(b'{"__metadata__":{"x":"1","\\u0078":"2"}}', b""), "twice"),
    "metadata-twice": (raw_header(b'{"__metadata__":{"x":"1"},"__metadata__":{"x":"1"}}', b""), "twice"),
    "metadata-of-numbers": (header_bytes({"__metadata__": {"x": 1}}), "cannot be read"),
    "unknown-field": (header_bytes(entry(extra=1), b"1234"), "tensor 'a'"),
    "unknown-dtype": (header_bytes(entry(dtype="F31"), b"1234"), "dtype 'F31'"),
    "negative-shape": (header_bytes(entry(shape=[-1]), b"1234"), "tensor 'a'"),
    "huge-dimension": (header_bytes(entry(shape=[2**62, 2**62, 0]), b"1234"), "tensor 'a'"),
    "shape-of-two-thousand-digits": (raw_header(b'{"a":{"dtype":"F32","shape":[' + b"9" * 2000 + b"]}}"), "tensor 'a'"),
    "forty-dimensions": (header_bytes(entry(shape=[1] * 40), b"1234"), "tensor 'a'"),
    "boolean-shape": (header_bytes(entry(shape=[True]), b"1234"), "tensor 'a'"),
    "shape-does-not-fill-its-bytes": (header_bytes(entry(shape=[2]), b"1234"), "does not fill"),
    "half-a-byte-left-over": (header_bytes(entry(dtype="F4", shape=[9]), b"1234"), "does not fill"),
    "ends-before-it-begins": (header_bytes(entry(data_offsets=[4, 0]), b"1234"), "ends before"),
    "beyond-the-end-of-the-file": (header_bytes(entry(shape=[1000], data_offsets=[0, 4000]), b"1234"), "cut off"),
    "overlap": (
        header_bytes({"a": F32, "b": {"dtype": "F32", "shape": [1], "data_offsets": [2, 6]}}, b"123456"),
        "overlaps",
    ),
    "gap": (header_bytes({"a": F32, "b": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}}, b"1" * 12), "gap"),
    "something-behind-the-last-tensor": (header_bytes({"a": F32}, b"1234<script>"), "belong to no tensor"),
    "web-page": (b"<!DOCTYPE html><html>Log in to download</html>", "web page"),
    "git-lfs-pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "git lfs pull"),
    "zip": (b"PK\x03\x04" + b"\x14" * 60, "zip"),
    "gguf": (b"GGUF\x03\x00\x00\x00" + b"\x01" * 60, "GGUF"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_header_is_refused_with_a_sentence_that_names_the_file(name: str, tmp_path: Path) -> None:
    data, says = HOSTILE[name]
    path = tmp_path / f"{name}.safetensors"
    path.write_bytes(data)
    with pytest.raises(ModelError) as caught:
        read_header(path)
    assert caught.value.where == str(path)
    assert says in str(caught.value)
    assert caught.value.what.endswith(".")
    assert len(str(caught.value)) < 500


def test_header_gives_names_shapes_and_places_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    tensors = {
        "b": {"dtype": "U8", "shape": [2, 1], "data_offsets": [4, 6]},
        "a": F32,
        "e": {**F32, "shape": [0], "data_offsets": [4, 4]},
    }
    path.write_bytes(header_bytes({"__metadata__": {"k": 'a "quoted\\" {value}'}, **tensors}, b"wxyzPQ"))
    header = read_header(path)
    assert header.metadata == {"k": 'a "quoted\\" {value}'}
    assert list(header.tensors) == ["b", "a", "e"]
    found = header.tensors["b"]
    assert (found.dtype, found.shape) == ("U8", (2, 1))
    assert path.read_bytes()[found.start : found.end] == b"PQ"
    assert path.read_bytes()[header.tensors["a"].start : header.tensors["a"].end] == b"wxyz"


def test_header_that_begins_like_a_web_page_by_its_length_is_read(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    text = json.dumps({"__metadata__": {}}).encode().ljust(ord("<"))
    path.write_bytes(raw_header(text, b""))
    assert path.read_bytes().startswith(b"<")
    assert read_header(path).tensors == {}


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "unreadable", "zero byte", "dangling link"])
def test_what_is_no_readable_file_is_refused_at_once(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "unreadable":
        write_model(path, sd1())
        path.chmod(0)
        if os.access(path, os.R_OK):
            path = tmp_path / "nothing"  # root may read everything
    elif kind == "zero byte":
        path = tmp_path / "a\0b"
    elif kind == "dangling link":
        path.symlink_to(tmp_path / "gone")
    with pytest.raises(ModelError):
        read_header(path)


def test_metadata_over_the_limit_keeps_the_top_tags(tmp_path: Path) -> None:
    tags = {"folder": {f"tag {number:06} {'x' * 40}": number for number in range(80_000)}}
    metadata = {"ss_tag_frequency": json.dumps(tags), "modelspec.title": "Title"}
    assert len(metadata["ss_tag_frequency"]) > 4 * 2**20
    header = read_header(write_model(tmp_path / "m.safetensors", {}, metadata))
    kept = json.loads(header.metadata["ss_tag_frequency"])["folder"]
    assert header.metadata["modelspec.title"] == "Title"
    assert sorted(kept.values()) == list(range(79_800, 80_000))


@pytest.mark.parametrize("statistics", ["no json", '{"a": 1}', '{"a": {"b": "c"}}', ""])
def test_metadata_over_the_limit_loses_its_longest_values(statistics: str, tmp_path: Path) -> None:
    metadata = {"long": "x" * 5_000_000, "ss_tag_frequency": statistics, "short": "kept"}
    header = read_header(write_model(tmp_path / "m.safetensors", {}, metadata))
    assert header.metadata == {"ss_tag_frequency": "{}", "short": "kept"}


SOUND = header_bytes({"__metadata__": {"x": "y"}, "a": F32, "b": {**F32, "data_offsets": [4, 8]}}, b"12345678")


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(flips=st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(1, 255)), min_size=1, max_size=4))
def test_flipped_bytes_are_read_or_refused_never_anything_else(flips: list[tuple[int, int]], tmp_path: Path) -> None:
    data = bytearray(SOUND)
    for place, mask in flips:
        data[place] ^= mask
    path = tmp_path / "flipped.safetensors"
    path.write_bytes(data)
    try:
        header = read_header(path)
    except ModelError:
        return
    size = len(data)
    assert all(0 <= tensor.start <= tensor.end <= size for tensor in header.tensors.values())


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cut=st.integers(0, len(SOUND) - 1))
def test_truncated_file_is_refused(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "cut.safetensors"
    path.write_bytes(SOUND[:cut])
    with pytest.raises(ModelError):
        read_header(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
ENTRIES = st.dictionaries(
    st.sampled_from(["__metadata__", "a", "b", 'q"\\', "é"]),
    JSON | st.fixed_dictionaries({"dtype": st.sampled_from(["F32", "U8", "F4"]), "shape": JSON, "data_offsets": JSON}),
    max_size=4,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(header=ENTRIES, data=st.binary(max_size=16))
def test_any_json_header_is_read_or_refused(header: dict[str, object], data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "any.safetensors"
    path.write_bytes(header_bytes(header, data))
    with contextlib.suppress(ModelError):
        read_header(path)


def test_reader_agrees_with_the_safetensors_library_on_the_built_in_model() -> None:
    safetensors = pytest.importorskip("safetensors")
    from sdtui.weights.identify import builtin_path

    ours = read_header(builtin_path())
    with safetensors.safe_open(str(builtin_path()), "np") as theirs:
        assert theirs.metadata() == ours.metadata
        assert set(theirs.keys()) == set(ours.tensors)
        for name, tensor in ours.tensors.items():
            assert tuple(theirs.get_slice(name).get_shape()) == tensor.shape
