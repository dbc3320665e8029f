"""Files of weights made from other files: conversion to safetensors, and merging. Run in a process of its own.

`python -m sdtui.engine.files ORDER` (JSON, see `__main__`) writes one file and tells its progress in lines of JSON on standard
output; the command line starts it by name. Tensors are mapped, changed and written a few million numbers at a time, so that no
file is ever in memory whole. Only the engine imports it.
"""
