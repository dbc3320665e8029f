"""Merge checkpoints of one family into a new one.

Weighted sum: (1 - weight) A + weight B. With --add-difference: A + weight (B - C). An inpainting model has to be A.
The result's metadata tells how it was made.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sdtui.errors import UsageError

WEIGHT = 0.5


def options(parser: argparse.ArgumentParser) -> None:
    """The files and how."""
    parser.add_argument("a", metavar="A", type=Path, help="the checkpoint that is changed")
    parser.add_argument("b", metavar="B", type=Path, help="the checkpoint that is added")
    parser.add_argument("c", metavar="C", type=Path, nargs="?", help="what is taken from B (with --add-difference)")
    parser.add_argument("-o", "--out", metavar="OUT", type=Path, required=True, help="the file to write")
    parser.add_argument("--weight", type=float, default=WEIGHT, help="what B counts, or the difference (default 0.5)")
    parser.add_argument("--add-difference", action="store_true", help="add B - C to A")
    parser.add_argument("--half", action="store_true", help="half precision where A is full")
    parser.add_argument("--vae", metavar="FILE", type=Path, help="put this VAE into the result")
    parser.add_argument("--force", action="store_true", help="write over OUT if it exists")


def run(args: argparse.Namespace) -> int:
    """Merge, and print where the file is."""
    from sdtui.cli.filing import make_file, target_for

    if args.add_difference != (args.c is not None):
        what = "names no C" if args.c is None else "has a C, which only --add-difference needs"
        raise UsageError(f"The merge {what}.", todo="sdtui merge A B C --add-difference -o OUT")
    order: dict[str, object] = {"do": "merge", "a": str(args.a), "b": str(args.b), "c": str(args.c or "")}
    order |= {"weight": args.weight, "half": args.half, "vae": str(args.vae or ""), "overwrite": args.force}
    make_file(order | {"target": str(target_for(args.a, args.out))})
    return 0
