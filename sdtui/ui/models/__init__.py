"""The list of models beside the prompt: filtered, sorted, line by line. Knows no widget."""
