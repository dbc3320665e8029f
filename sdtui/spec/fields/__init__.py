"""The rows that form, command line, checks and infotext are made from, a file for each topic.

One more parameter: a field of `sdtui.spec.params.Params` and a row here; one more topic: a file, and its place in `table`.
"""
