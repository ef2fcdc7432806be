"""Reading URLs: what is followed, how much is read, and what is said when it cannot be."""

from __future__ import annotations

import socket
import urllib.request
from http.client import HTTPMessage
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from imbricate.errors import LoadError
from imbricate.remote.web import Redirects, RefusedError, read

if TYPE_CHECKING:
    from tests.unit.remote.conftest import Server


def reason(url: str, limit: int = 1000, seconds: float = 5) -> str:
    with pytest.raises(LoadError) as caught:
        read(url, limit, seconds)
    return caught.value.reason


def test_a_url_gives_its_bytes(server: Server) -> None:
    assert read(server.answer("/f", b"\x00text")) == b"\x00text"


def test_redirects_are_followed_without_the_password(server: Server) -> None:
    server.answer("/to", "text")
    server.answer("/from", status=302, Location="/to")

    assert read(server.url.replace("//", "//me:pw@") + "/from") == b"text"
    assert server.asked == [("/from", "Basic bWU6cHc="), ("/to", "")]


def test_redirects_end(server: Server) -> None:
    server.answer("/loop", status=302, Location="/loop")

    assert reason(server.url + "/loop").startswith("gives status 302 (")
    assert len(server.asked) <= 11


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("ftp://127.0.0.1/x", "is redirected from http to ftp, which is not followed"),
        (
            "file:///etc/passwd",
            "gives status 302 (Found - Redirection to url 'file:///etc/passwd' is not allowed)",
        ),
        ("data:,x", "gives status 302 (Found - Redirection to url 'data:,x' is not allowed)"),
    ],
)
def test_redirects_lead_nowhere_else(target: str, said: str, server: Server) -> None:
    assert reason(server.answer("/from", status=302, Location=target)) == said


def test_redirects_do_not_leave_https() -> None:
    request = urllib.request.Request("https://example.com/f")
    with pytest.raises(RefusedError) as caught:
        Redirects().redirect_request(request, BytesIO(), 302, "Found", HTTPMessage(), "http://example.com/f")

    assert str(caught.value) == "is redirected from https to http, which is not followed"


def test_more_than_the_limit_is_not_read(server: Server) -> None:
    assert reason(server.answer("/big", b"x" * 2**21), limit=2**20) == "is larger than 1 MiB"


@pytest.mark.parametrize(("status", "said"), [(404, "Not Found"), (500, "Internal Server Error"), (403, "Forbidden")])
def test_a_status_is_told(status: int, said: str, server: Server) -> None:
    assert reason(server.answer("/f", status=status)) == f"gives status {status} ({said})"


def test_a_server_that_says_nothing_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert reason(f"http://127.0.0.1:{silent.getsockname()[1]}/f", seconds=0.2) == "cannot be read: timed out"


def test_a_server_that_is_not_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]

    assert reason(f"http://127.0.0.1:{port}/f") == "cannot be read: Connection refused"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x"])
def test_other_schemes_are_not_read(url: str) -> None:
    assert reason(url).startswith("cannot be read: unknown url type: ")
