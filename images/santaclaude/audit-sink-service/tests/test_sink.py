from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from audit_sink.clickhouse import ClickHouse
from audit_sink.events import Event
from audit_sink.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pytest
    from starlette.testclient import TestClient

    from audit_sink.spool import Entry

    Start = Callable[..., TestClient]

NOWHERE = "http://127.0.0.1:1"


def report(sink: TestClient, *events: dict[str, Any]) -> dict[str, Any]:
    answer = sink.post("/events", json={"events": events})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def found(sink: TestClient, count: int, **sought: str) -> list[dict[str, Any]]:
    """Ask until so many events are there, then once more: there must not be too many."""
    events: list[dict[str, Any]] = []
    for _ in range(100):
        answer = sink.get("/events", params=sought)
        events = answer.json().get("events", [])
        if len(events) >= count:
            break
        time.sleep(0.1)
    return events


def test_an_event_is_in_clickhouse_as_it_was_said(start: Start, actor: str) -> None:
    sink = start()
    event = {
        "id": str(uuid.uuid4()),
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "actor": actor,
        "action": "job.done",
        "subject": "tab\there, back\\slash, 'quote'",
        "details": {"größe": 17, "nested": {"list": [1, None]}},
    }

    assert report(sink, event) == {"ids": [event["id"]], "duplicates": 0}

    (row,) = found(sink, 1, actor=actor)
    assert {name: row[name] for name in ("id", "actor", "action", "subject", "details")} == {
        name: event[name] for name in ("id", "actor", "action", "subject", "details")
    }
    assert datetime.fromisoformat(row["time"]).replace(tzinfo=UTC) == datetime.fromisoformat(str(event["time"]))
    assert found(sink, 1, subject=str(event["subject"]), id=str(event["id"])) == [row]


def test_events_are_found_by_what_is_asked(start: Start, actor: str) -> None:
    sink = start()
    report(sink, *({"actor": actor, "action": action} for action in ("a", "b", "b")))
    assert len(found(sink, 3, actor=actor)) == 3

    assert len(found(sink, 2, actor=actor, action="b")) == 2
    assert sink.get("/events", params={"actor": actor, "limit": 1}).json()["events"][0]["actor"] == actor
    assert sink.get("/events", params={"actor": "' OR 1=1 --"}).json() == {"events": []}
    assert sink.get("/events", params={"actor": actor, "until": "2020-01-01T00:00:00Z"}).json() == {"events": []}
    assert len(sink.get("/events", params={"actor": actor, "since": "2020-01-01T00:00:00Z"}).json()["events"]) == 3


def test_an_event_that_is_sent_again_is_there_once(start: Start, actor: str) -> None:
    sink = start()
    event = {"id": str(uuid.uuid4()), "actor": actor, "action": "paid"}

    assert report(sink, event)["duplicates"] == 0
    assert report(sink, event, {"actor": actor, "action": "other"})["duplicates"] == 1

    assert len(found(sink, 2, actor=actor)) == 2
    time.sleep(0.5)
    assert len(found(sink, 2, actor=actor)) == 2


def test_what_is_written_again_after_a_crash_is_read_once(
    start: Start, actor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replica that dies between writing and letting go leaves its batch to another, which writes it again."""
    written: list[str] = []
    write, let_go = ClickHouse.insert, Spool.done

    async def writing(self: ClickHouse, rows: Iterable[str]) -> None:
        written.extend(kept := [row for row in rows if actor in row])
        await write(self, kept)

    async def dying(self: Spool, entries: Sequence[Entry]) -> None:
        if len(written) == 1:
            raise ConnectionError
        await let_go(self, entries)

    monkeypatch.setattr(ClickHouse, "insert", writing)
    monkeypatch.setattr(Spool, "done", dying)
    sink = start()
    report(sink, {"actor": actor, "action": "paid"})
    assert found(sink, 1, actor=actor)

    for _ in range(100):
        if len(written) == 2:
            break
        time.sleep(0.1)

    assert written == [written[0]] * 2
    assert len(sink.get("/events", params={"actor": actor}).json()["events"]) == 1


def test_an_event_that_clickhouse_would_not_take_does_not_hold_up_the_others(
    start: Start, actor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Event.row
    monkeypatch.setattr(Event, "row", lambda event: '{"id": "none"}' if event.action == "broken" else row(event))
    sink = start()

    report(sink, *({"actor": actor, "action": action} for action in ("a", "b", "broken", "c", "d")))

    assert len(found(sink, 4, actor=actor)) == 4


def test_while_clickhouse_is_away_events_are_kept(start: Start, actor: str) -> None:
    without = start(clickhouse=NOWHERE)
    report(without, {"actor": actor, "action": "kept"})

    ready = without.get("/ready")
    assert ready.status_code == 200
    assert ready.json()["degraded"] == {"clickhouse": "ConnectError"}
    assert without.get("/events").status_code == 503

    (row,) = found(start(), 1, actor=actor)
    assert row["action"] == "kept"


def test_a_full_spool_takes_no_more(start: Start, actor: str) -> None:
    sink = start(clickhouse=NOWHERE, spool_limit=1)
    event = {"actor": actor, "action": "one.too.many"}

    answer = sink.post("/events", json={"events": [event, event]})

    assert answer.status_code == 503
    assert answer.json() == {"error": "the spool is full"}


def test_without_redis_nothing_is_accepted(start: Start, actor: str) -> None:
    sink = start(redis="redis://127.0.0.1:1/0", clickhouse=NOWHERE)

    assert sink.get("/health").status_code == 200
    assert sink.get("/ready").status_code == 503
    assert sink.post("/events", json={"events": [{"actor": actor, "action": "lost"}]}).status_code == 503


def test_wrong_events_are_refused_with_the_reason(start: Start) -> None:
    sink = start(redis="redis://127.0.0.1:1/0", clickhouse=NOWHERE)
    right = {"actor": "someone", "action": "paid"}
    wrong = {
        "actor": right | {"actor": ""},
        "action": right | {"action": "Paid!"},
        "time": right | {"time": "1999-01-01T00:00:00Z"},
        "details": right | {"details": {"text": "x" * 10_000}},
    }

    for field, event in wrong.items():
        answer = sink.post("/events", json={"events": [right, event]})
        assert answer.status_code == 422, field
        assert list(answer.json()["fields"]) == [f"body.events.1.{field}"]
