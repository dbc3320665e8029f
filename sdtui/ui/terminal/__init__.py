"""The terminal that Textual paints on: its driver, its answers, what is written past Textual, how it ends."""
