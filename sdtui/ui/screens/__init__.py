"""One screen a file; what speaks to the client is its presenter, not the screen."""
