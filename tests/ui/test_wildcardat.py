from __future__ import annotations

from pathlib import Path

import pytest

from sdtui.errors import UsageError
from sdtui.spec.wildcard import WildcardName
from sdtui.ui.writing.wildcardat import file_of, wildcard_at


@pytest.mark.parametrize(
    ("marked", "name"),
    [
        ("a __co‸l__ b", "col"),
        ("a ‸__col__ b", "col"),
        ("a __col__‸ b", "col"),
        ("a __col__ ‸b", ""),
        ("__a_b/c_d__ and __e‸__", "e"),
        ("__a_b/c‸_d__ and __e__", "a_b/c_d"),
        ("__~co‸l__", "col"),
        ("__t(x=v)‸__", "t"),
        ("one\n__two__‸\nthree", "two"),
        ("‸", ""),
        ("____‸", ""),
        ("__a b‸__", ""),
    ],
)
def test_the_wildcard_at_the_cursor(marked: str, name: str) -> None:
    assert wildcard_at(marked.replace("‸", ""), marked.index("‸")) == name


def test_the_file_is_the_servers(tmp_path: Path) -> None:
    here = tmp_path / "colours.txt"
    here.write_text("red\n")
    known = (
        WildcardName(name="deep/colours", count=1, path=str(here)),
        WildcardName(name="gone", count=1, path=str(tmp_path / "gone.txt")),
    )
    assert file_of("deep/colours", known) == file_of("colours", known) == here
    for name, said in (("gone", "not on this machine"), ("colour", "There is no wildcard"), ("c*", "several")):
        with pytest.raises(UsageError, match=said):
            file_of(name, known)
