"""The api as its clients see it, against a real PostgreSQL: set DATABASE_URL."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from starlette.testclient import TestClient

from pakaura.application import build
from pakaura.configuration import Configuration
from tests.conftest import alembic

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "a secret of sixty-four characters, which is enough for HS512 too"
PASSWORD = "correct horse"
ORIGIN = "http://pakaura.local"


def configured(database: str) -> Configuration:
    values = {"database_url": database, "jwt_secret": SECRET, "frontend_url": ORIGIN}
    return Configuration.model_validate(values)


@pytest.fixture
def client(migrated_database: str) -> Iterator[TestClient]:
    with TestClient(build(configured(migrated_database))) as client:
        yield client


def sign_up(client: TestClient, email: str = "ada@example.com") -> dict[str, str]:
    answer = client.post("/api/v1/auth/signup", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def test_an_account_is_made_once_and_logged_into(client: TestClient) -> None:
    ada = sign_up(client, "Ada@Example.com")
    assert client.get("/api/v1/auth/me", headers=ada).json()["email"] == "ada@example.com"
    again = client.post("/api/v1/auth/signup", json={"email": "ADA@example.com", "password": PASSWORD})
    assert (again.status_code, again.json()["error"]) == (409, "there is an account with this e-mail address already")
    good = client.post("/api/v1/auth/login", json={"email": "ada@example.com", "password": PASSWORD})
    assert (good.status_code, good.json()["expires_in"]) == (200, 24 * 3600)
    for email, password in (("ada@example.com", "wrong horse"), ("bob@example.com", PASSWORD)):
        bad = client.post("/api/v1/auth/login", json={"email": email, "password": password})
        assert (bad.status_code, bad.json()["error"]) == (401, "wrong e-mail address or password")


@pytest.mark.parametrize(
    "body",
    [
        {"email": "ada", "password": PASSWORD},
        {"email": "a\u0000b@example.com", "password": PASSWORD},
        {"email": "\u0130@example.com", "password": PASSWORD},
        {"email": "ada@example.com", "password": "short"},
        {"email": "ada@example.com", "password": "x" * 129},
        {"email": "ada@example.com"},
        [],
    ],
)
def test_credentials_are_checked_and_not_repeated(client: TestClient, body: Any) -> None:
    answer = client.post("/api/v1/auth/signup", json=body)
    assert answer.status_code == 422
    assert PASSWORD not in answer.text


def test_only_a_token_of_ours_is_let_in(client: TestClient) -> None:
    ada = sign_up(client)
    own = jwt.decode(ada["Authorization"][7:], options={"verify_signature": False})
    past = datetime.now(UTC) - timedelta(hours=1)
    forged = [
        jwt.encode(own, SECRET[::-1], "HS256"),
        jwt.encode({**own, "exp": past}, SECRET, "HS256"),
        jwt.encode({**own, "iss": "somebody"}, SECRET, "HS256"),
        jwt.encode({**own, "sub": "00000000-0000-0000-0000-000000000000"}, SECRET, "HS256"),
        jwt.encode(own, SECRET, "HS512"),
        "nonsense",
    ]
    for token in forged:
        answer = client.get("/api/v1/tasks", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert client.get("/api/v1/tasks").status_code == 401


def test_a_task_is_added_listed_changed_and_deleted(client: TestClient) -> None:
    ada = sign_up(client)
    made = client.post("/api/v1/tasks", json={"title": "  buy\tmilk \u0000 "}, headers=ada)
    assert (made.status_code, made.json()["title"], made.json()["done"]) == (201, "buy milk", False)
    path = f"/api/v1/tasks/{made.json()['id']}"
    done = client.patch(path, json={"done": True}, headers=ada).json()
    assert done["done"]
    assert client.patch(path, json={"done": True}, headers=ada).json()["done_at"] == done["done_at"]
    assert client.patch(path, json={"title": "buy oat milk"}, headers=ada).json()["title"] == "buy oat milk"
    assert [task["title"] for task in client.get("/api/v1/tasks?status=done", headers=ada).json()] == ["buy oat milk"]
    assert client.get("/api/v1/tasks?status=open", headers=ada).json() == []
    assert not client.patch(path, json={"done": False}, headers=ada).json()["done"]
    assert client.delete(path, headers=ada).status_code == 204
    assert client.delete(path, headers=ada).status_code == 404
    assert client.get("/api/v1/tasks", headers=ada).json() == []


@pytest.mark.parametrize("body", [{}, {"title": ""}, {"title": " \u0007 "}, {"title": "x" * 201}, {"title": None}])
def test_titles_are_checked(client: TestClient, body: dict[str, Any]) -> None:
    ada = sign_up(client)
    assert client.post("/api/v1/tasks", json=body, headers=ada).status_code == 422
    made = client.post("/api/v1/tasks", json={"title": "x" * 200}, headers=ada).json()
    assert client.patch(f"/api/v1/tasks/{made['id']}", json=body, headers=ada).status_code == 422


def test_nobody_sees_or_changes_what_is_anothers(client: TestClient) -> None:
    ada, bob = sign_up(client), sign_up(client, "bob@example.com")
    task = client.post("/api/v1/tasks", json={"title": "private"}, headers=ada).json()["id"]
    said = client.post("/api/v1/chat", json={"message": "show my tasks"}, headers=ada).json()["conversation_id"]
    assert client.get("/api/v1/tasks", headers=bob).json() == []
    assert client.patch(f"/api/v1/tasks/{task}", json={"done": True}, headers=bob).status_code == 404
    assert client.delete(f"/api/v1/tasks/{task}", headers=bob).status_code == 404
    assert client.get("/api/v1/conversations", headers=bob).json() == []
    assert client.get(f"/api/v1/conversations/{said}/messages", headers=bob).status_code == 404
    assert client.delete(f"/api/v1/conversations/{said}", headers=bob).status_code == 404
    body = {"message": "show my tasks", "conversation_id": said}
    assert client.post("/api/v1/chat", json=body, headers=bob).status_code == 404
    assert "private" not in client.post("/api/v1/chat", json={"message": "all tasks"}, headers=bob).text


def test_a_conversation_is_kept(client: TestClient) -> None:
    ada = sign_up(client)
    first = client.post("/api/v1/chat", json={"message": "Add a task to demo Kubernetes"}, headers=ada).json()
    assert (first["reply"], first["mode"], first["changed"]) == ('Added "demo Kubernetes".', "demo", True)
    body = {"message": "Mark demo Kubernetes as done", "conversation_id": first["conversation_id"]}
    assert client.post("/api/v1/chat", json=body, headers=ada).json()["reply"] == 'Done: "demo Kubernetes".'
    assert [task["done"] for task in client.get("/api/v1/tasks", headers=ada).json()] == [True]
    kept = client.get("/api/v1/conversations", headers=ada).json()
    assert [conversation["id"] for conversation in kept] == [first["conversation_id"]]
    path = f"/api/v1/conversations/{first['conversation_id']}"
    messages = client.get(f"{path}/messages", headers=ada).json()
    assert [message["role"] for message in messages] == ["user", "assistant"] * 2
    assert client.delete(path, headers=ada).status_code == 204
    assert client.get(f"{path}/messages", headers=ada).status_code == 404


def test_requests_are_counted_by_the_patterns_of_their_paths(client: TestClient) -> None:
    client.delete("/api/v1/tasks/00000000-0000-0000-0000-000000000000")
    expected = 'http_requests_total{method="DELETE",route="/api/v1/tasks/{task}",status="401"}'
    assert expected in client.get("/metrics").text


def test_guessing_a_password_is_slowed_down(client: TestClient) -> None:
    sign_up(client)
    body = {"email": "ada@example.com", "password": "wrong horse"}
    answers = [client.post("/api/v1/auth/login", json=body) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


def test_the_page_may_ask_from_its_own_origin_only(client: TestClient) -> None:
    asks = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,content-type"}
    ours = client.options("/api/v1/tasks", headers={"Origin": ORIGIN, **asks})
    assert (ours.status_code, ours.headers["access-control-allow-origin"]) == (200, ORIGIN)
    assert client.get("/api/v1/tasks", headers={"Origin": ORIGIN}).headers["access-control-allow-origin"] == ORIGIN
    others = client.options("/api/v1/tasks", headers={"Origin": "http://elsewhere.example", **asks})
    assert (others.status_code, others.headers.get("access-control-allow-origin")) == (400, None)


def test_ready_says_what_is_missing(empty_database: str) -> None:
    with TestClient(build(configured(empty_database))) as client:
        assert client.get("/api/v1/health").json() == {"status": "alive"}
        waiting = client.get("/api/v1/ready")
        assert (waiting.status_code, waiting.json()["missing"]) == (503, {"schema": "SchemaBehindError"})
        alembic(empty_database, "upgrade", "head")
        assert client.get("/api/v1/ready").status_code == 200
        alembic(empty_database, "downgrade", "base")
        assert client.get("/ready").status_code == 503


def test_the_database_being_away_is_said() -> None:
    with TestClient(build(configured("postgresql+asyncpg://u:p@127.0.0.1:1/pakaura"))) as client:
        assert client.get("/api/v1/health").status_code == 200
        ready = client.get("/api/v1/ready")
        assert (ready.status_code, set(ready.json()["missing"])) == (503, {"database", "schema"})
        answer = client.post("/api/v1/auth/login", json={"email": "ada@example.com", "password": PASSWORD})
        assert (answer.status_code, answer.json()) == (503, {"error": "the database is not available"})


def test_migrations_run_twice_and_two_at_once(empty_database: str) -> None:
    with ThreadPoolExecutor() as both:
        logs = list(both.map(lambda _: alembic(empty_database, "upgrade", "head"), range(2)))
    assert sorted('"before": []' in log for log in logs) == [False, True]
    assert '"before": ["0001"], "after": ["0001"]' in alembic(empty_database, "upgrade", "head")


def test_the_migrations_make_the_tables_that_the_code_declares(migrated_database: str) -> None:
    alembic(migrated_database, "check")


def test_the_wait_ends_when_the_database_answers(empty_database: str) -> None:
    command = [sys.executable, "-m", "pakaura.wait_for_database"]
    ended = subprocess.run(command, env={"DATABASE_URL": empty_database}, capture_output=True, timeout=30, check=False)
    assert (ended.returncode, b"the database answers" in ended.stdout) == (0, True)
