"""The studio's panes, one a file: they get data, say messages, and know neither the client nor each other."""
