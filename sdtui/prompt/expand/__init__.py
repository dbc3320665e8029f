"""Wildcards and choices: a template is read into a tree with places, and drawn into a prompt by a seed or one after another.

    nodes, brackets, template    text → tree with places and diagnostics; never raises, linear in the text
    source                       where the values of a wildcard come from: a Protocol, and values in memory
    scope                        variables, places for errors, and the limits that every expansion keeps
    draw                         one prompt by a seed
    walk, combinations, counting every prompt, the last choice varying fastest; how many there are
    oddities, marks, lint        for the editor

Nothing here opens a file (`workspace.wildcards` does). The syntax is that of the library dynamicprompts; where ours differs
on purpose, `template` says so. One more construct: a node, its reading in `template`, and the type checker names the rest.
"""
