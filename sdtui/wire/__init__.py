"""Frames: how values travel between processes. Plain Python, no I/O of its own; anyone may import it."""
