"""Files of weights by their headers: what a file is, what family it belongs to, what it wants, what its hash is.

Nothing here decodes a tensor; any process may import it (no torch, numpy or safetensors). Imports `spec` and `errors`.
One more model family: a `Family` row and its `Telling` rows in families.py, module configs in data/configs/<family>/.
"""
