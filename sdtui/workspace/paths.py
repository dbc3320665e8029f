"""Where a workspace is, where its state is kept, and where its server is reached."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import sdtui
from sdtui.errors import WorkspaceError

WORKSPACE_FILE = "sdtui.yaml"
STARTER = ("presets", "wildcards")
# sun_path holds 108 bytes on Linux and 104 on macOS, the closing zero among them.
SOCKET_PATH_BYTES = 103


def state_home(environ: Mapping[str, str] = os.environ) -> Path:
    """`$XDG_STATE_HOME/sdtui`, by default `~/.local/state/sdtui`."""
    home = environ.get("XDG_STATE_HOME", "")
    return (Path(home) if home.startswith("/") else expand(Path("~/.local/state"))) / "sdtui"


def socket_home(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of this user's sockets: below `$SDTUI_TMPDIR`, else /tmp.

    Not below TMPDIR, which differs from shell to shell: the next shell would look for the server elsewhere.
    """
    named = environ.get("SDTUI_TMPDIR", "")
    base = Path(named) if named else Path("/tmp") if Path("/tmp").is_dir() else Path(tempfile.gettempdir())
    return base / f"sdtui-{os.getuid()}"


@dataclass(frozen=True)
class Workspace:
    """A folder with presets/, wildcards/ and outputs/, and what belongs to it elsewhere. Nothing is made by looking."""

    root: Path
    state_home: Path = field(default_factory=state_home)
    socket_home: Path = field(default_factory=socket_home)

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", expand(self.root).resolve())

    @property
    def id(self) -> str:
        """Short and stable: from the resolved path of the root."""
        return _digest(self.root)

    @property
    def presets(self) -> Path:
        """Presets, one YAML file each."""
        return self.root / "presets"

    @property
    def wildcards(self) -> Path:
        """Wildcards, one text file each."""
        return self.root / "wildcards"

    @property
    def outputs(self) -> Path:
        """Where pictures go unless the key `outputs.folder` says otherwise (`resolve` it)."""
        return self.root / "outputs"

    @property
    def state(self) -> Path:
        """The folder of the database, the locks and the log; made by `make_state`."""
        return self.state_home / self.id

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.state / "server.log"

    @property
    def socket(self) -> Path:
        """The server's socket; `make_socket_folder` makes and checks the folder it is in."""
        return self.socket_home / f"{_digest(self.state)}.sock"

    def resolve(self, path: str) -> Path:
        """A path from the configuration: `~` is the home, relative ones start at the root."""
        return self.root / expand(Path(path))

    def make_state(self) -> Path:
        """The state folder, made if need be and for this user alone; raises WorkspaceError."""
        try:
            self.state_home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.state.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise WorkspaceError(
                f"The state of the workspace cannot be kept here: {error.strerror}.",
                where=str(self.state),
                todo="Make the folder writable, or set XDG_STATE_HOME to one that is.",
            ) from None
        _check_ours(self.state, "Move it away; it is made anew.")
        if stat.S_IMODE(self.state.stat().st_mode) & 0o077:
            self.state.chmod(0o700)
        if not os.access(self.state, os.W_OK | os.X_OK):
            raise WorkspaceError("The state folder is not writable.", where=str(self.state), todo="chmod u+rwx it.")
        return self.state

    def make_socket_folder(self) -> Path:
        """The socket's path, its folder made if need be and checked: this user's own, 0700, no link; raises WorkspaceError.

        Clients call it as well: a socket in a folder that someone else planted would be theirs.
        """
        todo = "Remove it, or set SDTUI_TMPDIR to a folder of your own."
        try:
            self.socket_home.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise WorkspaceError(
                f"The folder of the server's socket cannot be made: {error.strerror}.",
                where=str(self.socket_home),
                todo=todo,
            ) from None
        _check_ours(self.socket_home, todo)
        if stat.S_IMODE(self.socket_home.stat().st_mode) & 0o077:
            raise WorkspaceError(
                "The folder of the server's socket is open to other users.",
                where=str(self.socket_home),
                todo="Stop the servers that are running, and remove it; it is made anew.",
            )
        if len(os.fsencode(self.socket)) > SOCKET_PATH_BYTES:
            raise WorkspaceError(
                f"The path of the server's socket is longer than {SOCKET_PATH_BYTES} bytes.",
                where=str(self.socket),
                todo="Set SDTUI_TMPDIR to a shorter folder.",
            )
        return self.socket


def find_workspace(start: Path, default: Path) -> Workspace:
    """The nearest folder upwards that is a workspace, else the default one, made on first use; raises WorkspaceError.

    Folders that somebody else made into a workspace are passed by: their configuration is not the user's.
    """
    start = expand(start).resolve()
    for folder in (start, *start.parents):
        if is_workspace(folder):
            return _named_in_utf8(folder)
    return make_workspace(default)


def is_workspace(folder: Path) -> bool:
    """It has `sdtui.yaml`, or presets/ and wildcards/, and they are this user's or root's."""
    if _is_ours(folder / WORKSPACE_FILE, stat.S_ISREG):
        return True
    return all(_is_ours(folder / name, stat.S_ISDIR) for name in STARTER)


def make_workspace(root: Path) -> Workspace:
    """The folder as a workspace; one that is none yet gets presets and wildcards to start with. Raises WorkspaceError.

    What is already there is never touched.
    """
    root = expand(root).absolute()
    if is_workspace(root):
        return _named_in_utf8(root)
    try:
        root.mkdir(parents=True, exist_ok=True)
        for name in STARTER:
            if not (root / name).is_dir():
                _copy_starter(name, root / name)
    except OSError as error:
        raise WorkspaceError(
            f"The workspace cannot be made here: {error.strerror}.",
            where=str(root),
            todo="Make the folder writable, name another with -C, or set the key 'workspace' in the configuration.",
        ) from None
    return _named_in_utf8(root)


def expand(path: Path) -> Path:
    """The path with `~` and `~name` replaced; one whose user does not exist stays as it is."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def starter_folder(name: str) -> Path:
    """Starter files: in an installed package below data/, in a checkout the repository's own folder."""
    package = Path(sdtui.__file__).parent
    packed = package / "data" / "starter" / name
    return packed if packed.is_dir() else package.parent / name


def _named_in_utf8(root: Path) -> Workspace:
    try:
        str(root).encode()
    except UnicodeEncodeError:
        raise WorkspaceError(
            "The folder's name is not UTF-8, so it cannot be told to the server.",
            where=str(root).encode(errors="replace").decode(),
            todo="Rename it, or name another workspace with -C.",
        ) from None
    return Workspace(root)


def _copy_starter(name: str, target: Path) -> None:
    target.mkdir()
    for file in sorted(starter_folder(name).iterdir()):
        if file.is_file():
            shutil.copyfile(file, target / file.name)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _is_ours(path: Path, is_kind: Callable[[int], bool]) -> bool:
    try:
        found = path.stat()
    except OSError:
        return False
    me = os.getuid()
    return is_kind(found.st_mode) and (me == 0 or found.st_uid in (0, me))


def _check_ours(folder: Path, todo: str) -> None:
    """Raise WorkspaceError unless it is a real folder (no link) of this user's."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise WorkspaceError("This must be a folder, and it is something else.", where=str(folder), todo=todo)
    if found.st_uid != os.getuid():
        raise WorkspaceError("The folder belongs to somebody else.", where=str(folder), todo=todo)
