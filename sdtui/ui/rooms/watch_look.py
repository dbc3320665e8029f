"""Watched folders and files as they are told: a line each, and what is to be said of the chosen one. Knows no widget."""

from __future__ import annotations

from pathlib import Path, PurePath

from textual.content import Content

from sdtui.spec.complaint import error_of
from sdtui.spec.jobview import JobView
from sdtui.spec.watch import WatchedFile, WatchedFolder, WatchState
from sdtui.ui.text import one_line

SIGNS: dict[WatchState, tuple[str, str]] = {
    "waiting": ("·", "dim"),
    "rendering": ("▶", "$text-primary"),
    "done": ("✓", "$text-success"),
    "failed": ("✗", "$text-error"),
    "cancelled": ("-", "dim"),
    "gone": (" ", "dim"),
}
HINTS = (
    "Type a folder's path after {add}. Each .txt, .md, .yaml, .json or .png file in it is rendered, and again at every save,"
    " with the same seed.",
    "cat.txt is a prompt; a line `Negative prompt: …` and one such as `Steps: 12, Seed: 5` may follow.",
    "cat.md has `steps: 12` and the like in its front matter, the prompt below.",
    "`sdtui watch FOLDER` does the same from a shell.",
)


def folder_row(folder: WatchedFolder, count: int) -> Content:
    """The line of a folder: where it is, how many files it has, how it is watched."""
    facts = [f"{count:,} file" if count == 1 else f"{count:,} files"]
    facts += ["with its folders"] if folder.wish.recursive else []
    facts += ["paused"] if folder.paused else []
    facts += ["polling"] if folder.notes or folder.wish.polling else []
    path = short(folder.path)
    sign = Content.styled(" ✗ ", "$text-error") if folder.problem is not None else Content(" ")
    return Content.assemble(sign, (one_line(path), "bold"), (f"  {' · '.join(facts)}", "dim"))


def file_row(file: WatchedFile, job: JobView | None, width: int) -> Content:
    """The line of a file: its name, and how it stands."""
    sign, colour = SIGNS[file.state]
    says = state_of(file, job)
    name = one_line(file.name)
    room = max(12, width - len(says) - 6)
    return Content.assemble(
        (f"   {sign} ", colour), Content(name).truncate(room, ellipsis=True, pad=True), (f" {says}", colour or "dim")
    )


def state_of(file: WatchedFile, job: JobView | None) -> str:
    """How a file stands, in a few words."""
    match file.state:
        case "rendering":
            running = next((render for render in job.renders if render.state == "running"), None) if job else None
            pictures = f"{file.done}/{file.count}" if file.count > 1 else ""
            step = f"step {running.step}/{running.steps}" if running is not None else "in line"
            return " ".join(part for part in (pictures, step) if part)
        case "failed" if file.error is not None:
            line = file.error.where.rpartition(":")[2]
            return f"line {line}" if line.isdigit() else "error"
        case "done" if file.count > 1:
            return f"{file.count} pictures"
        case state:
            return state


def about_folder(folder: WatchedFolder) -> list[tuple[str, str]]:
    """What there is to say of a folder, each with its colour."""
    said = [(str(error_of(folder.problem)), "$text-error")] if folder.problem is not None else []
    said += [(sentence, "") for sentence in folder.notes]
    options = folder.wish.options
    given = [f"{name} {value}" for name, value in options.params.items()]
    given += [f"checkpoint {options.checkpoint}"] if options.checkpoint else []
    given += [f"not: {options.negative_prompt}"] if options.negative_prompt else []
    said += [(f"Over its files: {', '.join(given)}", "dim")] if given else []
    return said


def about_file(file: WatchedFile) -> list[tuple[str, str]]:
    """What there is to say of a file: what is wrong with it first."""
    said = [(f"✗ {error_of(file.error)}", "$text-error")] if file.error is not None else []
    said += [(sentence, "$text-warning") for sentence in file.notes]
    if file.latest:
        kept = " (the last that could be made)" if file.error is not None else ""
        said.append((f"{short(file.latest)}{kept}", "dim"))
    return said


def hints(add_key: str) -> str:
    """What there is to do where nothing is watched."""
    return "\n".join(line.format(add=add_key) for line in HINTS)


def short(path: str) -> str:
    """A path below the home folder from there."""
    home = str(Path.home())
    return f"~{path[len(home) :]}" if path.startswith(f"{home}/") else path


def title(folders: int, files: list[WatchedFile], *, following: bool) -> str:
    """How everything stands."""
    counts = {state: sum(file.state == state for file in files) for state in SIGNS}
    facts = ["Watching", f"{folders} folder" if folders == 1 else f"{folders} folders"]
    facts.append(f"{len(files):,} file" if len(files) == 1 else f"{len(files):,} files")
    facts += [f"{counts['rendering']} being made"] if counts["rendering"] else []
    facts += [f"{counts['waiting']:,} waiting"] if counts["waiting"] else []
    facts += [f"✗ {counts['failed']}"] if counts["failed"] else []
    facts += ["following"] if following else []
    return " · ".join(facts)


def name_of(path: str) -> str:
    """A picture as it is called: by its file's folder and its own name."""
    return "/".join(PurePath(path).parts[-2:])
