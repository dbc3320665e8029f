"""Watched folders: what of them is a prompt file, what it says, and when it has changed for good.

`look` sees what is there, `settling` says what of it has come to rest, `watcher` does both whenever the `tripwire` (or the
clock) says so and has `readers` read what changed; `board` knows how each file stands, `records` keep that over a restart.
The server imports this, and the command line its `readers`, for `-f`. One more kind of prompt file: a row of READERS in `readers`.
"""
