"""The job list: its lines, and what the user does to jobs that are there. Knows no widget."""
