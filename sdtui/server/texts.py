"""Small texts that the studio keeps in the workspace: names and sizes it may have."""

from __future__ import annotations

import re

from sdtui.errors import UsageError
from sdtui.jobs.store import Store

MOST_BYTES = 1_000_000
MOST_NAMES = 1000
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def keep(store: Store, name: str, text: str) -> bool:
    """Keep a text under a name, the empty one not at all; whether it is another one.

    Raises UsageError for what is no name, or too large, or too many.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"'{name[:80]}' is no name for a text that is kept.", todo="Letters, digits, '.', '-' and '_'."
        )
    size = len(text.encode(errors="surrogatepass"))
    if size > MOST_BYTES:
        raise UsageError(f"The text '{name}' has {size / 1e6:.1f} MB; 1 MB is the most that is kept.")
    if text and not store.text(name) and store.text_count() >= MOST_NAMES:
        raise UsageError(f"There are {MOST_NAMES} texts already; '{name}' is one too many.")
    text = text.encode(errors="replace").decode()
    changed = text != store.text(name)
    if changed:
        store.put_text(name, text)
    return changed
