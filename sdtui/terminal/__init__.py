"""Painting pictures on a terminal: what it can do (`probe`), and one painter per protocol. Bytes in, bytes out, no I/O.

`ui` and `cli` may import it; it knows neither of them. Pillow is imported inside functions, so importing is cheap.
One more protocol: a file with a class that fits `painter.Painter`, a case in `protocols.painter_for`, a name in
`capabilities.PaintProtocol` and a line in `decision.py` saying which terminals get it.
"""
