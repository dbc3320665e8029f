"""sdtui: a Stable Diffusion studio for the terminal.

The house has floors; imports point down, siblings in a row never meet (checked by import-linter):

    cli
    ui
    client | server
    jobs | library | watch | worker | engine
    images | terminal | workspace | weights
    prompt
    spec | wire
    errors
"""

__version__ = "0.1.0"
