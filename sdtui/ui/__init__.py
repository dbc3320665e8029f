"""The studio on the screen, and the only place that knows Textual. Imported by `cli` alone.

commands.py holds every command with its keys (one more: a row, and an `action_` method where it belongs); layout.py places
the panes; state.py folds events into what is shown; presenter.py alone speaks to the client; `panes/` get data and say the
messages of messages.py (one more pane: a file there, a row in PANES, a place in layout.py, its commands).

Whatever is imported before the first paint costs start-up time: the values of `sdtui.spec`, Pillow, the tokenizer and the
client are imported by what runs after it.
"""
