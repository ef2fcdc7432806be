"""Projects and their jobs: a job goes through the queue to those who do it, and its result comes back that way."""
