"""What a render adds to its checkpoint: LoRAs and their relatives, hypernetworks, embeddings, another VAE.

`applied` is what the engine calls: it brings a loaded checkpoint into the state that a render wants, and back. Files become
tensors in `tensors`, a LoRA's tensor names become modules in `names`, tensors become changes of a weight in `forms`, changes
get into weights and out again in `merge`. Only the engine imports it.

One more form of LoRA: a function in `forms` and its row in FORMS. One more way to write names: a line in `names`.
"""
