from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browser_pool.addresses import ForbiddenError
from browser_pool.chromium import Chromium
from browser_pool.configuration import Configuration
from browser_pool.pages import MOST_TEXT, Page, PageRequest, UnreachableError
from browser_pool.pool import BusyError, Pool

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator


class Site(ThreadingHTTPServer):
    """A web site on an address that may be visited, and a log of what was asked of it."""

    daemon_threads = True
    request_queue_size = 50

    def __init__(self, address: str) -> None:
        super().__init__((address, 0), _Handler)
        self.asked: list[str] = []
        self.pages: dict[str, str] = {}

    def url(self, path: str = "/") -> str:
        return f"http://{self.server_address[0]!s}:{self.server_port}{path}"


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        page = self.server.pages.get(self.path)
        if page is None:
            self._send(404, "<title>None</title>nothing here")
        elif page.startswith("redirect:"):
            self.send_response(302)
            self.send_header("Location", page.removeprefix("redirect:"))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif page == "hang":
            time.sleep(30)
        else:
            self._send(200, page)

    def _send(self, status: int, page: str) -> None:
        body = page.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


def _serve(address: str) -> Iterator[Site]:
    with Site(address) as site:
        thread = threading.Thread(target=site.serve_forever, args=[0.01])
        thread.start()
        yield site
        site.shutdown()
        thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    """Serve on 127.0.0.2, which the configuration allows."""
    yield from _serve("127.0.0.2")


@pytest.fixture
def inside() -> Iterator[Site]:
    """Serve on 127.0.0.3, which no page may reach."""
    yield from _serve("127.0.0.3")


@pytest.fixture
def configuration() -> Configuration:
    chosen = Configuration.model_validate(
        {
            "port": 8002,
            "redis_url": "redis://127.0.0.1:1/0",
            "message_queue_url": "http://127.0.0.1:1",
            "allowed_networks": "127.0.0.2/32",
            "page_seconds": 15,
            "page_bytes": 2 * 1024 * 1024,
            "max_pages": 2,
            "max_waiting": 1,
            **({"chromium": os.environ["CHROMIUM"]} if "CHROMIUM" in os.environ else {}),
        }
    )
    if not Path(chosen.chromium).exists():
        pytest.skip(f"{chosen.chromium} is not there")
    return chosen


@pytest.fixture
def datagrams() -> Iterator[socket.socket]:
    """Listen for UDP where no page may send any."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.3", 0))
        listening.setblocking(False)  # noqa: FBT003 - its only argument
        yield listening


def visit(configuration: Configuration, visiting: Callable[[Pool], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        chromium = Chromium(configuration.chromium, sandbox=False)
        try:
            return await visiting(Pool(chromium, configuration))
        finally:
            await chromium.close()

    return asyncio.run(run())


def render(configuration: Configuration, url: str, **more: Any) -> Page:
    wanted = PageRequest.model_validate({"url": url, **more})
    found = visit(configuration, lambda pool: pool.render(wanted))
    assert isinstance(found, Page)
    return found


def test_a_page_is_rendered_with_its_scripts(configuration: Configuration, site: Site) -> None:
    site.pages["/"] = "<title>Zürich</title><body><script>document.body.append('written ' + 6 * 7)</script>"

    page = render(configuration, site.url(), width=800, height=600)

    assert (page.url, page.status, page.title, page.text) == (site.url(), 200, "Zürich", "written 42")
    assert page.screenshot.startswith(b"\xff\xd8")
    assert not page.truncated


def test_a_redirect_is_followed_and_an_error_page_is_a_page(configuration: Configuration, site: Site) -> None:
    site.pages["/old"] = f"redirect:{site.url('/new')}"

    page = render(configuration, site.url("/old"))

    assert (page.url, page.status, page.title) == (site.url("/new"), 404, "None")


def test_long_text_is_cut(configuration: Configuration, site: Site) -> None:
    site.pages["/"] = "x" * (MOST_TEXT + 10)

    page = render(configuration, site.url())

    assert (len(page.text), page.truncated) == (MOST_TEXT, True)


def test_an_address_inside_is_forbidden(configuration: Configuration, inside: Site) -> None:
    with pytest.raises(ForbiddenError, match="not public"):
        render(configuration, inside.url())
    with pytest.raises(ForbiddenError, match="not public"):
        render(configuration, f"http://localhost:{inside.server_port}/")

    assert inside.asked == []


def test_a_redirect_to_an_address_inside_is_forbidden(configuration: Configuration, site: Site, inside: Site) -> None:
    site.pages["/"] = f"redirect:{inside.url('/secret')}"
    site.pages["/script"] = f"<script>location = '{inside.url('/secret')}'</script>"

    with pytest.raises(ForbiddenError):
        render(configuration, site.url())
    with pytest.raises((ForbiddenError, UnreachableError)):
        render(configuration, site.url("/script"), wait="networkidle")

    assert inside.asked == []


def test_nothing_on_a_page_reaches_inside(
    configuration: Configuration, site: Site, inside: Site, datagrams: socket.socket
) -> None:
    secret, port = inside.url("/secret"), datagrams.getsockname()[1]
    site.pages["/"] = f"""<title>trying</title><img src="{secret}"><iframe src="{secret}"></iframe>
        <link rel="stylesheet" href="{secret}"><link rel="preconnect" href="{secret}"><script>
        fetch("{secret}", {{mode: "no-cors"}}).catch(() => 0)
        navigator.sendBeacon("{secret}", "x")
        try {{ new WebSocket("{secret}".replace("http", "ws")) }} catch {{}}
        const peer = new RTCPeerConnection({{iceServers: [{{urls: "stun:127.0.0.3:{port}"}}]}})
        peer.createDataChannel("x"); peer.createOffer().then(offer => peer.setLocalDescription(offer))
        setTimeout(() => document.title = "tried", 1500)</script><p id="p">ok"""

    async def visiting(pool: Pool) -> Page:
        page, _ = await asyncio.gather(
            pool.render(PageRequest.model_validate({"url": site.url(), "wait": "networkidle"})), asyncio.sleep(3)
        )
        return page

    assert visit(configuration, visiting).status == 200
    assert inside.asked == []
    with pytest.raises(BlockingIOError):
        datagrams.recv(100)


def test_a_name_without_address_is_said(configuration: Configuration) -> None:
    with pytest.raises(UnreachableError, match=r"nowhere\.invalid has no address"):
        render(configuration, "http://nowhere.invalid/")


@pytest.mark.parametrize("page", ["hang", "<script>while (true) {}</script>"])
def test_a_page_that_takes_too_long_is_left_and_the_next_one_is_served(
    configuration: Configuration, site: Site, page: str
) -> None:
    site.pages |= {"/long": page, "/next": "next"}

    async def visiting(pool: Pool) -> Page:
        started = time.monotonic()
        with pytest.raises(UnreachableError, match="more than 15 s"):
            await pool.render(PageRequest.model_validate({"url": site.url("/long")}))
        assert time.monotonic() - started < 30
        return await pool.render(PageRequest.model_validate({"url": site.url("/next")}))

    assert visit(configuration, visiting).text == "next"


def test_a_page_with_too_many_bytes_is_refused(configuration: Configuration, site: Site) -> None:
    site.pages["/"] = "x" * (3 * 1024 * 1024)

    with pytest.raises(UnreachableError, match="bytes"):
        render(configuration, site.url())


def test_who_comes_when_all_is_taken_is_told_so(configuration: Configuration, site: Site) -> None:
    site.pages["/"] = "hang"

    async def visiting(pool: Pool) -> list[type[object]]:
        wanted = PageRequest.model_validate({"url": site.url()})
        answers = await asyncio.gather(*(pool.render(wanted) for _ in range(4)), return_exceptions=True)
        return [type(answer) for answer in answers]

    assert visit(configuration, visiting) == [UnreachableError, UnreachableError, UnreachableError, BusyError]


def kill_browsers() -> None:
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        if "--remote-debugging" in process.read_text() and "--type=" not in process.read_text():
            os.kill(int(process.parent.name), signal.SIGKILL)


def test_a_browser_that_dies_is_started_again(configuration: Configuration, site: Site) -> None:
    site.pages["/"] = "here"

    async def visiting(pool: Pool) -> Page:
        wanted = PageRequest.model_validate({"url": site.url()})
        await pool.render(wanted)
        kill_browsers()
        await asyncio.sleep(0.5)
        return await pool.render(wanted)

    assert visit(configuration, visiting).text == "here"


def test_contexts_share_no_cookies(configuration: Configuration, site: Site) -> None:
    site.pages["/set"] = "<script>document.cookie = 'a=1'; document.write(document.cookie)</script>"
    site.pages["/get"] = "<body><script>document.write('[' + document.cookie + ']')</script>"

    async def visiting(pool: Pool) -> list[str]:
        return [
            (await pool.render(PageRequest.model_validate({"url": site.url(path)}))).text for path in ("/set", "/get")
        ]

    assert visit(configuration, visiting) == ["a=1", "[]"]
