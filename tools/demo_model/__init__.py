"""The built-in model: draw its data, train it, measure it, pack it.

`python -m tools.demo_model all` runs every stage. One file is one stage or one thing a stage needs; a new attribute
starts in `words.py` (the word), goes on in `scene.py` (when it occurs) and `draw.py` (how it looks), and ends in
`analyser.py` (how it is recognised). Nothing in `sdtui/` imports this folder.
"""
