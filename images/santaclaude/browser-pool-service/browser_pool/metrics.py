"""What Prometheus sees of the pool."""

from prometheus_client import Counter, Gauge, Histogram

PAGES = Counter("browser_pages_total", "Pages rendered or not, by how it ended.", ["outcome"])
SECONDS = Histogram("browser_page_seconds", "Time that a page took.", buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60))
OPEN = Gauge("browser_pages_open", "Pages that are open now.")
STARTS = Counter("browser_starts_total", "Starts of Chromium; more than one means that it died.")
REFUSED = Counter("browser_egress_refused_total", "Connections that a page wanted and did not get.", ["reason"])
BYTES = Counter("browser_egress_bytes_total", "Bytes between pages and the web.")
