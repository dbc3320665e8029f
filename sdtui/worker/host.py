"""The server's end of a worker: starts the process, sends orders, hands on reports, tells when it ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

import sdtui
from sdtui.errors import WireError
from sdtui.spec.orders import AnyOrder, AnyReport, Quit
from sdtui.wire.frames import FrameReader, pack

READ_BYTES = 1 << 18
KILL_AFTER_S = 2.0

OnReport = Callable[[AnyReport, bytes], None]
OnExit = Callable[[int], None]


class WorkerProcess:
    """A running worker. Its death is an event, not an error: `on_exit` is called once with the exit status."""

    def __init__(self, process: asyncio.subprocess.Process, on_report: OnReport, on_exit: OnExit) -> None:
        self._process = process
        self._on_report = on_report
        self._on_exit = on_exit
        self._encoder = msgspec.json.Encoder()
        self._task = asyncio.create_task(self._listen(), name=f"worker {process.pid}")

    @classmethod
    async def start(
        cls, command: tuple[str, ...], *, log: Path, environ: Mapping[str, str], on_report: OnReport, on_exit: OnExit
    ) -> WorkerProcess:
        """Start `python -m sdtui.worker` with these arguments; its stderr is appended to `log`."""
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as stderr:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "sdtui.worker",
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr,
                cwd=log.parent,
                env=worker_environ(environ),
            )
        return cls(process, on_report, on_exit)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def send(self, order: AnyOrder) -> None:
        """Send an order; one to a worker that has just died is dropped, its death puts things right."""
        writer = self._process.stdin
        if writer is not None and not writer.is_closing():
            writer.write(pack(self._encoder.encode(order)))

    def kill(self) -> None:
        """End the process without a word (it is hung, or nobody wants it)."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def quit(self) -> None:
        """Ask the process to end, and see to it that it does."""
        self.send(Quit())
        try:
            await asyncio.wait_for(asyncio.shield(self._task), KILL_AFTER_S)
        except TimeoutError:
            self.kill()
            await self._task

    async def _listen(self) -> None:
        stream = self._process.stdout
        reader = FrameReader()
        decoder = msgspec.json.Decoder(AnyReport)
        try:
            while stream is not None and (data := await stream.read(READ_BYTES)):
                for frame in reader.feed(data):
                    self._on_report(decoder.decode(frame.json), frame.blob)
        except (WireError, msgspec.DecodeError):
            # a worker that talks nonsense is treated as one that died
            self.kill()
        status = await self._process.wait()
        self._on_exit(status)


def worker_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The worker's environment: never a hub, and this very package whatever the working folder."""
    package = str(Path(sdtui.__file__).resolve().parent.parent)
    paths = [package, *filter(None, [environ.get("PYTHONPATH")])]
    return {
        **environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "1",
        # libgomp's threads spin while they wait: beside any other work on a small machine that costs tenfold
        "GOMP_SPINCOUNT": environ.get("GOMP_SPINCOUNT", "1000"),
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "DIFFUSERS_VERBOSITY": "error",
    }
