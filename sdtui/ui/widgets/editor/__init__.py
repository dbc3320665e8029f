"""The editor of prompts and of wildcard files: a widget, and what it knows in parts."""
