"""Planning, queueing and keeping of jobs: a document becomes renders, renders wait in a queue, all of it is in SQLite.

Only the server imports it (it is the sole owner of the queue). One more axis of chance to fix: `plan`; one more column
to keep: `store`, with a migration in SCHEMA.
"""
