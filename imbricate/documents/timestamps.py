"""Dates as go-yaml takes them, spelled as Go writes a time.Time in JSON: RFC 3339, no zeros at the end of fractions."""

from __future__ import annotations

import re

# Compiled when a text may be one.
_TIMESTAMP = (
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"(?:(?P<between>[Tt ])(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2}):(?P<second>[0-9]{1,2})"
    r"(?P<fraction>[.,][0-9]+)?(?P<zone>Z|[-+][0-9]{2}:[0-9]{2})?)?\Z"
)


def rfc3339(text: str) -> str | None:
    """Give the RFC 3339 spelling of a date or time, None for a text that is none."""
    found = re.match(_TIMESTAMP, text)
    if found is None or not _is_date(int(found["year"]), int(found["month"]), int(found["day"])):
        return None
    day = f"{found['year']}-{int(found['month']):02d}-{int(found['day']):02d}"
    if found["between"] is None:
        return f"{day}T00:00:00Z"
    if (found["between"] == " ") != (found["zone"] is None) or not _is_time(found):
        return None
    fraction = (found["fraction"] or "")[1:10].rstrip("0")
    clock = f"{int(found['hour']):02d}:{int(found['minute']):02d}:{int(found['second']):02d}"
    return f"{day}T{clock}{'.' + fraction if fraction else ''}{_zone(found['zone'])}"


def _is_date(year: int, month: int, day: int) -> bool:
    from datetime import date  # noqa: PLC0415 - few texts look like a date

    # Go knows a year 0, Python does not; both it and 4 are leap years.
    try:
        date(year or 4, month, day)
    except ValueError:
        return False
    return True


def _is_time(found: re.Match[str]) -> bool:
    zone = found["zone"] or "Z"
    in_day = int(found["hour"]) < 24 and int(found["minute"]) < 60 and int(found["second"]) < 60
    return in_day and (zone == "Z" or (int(zone[1:3]) <= 24 and int(zone[4:6]) <= 60))


def _zone(zone: str | None) -> str:
    return "Z" if zone in (None, "Z", "+00:00", "-00:00") else str(zone)
