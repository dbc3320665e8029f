"""The prompt language: one parser and one tree that the editor's colours, the linter, the token counter and the engine all read.

    lexer, structure, emphasis   what the characters mean: tags and AND, schedules, weights
    parser, nodes, printer       text → tree with places and diagnostics → text
    timeline                     the tree over the steps: which runs of which weight hold when
    tokens, chunks, embeddings   CLIP's tokens, 75 at a time, and the words that are vectors of their own
    names, adapters              what may be named, and which LoRAs and hypernetworks the tags ask for
    expand/                      before all of them: wildcards and choices, drawn when a job is planned
    highlight, lint, fixes       for the editor: colours, sentences (`lint_*`, `unread`), what mends them
    active, borders, brackets    for the editor: what holds at a step, where chunks begin, which brackets belong together
    explain                      all of it as one value

Every floor above may import it; it imports `errors` and `spec` alone. One more construct: a node in `nodes`, its reading in
`structure` or `emphasis`; the type checker names the rest.
"""
