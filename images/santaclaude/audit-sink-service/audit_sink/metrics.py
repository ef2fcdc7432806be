"""What Prometheus sees of the sink."""

from prometheus_client import Counter, Gauge

ACCEPTED = Counter("audit_events_accepted_total", "Events that are safe in the spool, duplicates not counted.")
DELIVERED = Counter("audit_events_delivered_total", "Events written to ClickHouse.")
REJECTED = Counter("audit_events_rejected_total", "Events that ClickHouse would not take; kept aside.")
FAILURES = Counter("audit_delivery_failures_total", "Tries to write to ClickHouse that failed.")
SPOOLED = Gauge("audit_spool_events", "Events in the spool, not yet in ClickHouse.")
