"""Samplers, a file for each family of papers: generators over (latents, sigmas, noise) that yield the points they want denoised.

One more: a generator here, its row in `table.SAMPLERS` and in `sdtui.spec.samplers`. Everything is written in the coordinates of
Karras et al. 2022: latents are clean latents plus sigma times unit noise; lambda = −log sigma.
"""
