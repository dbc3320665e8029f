"""The user's folders and files: where a workspace is, its state, its socket; YAML configuration and documents.

Imported by library, jobs, server, client, ui and cli; imports `errors` and `spec` alone, and stays cheap (the UI waits for it).
One more config key: a field with its `help` in `config.py`; whoever obeys it takes the `Config` as an argument.
One more kind of file: a reader of its own next to `documents.py`, on the same `yaml_reader` and `schema`.
"""
