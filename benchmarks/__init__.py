"""What the studio costs, as figures against bars: `make bench` collects every module here that has a `measure()`.

Nobody imports it. One more figure: a `Figure` in the tuple that some module's `measure()` returns.
"""
