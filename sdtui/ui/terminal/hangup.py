"""When the terminal is gone: how the process ends, at the latest."""

from __future__ import annotations

import os
import threading

STATUS = 129
"""The exit code of a process that its terminal left: 128 and the number of SIGHUP."""
LEAVING_S = 0.8
"""So long the app has for leaving."""


def end_in_time() -> None:
    """End the process after LEAVING_S whatever it hangs on, a write to a terminal that is gone for one."""
    last_resort = threading.Timer(LEAVING_S, os._exit, (STATUS,))
    last_resort.daemon = True
    last_resort.start()
