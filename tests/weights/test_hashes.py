from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sdtui.errors import ModelError
from sdtui.weights.hashes import BLOCK, HashingCancelled, HashStore
from tests.weights.synthetic import write_folder

MANY = """
import sys
from pathlib import Path
from sdtui.weights.hashes import HashStore
store = HashStore(Path(sys.argv[1]))
for path in sys.argv[2:]:
    store.sha256(Path(path))
"""


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def poison(cache: Path, path: Path, digest: str = "f" * 64) -> None:
    """Let the cache say something else than the truth, so that a test sees who read it."""
    state = path.stat()
    cache.write_text(json.dumps({str(path): [state.st_size, state.st_mtime_ns, digest]}))


def test_hash_is_the_files_and_is_remembered_on_disk(tmp_path: Path) -> None:
    path = write(tmp_path / "m.safetensors", b"x" * (BLOCK + 3))
    cache = tmp_path / "state" / "hashes.json"
    store = HashStore(cache)
    assert store.known(path) == ""
    assert store.sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    assert HashStore(cache).known(path) == store.known(path) == store.sha256(path)


def test_cache_is_believed_for_the_same_version_only(tmp_path: Path) -> None:
    path, cache = write(tmp_path / "m.safetensors", b"one"), tmp_path / "hashes.json"
    poison(cache, path)
    store = HashStore(cache)
    assert store.sha256(path) == "f" * 64
    os.utime(path, ns=(1, 1))
    assert store.known(path) == ""
    assert store.sha256(path) == hashlib.sha256(b"one").hexdigest()
    state = path.stat()
    write(path, b"four")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert store.sha256(path) == hashlib.sha256(b"four").hexdigest()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b'{"a": 1}', b'{"a": [1, 2, "no digest"]}', b"[" * 100_000]
)
def test_corrupt_cache_is_an_empty_one_and_is_repaired(content: bytes, tmp_path: Path) -> None:
    path, cache = write(tmp_path / "m", b"one"), write(tmp_path / "hashes.json", content)
    assert HashStore(cache).sha256(path) == hashlib.sha256(b"one").hexdigest()
    assert HashStore(cache).known(path) == hashlib.sha256(b"one").hexdigest()


def test_store_sees_what_another_process_found_out(tmp_path: Path) -> None:
    path, cache = write(tmp_path / "m", b"one"), tmp_path / "hashes.json"
    mine, theirs = HashStore(cache), HashStore(cache)
    assert mine.known(path) == ""
    theirs.sha256(path)
    assert mine.known(path) == hashlib.sha256(b"one").hexdigest()


def test_unwritable_cache_costs_time_and_no_answer(tmp_path: Path) -> None:
    path = write(tmp_path / "m", b"one")
    store = HashStore(path / "below a file" / "hashes.json")
    assert store.sha256(path) == hashlib.sha256(b"one").hexdigest()
    assert store.known(path) == hashlib.sha256(b"one").hexdigest()


def test_cancelled_run_ends_within_a_block_and_leaves_nothing(tmp_path: Path) -> None:
    path, cache = write(tmp_path / "m", b"x" * (4 * BLOCK)), tmp_path / "hashes.json"
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) == 2

    store = HashStore(cache)
    with pytest.raises(HashingCancelled):
        store.sha256(path, cancelled=cancelled)
    assert len(asked) == 2
    assert store.known(path) == ""
    assert store.sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_file_that_changes_while_it_is_read_has_no_hash(tmp_path: Path) -> None:
    path = write(tmp_path / "m", b"x" * (2 * BLOCK))

    def grow() -> bool:
        with path.open("ab") as file:
            file.write(b"more")
        return False

    store = HashStore(tmp_path / "hashes.json")
    with pytest.raises(ModelError, match="changed while it was read"):
        store.sha256(path, cancelled=grow)
    assert store.known(path) == ""


def test_missing_file_is_a_model_error_and_unknown(tmp_path: Path) -> None:
    store = HashStore(tmp_path / "hashes.json")
    assert store.known(tmp_path / "gone") == ""
    with pytest.raises(ModelError):
        store.sha256(tmp_path / "gone")


def test_threads_that_ask_for_one_file_read_it_once(tmp_path: Path) -> None:
    path = write(tmp_path / "m", b"x" * BLOCK)
    store = HashStore(tmp_path / "hashes.json")
    inside, go = threading.Event(), threading.Event()
    reads: list[int] = []

    def slow() -> bool:
        reads.append(1)
        inside.set()
        return not go.wait(30)

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(store.sha256, path, slow)
        assert inside.wait(30)
        others = [pool.submit(store.sha256, path) for _ in range(3)]
        go.set()
        assert {future.result() for future in (first, *others)} == {hashlib.sha256(path.read_bytes()).hexdigest()}
    assert len(reads) == 1


def test_who_waits_for_anothers_run_can_be_cancelled(tmp_path: Path) -> None:
    path = write(tmp_path / "m", b"x" * BLOCK)
    store = HashStore(tmp_path / "hashes.json")
    inside, go = threading.Event(), threading.Event()

    def slow() -> bool:
        inside.set()
        return not go.wait(30)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(store.sha256, path, slow)
        assert inside.wait(30)
        with pytest.raises(HashingCancelled):
            store.sha256(path, cancelled=lambda: True)
        go.set()
        assert first.result()


def test_processes_and_threads_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    cache = tmp_path / "hashes.json"
    paths = [write(tmp_path / f"m{number}", str(number).encode()) for number in range(60)]
    shares = [paths[start::3] for start in range(3)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MANY, str(cache), *map(str, share)], env={**os.environ, "PYTHONPATH": "."}
        )
        for share in shares[:2]
    ]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda path: HashStore(cache).sha256(path), shares[2]))
    assert [process.wait(60) for process in processes] == [0, 0]
    fresh = HashStore(cache)
    assert [fresh.known(path) for path in paths] == [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    assert not (tmp_path / "hashes.json.new").exists()


def test_hash_of_a_diffusers_folder_is_that_of_its_unet(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model")
    unet = folder / "unet" / "diffusion_pytorch_model.safetensors"
    store = HashStore(tmp_path / "hashes.json")
    assert store.sha256(folder) == hashlib.sha256(unet.read_bytes()).hexdigest()
    assert store.known(folder) == store.sha256(unet)
    with pytest.raises(ModelError, match="not an ordinary file"):
        store.sha256(tmp_path)


def test_file_name_that_is_no_text_is_hashed(tmp_path: Path) -> None:
    path = write(Path(os.fsdecode(os.fsencode(tmp_path) + b"/m\xff")), b"one")
    store = HashStore(tmp_path / "hashes.json")
    assert store.sha256(path) == store.known(path) == hashlib.sha256(b"one").hexdigest()


def test_content_of_a_lora_is_hashed_without_its_header(tmp_path: Path) -> None:
    data = b"\1\2\3\4"
    header = json.dumps({"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}).encode()
    named = json.dumps(
        {"__metadata__": {"x": "y"}, "a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}
    ).encode()
    store = HashStore(tmp_path / "hashes.json")
    for number, raw in enumerate((header, named)):
        file = tmp_path / f"{number}.safetensors"
        file.write_bytes(len(raw).to_bytes(8, "little") + raw + data)
        whole = store.sha256(file)
        assert store.sha256(file, content=True) == hashlib.sha256(data).hexdigest()
        assert store.sha256(file) == whole == hashlib.sha256(file.read_bytes()).hexdigest()
        assert HashStore(tmp_path / "hashes.json").known(file, content=True) == hashlib.sha256(data).hexdigest()


def test_content_of_another_file_is_all_of_it(tmp_path: Path) -> None:
    file = tmp_path / "x.pt"
    file.write_bytes(b"\xff" * 100)
    assert HashStore(tmp_path / "hashes.json").sha256(file, content=True) == hashlib.sha256(b"\xff" * 100).hexdigest()
