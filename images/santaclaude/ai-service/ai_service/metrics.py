"""What Prometheus sees of the models."""

from prometheus_client import Counter, Histogram

COMPLETIONS = Counter("ai_completions_total", "Completions: fresh, from the ledger, failed.", ["provider", "outcome"])
TOKENS = Counter("ai_tokens_total", "Tokens of fresh completions.", ["provider", "direction"])
SECONDS = Histogram("ai_completion_seconds", "Time that a model took.", ["provider"])
