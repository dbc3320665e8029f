"""The server: sole owner of queue, history and drafts of a workspace; survives the terminal; no torch, no Textual.

`server` is its main, `sessions` the clients' connections, `desk` answers verbs, `journal` notes events and tells them
to everybody, `supervisor` drives the workers. Only the command line imports it. One more verb: a struct in
`sdtui.spec.verbs` and its case in `desk`.
"""
