from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sdtui.errors import ModelError, SdtuiError, WorkspaceError
from sdtui.fetch import part as parts
from sdtui.fetch.download import Download
from sdtui.fetch.part import Part
from sdtui.fetch.patience import TRIES
from sdtui.fetch.tokens import token_for
from sdtui.fetch.wish import Course, Ways, Wish
from sdtui.spec.model import ModelKind
from tests.fetch.site import Site, serving
from tests.weights.synthetic import kohya_lora, sd1, write_model

Rules = dict[str, object]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def lora(tmp_path: Path) -> bytes:
    shapes = {**kohya_lora(768), "lora_unet_x.lora_down.weight": (64, 4096), "lora_unet_x.lora_up.weight": (4096, 64)}
    return write_model(tmp_path / "made" / "made.safetensors", shapes).read_bytes()


class Halt(Exception):
    """What a test's `stopped` raises."""


class Bench:
    """Folders, and everything that was told."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.courses: list[Course] = []
        self.waits: list[float] = []
        self.tokens: dict[str, str] = {}
        self.pickles = False
        self.stopped: Callable[[], None] = lambda: None

    def download(self, site_url: str, course: Course | None = None, **wish: object) -> Download:
        def folder_for(kind: ModelKind) -> Path:
            return self.root / kind

        ways = Ways(
            folder_for=folder_for,
            token_for=lambda url: token_for(url, self.tokens, os.environ),
            tell=self.courses.append,
            stopped=lambda: self.stopped(),
            wait=self.waits.append,
            pickles=self.pickles,
        )
        return Download(Wish(url=site_url, **wish), course or Course(), ways)  # type: ignore[arg-type]

    def files(self) -> dict[str, bytes]:
        found = (path for path in self.root.rglob("*") if path.is_file())
        return {str(path.relative_to(self.root)): path.read_bytes() for path in found}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "models")


def refusal(bench: Bench, site: Site, **wish: object) -> SdtuiError:
    with pytest.raises(SdtuiError) as caught:
        bench.download(site.url, **wish).run()
    return caught.value


def test_a_file_lands_where_its_kind_belongs_and_nothing_else_is_left(bench: Bench, lora: bytes) -> None:
    with serving(body=lora) as site:
        course = bench.download(site.url).run()
    assert bench.files() == {"lora/film.safetensors": lora}
    assert (course.kind, course.size, course.sha256) == ("lora", len(lora), hashlib.sha256(lora).hexdigest())
    assert bench.waits == []


def test_the_header_counts_and_not_what_the_user_thinks_it_is(bench: Bench, tmp_path: Path) -> None:
    shapes = {
        name: tuple(min(extent, 8) if at == 0 else extent for at, extent in enumerate(shape))
        for name, shape in sd1().items()
    }
    body = write_model(tmp_path / "c.safetensors", shapes).read_bytes()
    with serving(body=body) as site:
        bench.download(site.url, kind="lora").run()
    assert list(bench.files()) == ["checkpoint/film.safetensors"]


@pytest.mark.parametrize("cuts", [[100_000], [0, 3, 700, 300_000], [600_000, 1]])
def test_it_goes_on_where_the_connection_broke_off(cuts: list[int], bench: Bench, lora: bytes) -> None:
    with serving(body=lora, cuts=list(cuts)) as site:
        bench.download(site.url).run()
    assert bench.files() == {"lora/film.safetensors": lora}
    assert len(site.asked) == len(cuts) + 1
    resumed = [asked["range"] for asked in site.asked if "range" in asked]
    assert resumed
    assert all(asked.get("if-range") == '"v1"' for asked in site.asked if "range" in asked)
    assert len(bench.waits) == len(cuts)


def test_another_process_goes_on_with_the_part_that_is_there(bench: Bench, lora: bytes) -> None:
    def halt() -> None:
        if bench.courses and bench.courses[-1].done > 100_000:
            raise Halt

    with serving(body=lora, cuts=[400_000]) as site:
        bench.stopped = halt
        first = bench.download(site.url)
        with pytest.raises(Halt):
            first.run()
        assert list(bench.files()) == ["lora/film.safetensors.part"]
        bench.stopped = lambda: None
        bench.download(site.url, first.course).run()
    assert bench.files() == {"lora/film.safetensors": lora}
    assert site.asked[-1]["range"] == "bytes=400000-"


def test_a_file_that_changed_meanwhile_is_begun_anew(bench: Bench, lora: bytes) -> None:
    other = lora[:-100] + b"x" * 100

    def change() -> None:
        if len(site.asked) == 2:
            site.body, site.etag = other, '"v2"'

    with serving(body=lora, cuts=[300_000]) as site:
        site.on_ask = change
        bench.download(site.url).run()
    assert bench.files() == {"lora/film.safetensors": other}


def test_a_site_that_resumes_another_file_is_found_out(bench: Bench, lora: bytes) -> None:
    other = lora[:-100] + b"x" * 100

    def change() -> None:
        if len(site.asked) == 2:
            site.body, site.etag = other, '"v2"'

    with serving(body=lora, cuts=[300_000], honest=False) as site:
        site.on_ask = change
        bench.download(site.url).run()
    assert bench.files() == {"lora/film.safetensors": other}
    assert "range" not in site.asked[-1]


def test_a_site_that_cannot_resume_sends_all_of_it_again(bench: Bench, lora: bytes) -> None:
    with serving(body=lora, cuts=[300_000], ranges=False) as site:
        bench.download(site.url).run()
    assert bench.files() == {"lora/film.safetensors": lora}


def test_without_a_version_nothing_is_put_together_from_two_answers(bench: Bench, lora: bytes) -> None:
    with serving(body=lora, cuts=[300_000], etag="") as site:
        bench.download(site.url).run()
    assert all("range" not in asked for asked in site.asked)
    assert bench.files() == {"lora/film.safetensors": lora}


def test_a_login_page_in_the_middle_leaves_the_part_alone(bench: Bench, lora: bytes) -> None:
    page = b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>" + b" " * 1000

    def log_out() -> None:
        if len(site.asked) == 2:
            site.body, site.etag, site.content_type = page, '"page"', "text/html"

    with serving(body=lora, cuts=[300_000]) as site:
        site.on_ask = log_out
        error = refusal(bench, site)
    assert "web page, “Sign in”" in str(error)
    assert bench.files() == {"lora/film.safetensors.part": lora[:300_000]}


def test_a_part_that_is_whole_already_is_only_checked(bench: Bench, lora: bytes) -> None:
    (bench.root / "lora").mkdir(parents=True)
    final = bench.root / "lora" / "film.safetensors"
    final.with_name("film.safetensors.part").write_bytes(lora)
    course = Course(path=str(final), kind="lora", size=len(lora), version='"v1"')
    with serving(body=lora) as site:
        bench.download(site.url, course).run()
    assert bench.files() == {"lora/film.safetensors": lora}


def test_busy_sites_are_asked_again_and_when_they_say(bench: Bench, lora: bytes) -> None:
    with serving(body=lora, statuses=[503, 429, 500], extra={"Retry-After": "7"}) as site:
        bench.download(site.url).run()
    assert bench.waits == [7.0, 7.0, 7.0]


def test_pauses_grow_and_it_is_given_up_in_the_end(bench: Bench) -> None:
    with serving(statuses=[503] * 20) as site:
        error = refusal(bench, site)
    assert "could not be fetched: the site answered 503" in str(error)
    assert bench.waits == [min(60.0, 2.0**number) for number in range(TRIES)]


def test_a_host_that_is_not_there_is_said(bench: Bench) -> None:
    with serving() as site:
        pass
    assert "refuses the connection" in str(refusal(bench, site))
    assert bench.waits == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("header", ["X-Linked-ETag", "Repr-Digest", "wish"])
def test_a_file_with_another_hash_is_thrown_away(header: str, bench: Bench, lora: bytes) -> None:
    import base64

    wrong = hashlib.sha256(b"another").digest()
    extra = {"X-Linked-ETag": f'"{wrong.hex()}"', "Repr-Digest": f"sha-256=:{base64.b64encode(wrong).decode()}:"}
    wish = {"sha256": wrong.hex()} if header == "wish" else {}
    with serving(body=lora, extra={} if header == "wish" else {header: extra[header]}) as site:
        error = refusal(bench, site, **wish)
    assert f"not {wrong.hex()[:16]}" in str(error)
    assert bench.files() == {}


def test_a_site_that_says_another_hash_than_the_user_is_not_read_further(bench: Bench, lora: bytes) -> None:
    with serving(body=lora, extra={"X-Linked-ETag": f'"{"ab" * 32}"'}) as site:
        error = refusal(bench, site, sha256="cd" * 32)
    assert "abababab" in str(error)
    assert bench.files() == {}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"body": b"<html><title>Log&#32;in</title>" + b"x" * 2000, "content_type": "text/html"}, "web page, “Log in”"),
        ({"body": b"  \n<!doctype html>short"}, "web page"),
        ({"body": b"<?xml version='1.0'?><Error>" + b"x" * 600}, "web page"),
        ({"body": b"\x80\x02}q\x00" + b"x" * 2000, "name": "evil.safetensors"}, "This is a pickle"),
        ({"body": b"PK\x03\x04" + b"x" * 2000, "name": "model.ckpt"}, "This is a pickle"),
        ({"body": b"PK\x03\x04" + b"x" * 2000, "name": "pack.zip"}, "no file of weights"),
        ({"body": b"GGUF" + b"x" * 2000, "name": "model.gguf"}, "no file of weights"),
        ({"body": b"", "name": "model.safetensors"}, "no file of weights"),
        ({"body": b"\x10\0\0\0\0\0\0\0{not json at all}" + b"x" * 999}, "header"),
        ({"statuses": [404]}, "There is no such file (404)"),
        ({"statuses": [403]}, "wants to know who asks (403)"),
        ({"statuses": [418]}, "The site answered 418"),
        ({"redirect": "file:///etc/passwd"}, "no address on the web"),
        ({"redirect": "ftp://example.org/x"}, "no address on the web"),
        ({"redirect": "http://me:secret@127.0.0.1/x"}, "no address on the web"),
        ({"redirect": "/files/round"}, "redirect"),
    ],
)
def test_what_is_no_model_is_refused_in_words_and_nothing_is_left(changes: Rules, said: str, bench: Bench) -> None:
    with serving(**changes) as site:
        error = refusal(bench, site)
    assert said in str(error)
    assert bench.files() == {}


def test_a_file_that_is_cut_off_where_it_lies_is_not_fetched(bench: Bench, lora: bytes) -> None:
    with serving(body=lora[:-5]) as site:
        assert "broken where it lies" in str(refusal(bench, site))
    assert bench.files() == {}


def test_a_pickle_that_is_allowed_needs_a_kind(bench: Bench) -> None:
    bench.pickles = True
    with serving(body=b"\x80\x02}q\x00" + b"x" * 2000, name="old.pt") as site:
        assert "--kind" in str(refusal(bench, site))
        bench.download(site.url, kind="embedding").run()
    assert list(bench.files()) == ["embedding/old.pt"]


def test_a_token_goes_to_its_host_and_to_no_other(bench: Bench, lora: bytes) -> None:
    with serving(body=lora) as store, serving(token="s3cret", redirect=store.url) as front:
        bench.tokens = {front.host: "s3cret"}
        front.token, front.redirect = "s3cret", store.url
        bench.download(front.url).run()
    assert front.asked[0]["authorization"] == "Bearer s3cret"
    assert all("authorization" not in asked for asked in store.asked)
    assert bench.files() == {"lora/film.safetensors": lora}
    assert not any("s3cret" in repr(course) for course in bench.courses)


def test_a_token_is_said_to_be_missing_or_wrong(bench: Bench, lora: bytes) -> None:
    with serving(body=lora, token="right") as site:
        missing = refusal(bench, site)
        bench.tokens = {"127.0.0.1": "wrong"}
        wrong = refusal(bench, site)
    assert f"{site.host} wants to know who asks (401)" in str(missing)
    assert "tokens:" in missing.todo
    assert "refuses the token" in str(wrong)
    assert "wrong" not in str(wrong)


def test_nothing_is_ever_written_over(bench: Bench, lora: bytes) -> None:
    (bench.root / "lora").mkdir(parents=True)
    (bench.root / "lora" / "film.safetensors").write_bytes(b"mine")
    with serving(body=lora) as site:
        assert "not written over" in str(refusal(bench, site))
        bench.download(site.url, name="other").run()
    assert bench.files() == {"lora/film.safetensors": b"mine", "lora/other.safetensors": lora}


def test_a_name_that_is_taken_while_it_comes_is_not_written_over(bench: Bench, lora: bytes) -> None:
    final = bench.root / "lora" / "film.safetensors"

    def take() -> None:
        if final.with_name(final.name + parts.SUFFIX).exists() and not final.exists():
            final.write_bytes(b"mine")

    bench.stopped = take
    with serving(body=lora) as site:
        assert "not written over" in str(refusal(bench, site))
    assert bench.files()["lora/film.safetensors"] == b"mine"


def test_a_full_disk_is_said_and_what_came_is_kept(bench: Bench, lora: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    add, room = Part.add, [600_000]

    def fill(self: Part, block: bytes) -> None:
        if self.done + len(block) > room[0]:
            raise parts.refused(OSError(errno.ENOSPC, "No space left on device"), self.path)
        add(self, block)

    monkeypatch.setattr(Part, "add", fill)
    with serving(body=lora) as site:
        download = bench.download(site.url)
        with pytest.raises(WorkspaceError, match="The disk is full"):
            download.run()
        assert list(bench.files()) == ["lora/film.safetensors.part"]
        room[0] = len(lora)
        bench.download(site.url, download.course).run()
    assert bench.files() == {"lora/film.safetensors": lora}
    assert "range" in site.asked[-1]


def test_room_is_looked_for_before_the_first_byte_is_written(
    bench: Bench, lora: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = os.statvfs("/")

    class Full:
        f_bavail, f_frsize = 100, space.f_frsize

    monkeypatch.setattr(os, "statvfs", lambda path: Full)
    with serving(body=lora) as site:
        assert "GB free" in str(refusal(bench, site))
    assert bench.files() == {}


def test_two_at_once_do_not_write_the_same_part(bench: Bench) -> None:
    held = Part(bench.root / "lora" / "film.safetensors")
    with pytest.raises(ModelError, match="being fetched already"):
        Part(bench.root / "lora" / "film.safetensors")
    held.close()
    Part(bench.root / "lora" / "film.safetensors").close()


def test_where_there_are_no_links_the_file_still_gets_its_name(
    bench: Bench, lora: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: object, target: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with serving(body=lora) as site:
        bench.download(site.url).run()
    assert bench.files() == {"lora/film.safetensors": lora}


def test_a_link_in_the_parts_place_is_not_followed(bench: Bench, tmp_path: Path, lora: bytes) -> None:
    (bench.root / "lora").mkdir(parents=True)
    (bench.root / "lora" / "film.safetensors.part").symlink_to(tmp_path / "elsewhere")
    with serving(body=lora) as site:
        assert "link" in str(refusal(bench, site))
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_without_a_length_is_read_to_its_headers_end(bench: Bench, lora: bytes) -> None:
    with serving(body=lora, length=False) as site:
        bench.download(site.url).run()
    assert bench.files() == {"lora/film.safetensors": lora}
