"""The hash of a model: told while it takes time, given up when the user says so."""

import hashlib
import queue

import pytest

from sdtui.spec.event import Chore, Published
from sdtui.spec.model import ModelFile
from sdtui.weights.hashes import BLOCK, HashStore
from sdtui.worker.looks import Looks
from sdtui.worker.publisher import Publisher


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "dream.safetensors"
    path.write_bytes(b"x" * BLOCK * 3)
    return ModelFile(name="dream", path=str(path), size=BLOCK * 3, mtime_ns=1)


def test_a_hash_that_takes_a_while_says_how_far_it_is(tmp_path, model, monkeypatch):
    monkeypatch.setattr("sdtui.worker.publisher.TELL_EVERY_S", 0.0)
    sent: list[Chore | Published] = []
    publisher = Publisher(sent.append, HashStore(tmp_path / "hashes.json"), Looks(tmp_path / "looks.json"), owner="cpu")
    assert publisher._hash(model) == hashlib.sha256(b"x" * BLOCK * 3).hexdigest()
    assert [chore.progress for chore in sent] == [pytest.approx(share) for share in (1 / 3, 2 / 3, 1)] + [None]
    assert sent[0].text == "hashing dream, 0.0 of 0.0 GB"
    assert sent[0].can_stop
    assert sent[-1].over
    assert {chore.id for chore in sent} == {f"cpu hash {model.path}"}


def test_a_hash_of_a_known_file_says_nothing(tmp_path, model, monkeypatch):
    monkeypatch.setattr("sdtui.worker.publisher.TELL_EVERY_S", 0.0)
    HashStore(tmp_path / "hashes.json").sha256(tmp_path / "dream.safetensors")
    sent = []
    assert Publisher(sent.append, HashStore(tmp_path / "hashes.json"), Looks(tmp_path / "looks.json"))._hash(model)
    assert sent == []


def test_a_hash_that_is_given_up_leaves_the_picture_without_it_and_is_not_begun_again(tmp_path, model, monkeypatch):
    monkeypatch.setattr("sdtui.worker.publisher.TELL_EVERY_S", 0.0)
    sent: queue.SimpleQueue[Chore] = queue.SimpleQueue()
    publisher = Publisher(sent.put, HashStore(tmp_path / "hashes.json"), Looks(tmp_path / "looks.json"), owner="cpu")

    def skip_the_first(chore):
        sent.put(chore)
        publisher.skip(chore.id)

    publisher._send = skip_the_first
    assert publisher._hash(model) == ""
    assert publisher._hash(model) == ""
    assert [sent.get_nowait().over for _ in range(2)] == [False, True]
