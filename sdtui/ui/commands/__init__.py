"""What the user can do: the one table of commands, and the keys that are bound to them."""
