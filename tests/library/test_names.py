from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.errors import ModelError
from sdtui.library.names import Named, distinct
from sdtui.library.trees import Root
from sdtui.spec.model import ModelKind, ModelRecord

HASH_A, HASH_B = "aaaaaaaaaa" + "0" * 54, "bbbbbbbbbb" + "0" * 54


def record(name: str, *, kind: ModelKind = "checkpoint", sha256: str = "", problem: str = "") -> ModelRecord:
    path = f"/models/{name}.safetensors"
    return ModelRecord(name=name, path=path, kind=kind, family="sd1", sha256=sha256, problem=problem)


SHELF = (
    record("shapes-64"),
    record("Deliberate_v2", sha256=HASH_A),
    record("anime/mix.v1"),
    record("one/same"),
    record("two/same", sha256=HASH_B),
    record("old/pruned", problem="Pickles are off."),
    record("new/pruned"),
    record("detail", kind="lora"),
    record("bracket [1]"),
    record("foreign", kind="unknown", problem="Its tensors are of no model that is known."),
    record("aborted", problem="The file ends too soon."),
)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("Deliberate_v2", "Deliberate_v2"),
        ("deliberate_V2", "Deliberate_v2"),
        ("Deliberate_v2.safetensors", "Deliberate_v2"),
        ("  Deliberate_v2 ", "Deliberate_v2"),
        ("Deliberate_v2.ckpt", "Deliberate_v2"),
        ("Deliberate_v2.safetensors [aaaaaaaaaa]", "Deliberate_v2"),
        ("Deliberate_v2 [AAAAAAAAAA]", "Deliberate_v2"),
        ("renamed since [aaaaaaaaaa]", "Deliberate_v2"),
        ("[aaaaaaaaaa]", "Deliberate_v2"),
        ("Deliberate_v2.safetensors [7460a6fa]", "Deliberate_v2"),
        ("/models/Deliberate_v2.safetensors", "Deliberate_v2"),
        ("anime/mix.v1", "anime/mix.v1"),
        ("mix.v1", "anime/mix.v1"),
        ("mix.v1.safetensors", "anime/mix.v1"),
        ("anime\\mix.v1.safetensors", "anime/mix.v1"),
        ("elsewhere/mix.v1.safetensors", "anime/mix.v1"),
        ("mix.v1 [0123456789]", "anime/mix.v1"),
        ("two/same", "two/same"),
        ("same [bbbbbbbbbb]", "two/same"),
        ("pruned", "new/pruned"),
        ("old/pruned", "old/pruned"),
        ("bracket [1]", "bracket [1]"),
    ],
)
def test_checkpoint_is_found_by_every_way_of_writing_its_name(asked: str, name: str) -> None:
    assert Named(SHELF).find("checkpoint", asked).name == name


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("Delibrate_v2", "There is no checkpoint named 'Delibrate_v2'. Did you mean 'Deliberate_v2'?"),
        ("mix.v2.safetensors", "'mix.v1'"),
        ("same", "could be any of 'one/same', 'two/same'"),
        ("detail", "'detail' is no checkpoint but a LoRA."),
        ("foreign", "'foreign' is no checkpoint, and what it is cannot be told."),
        ("abortd", "There is no checkpoint named 'abortd'. Known: Deliberate_v2"),
        ("Deliberate_v2 [cccccccccc]", "its hash is aaaaaaaaaa"),
        ("[cccccccccc]", "There is no checkpoint named '[cccccccccc]'."),
        ("zzzzzzzz", "Known: Deliberate_v2, anime/mix.v1"),
        ("", "There is no checkpoint named ''."),
        ("]", "There is no checkpoint"),
        ("../../etc/passwd", "There is no checkpoint"),
    ],
)
def test_name_that_is_not_found_says_what_would_be(asked: str, says: str) -> None:
    with pytest.raises(ModelError) as caught:
        Named(SHELF).find("checkpoint", asked)
    assert says in str(caught.value)


def test_what_cannot_be_used_is_not_offered() -> None:
    with pytest.raises(ModelError) as caught:
        Named(SHELF).find("checkpoint", "zzzzzzzz")
    assert "aborted" not in caught.value.todo
    assert "old/pruned" not in caught.value.todo


def test_empty_library_says_so() -> None:
    with pytest.raises(ModelError, match="No model folder holds one"):
        Named(()).find("lora", "x")


@given(st.text(max_size=20))
def test_any_name_is_found_or_refused(name: str) -> None:
    try:
        found = Named(SHELF).find("checkpoint", name)
    except ModelError as error:
        found = None
        said = str(error)
        assert said
    assert found is None or found in SHELF


NAMES = st.sampled_from(["a", "A", "b", "sub/a", "a.safetensors", "mine/a"])


@given(st.lists(st.tuples(NAMES, st.sampled_from(["checkpoint", "lora"]), st.sampled_from(["/x/mine", "/y/mine"]))))
def test_names_are_distinct_whatever_the_files_are_called(files: list[tuple[str, ModelKind, str]]) -> None:
    rows = [
        (ModelRecord(name=name, path=f"{root}/{name}.safetensors", kind=kind, family="sd1"), Root(Path(root)))
        for name, kind, root in files
    ]
    named = distinct(rows)
    assert len({(record.kind, record.name.casefold()) for record in named}) == len(rows)
    assert [record.path for record in named] == [record.path for record, _ in rows]
