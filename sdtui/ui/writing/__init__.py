"""What the prompt editors understand and offer: colours, counts, completion, weights, tags. Knows no widget."""
