"""Make a single safetensors file of a .ckpt or of a diffusers folder; nothing in a .ckpt is run.

The file is in the original layout, keeps its metadata, and appears whole or not at all.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def options(parser: argparse.ArgumentParser) -> None:
    """FILE, OUT and how."""
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="a .ckpt, a diffusers folder, or a .safetensors with --half"
    )
    parser.add_argument(
        "out", metavar="OUT", type=Path, nargs="?", help="the file to write (default: FILE.safetensors)"
    )
    parser.add_argument("--half", action="store_true", help="half precision where it is full: half the size")
    parser.add_argument("--force", action="store_true", help="write over OUT if it exists")


def run(args: argparse.Namespace) -> int:
    """Convert, and print where the file is."""
    from sdtui.cli.filing import make_file, target_for

    order = {"do": "convert", "source": str(args.file), "target": str(target_for(args.file, args.out))}
    make_file(order | {"half": args.half, "overwrite": args.force})
    return 0
