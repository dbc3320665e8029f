"""What of the pictures is seen: which one, which part of it, what is said of it, and how it gets on the terminal."""
