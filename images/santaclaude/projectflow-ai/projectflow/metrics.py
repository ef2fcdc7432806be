"""What Prometheus sees of jobs."""

from prometheus_client import Counter

CREATED = Counter("projectflow_jobs_created_total", "Jobs that were asked for.")
JOBS = Counter("projectflow_jobs_ended_total", "Jobs by how they ended.", ["status"])
