"""Rooms: screens of their own beside the studio, each opened by a key, each with what speaks to the client for it.

Only the studio's screen opens them, and imports them then: nothing here is loaded before the first paint.
One more room: a module here with a screen that has a `here` place, its commands in `sdtui.ui.commands.table`, and the studio's
`action_do_…` that pushes it; `Attentive` rooms hear from the studio what changed.
"""
