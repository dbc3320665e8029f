"""See the layer list in sdtui/__init__.py."""
