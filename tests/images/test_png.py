from __future__ import annotations

import io
import os
import random
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sdtui.errors import WorkspaceError
from sdtui.images import png

IHDR = (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
IEND = (b"IEND", b"")


def chunks(*pairs: tuple[bytes, bytes]) -> bytes:
    return png.SIGNATURE + b"".join(
        len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big") for kind, body in pairs
    )


def texts_of(path: Path, data: bytes) -> dict[str, str]:
    path.write_bytes(data)
    return png.read_texts(path)


def test_pixels_come_back_as_they_were() -> None:
    rgb = random.Random(1).randbytes(5 * 3 * 3)
    with Image.open(io.BytesIO(png.encode(rgb, 5, 3, texts={}))) as picture:
        assert (picture.mode, picture.size, picture.tobytes()) == ("RGB", (5, 3), rgb)


def test_latin_1_is_written_as_text_and_the_rest_as_international_text() -> None:
    data = png.encode(bytes(3), 1, 1, texts={"parameters": "café", "other": "日本"})
    assert data.count(b"tEXt") == 1
    assert data.count(b"iTXt") == 1


@given(st.dictionaries(st.sampled_from(["parameters", "sdtui", "Comment"]), st.text(), max_size=3))
def test_texts_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, texts: dict[str, str]) -> None:
    path = tmp_path_factory.mktemp("png") / "x.png"
    assert texts_of(path, png.encode(bytes(3), 1, 1, texts=texts)) == texts


def test_others_read_our_texts(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(png.encode(bytes(3), 1, 1, texts={"parameters": "日本 ü", "sdtui": "{}"}))
    with Image.open(path) as picture:
        assert picture.info["parameters"] == "日本 ü"
        assert picture.info["sdtui"] == "{}"


def test_a_lone_surrogate_does_not_make_a_picture_unwritable(tmp_path: Path) -> None:
    assert texts_of(tmp_path / "x.png", png.encode(bytes(3), 1, 1, texts={"a": "x\udcff"})) == {"a": "x?"}


@pytest.mark.parametrize(
    ("rgb", "texts"), [(b"12", {}), (bytes(3), {"": "x"}), (bytes(3), {"k" * 80: "x"}), (bytes(3), {"a\0b": "x"})]
)
def test_what_is_no_picture_or_no_key_is_refused(rgb: bytes, texts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"picture|key"):
        png.encode(rgb, 1, 1, texts=texts)


READ = {
    "text": ((b"tEXt", b"parameters\0caf\xe9"), {"parameters": "café"}),
    "packed": ((b"zTXt", b"parameters\0\0" + zlib.compress(b"hello")), {"parameters": "hello"}),
    "international": ((b"iTXt", b"parameters\0\0\0en\0P\0" + "日".encode()), {"parameters": "日"}),
    "international, packed": ((b"iTXt", b"a\0\1\0\0\0" + zlib.compress("日".encode())), {"a": "日"}),
    "bad UTF-8": ((b"iTXt", b"a\0\0\0\0\0\xff"), {"a": "�"}),
    "no separator": ((b"tEXt", b"parameters"), {}),
    "no key": ((b"tEXt", b"\0x"), {}),
    "unknown packing": ((b"zTXt", b"a\0\1xx"), {}),
    "broken packing": ((b"zTXt", b"a\0\0xx"), {}),
    "packing cut off": ((b"zTXt", b"a\0\0" + zlib.compress(b"hello" * 99)[:-3]), {}),
    "bomb": ((b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000))), {}),
    "international without fields": ((b"iTXt", b"a\0\0"), {}),
    "too long": ((b"tEXt", b"a\0" + bytes(1_100_000)), {}),
}


@pytest.mark.parametrize(("chunk", "wanted"), READ.values(), ids=READ)
def test_reading(tmp_path: Path, chunk: tuple[bytes, bytes], wanted: dict[str, str]) -> None:
    later = (b"tEXt", b"later\0yes")
    assert texts_of(tmp_path / "x.png", chunks(IHDR, chunk, later, IEND)) == wanted | {"later": "yes"}


def test_a_megabyte_of_text_is_all_that_is_read(tmp_path: Path) -> None:
    many = [(b"tEXt", b"k%d\0" % number + b"x" * 400_000) for number in range(5)]
    assert list(texts_of(tmp_path / "x.png", chunks(IHDR, *many, IEND))) == ["k0", "k1"]


def test_the_first_text_of_a_key_counts_and_what_comes_after_the_end_does_not(tmp_path: Path) -> None:
    data = chunks(IHDR, (b"tEXt", b"a\0one"), (b"tEXt", b"a\0two"), IEND, (b"tEXt", b"b\0x"))
    assert texts_of(tmp_path / "x.png", data) == {"a": "one"}


@pytest.mark.parametrize("data", [b"", b"\x89PNG", b"GIF89a" + bytes(99), bytes(99)])
def test_what_is_no_png_is_said_to_be_none(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(WorkspaceError, match=r"x\.png: This is no PNG file\."):
        texts_of(tmp_path / "x.png", data)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"gone\.png: The picture cannot be read"):
        png.read_texts(tmp_path / "gone.png")
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path, tmp_path / "pipe.png"):
        with pytest.raises(WorkspaceError, match="This is no file"):
            png.read_texts(path)


@given(st.data())
def test_damage_anywhere_neither_raises_nor_invents_texts(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = bytearray(png.encode(bytes(300), 10, 10, texts={"parameters": "a red circle", "sdtui": "日本"}))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(8, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    cut = whole[: data.draw(st.integers(8, len(whole)))]
    found = texts_of(tmp_path_factory.mktemp("png") / "x.png", bytes(cut))
    assert found.items() <= {"parameters": "a red circle", "sdtui": "日本"}.items()
