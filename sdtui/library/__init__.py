"""The model files a user has: found in the folders of A1111, Forge and ComfyUI or in plain ones, named, and looked up.

Only the server imports it (and tests). It reads headers through `weights` and never decodes a tensor.
One more program's folder: a row in `trees.CATEGORIES`.
"""
