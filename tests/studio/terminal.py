"""The real program in a real tmux: keys go in, the screen is read."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

PATIENCE_S = 60.0
LOOK_EVERY_S = 0.1


class Tmux:
    """One tmux server of its own with one window."""

    def __init__(self, folder, width=120, height=40):
        self._socket = str(Path(folder) / "tmux.sock")
        self._size = ["-x", str(width), "-y", str(height)]

    def run(self, *arguments):
        command = ["tmux", "-S", self._socket, "-f", "/dev/null", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=environ()).stdout

    def start(self, *command):
        self.run("-u", "new-session", "-d", "-s", "s", *self._size, " ".join(command))
        self.run("set-option", "-g", "remain-on-exit", "on")

    def respawn(self, *command):
        self.run("respawn-pane", "-k", "-t", "s", " ".join(command))

    def keys(self, *names):
        self.run("send-keys", "-t", "s", *names)

    def text(self, words):
        self.run("send-keys", "-t", "s", "-l", words)

    def screen(self):
        return self.run("capture-pane", "-p", "-t", "s")

    def coloured(self):
        return self.run("capture-pane", "-p", "-e", "-t", "s")

    def dead(self):
        return self.run("display-message", "-p", "-t", "s", "#{pane_dead}").strip() == "1"

    def until(self, wanted, patience_s=PATIENCE_S):
        """The screen once a pattern is on it (or a condition holds)."""
        holds = wanted if callable(wanted) else lambda screen: re.search(wanted, screen)
        end = time.monotonic() + patience_s
        while True:
            screen = self.screen()
            if holds(screen):
                return screen
            assert time.monotonic() < end, f"no {wanted!r} on\n{screen}"
            time.sleep(LOOK_EVERY_S)

    def kill(self):
        subprocess.run(["tmux", "-S", self._socket, "kill-server"], check=False, capture_output=True)


def environ():
    """As a user's, without what this process was started in."""
    inherited = {"TMUX", "TMUX_PANE", "COLUMNS", "LINES"}
    return {**{k: v for k, v in os.environ.items() if k not in inherited}, "LANG": "C.UTF-8"}


def sdtui(workspace):
    return f"{sys.executable} -m sdtui -C {workspace.root}"
