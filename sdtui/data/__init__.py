"""Shipped data: the built-in model, the CLIP vocabulary, the module configs of model families, the starter files.

Read with `importlib.resources.files("sdtui.data")`; no code lives here. One more family: a folder `configs/<family>/` with
`unet.json`, `vae.json` and `text_encoder.json` in the words of diffusers and transformers.
"""
