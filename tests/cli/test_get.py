"""`sdtui get` on a real server and a site of the test's."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from sdtui.workspace.paths import Workspace
from tests.fetch.hub import REPOSITORY, pages_of
from tests.fetch.site import serving
from tests.weights.synthetic import kohya_lora, write_folder, write_model


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def lora(tmp_path: Path) -> bytes:
    return write_model(tmp_path / "made.safetensors", kohya_lora(768)).read_bytes()


def test_the_path_of_the_model_is_all_of_the_output(sdtui, workspace: Workspace, lora: bytes) -> None:
    with serving(body=lora) as site:
        told = sdtui("get", site.url)
        assert (told.code, told.out) == (0, f"{workspace.root}/models/Lora/film.safetensors\n")
        assert Path(told.out.strip()).read_bytes() == lora
        again = sdtui("get", site.url)
        assert again.code == 4
        assert "not written over" in again.err
        other = sdtui("get", site.url, "--name", "night", "--sha256", hashlib.sha256(lora).hexdigest())
        assert other.out.endswith("/models/Lora/night.safetensors\n")
    assert "film" in sdtui("models").out


def test_a_kind_that_the_file_says_otherwise_is_told(sdtui, lora: bytes) -> None:
    with serving(body=lora, name="odd.safetensors") as site:
        told = sdtui("get", site.url, "--kind", "vae")
    assert told.out.endswith("/models/Lora/odd.safetensors\n")
    assert "The file is a LoRA, not a VAE: it is in Lora/." in told.err


def test_what_went_wrong_gives_a_sentence_and_an_exit_code(sdtui) -> None:
    with serving(body=b"<html><title>Log in</title>" + b" " * 600, name="page.safetensors") as site:
        page = sdtui("get", site.url)
    assert page.code == 4
    assert "web page, “Log in”" in page.err
    for arguments in (
        ("get",),
        ("get", "ftp://a/b"),
        ("get", "https://a/b", "--sha256", "12"),
        ("get", "x", "--kind", "y"),
    ):
        assert sdtui(*arguments).code == 2


def test_a_wrong_hash_is_no_model(sdtui, workspace: Workspace, lora: bytes) -> None:
    with serving(body=lora, name="wrong.safetensors") as site:
        told = sdtui("get", site.url, "--sha256", "ab" * 32)
    assert told.code == 4
    assert "not abababababababab" in told.err
    assert not list((workspace.root / "models").rglob("wrong*"))


def test_every_change_is_a_line_of_json(sdtui, lora: bytes) -> None:
    with serving(body=lora, name="lines.safetensors") as site:
        told = sdtui("get", site.url, "--json")
    views = [json.loads(line) for line in told.out.splitlines()]
    assert views[-1]["state"] == "done"
    assert views[-1]["kind"] == "lora"


def test_one_that_is_left_alone_is_listed_and_stopped(sdtui) -> None:
    with serving(statuses=[503] * 9, extra={"Retry-After": "600"}, name="slow.safetensors") as site:
        told = sdtui("get", site.url, "--detach")
        number = told.out.split()[0]
        assert told.code == 0
        assert site.url in sdtui("get", "--list").out
        stopped = sdtui("get", "--cancel", number)
    assert f"{number}  ‖ cancelled" in stopped.out
    assert sdtui("get", "--cancel", "999").code == 2
    assert number in {line.split()[0] for line in sdtui("get", "--list").out.splitlines()}
    assert sdtui("get", "--forget", number).code == 0
    assert number not in {line.split()[0] for line in sdtui("get", "--list").out.splitlines()}
    assert sdtui("get", "--forget", number).code == 2


def test_what_is_over_is_cleared_with_its_parts_and_what_runs_stays(sdtui, workspace: Workspace, lora: bytes) -> None:
    with serving(statuses=[503] * 9, extra={"Retry-After": "600"}, name="runs.safetensors") as slow:
        number = sdtui("get", slow.url, "--detach").out.split()[0]
        with serving(body=lora[:-8] + b"x" * 8, name="bad.safetensors") as site:
            assert sdtui("get", site.url, "--sha256", "ab" * 32).code == 4
        left = sdtui("get", "--clear")
        assert (left.code, [line.split()[0] for line in left.out.splitlines()]) == (0, [number])
        sdtui("get", "--forget", number)
    assert not list((workspace.root / "models").rglob("*.part"))


def test_a_whole_folder_is_one_download_and_one_model(sdtui, workspace: Workspace, tmp_path: Path) -> None:
    source = write_folder(tmp_path / "source")
    with serving(pages=pages_of(source)) as site:
        url = f"http://{site.host}{REPOSITORY}/resolve/main/model_index.json"
        told = sdtui("get", url, "--name", "evening")
        assert (told.code, told.out) == (0, f"{workspace.root}/models/Stable-diffusion/evening\n")
        assert "unet/diffusion_pytorch_model.safetensors" in told.err
        listed = sdtui("get", "--list").out
        assert sdtui("get", url, "--name", "evening").code == 4
    assert listed.count("evening") == 1
    assert "evening" in sdtui("models").out
    with serving(pages=pages_of(source), token="right", extra={"X-Error-Code": "GatedRepo"}) as site:
        gated = sdtui("get", f"http://{site.host}{REPOSITORY}/resolve/main/model_index.json")
    assert gated.code == 4
    assert f"tokens: {{{site.host}: …}}" in gated.err
