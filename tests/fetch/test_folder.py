from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sdtui.errors import SdtuiError, WorkspaceError
from sdtui.fetch import folder as folders
from sdtui.fetch.folder import FolderDownload, discard, unfinished
from sdtui.fetch.hub import is_folder
from sdtui.fetch.sites import direct
from sdtui.fetch.tokens import token_for
from sdtui.fetch.wish import Course, Ways, Wish
from sdtui.weights.identify import identify
from tests.fetch.hub import REPOSITORY, pages_of
from tests.fetch.site import Site, serving
from tests.weights.synthetic import write_folder, write_model

UNET = "unet/diffusion_pytorch_model.safetensors"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with what repositories hold besides: pickles, another program's file, a safety checker, a readme."""
    folder = write_folder(tmp_path / "source")
    write_model(folder / UNET, {"weight": (256, 256)})
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text('{"prediction_type": "epsilon"}')
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"\x80\x02" * 2000)
    (folder / "safety_checker").mkdir()
    (folder / "safety_checker" / "model.safetensors").write_bytes(b"x" * 5000)
    (folder / "film-pruned.safetensors").write_bytes(b"x" * 5000)
    (folder / "README.md").write_text("a film")
    return folder


WANTED = {
    "model_index.json",
    "scheduler/scheduler_config.json",
    "text_encoder/config.json",
    "text_encoder/model.safetensors",
    "unet/config.json",
    UNET,
    "vae/config.json",
    "vae/diffusion_pytorch_model.safetensors",
}


class Bench:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.courses: list[Course] = []
        self.waits: list[float] = []
        self.tokens: dict[str, str] = {}
        self.stopped: Callable[[], None] = lambda: None

    def download(self, site: Site, place: str = "main/", course: Course | None = None, **wish: str) -> FolderDownload:
        ways = Ways(
            folder_for=lambda kind: self.root / kind,
            token_for=lambda url: token_for(url, self.tokens, os.environ),
            tell=self.courses.append,
            stopped=lambda: self.stopped(),
            wait=self.waits.append,
        )
        url = f"http://{site.host}{REPOSITORY}/resolve/{place}model_index.json"
        return FolderDownload(Wish(url=url, **wish), course or Course(), ways)

    def files(self) -> dict[str, bytes]:
        found = (path for path in self.root.rglob("*") if path.is_file())
        return {str(path.relative_to(self.root)): path.read_bytes() for path in found}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "models")


def refusal(download: FolderDownload) -> SdtuiError:
    with pytest.raises(SdtuiError) as caught:
        download.run()
    return caught.value


@pytest.mark.parametrize(
    ("page", "index"),
    [
        ("https://huggingface.co/org/film", "org/film/resolve/main/model_index.json"),
        ("https://huggingface.co/org/film/?x=1", "org/film/resolve/main/model_index.json"),
        ("https://huggingface.co/org/film/tree/fp16", "org/film/resolve/fp16/model_index.json"),
        ("https://huggingface.co/org/film/tree/main/a/b", "org/film/resolve/main/a/b/model_index.json"),
        ("https://huggingface.co/org/film/blob/main/model_index.json", "org/film/resolve/main/model_index.json"),
    ],
)
def test_a_page_of_a_repository_means_its_folder(page: str, index: str) -> None:
    assert direct(page) == f"https://huggingface.co/{index}"
    assert is_folder(direct(page))
    assert not is_folder("https://huggingface.co/org/film/resolve/main/unet/config.json")


def test_a_folder_lands_whole_with_only_what_a_picture_is_made_with(bench: Bench, source: Path) -> None:
    with serving(pages=pages_of(source)) as site:
        course = bench.download(site).run()
    assert bench.files() == {f"checkpoint/film/{name}": (source / name).read_bytes() for name in WANTED}
    assert identify(Path(course.path)).problem == ""
    total = sum(len(raw) for raw in bench.files().values())
    assert (course.size, course.done) == (total, total)
    assert course.sha256 == hashlib.sha256((source / UNET).read_bytes()).hexdigest()
    assert [told.done for told in bench.courses] == sorted(told.done for told in bench.courses)
    assert {told.size for told in bench.courses if told.done} == {total}


def test_it_goes_by_the_name_that_is_wished(bench: Bench, source: Path) -> None:
    with serving(pages=pages_of(source, below="v2/", revision="fp16")) as site:
        bench.download(site, "fp16/v2/").run()
        bench.download(site, "fp16/v2/", name="night").run()
    assert {name.split("/")[1] for name in bench.files()} == {"v2", "night"}


def test_half_precision_is_taken_when_every_part_has_it_else_full(bench: Bench, source: Path) -> None:
    for part, name in (
        ("unet", "diffusion_pytorch_model"),
        ("vae", "diffusion_pytorch_model"),
        ("text_encoder", "model"),
    ):
        shutil.copy(source / part / f"{name}.safetensors", source / part / f"{name}.fp16.safetensors")
    with serving(pages=pages_of(source)) as site:
        bench.download(site, name="half").run()
        (source / "vae" / "diffusion_pytorch_model.fp16.safetensors").unlink()
        site.pages = pages_of(source)
        bench.download(site, name="full").run()
    weights = [name for name in bench.files() if name.endswith(".safetensors")]
    assert all(".fp16." in name for name in weights if "/half/" in name)
    assert not any(".fp16." in name for name in weights if "/full/" in name)
    assert len(weights) == 6


def test_shards_are_one_part(bench: Bench, source: Path) -> None:
    (source / UNET).unlink()
    for number in (1, 2):
        write_model(
            source / "unet" / f"diffusion_pytorch_model-0000{number}-of-00002.safetensors", {f"w{number}": (8, 8)}
        )
    with serving(pages=pages_of(source)) as site:
        course = bench.download(site).run()
    assert len(list(Path(course.path).glob("unet/*-of-00002.safetensors"))) == 2


def test_it_goes_on_within_a_file_after_every_break(bench: Bench, source: Path) -> None:
    with serving(pages=pages_of(source), cuts=[600, 90_000, 50_000, 0, 30_000]) as site:
        bench.download(site).run()
    assert bench.files()[f"checkpoint/film/{UNET}"] == (source / UNET).read_bytes()
    assert sum("range" in asked for asked in site.asked) >= 2


class Halt(Exception):
    pass


def test_another_server_goes_on_and_gets_nothing_twice(bench: Bench, source: Path) -> None:
    def halt() -> None:
        if bench.courses and bench.courses[-1].done > 60_000:
            raise Halt

    with serving(pages=pages_of(source), cuts=[0, 61_000, 2_000]) as site:
        bench.stopped = halt
        first = bench.download(site)
        with pytest.raises(Halt):
            first.run()
        assert not (bench.root / "checkpoint" / "film").exists()
        assert all(name.startswith("checkpoint/.film.") for name in bench.files())
        asked = len(site.paths)
        bench.stopped = lambda: None
        bench.download(site, course=first.course).run()
    again = [path for path in site.paths[asked:] if path.endswith(".json")]
    assert again == []
    assert {name.removeprefix("checkpoint/film/") for name in bench.files()} == WANTED
    assert any("range" in asked for asked in site.asked)


def test_a_file_that_is_not_what_the_list_says_is_thrown_away(bench: Bench, source: Path) -> None:
    pages = pages_of(source)
    for name in (UNET, "vae/config.json"):
        right = pages[f"{REPOSITORY}/resolve/main/{name}"]
        pages[f"{REPOSITORY}/resolve/main/{name}"] = right[:-3] + b" " * 2 + right[-1:]
        with serving(pages=pages) as site:
            error = refusal(bench.download(site, name=name.partition("/")[0]))
        assert "is not" in str(error)
        pages[f"{REPOSITORY}/resolve/main/{name}"] = right
        part = name.partition("/")[0]
        left = [path for path in bench.files() if path.startswith(f"checkpoint/.{part}.")]
        assert not any(path.endswith(name) for path in left)
        assert any(path.endswith("unet/config.json") for path in left)


def test_a_damaged_file_that_is_there_already_is_got_again(bench: Bench, source: Path) -> None:
    size = (source / "vae" / "diffusion_pytorch_model.safetensors").stat().st_size
    with serving(pages=pages_of(source)) as site:
        url = f"http://{site.host}{REPOSITORY}/resolve/main/model_index.json"
        making = unfinished(bench.root / "checkpoint" / "film", url)
        (making / "vae").mkdir(parents=True)
        (making / "vae" / "config.json").write_text("{}")
        (making / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(b"x" * size)
        course = bench.download(site).run()
    assert identify(Path(course.path)).problem == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda root: (root / "model_index.json").unlink(), "no diffusers folder; it holds film-pruned.safetensors"),
        (lambda root: (root / UNET).unlink(), "Its unet is not there as safetensors"),
        (
            lambda root: (root / "model_index.json").write_text('{"_class_name": "FluxPipeline"}'),
            "makes no pictures with it",
        ),
        (lambda root: (root / "model_index.json").write_text("[]"), "not a JSON object"),
        (lambda root: (root / "vae" / "config.json").unlink(), "vae"),
    ],
)
def test_what_is_no_model_is_refused_before_its_weights_come(
    change: Callable[[Path], object], said: str, bench: Bench, source: Path
) -> None:
    change(source)
    with serving(pages=pages_of(source)) as site:
        error = refusal(bench.download(site))
    assert said in str(error)
    assert not (bench.root / "checkpoint" / "film").exists()
    if "vae" not in said:
        assert not any(path.endswith(".safetensors") for path in site.paths)


@pytest.mark.parametrize("listing", [b"", b"<html>", b"{}", b'[{"path": 3}]', b"[" * 5000])
def test_a_list_that_is_none_is_said(listing: bytes, bench: Bench, source: Path) -> None:
    pages = pages_of(source) | {f"/api/models{REPOSITORY}/tree/main": listing}
    with serving(pages=pages) as site:
        assert "does not say what is in the folder" in str(refusal(bench.download(site)))


def test_a_list_in_several_pages_is_read_to_its_end(bench: Bench, source: Path) -> None:
    pages = pages_of(source)
    entries = json.loads(pages[f"/api/models{REPOSITORY}/tree/main"])
    with serving(pages=pages) as site:
        site.pages[f"/api/models{REPOSITORY}/tree/main"] = json.dumps(entries[:3]).encode()
        site.pages["/more"] = json.dumps(entries[3:]).encode()
        site.extra = {"Link": '</more>; rel="next"'}

        def stop_linking() -> None:
            if site.paths[-1] == "/more":
                site.extra = {}

        site.on_ask = stop_linking
        bench.download(site).run()
    assert {name.removeprefix("checkpoint/film/") for name in bench.files()} == WANTED


def test_paths_that_lead_out_are_never_written(bench: Bench, source: Path) -> None:
    pages = pages_of(source)
    entries = json.loads(pages[f"/api/models{REPOSITORY}/tree/main"])
    entries += [{"type": "file", "path": "../../evil.json", "size": 2}, {"type": "file", "path": "/etc/x", "size": 2}]
    pages[f"/api/models{REPOSITORY}/tree/main"] = json.dumps(entries).encode()
    with serving(pages=pages) as site:
        bench.download(site).run()
    assert {name.removeprefix("checkpoint/film/") for name in bench.files()} == WANTED


def test_a_gated_model_says_how_to_get_in_and_takes_a_token(bench: Bench, source: Path) -> None:
    with serving(pages=pages_of(source), token="right", extra={"X-Error-Code": "GatedRepo"}) as site:
        gated = refusal(bench.download(site))
        bench.tokens = {"127.0.0.1": "right"}
        bench.download(site).run()
    assert "only to those who agreed to its terms (401)" in str(gated)
    assert f"`tokens: {{{site.host}: …}}`" in gated.todo


def test_a_name_that_is_taken_and_a_full_disk_are_said_before_anything_comes(
    bench: Bench, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path, needed: int) -> None:
        raise WorkspaceError(f"{needed} bytes are too many.")

    with serving(pages=pages_of(source)) as site:
        monkeypatch.setattr(folders, "check_room", full)
        assert "too many" in str(refusal(bench.download(site)))
        assert not any(path.endswith(".safetensors") for path in site.paths)
        (bench.root / "checkpoint" / "film").mkdir(parents=True)
        assert "not written over" in str(refusal(bench.download(site)))


def test_what_is_forgotten_leaves_nothing(bench: Bench, source: Path) -> None:
    with serving(pages=pages_of(source)) as site:
        site.pages.pop(f"{REPOSITORY}/resolve/main/{UNET}")
        download = bench.download(site)
        assert "no such file" in str(refusal(download))
    assert bench.files()
    discard(Path(download.course.path), f"http://{site.host}{REPOSITORY}/resolve/main/model_index.json")
    assert bench.files() == {}


def test_two_repositories_of_one_name_are_not_mixed(bench: Bench, source: Path) -> None:
    with serving(pages=pages_of(source)) as one, serving(pages=pages_of(source)) as other:
        removed = one.pages.pop(f"{REPOSITORY}/resolve/main/{UNET}")
        refusal(bench.download(one))
        bench.download(other).run()
        before = bench.files()
        one.pages[f"{REPOSITORY}/resolve/main/{UNET}"] = removed
        assert "not written over" in str(refusal(bench.download(one)))
    assert {name.split("/")[1] for name in before} > {"film"}
    assert bench.files() == before
