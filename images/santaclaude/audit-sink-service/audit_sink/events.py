"""Audit events: who did what to what, and when."""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, Field, field_validator

_LARGEST_DETAILS = 8 * 1024
_OLDEST = timedelta(days=366)  # a batch may touch as many months as ClickHouse allows partitions in an insert
_YOUNGEST = timedelta(days=1)


class Event(BaseModel):
    """One event. A sender that may send it again gives it an id of its own."""

    id: UUID = Field(default_factory=uuid4)
    time: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    actor: Annotated[str, Field(min_length=1, max_length=200)]
    action: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")]
    subject: Annotated[str, Field(max_length=500)] = ""
    details: dict[str, Any] = {}

    @field_validator("time")
    @classmethod
    def _recent(cls, time: datetime) -> datetime:
        if not datetime.now(UTC) - _OLDEST <= time <= datetime.now(UTC) + _YOUNGEST:
            raise ValueError("expected a time within the last year")
        return time

    @field_validator("details")
    @classmethod
    def _short(cls, details: dict[str, Any]) -> dict[str, Any]:
        if len(json.dumps(details)) > _LARGEST_DETAILS:
            raise ValueError(f"expected no more than {_LARGEST_DETAILS} bytes")
        return details

    def row(self) -> str:
        """Give the event as a line of ClickHouse's format JSONEachRow."""
        fields = {
            "id": str(self.id),
            "time": clickhouse_time(self.time),
            "actor": self.actor,
            "action": self.action,
            "subject": self.subject,
            "details": json.dumps(self.details, sort_keys=True, ensure_ascii=False),
        }
        return json.dumps(fields, ensure_ascii=False)


def clickhouse_time(time: datetime) -> str:
    """Write a time as ClickHouse reads a DateTime64(3, 'UTC')."""
    utc = time.astimezone(UTC)
    return f"{utc:%Y-%m-%d %H:%M:%S}.{utc.microsecond // 1000:03}"
