"""Logs: one JSON object a line on stdout, without the secrets that the settings hold."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
_HIDDEN = "***"


class JSONFormatter(logging.Formatter):
    """Writes a record as JSON; what was passed as `extra` becomes fields of the object."""

    def __init__(self, service: str, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._service = service
        self._secrets = tuple(json.dumps(secret, ensure_ascii=False)[1:-1] for secret in secrets)

    def format(self, record: logging.LogRecord) -> str:
        """Give one line."""
        line = json.dumps(self._fields(record), default=str, ensure_ascii=False)
        for secret in self._secrets:
            line = line.replace(secret, _HIDDEN)
        return line

    def _fields(self, record: logging.LogRecord) -> dict[str, object]:
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields |= {name: value for name, value in vars(record).items() if name not in _OWN}
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return fields


def configure(service: str, level: str, secrets: Iterable[str] = ()) -> None:
    """Send what is logged anywhere in the process to stdout."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JSONFormatter(service, secrets))
    logging.root.handlers = [handler]
    logging.root.setLevel(level.upper())
    for noisy in (
        "httpx",
        "httpx2",
        "httpcore",
        "httpcore2",
        "asyncio",
    ):  # a line for each request, and its URL with what that may hold
        logging.getLogger(noisy).setLevel(logging.WARNING)
