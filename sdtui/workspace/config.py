"""The configuration: its schema, and how the user's file and the workspace's file become one `Config`.

The user's file is `$XDG_CONFIG_HOME/sdtui/config.yaml` (or `$SDTUI_CONFIG`), the workspace's is `sdtui.yaml` in its folder;
where both set a key, the workspace's counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from sdtui.errors import ConfigError, SdtuiError
from sdtui.workspace.paths import WORKSPACE_FILE, expand
from sdtui.workspace.tree import Plain, Tree

if TYPE_CHECKING:
    from sdtui.workspace.schema import Leaf

# What a folder found on the way up must not decide for its visitor: where they live, and which program is run.
USER_ONLY: Mapping[str, str] = {
    "workspace": "a workspace cannot name another",
    "viewer": "it names a program to run",
    "tokens": "it holds secrets",
    "allow_pickles": "it lets code run",
}

Protocol = Literal["auto", "kitty", "kitty-direct", "iterm", "sixel", "half", "ascii", "off"]
# `~` and `~/x` are the user's own; somebody else's home, or a user who does not exist, is a mistake more often than a wish.
OWN_HOME = r"^(~/|~$|[^~]|$)"
Folder = Annotated[str, Meta(pattern=OWN_HOME)]
Device = Annotated[str, Meta(pattern=r"^(cpu|mps|cuda)(:[0-9]{1,3})?$")]


class Models(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the files of weights are; the built-in model is always there."""

    tree: Annotated[
        str,
        Meta(
            pattern=OWN_HOME,
            title="a folder such as ~/stable-diffusion-webui",
            description="A folder of A1111, Forge or ComfyUI (or their models/): its subfolders are understood.",
        ),
    ] = ""
    folders: Annotated[
        tuple[Folder, ...],
        Meta(title="a list of folders such as [~/models]", description="More folders to look for models in."),
    ] = ()


class Outputs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where pictures go and how they are named."""

    folder: Annotated[
        str,
        Meta(
            min_length=1,
            pattern=OWN_HOME,
            title="a folder such as outputs or ~/pictures",
            description="A folder, relative to the workspace or absolute.",
        ),
    ] = "outputs"
    pattern: Annotated[
        str,
        Meta(
            min_length=1,
            title="text such as [date]/[number]-[seed]",
            description="Name below the folder, without .png: [number] [seed] [steps] [cfg] [width] [height] [sampler] "
            "[scheduler] [model_name] [model_hash] [date] [datetime<%H%M>] [prompt_hash<8>] [prompt_words] "
            "[batch_number] [generation_number].",
        ),
    ] = "[date]/[number]-[seed]"


class Memory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What loaded models may take; the ones used longest ago give way first."""

    device_gb: Annotated[
        float,
        Meta(ge=0, le=1e4, description="Gigabytes of models on each device; 0: 0.8 of a GPU's, half of the machine's."),
    ] = 0
    ram_gb: Annotated[
        float,
        Meta(ge=0, le=1e4, description="Gigabytes of models that wait in the machine's memory; 0: half of it."),
    ] = 0


class Preview(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How pictures are painted in the terminal."""

    protocol: Annotated[Protocol, Meta(description="auto asks the terminal; `sdtui doctor` says what it answered.")] = (
        "auto"
    )


class Completion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How prompts are completed in the studio."""

    automatic: Annotated[bool, Meta(description="Offer while typing; false: only when asked (ctrl+space).")] = True
    spaces: Annotated[bool, Meta(description="Underscores of tags from tags/*.csv become spaces.")] = True
    comma: Annotated[bool, Meta(description="A tag from tags/*.csv is followed by a comma.")] = True


class Server(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The process that owns the queue."""

    idle_exit_s: Annotated[
        float,
        Meta(ge=0, le=1e7, description="Seconds without clients and jobs after which the server ends; 0: it stays."),
    ] = 600.0


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every key, typed, with its default."""

    workspace: Annotated[
        str,
        Meta(
            pattern=r"^(~/.|/)",
            title="an absolute folder such as ~/sdtui",
            description="The workspace when no folder upwards is one; made on first use (your own file only).",
        ),
    ] = "~/sdtui"
    checkpoint: Annotated[str, Meta(description="The checkpoint when a job names none; empty: the built-in model.")] = (
        ""
    )
    vae: Annotated[
        str, Meta(description="The VAE of checkpoints that have no side file NAME.vae.safetensors; empty: their own.")
    ] = ""
    models: Models = Models()
    devices: Annotated[
        Literal["auto"] | tuple[Device, ...],
        Meta(
            title="auto or a list such as [cpu] or [cuda:0, cuda:1]",
            description="auto takes every GPU, else the CPU; a list names them: cpu, cuda:0, mps. "
            "Counts after `sdtui stop`.",
        ),
    ] = "auto"
    in_flight: Annotated[
        int, Meta(ge=1, le=64, description="Pictures that a device works on at the same time, at most.")
    ] = 16
    release_after_s: Annotated[
        float,
        Meta(ge=0, le=1e7, description="Seconds without work after which a device's memory is given back; 0: never."),
    ] = 600.0
    memory: Memory = Memory()
    compile: Annotated[
        Literal["off", "blocks", "whole"],
        Meta(
            description="Compile the UNet (its repeated blocks, or whole): the first steps of each size wait minutes."
        ),
    ] = "off"
    outputs: Outputs = Outputs()
    preview: Preview = Preview()
    completion: Completion = Completion()
    viewer: Annotated[
        str,
        Meta(description="The program that opens a picture outside; empty: the desktop's own (your own file only)."),
    ] = ""
    theme: Annotated[str, Meta(description="The studio's colours, by the name the palette shows; empty: its own.")] = ""
    keys: Annotated[
        dict[str, str],
        Meta(
            title="lines of `command: key`", description="Keys of your own: `generate: f5`; the palette shows the ids."
        ),
    ] = {}
    tokens: Annotated[
        dict[str, str],
        Meta(
            title="lines of `host: token`",
            description="Tokens that model sites want to see, each sent to its host alone; `huggingface.co: $HF_TOKEN` "
            "takes one from the environment (your own file only).",
        ),
    ] = {}
    allow_pickles: Annotated[
        bool,
        Meta(description="Let `sdtui get` fetch .ckpt, .pt and .pth, which can run code (your own file only)."),
    ] = False
    server: Server = Server()


class Layers(NamedTuple):
    """A configuration with the story behind it: which file and line set which key (by dotted name), and what was wrong."""

    config: Config
    sources: Mapping[str, str]
    problems: tuple[ConfigError, ...]
    files: tuple[Path, ...]


def user_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The user's own file, whether it exists or not."""
    if named := environ.get("SDTUI_CONFIG"):
        return expand(Path(named)).absolute()
    home = environ.get("XDG_CONFIG_HOME", "")
    base = Path(home) if home.startswith("/") else expand(Path("~/.config"))
    return base / "sdtui" / "config.yaml"


def load_config(workspace_root: Path | None = None) -> Config:
    """The configuration of a workspace (None: the user's own file alone); raises ConfigError on the first problem."""
    layers = load_layers(workspace_root)
    if layers.problems:
        first, *more = layers.problems
        if more:
            raise ConfigError(first.what, where=first.where, todo=f"{first.todo} ({len(more)} more below it.)".lstrip())
        raise first
    return layers.config


def load_config_leniently(workspace_root: Path | None = None) -> tuple[Config, tuple[ConfigError, ...]]:
    """What of the configuration was fine, and a problem for each key that was not."""
    layers = load_layers(workspace_root)
    return layers.config, layers.problems


def load_layers(workspace_root: Path | None = None) -> Layers:
    """Both files read and merged; never raises."""
    files = [user_file()]
    if workspace_root is not None:
        files.append(workspace_root / WORKSPACE_FILE)
    merged: dict[str, Plain] = {}
    sources: dict[str, str] = {}
    problems: list[ConfigError] = []
    for file in files:
        named = file == files[0] and bool(os.environ.get("SDTUI_CONFIG"))
        if named or file.exists():
            problems += _add_layer(file, file == files[0], merged, sources)
    return Layers(msgspec.convert(merged, Config), sources, tuple(problems), tuple(files))


def _add_layer(file: Path, is_users: bool, merged: dict[str, Plain], sources: dict[str, str]) -> list[ConfigError]:
    """Merge what of a file is fine; the problems of the rest."""
    # Most users have no file, and the studio's first paint should not wait for a YAML parser.
    from sdtui.workspace.schema import fit, leaves
    from sdtui.workspace.yaml_reader import read_yaml

    try:
        tree = read_yaml(file)
    except SdtuiError as error:
        return [ConfigError(error.what, where=error.where, todo=error.todo)]
    values, found = fit(tree, Config)
    problems = [*found, *(_take_user_only(values, tree) if not is_users else ())]
    _merge(merged, values)
    for leaf in leaves(Config):
        if _is_set(values, leaf.path):
            sources[leaf.name] = tree.place(leaf.path)
            sources.update((f"{leaf.name}.{key}", tree.place((*leaf.path, key))) for key in _keys_below(values, leaf))
    return problems


def _take_user_only(values: dict[str, Plain], tree: Tree) -> list[ConfigError]:
    """Remove what only the user's own file may set; a problem for each."""
    return [
        ConfigError(
            f"'{key}' cannot be set in a workspace's file: {reason}.",
            where=tree.place((key,)),
            todo=f"Set it in {user_file()}.",
        )
        for key, reason in USER_ONLY.items()
        if values.pop(key, None) is not None
    ]


def _merge(into: dict[str, Plain], values: Mapping[str, Plain]) -> None:
    """Put values over values; sections and free maps key by key."""
    for key, value in values.items():
        below = into.get(key)
        if isinstance(value, dict):
            into[key] = below = dict(below) if isinstance(below, dict) else {}
            _merge(below, value)
        else:
            into[key] = value


def _keys_below(values: Mapping[str, Plain], leaf: Leaf) -> Iterable[str]:
    """What a free map at the top of the file names itself, such as the commands below `keys:`."""
    value = values.get(leaf.name)
    return value if isinstance(value, dict) else ()


def _is_set(values: Mapping[str, Plain], path: tuple[str, ...]) -> bool:
    value: Plain = dict(values)
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return value != {}
