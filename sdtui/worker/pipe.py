"""The worker's end of the wire: orders come in on a thread, reports go out from any thread."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable

import msgspec

from sdtui.spec.orders import AnyOrder, AnyReport, Drop, Heartbeat, Quit
from sdtui.wire.frames import FrameReader, pack

READ_BYTES = 1 << 16
HEARTBEAT_S = 1.0


class Pipe:
    """Frames on two file descriptors; `on_drop` hears at once, on the reading thread, which render is not wanted any more."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._lock = threading.Lock()
        self._encoder = msgspec.json.Encoder()
        self.orders: queue.SimpleQueue[AnyOrder] = queue.SimpleQueue()
        self.on_drop: Callable[[str], None] = lambda render_id: None

    def start(self) -> None:
        """Read orders and send heartbeats from now on, on threads of their own."""
        threading.Thread(target=self._read, name="orders", daemon=True).start()
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def send(self, report: AnyReport, blob: bytes = b"") -> None:
        """Write one frame; when the server is gone there is nobody left to work for, and the process ends."""
        data = memoryview(pack(self._encoder.encode(report), blob))
        with self._lock:
            try:
                while data:
                    data = data[os.write(self._write_fd, data) :]
            except BrokenPipeError:
                os._exit(0)

    def _read(self) -> None:
        reader = FrameReader()
        decoder = msgspec.json.Decoder(AnyOrder)
        while data := os.read(self._read_fd, READ_BYTES):
            for frame in reader.feed(data):
                order = decoder.decode(frame.json)
                if isinstance(order, Quit):
                    os._exit(0)
                if isinstance(order, Drop):
                    self.on_drop(order.render_id)
                self.orders.put(order)
        # the server is gone: crash-only, whatever was in flight is planned in its database
        os._exit(0)

    def _beat(self) -> None:
        pause = threading.Event()
        while not pause.wait(HEARTBEAT_S):
            self.send(Heartbeat())
