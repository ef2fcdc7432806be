"""The api and the page of pakaura, as the rendered manifests run them, with a real PostgreSQL and a real browser."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.images.pakaura_system import (
    API,
    FOUND,
    HOST,
    JOB,
    PAGE,
    PASSWORD,
    SECRET,
    Ingress,
    System,
    ask,
    say,
    sign_up,
    titles,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient
    from playwright.sync_api import Browser, Page

    from tests.images.containers import Running
    from tests.images.pakaura_system import Image, Run

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def volumes(engine: DockerClient) -> Iterator[list[str]]:
    """Remove volumes after `run_for_all` has removed the containers that use them."""
    made: list[str] = []
    yield made
    for one in made:
        engine.volumes.get(one).remove(force=True)


@pytest.fixture(scope="module")
def pakaura(
    engine: DockerClient,
    image: Image,
    volumes: list[str],
    run_for_all: Run,
    tmp_path_factory: pytest.TempPathFactory,
) -> System:
    system = System(engine, image, run_for_all, tmp_path_factory.mktemp("pakaura"))
    volumes.append(system.volume)
    system.start()
    return system


@pytest.mark.parametrize("name", ["api", "frontend"])
def test_the_probes_of_the_manifests_are_answered(pakaura: System, name: str) -> None:
    for port, path in [*FOUND[name].http_probes, *((port, "/health") for port in FOUND[name].ports.values())]:
        assert pakaura[name].get(port, path).status == 200
    assert pakaura[name].wait(*(*FOUND[name].ports.values(), "/ready")).status == 200


def test_tasks_by_form_and_by_chat(pakaura: System) -> None:
    api = pakaura["api"]
    email, token = sign_up(api)
    assert json.loads(ask(api, "GET", "/auth/me", token=token).text)["email"] == email
    made = json.loads(ask(api, "POST", "/tasks", {"title": "buy milk"}, token).text)
    said = say(api, token, "Add a task to demo Kubernetes")
    assert (said["reply"], said["mode"]) == ('Added "demo Kubernetes".', "demo")
    assert say(api, token, "Show my tasks")["reply"] == "Still to do:\n1. buy milk\n2. demo Kubernetes"
    assert say(api, token, "Mark demo Kubernetes as done")["changed"]
    assert json.loads(ask(api, "PATCH", f"/tasks/{made['id']}", {"done": True}, token).text)["done"]
    assert say(api, token, "delete demo Kubernetes")["reply"] == 'Deleted "demo Kubernetes".'
    assert ask(api, "DELETE", f"/tasks/{made['id']}", token=token).status == 204
    assert titles(api, token) == []
    assert ask(api, "POST", "/auth/login", {"email": email, "password": "wrong horse"}).status == 401
    assert ask(api, "GET", "/tasks").status == 401
    assert ask(api, "POST", "/tasks", {"title": ""}, token).status == 422
    assert ask(api, "POST", "/tasks", {"title": "x" * 70_000}, token).status == 413


def test_every_pod_knows_who_is_logged_in(pakaura: System, run: Run) -> None:
    _, token = sign_up(pakaura["api"])
    other = pakaura.start_service("api", run)
    other.wait(API, "/api/v1/ready")
    ask(other, "POST", "/tasks", {"title": "from elsewhere"}, token)
    assert titles(pakaura["api"], token) == ["from elsewhere"]


def test_without_an_answer_from_cohere_the_demo_mode_answers(pakaura: System, run: Run) -> None:
    _, token = sign_up(pakaura["api"])
    api = pakaura.start_service("api", run, COHERE_API_KEY="no-key", COHERE_API_URL="http://127.0.0.1:1")
    api.wait(API, "/ready")
    assert say(api, token, "add a task to buy milk")["mode"] == "demo"
    assert 'pakaura_chat_fallbacks_total{reason="unreachable"} 1.0' in api.get(API, "/metrics").text
    assert "no-key" not in api.logs()


def test_migrations_run_again_and_two_at_once(pakaura: System) -> None:
    assert pakaura.migrate() == [0, 0]
    both = [pakaura.job(JOB.container) for _ in range(2)]
    assert [one.exit_status(120) for one in both] == [0, 0]
    assert all('"before": ["0001"], "after": ["0001"]' in one.logs() for one in both)


def test_tasks_and_conversations_outlive_all_pods(pakaura: System, run: Run) -> None:
    _, token = sign_up(pakaura["api"])
    conversation = say(pakaura["api"], token, "add a task to stay")["conversation_id"]
    before = pakaura.start_service("api", run)
    before.wait(API, "/api/v1/ready")

    pakaura["postgresql"].stop(60)
    waiting = json.loads(before.wait(API, "/api/v1/ready", 503).text)
    assert set(waiting["missing"]) == {"database", "schema"}
    assert before.get(API, "/api/v1/health").status == 200
    answer = ask(before, "GET", "/tasks", token=token)
    assert (answer.status, json.loads(answer.text)) == (503, {"error": "the database is not available"})
    pakaura["frontend"].wait(PAGE, "/ready", 503)
    assert pakaura["frontend"].get(PAGE, "/").status == 200
    started_without = pakaura.start_service("api", run)
    started_without.wait(API, "/api/v1/ready", 503)

    pakaura["postgresql"].container.start()
    for api in (before, started_without, pakaura["api"]):
        api.wait(API, "/api/v1/ready")
        assert titles(api, token) == ["stay"]
    said = json.loads(ask(started_without, "GET", f"/conversations/{conversation}/messages", token=token).text)
    assert [message["text"] for message in said] == ["add a task to stay", 'Added "stay".']
    pakaura["frontend"].wait(PAGE, "/ready")


@pytest.mark.parametrize(
    ("name", "names"),
    [
        (
            "api",
            {
                'http_requests_total{method="POST",route="/api/v1/tasks",status="201"}',
                'http_request_duration_seconds_bucket{le="+Inf",method="POST",route="/api/v1/tasks"}',
                'pakaura_task_changes_total{change="added"}',
                'pakaura_chat_messages_total{mode="demo"}',
                "process_resident_memory_bytes",
            },
        ),
        (
            "frontend",
            {
                'http_requests_total{method="GET",route="/",status="200"}',
                'http_request_duration_seconds_bucket{le="+Inf",method="GET",route="/"}',
                "process_resident_memory_bytes",
                "nodejs_eventloop_lag_seconds",
            },
        ),
    ],
)
def test_metrics(pakaura: System, name: str, names: set[str]) -> None:
    _, token = sign_up(pakaura["api"])
    say(pakaura["api"], token, "hello")
    ask(pakaura["api"], "POST", "/tasks", {"title": "counted"}, token)
    (port,) = pakaura[name].ports
    pakaura[name].get(port, "/")
    exported = {line.rpartition(" ")[0] for line in pakaura[name].get(port, "/metrics").text.splitlines()}
    assert names - exported == set()


def test_metrics_of_the_page_are_not_for_those_outside(pakaura: System) -> None:
    assert pakaura["frontend"].get(PAGE, "/metrics", {"X-Real-IP": "192.0.2.1"}).status == 404


@pytest.mark.parametrize("name", ["api", "frontend"])
def test_a_pod_that_is_stopped_finishes_its_requests(pakaura: System, run: Run, name: str) -> None:
    service = pakaura.start_service(name, run)
    port = API if name == "api" else PAGE
    service.wait(port, "/ready")
    _, token = sign_up(pakaura["api"])
    idle = socket.create_connection(("127.0.0.1", service.ports[port]))
    slow = http.client.HTTPConnection("127.0.0.1", service.ports[port], timeout=20)
    body = b'{"title": "in time"}'
    slow.putrequest("POST", "/api/v1/tasks")
    for header, value in {"authorization": f"Bearer {token}", "content-type": "application/json"}.items():
        slow.putheader(header, value)
    slow.putheader("content-length", str(len(body)))
    slow.endheaders(body[:5])
    time.sleep(0.5)
    with ThreadPoolExecutor() as beside:
        stopped = beside.submit(service.stop, 30)
        time.sleep(1)
        slow.send(body[5:])
        assert slow.getresponse().status == 201
        slow.close()
        started = time.monotonic()
        assert stopped.result() == 0
    assert time.monotonic() - started < 25
    idle.close()
    assert titles(pakaura["api"], token) == ["in time"]


@pytest.mark.parametrize("name", ["api", "frontend"])
def test_an_idle_connection_stays_open_for_the_proxy(pakaura: System, name: str) -> None:
    """A server that closes first may close just when the proxy sends: who asked gets a 502."""
    port = API if name == "api" else PAGE
    connection = http.client.HTTPConnection("127.0.0.1", pakaura[name].ports[port], timeout=20)
    connection.request("GET", "/health")
    connection.getresponse().read()
    used = connection.sock
    time.sleep(7)  # servers of both kinds close after five seconds unless they are told
    connection.request("GET", "/health")
    assert connection.getresponse().status == 200
    assert connection.sock is used
    connection.close()


def test_what_is_missing_is_said_in_one_line(pakaura: System, run: Run) -> None:
    expected = {
        "api": "configuration: DATABASE_URL is missing; JWT_SECRET is missing; FRONTEND_URL is missing\n",
        "frontend": "configuration: NEXT_PUBLIC_API_URL is missing; API_INTERNAL_URL is missing\n",
    }
    for name, line in expected.items():
        nothing = dict.fromkeys(pakaura.environment(FOUND[name], FOUND[name].container), "")
        ended = pakaura.start_service(name, run, **nothing)
        assert (ended.exit_status(), ended.logs()) == (1, line)
    for container in (JOB.init_containers[0], JOB.container):
        ended = pakaura.job(container, DATABASE_URL="")
        assert (ended.exit_status(), ended.logs()) == (1, "configuration: DATABASE_URL is missing\n")


@pytest.mark.parametrize("name", ["api", "frontend"])
def test_logs_are_json_and_hold_no_secret(pakaura: System, name: str) -> None:
    email, token = sign_up(pakaura["api"])
    ask(pakaura[name], "POST", "/auth/login", {"email": email, "password": PASSWORD})
    ask(pakaura[name], "GET", "/tasks", token=token)
    logs = logs_with(pakaura[name], '"/api/v1/tasks"')
    assert all(isinstance(json.loads(line), dict) for line in logs.splitlines())
    server = FOUND["postgresql"]
    secrets = [PASSWORD, SECRET, token, server.environment(server.container)["POSTGRES_PASSWORD"]]
    assert [secret for secret in secrets if secret in logs] == []


def logs_with(running: Running, text: str, seconds: float = 10) -> str:
    """Give the logs once they hold a text: a line may come after the answer that it is about."""
    end = time.monotonic() + seconds
    while text not in (logs := running.logs()):
        assert time.monotonic() < end, f"{text} is not in\n{logs}"
        time.sleep(0.2)
    return logs


@pytest.fixture(scope="module")
def ingress(pakaura: System) -> Iterator[Ingress]:
    with Ingress(pakaura) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def browser(ingress: Ingress) -> Iterator[Browser]:
    """Start Chromium, to which the Ingress's host is the ingress of this test and no other host exists."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or pytest.skip("there is no chromium")
    rules = f"MAP {HOST}:80 127.0.0.1:{ingress.server_port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    arguments = ["--no-sandbox", "--disable-background-networking", f"--host-resolver-rules={rules}"]
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def problems() -> list[str]:
    """Keep what the page's console calls an error."""
    return []


@pytest.fixture
def page(browser: Browser, problems: list[str]) -> Iterator[Page]:
    """Give a page of a phone's width in a browser that has seen nothing yet. An error in its console fails the test."""
    context = browser.new_context(viewport={"width": 375, "height": 740}, has_touch=True)
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert problems == []


def enter(page: Page, address: str, email: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Sign up instead").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up", exact=True).click()
    page.get_by_role("heading", name="Tasks").wait_for()


def tell(page: Page, message: str, reply: str) -> None:
    page.get_by_label("Message").fill(message)
    page.keyboard.press("Enter")
    page.get_by_role("log").get_by_text(reply).wait_for()


def picture(page: Page, name: str, folder: Path) -> None:
    page.screenshot(path=Path(os.environ.get("IMBRICATE_SCREENSHOTS") or folder) / f"{name}.png", full_page=True)


def test_a_person_uses_the_page(page: Page, tmp_path: Path) -> None:
    email = f"{uuid.uuid4().hex[:12]}@example.com"
    page.goto(f"http://{HOST}/")
    picture(page, "log-in-phone", tmp_path)
    enter(page, f"http://{HOST}/", email)

    page.get_by_label("New task").fill("buy milk")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("checkbox", name="buy milk").wait_for()
    tell(page, "Add a task to demo Kubernetes", 'Added "demo Kubernetes".')
    page.get_by_role("checkbox", name="demo Kubernetes").wait_for()
    page.get_by_role("checkbox", name="buy milk").check()
    tell(page, "Show my tasks", "1. demo Kubernetes")
    for width, name in ((375, "phone"), (1200, "desktop")):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        picture(page, f"tasks-{name}", tmp_path)
    page.emulate_media(color_scheme="dark")
    picture(page, "tasks-dark", tmp_path)
    tell(page, "Mark demo Kubernetes as done", 'Done: "demo Kubernetes".')
    page.get_by_role("checkbox", name="demo Kubernetes", checked=True).wait_for()

    page.reload()
    page.get_by_role("log").get_by_text('Done: "demo Kubernetes".').wait_for()
    page.get_by_role("button", name="Delete buy milk").click()
    page.get_by_role("checkbox", name="buy milk").wait_for(state="detached")
    assert page.evaluate("document.activeElement.id") == "title"
    tell(page, "delete demo Kubernetes", 'Deleted "demo Kubernetes".')
    page.get_by_text("Nothing here yet.").wait_for()

    page.get_by_role("button", name="Log out").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("log").get_by_text('Deleted "demo Kubernetes".').wait_for()


def test_the_keyboard_is_enough(page: Page) -> None:
    enter(page, f"http://{HOST}/", f"{uuid.uuid4().hex[:12]}@example.com")
    page.get_by_label("New task").focus()
    page.keyboard.type("buy milk")
    page.keyboard.press("Enter")
    page.get_by_role("checkbox", name="buy milk").wait_for()
    page.get_by_role("status").get_by_text("Added buy milk").wait_for()
    for key in ("Tab", "Tab", "Space"):
        page.keyboard.press(key)
    page.get_by_role("checkbox", name="buy milk", checked=True).wait_for()
    for key in ("Tab", "Enter"):
        page.keyboard.press(key)
    page.get_by_text("Nothing here yet.").wait_for()


def test_the_page_works_without_an_ingress(page: Page, pakaura: System, problems: list[str]) -> None:
    """As behind `kubectl port-forward`, from where the api of the manifests cannot be asked."""
    enter(page, pakaura["frontend"].url(PAGE, "/"), f"{uuid.uuid4().hex[:12]}@example.com")
    assert any(f"http://{HOST}/api/v1/health" in problem for problem in problems)
    problems.clear()
    tell(page, "add a task to buy milk", 'Added "buy milk".')
    page.get_by_role("checkbox", name="buy milk").wait_for()
