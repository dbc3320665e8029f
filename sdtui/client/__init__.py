"""The door: commands go in, events come out. The command line and the studio use the same client.

`client` speaks to a server, `start` finds or starts one. One more verb: a struct in `sdtui.spec.verbs`, a case in the
server's desk, a coroutine in `client`.
"""
