"""The prompt language: one parser and one tree that the editor's colours, the linter, the token counter and the engine all read.

    lexer, structure, emphasis   what the characters mean: tags and AND, schedules, weights
    parser, nodes, printer       text → tree with places and diagnostics → text
    timeline                     the tree over the steps: which runs of which weight hold when
    tokens, chunks               CLIP's tokens, 75 at a time
    expand/                      before all of them: wildcards and choices, drawn when a job is planned
    highlight, lint              for the editor

Every floor above may import it; it imports `errors` and `spec` alone. One more construct: a node in `nodes`, its reading in
`structure` or `emphasis`; the type checker names the rest.
"""
