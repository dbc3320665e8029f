"""Merge checkpoints of one family into a new one.

Each is a path, or a name as `sdtui models` lists it. Weighted sum: (1 - weight) A + weight B.
With --add-difference: A + weight (B - C). An inpainting model has to be A.
The result's metadata tells how it was made.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from sdtui.errors import ModelError, UsageError

if TYPE_CHECKING:
    from sdtui.library.library import Library
    from sdtui.spec.model import ModelKind

WEIGHT = 0.5


def options(parser: argparse.ArgumentParser) -> None:
    """The files and how."""
    parser.add_argument("a", metavar="A", help="the checkpoint that is changed")
    parser.add_argument("b", metavar="B", help="the checkpoint that is added")
    parser.add_argument("c", metavar="C", nargs="?", help="what is taken from B (with --add-difference)")
    parser.add_argument("-o", "--out", metavar="OUT", type=Path, required=True, help="the file to write")
    parser.add_argument("--weight", type=float, default=WEIGHT, help="what B counts, or the difference (default 0.5)")
    parser.add_argument("--add-difference", action="store_true", help="add B - C to A")
    parser.add_argument("--half", action="store_true", help="half precision where A is full")
    parser.add_argument("--vae", metavar="VAE", help="put this VAE into the result")
    parser.add_argument("--force", action="store_true", help="write over OUT if it exists")


def run(args: argparse.Namespace) -> int:
    """Merge, and print where the file is."""
    from sdtui.cli.filing import make_file, target_for

    if args.add_difference != (args.c is not None):
        what = "names no C" if args.c is None else "has a C, which only --add-difference needs"
        raise UsageError(f"The merge {what}.", todo="sdtui merge A B C --add-difference -o OUT")
    paths = _Paths(args.workspace)
    a, b = paths.of(args.a), paths.of(args.b)
    c = str(paths.of(args.c)) if args.c is not None else ""
    vae = str(paths.of(args.vae, "vae")) if args.vae is not None else ""
    order: dict[str, object] = {"do": "merge", "a": str(a), "b": str(b), "c": c, "vae": vae}
    order |= {"weight": args.weight, "half": args.half, "overwrite": args.force}
    make_file(order | {"target": str(target_for(a, args.out))})
    return 0


class _Paths:
    """Paths of models that were given by path or by name; the model folders are looked through at the first name."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._library: Library | None = None

    def of(self, given: str, kind: ModelKind = "checkpoint") -> Path:
        """What is there under this path, else the file that the library knows by this name; raises ModelError."""
        from sdtui.prompt.calling import without_suffix

        path = Path(given)
        if path.exists() or path.is_absolute():
            return path
        try:
            return Path(self._opened().find_model(kind, given).path)
        except ModelError as error:
            if without_suffix(given) == given:
                raise
            raise ModelError(f"{error.what} There is no such file either.", where=given, todo=error.todo) from None

    def _opened(self) -> Library:
        if self._library is None:
            from sdtui.cli.place import open_place
            from sdtui.library.opening import open_library
            from sdtui.weights.hashes import HashStore

            workspace, config, _ = open_place(self._folder)
            self._library = open_library(workspace, config, HashStore(workspace.state / "hashes.json"))
            self._library.scan()
        return self._library
