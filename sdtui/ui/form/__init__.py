"""The parameters form: its lines, where they are and what its keys do, all from the FIELDS table. Knows no widget."""
