from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.errors import ConfigError, SdtuiError, UsageError
from sdtui.fetch.naming import LONGEST_BYTES, disposition_name, file_name, safe
from sdtui.fetch.sites import direct, shown
from sdtui.fetch.tokens import token_for

HF = "https://huggingface.co/org/film"


@pytest.mark.parametrize(
    ("given_url", "leads_to"),
    [
        (f"{HF}/blob/main/sub/a.safetensors", f"{HF}/resolve/main/sub/a.safetensors"),
        (f"{HF}/blob/main/a.safetensors?download=true", f"{HF}/resolve/main/a.safetensors"),
        (f"{HF}/resolve/main/a.safetensors?download=true", f"{HF}/resolve/main/a.safetensors?download=true"),
        ("huggingface.co/org/film/blob/main/a.safetensors", f"{HF}/resolve/main/a.safetensors"),
        ("https://civitai.com/models/123/film?modelVersionId=456", "https://civitai.com/api/download/models/456"),
        ("https://civitai.com/models/123?x=1&modelVersionId=456#top", "https://civitai.com/api/download/models/456"),
        (
            "https://civitai.com/api/download/models/456?type=Model&format=SafeTensor",
            "https://civitai.com/api/download/models/456?type=Model&format=SafeTensor",
        ),
        ("https://github.com/a/b/blob/v1/x/y.pth", "https://github.com/a/b/raw/v1/x/y.pth"),
        ("https://gitlab.com/g/s/p/-/blob/main/y.pth", "https://gitlab.com/g/s/p/-/raw/main/y.pth"),
        ("https://www.dropbox.com/s/abc/y.safetensors?dl=0", "https://www.dropbox.com/s/abc/y.safetensors?dl=1"),
        (
            "https://modelscope.cn/models/o/r/file/view/master/y.safetensors?status=1",
            "https://modelscope.cn/models/o/r/resolve/master/y.safetensors",
        ),
        ("HTTPS://Example.ORG:8443/ä b.safetensors".replace(" ", ""), "https://example.org:8443/%C3%A4b.safetensors"),
        ("https://münchen.example/x", "https://xn--mnchen-3ya.example/x"),
    ],
)
def test_addresses_as_they_are_copied_lead_to_the_file(given_url: str, leads_to: str) -> None:
    assert direct(given_url) == leads_to
    assert direct(leads_to) == leads_to


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://huggingface.co/datasets/org/x", "no page of a model"),
        ("https://huggingface.co/org", "no page of a model"),
        ("https://huggingface.co", "no page of a model"),
        ("https://civitai.com/models/123/film", "several versions"),
        ("https://civitai.com/user/x", "no address of a model's file"),
        ("https://drive.google.com/file/d/1/view", "browsers alone"),
        ("ftp://example.org/a", "Only http and https"),
        ("file:///etc/passwd", "Only http and https"),
        ("https://me:pw@example.org/a", "name or password"),
        ("https:///a", "no host"),
        ("", "no address"),
        ("a b", "no address"),
        ("https://example.org/\x1b[2J", "no address"),
        ("https://example.org:99999/", "no address"),
        ("https://[::1/", "no address"),
        ("x" * 5000, "no address"),
    ],
)
def test_what_leads_to_no_file_is_said(url: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        direct(url)
    assert said in str(caught.value)
    assert "pw@" not in str(caught.value)


@given(st.text())
def test_any_text_is_an_address_or_is_refused(text: str) -> None:
    try:
        url = direct(text)
    except SdtuiError:
        return
    assert url.startswith(("http://", "https://"))
    assert url.isascii()


@pytest.mark.parametrize(
    "url",
    [
        "https://civitai.com/api/download/models/4?token=s3cret&type=Model",
        "https://cdn.example/x?X-Amz-Signature=s3cret&X-Amz-Date=1",
        "https://cdn.example/x?Signature=s3cret",
        "https://x.example/?api_key=s3cret",
    ],
)
def test_what_is_secret_in_an_address_is_not_shown(url: str) -> None:
    assert "s3cret" not in shown(url)
    assert shown(url).startswith(url.partition("?")[0])


@pytest.mark.parametrize(
    ("given_name", "disposition", "urls", "name"),
    [
        ("", "", ("https://x.example/a/film%20v2.safetensors",), "film v2.safetensors"),
        ("", 'attachment; filename="Film (v2).safetensors"', ("https://x.example/api/4",), "Film (v2).safetensors"),
        ("", "attachment; filename*=UTF-8''h%C3%A4user.safetensors", (), "häuser.safetensors"),
        ("", 'attachment; filename="hÃ¤user.safetensors"', (), "häuser.safetensors"),
        ("", 'attachment; filename="../../etc/cron.d/evil.safetensors"', (), "evil.safetensors"),
        ("", 'attachment; filename="..\\\\..\\\\evil.safetensors"', (), "evil.safetensors"),
        ("", "", ("https://x.example/4", "https://cdn.example/a.SAFETENSORS?x=1"), "a.safetensors"),
        ("", "", ("https://x.example/",), "model"),
        ("mine", "", ("https://x.example/a.pt",), "mine.pt"),
        ("mine.v2", "", ("https://x.example/a",), "mine.v2.safetensors"),
        ("mine.ckpt", "", ("https://x.example/a.safetensors",), "mine.ckpt"),
        ("../../mine", "", ("https://x.example/a.pt",), "mine.pt"),
        ("", "", ("https://huggingface.co/org/sd-vae-ft/resolve/main/diffusion_pytorch_model.safetensors",), "sd-vae-ft.safetensors"),
        ("", "", ("https://huggingface.co/org/cn/resolve/main/diffusion_pytorch_model.fp16.safetensors",), "cn.safetensors"),
    ],
)  # fmt: skip
def test_names_come_from_user_site_and_address(
    given_name: str, disposition: str, urls: tuple[str, ...], name: str
) -> None:
    assert file_name(given_name, disposition, urls) == name


@given(st.text())
def test_a_safe_name_is_one_part_of_a_path(text: str) -> None:
    name = safe(text)
    assert "/" not in name
    assert "\x00" not in name
    assert name not in {".", ".."}
    assert not name.startswith((".", "-", " "))
    assert len(name.encode()) <= LONGEST_BYTES + 20


@given(st.text())
def test_any_header_gives_a_name_or_none(text: str) -> None:
    disposition_name(text.replace("\n", " ").replace("\r", " "))


@pytest.mark.parametrize(
    ("url", "tokens", "token"),
    [
        ("https://huggingface.co/a", {"huggingface.co": "t"}, "t"),
        ("https://HuggingFace.co:443/a", {"huggingface.co": "t"}, "t"),
        ("https://huggingface.co.evil.example/a", {"huggingface.co": "t"}, ""),
        ("https://cdn.huggingface.co/a", {"huggingface.co": "t"}, ""),
        ("http://huggingface.co/a", {"huggingface.co": "t"}, ""),
        ("http://nas:8080/a", {"nas:8080": "t"}, ""),
        ("http://nas:8080/a", {"http://nas:8080": "t"}, "t"),
        ("http://127.0.0.1:9/a", {"127.0.0.1": "t"}, "t"),
        ("http://localhost/a", {"localhost": "t"}, "t"),
        ("https://x.example:1/a", {"x.example:2": "t"}, ""),
        ("https://x.example/a", {"x.example": "$MINE"}, "from outside"),
        ("https://x.example/a", {"x.example": "${MINE}"}, "from outside"),
    ],
)
def test_a_token_is_for_one_host_and_for_nobody_who_listens(url: str, tokens: dict[str, str], token: str) -> None:
    expected = token.replace(" ", "-")
    assert token_for(url, tokens, {"MINE": "from-outside"}) == expected


def test_a_token_that_is_not_there_is_said_without_saying_any() -> None:
    with pytest.raises(ConfigError, match=r"\$MINE, which is not set"):
        token_for("https://x.example/", {"x.example": "$MINE"}, {})
    with pytest.raises(ConfigError) as caught:
        token_for("https://x.example/", {"x.example": "s3cret\nHost: evil"}, {})
    assert "s3cret" not in str(caught.value)
