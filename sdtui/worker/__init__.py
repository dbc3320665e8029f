"""The worker: a process of its own, one per device, the only place where torch is loaded, killable at any moment.

`child` runs in that process, `host` is the server's end of the pipes, `fake` is a renderer without torch for tests.
The engine is resolved by name, never imported. Only the server imports this package. One more order: a class in
`sdtui.spec.orders` and its case in `child`.
"""
