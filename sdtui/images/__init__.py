"""Picture files: PNG with its record, publishing that survives a crash, file names from patterns.

`ui`, `cli`, `server`, `jobs` and `worker` may import it; it imports `spec` and `errors` alone, and Pillow only inside functions.
One more file format: a module with `encode` and `read_texts` beside `png`.
"""
