"""The engine: everything that touches torch, and nothing else does. Nobody imports it; the worker resolves `engine.engine:Engine` by name.

A picture in the making is a generator that owns its latents and yields what it wants done (`requests`); the batcher packs
what several pictures want into one UNet call. It imports spec, prompt, weights and errors only.

One more sampler: a generator in `sampling` and its row in SAMPLERS there and in `sdtui.spec.samplers`.
One more schedule type: a function in `schedules` and its row in SCHEDULES.
One more kind of picture: a generator beside `picture.txt2img`. One more request: a type in `requests` and a case in `engine`.
One more layout of weights: a naming in `keys`.
"""
