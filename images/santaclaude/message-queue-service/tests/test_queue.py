from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from message_queue.streams import Streams


def publish(queue: TestClient, stream: str, body: Any, **more: str) -> dict[str, Any]:
    answer = queue.post(f"/streams/{stream}/messages", json={"body": body, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def receive(queue: TestClient, stream: str, group: str = "workers", **more: Any) -> list[dict[str, Any]]:
    wanted = {"consumer": "one", **more}
    answer = queue.post(f"/streams/{stream}/groups/{group}/receive", json=wanted)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["messages"])


def acknowledge(queue: TestClient, stream: str, message: dict[str, Any], group: str = "workers") -> int:
    answer = queue.post(f"/streams/{stream}/groups/{group}/acknowledge", json={"ids": [message["id"]]})
    return int(answer.json()["acknowledged"])


def test_a_message_reaches_one_consumer_of_each_group(queue: TestClient, stream: str) -> None:
    published = publish(queue, stream, {"order": 17, "note": "für Jörg"})

    first = receive(queue, stream, "workers", consumer="one")
    second = receive(queue, stream, "workers", consumer="two")
    other = receive(queue, stream, "auditors")

    assert first == [{"id": published["id"], "body": {"order": 17, "note": "für Jörg"}, "attempt": 1}]
    assert second == []
    assert other == first


def test_messages_come_in_the_order_of_publication(queue: TestClient, stream: str) -> None:
    for number in range(5):
        publish(queue, stream, number)

    assert [message["body"] for message in receive(queue, stream, count=3)] == [0, 1, 2]
    assert [message["body"] for message in receive(queue, stream, count=3)] == [3, 4]


def test_an_acknowledged_message_never_comes_again(queue: TestClient, stream: str) -> None:
    publish(queue, stream, "once")
    (message,) = receive(queue, stream, visibility_seconds=0.1)

    assert acknowledge(queue, stream, message) == 1
    assert acknowledge(queue, stream, message) == 0

    time.sleep(0.2)
    assert receive(queue, stream, visibility_seconds=0.1) == []


def test_what_is_not_acknowledged_in_time_goes_to_another_consumer(queue: TestClient, stream: str) -> None:
    publish(queue, stream, "job")
    receive(queue, stream, consumer="one")
    assert receive(queue, stream, consumer="two", visibility_seconds=30) == []

    time.sleep(0.2)
    (again,) = receive(queue, stream, consumer="two", visibility_seconds=0.1)

    assert (again["body"], again["attempt"]) == ("job", 2)


def test_after_its_last_delivery_a_message_becomes_a_dead_letter(queue: TestClient, stream: str) -> None:
    published = publish(queue, stream, {"job": 1})
    for _ in range(2):
        assert receive(queue, stream, visibility_seconds=0.1)
        time.sleep(0.2)

    assert receive(queue, stream, visibility_seconds=0.1) == []

    (letter,) = receive(queue, f"{stream}.dead", "undertakers")
    assert letter["body"] == {
        "stream": stream,
        "group": "workers",
        "id": published["id"],
        "deliveries": 2,
        "body": {"job": 1},
    }
    assert queue.get(f"/streams/{stream}").json()["groups"]["workers"]["pending"] == 0


def test_a_receiver_waits_for_a_message(queue: TestClient, stream: str) -> None:
    with ThreadPoolExecutor() as others:
        waiting = others.submit(receive, queue, stream, wait_seconds=5)
        time.sleep(0.5)
        publish(queue, stream, "at last")
        started = time.monotonic()
        messages = waiting.result()

    assert [message["body"] for message in messages] == ["at last"]
    assert time.monotonic() - started < 1


def test_saying_the_same_twice_publishes_once(queue: TestClient, stream: str) -> None:
    first = publish(queue, stream, "order", deduplication_id="17")
    again = publish(queue, stream, "order", deduplication_id="17")
    other = publish(queue, stream, "order", deduplication_id="18")

    assert again == {"id": first["id"], "duplicate": True}
    assert other["id"] != first["id"]
    assert len(receive(queue, stream, count=10)) == 2


def test_a_full_stream_takes_no_more(queue: TestClient, stream: str) -> None:
    for number in range(20):
        publish(queue, stream, number)

    answer = queue.post(f"/streams/{stream}/messages", json={"body": 20})

    assert answer.status_code == 503
    assert answer.json() == {"error": "the stream is full"}


def test_what_all_groups_are_done_with_is_deleted(queue: TestClient, streams: Streams, stream: str) -> None:
    for number in range(3):
        publish(queue, stream, number)
    for group in ("a", "b"):
        acknowledge(queue, stream, receive(queue, stream, group)[0], group)
    receive(queue, stream, "a")

    assert queue.portal
    queue.portal.call(streams.tidy)

    assert [message["body"] for message in queue.get(f"/streams/{stream}/messages").json()["messages"]] == [1, 2]


def test_wrong_requests_say_what_is_wrong(queue: TestClient, stream: str) -> None:
    assert queue.post("/streams/No Such/messages", json={"body": 1}).status_code == 422
    assert queue.post(f"/streams/{stream}/messages", content=b"x" * 300_000).status_code == 413
    assert "ids" in queue.post(f"/streams/{stream}/groups/g/acknowledge", json={"ids": ["1"]}).json()["error"]
    assert queue.get(f"/streams/{stream}").json() == {"error": f"no stream {stream}"}
