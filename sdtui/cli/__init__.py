"""The command line: the composition root, one small file a command. Nobody imports it but `__main__`.

One more command: a module with `options(parser)` and `run(args) -> int`, its docstring being its help, and a row in
`commands.py`; help, completion and the README's test follow. Nothing heavy at the top of a module: torch never, Textual
only in the studio, asyncio and the client where they are used.
"""
