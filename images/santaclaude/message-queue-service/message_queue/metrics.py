"""What Prometheus sees of the queue."""

from prometheus_client import Counter, Gauge

PUBLISHED = Counter("queue_published_total", "Messages published, duplicates not counted.", ["stream"])
DELIVERED = Counter("queue_delivered_total", "Messages given to consumers.", ["stream", "group", "delivery"])
ACKNOWLEDGED = Counter("queue_acknowledged_total", "Messages acknowledged.", ["stream", "group"])
DEAD_LETTERS = Counter("queue_dead_letters_total", "Messages given up.", ["stream", "group"])
LENGTH = Gauge("queue_length", "Messages that a stream holds.", ["stream"])
PENDING = Gauge("queue_pending", "Messages received and not acknowledged.", ["stream", "group"])
