"""Small texts of the studio's, kept in the workspace."""

import pytest

from sdtui.errors import UsageError
from sdtui.jobs.store import Store
from sdtui.server import texts


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "queue.db")
    yield opened
    opened.close()


async def test_what_one_client_keeps_another_finds(connect):
    client, _ = await connect()
    assert await client.kept("favourites") == ""
    await client.keep("favourites", "one\ntwo ☃")
    await client.close()
    again, _ = await connect()
    assert await again.kept("favourites") == "one\ntwo ☃"
    with pytest.raises(UsageError, match="1 MB is the most"):
        await again.keep("favourites", "x" * 1_000_001)
    assert await again.kept("favourites") == "one\ntwo ☃"


@pytest.mark.parametrize("name", ["", "UPPER", "../x", ".hidden", "a" * 65, "a b", "a\n"])
def test_what_is_no_name_is_refused(store, name):
    with pytest.raises(UsageError, match="no name"):
        texts.keep(store, name, "x")


def test_there_is_an_end_to_texts_but_a_kept_one_can_change(store, monkeypatch):
    monkeypatch.setattr(texts, "MOST_NAMES", 2)
    for name in ("a", "b"):
        texts.keep(store, name, "x")
    with pytest.raises(UsageError, match="one too many"):
        texts.keep(store, "c", "x")
    texts.keep(store, "b", "y")
    texts.keep(store, "a", "")
    texts.keep(store, "c", "half a character: \ud800")
    assert (store.text("b"), store.text("c")) == ("y", "half a character: ?")
