"""The table of commands that help, dispatch and completion are made from."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """One word after `sdtui`; its module is imported when it is used."""

    name: str
    module: str
    help: str


COMMANDS: tuple[Command, ...] = (
    Command("render", "render", "Make pictures of a prompt or a file."),
    Command("expand", "expand", "Draw prompts from a template of wildcards and choices, or list them all."),
    Command("show", "show", "Open the studio with a picture file."),
    Command("watch", "watch", "Render a folder of prompt files, each one again when it is saved."),
    Command("ls", "ls", "List the jobs."),
    Command("cancel", "cancel", "Take back a job's unfinished pictures."),
    Command("retry", "retry", "Queue a job's failed and cancelled pictures again."),
    Command("release", "release", "Give the devices' memory back; the next job loads its model again."),
    Command("stop", "stop", "End the server; unfinished jobs wait for the next one."),
    Command("get", "get", "Get a model from an address, into the folder of its kind."),
    Command("presets", "presets", "List, show, save, delete presets; make them of a styles.csv."),
    Command("models", "models", "List the model files that were found."),
    Command("convert", "convert", "Make a safetensors file of a .ckpt or a diffusers folder."),
    Command("merge", "merge", "Merge checkpoints into a new one."),
    Command("explain", "explain", "Explain a prompt: tags, weights, steps, tokens, what is odd."),
    Command("doctor", "doctor", "Look at terminal, devices, folders and configuration; say what to do."),
    Command("config", "config", "Show every key of the configuration, or where it is."),
    Command("completion", "completion", "Print the completion of a shell."),
)
