"""Devices are told without torch, and one worker at a time holds each."""

import subprocess
import sys

import pytest

from sdtui.worker.devices import DeviceLock, find_devices


@pytest.mark.parametrize(
    ("cards", "environ", "devices"),
    [
        (2, {}, ("cuda:0", "cuda:1")),
        (2, {"CUDA_VISIBLE_DEVICES": "1"}, ("cuda:0",)),
        (2, {"CUDA_VISIBLE_DEVICES": ""}, ("cpu",)),
        (2, {"CUDA_VISIBLE_DEVICES": "-1"}, ("cpu",)),
        (0, {}, ("cpu",)),
    ],
)
def test_nvidia_cards_are_counted_and_visibility_is_obeyed(tmp_path, cards, environ, devices):
    for card in range(cards):
        (tmp_path / "nvidia" / f"0000:0{card}").mkdir(parents=True)
    (tmp_path / "nvidia").mkdir(exist_ok=True)
    assert find_devices(environ, nvidia=tmp_path / "nvidia", amd=tmp_path / "amd") == devices


def test_of_amds_nodes_only_cards_count(tmp_path):
    for node, units in (("0", 0), ("1", 304)):
        (tmp_path / "amd" / node).mkdir(parents=True)
        (tmp_path / "amd" / node / "properties").write_text(f"cpu_cores_count 8\nsimd_count {units}\n")
    assert find_devices({}, nvidia=tmp_path / "none", amd=tmp_path / "amd") == ("cuda:0",)


HOLD = """
import sys
from pathlib import Path
from sdtui.worker.devices import DeviceLock
lock = DeviceLock(Path(sys.argv[1]), "cuda:0", "the other one (pid 7)")
print(lock.acquire() or "held", flush=True)
sys.stdin.read()
"""


def test_a_card_has_one_holder_whose_name_is_told(tmp_path):
    mine = DeviceLock(tmp_path, "cuda:0", "me")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        assert mine.acquire() == "the other one (pid 7)"
        other.stdin.close()
        other.wait()
    assert mine.acquire() == ""
    assert mine.acquire() == ""
    mine.release()


def test_cpus_are_shared(tmp_path):
    locks = [DeviceLock(tmp_path, "cpu", name) for name in "ab"]
    assert [lock.acquire() for lock in locks] == ["", ""]
    assert not list(tmp_path.iterdir())
