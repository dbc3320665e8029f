"""Small texts of the studio's, kept in the workspace."""

import pytest

from sdtui.errors import UsageError
from sdtui.jobs.store import Store
from sdtui.server import texts
from sdtui.spec.event import KeptChanged


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


async def test_other_clients_are_told_of_another_text_and_of_no_same_one(connect):
    client, _ = await connect()
    _, other = await connect()
    await client.keep("favourites", "one")
    await other.until(lambda event: isinstance(event, KeptChanged) and event.name == "favourites")
    await client.keep("favourites", "one")
    await client.keep("recent", "two")
    await other.until(lambda event: isinstance(event, KeptChanged) and event.name == "recent")
    assert [event.name for event in other.events if isinstance(event, KeptChanged)] == ["favourites", "recent"]


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
