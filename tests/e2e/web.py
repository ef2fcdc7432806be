"""The way through the ingress, as users come in, and requests that never stop while something is disturbed."""

from __future__ import annotations

import http.client
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasks.deployment.reaching import hosts
from tests.e2e.system import eventually
from tests.images.containers import Answer, request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.system import System

PORT = 8080  # of this machine, where the first node's web port is
TLS_PORT = 8443
_PAUSE = 0.1
_OK = 200
_SUCCESS = 2  # the first digit of the status


@dataclass(frozen=True)
class Ingress:
    """A host that the ingress serves."""

    host: str

    def ask(  # noqa: PLR0913 - what a request is made of
        self,
        method: str,
        path: str,
        content: Any = None,
        *,
        token: str = "",
        headers: dict[str, str] | None = None,
        timeout: float = 30,
    ) -> Answer:
        """Send a request; content other than bytes as JSON."""
        body = content if isinstance(content, bytes | None) else json.dumps(content).encode()
        given = {"host": self.host, "content-type": "application/json", **(headers or {})}
        given |= {"authorization": f"Bearer {token}"} if token else {}
        return request(method, f"http://127.0.0.1:{PORT}{path}", body, given, timeout)

    def get(self, path: str, token: str = "") -> Any:
        """Give the JSON that is behind a path."""
        answer = self.ask("GET", path, token=token)
        assert answer.status == _OK, f"GET {path}: {answer.status} {answer.text[:300]}"
        return json.loads(answer.text)

    def post(self, path: str, content: Any, token: str = "") -> Any:
        """Send JSON; give the JSON that comes back."""
        answer = self.ask("POST", path, content, token=token)
        assert answer.status // 100 == _SUCCESS, f"POST {path}: {answer.status} {answer.text[:300]}"
        return json.loads(answer.text)


def entrance(system: System, host: str, path: str) -> Ingress:
    """Give the way to the one host that a system is rendered with, once it answers to a path."""
    assert hosts(system.manifests) == [host]
    ingress = Ingress(host)
    eventually(lambda: ingress.ask("GET", path).status == _OK, 60, "an answer through the ingress")
    return ingress


@dataclass
class Traffic:
    """What became of the requests."""

    count: int = 0
    slowest: float = 0
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.count} requests, {len(self.failures)} failed, the slowest took {self.slowest:.2f} s"


@contextmanager
def traffic(*asks: Callable[[], Answer]) -> Iterator[Traffic]:
    """Keep asking, each of these one after the other, until the block ends."""
    found, ending = Traffic(), threading.Event()
    threads = [threading.Thread(target=_keep_asking, args=(ask, found, ending)) for ask in asks]
    for one in threads:
        one.start()
    try:
        yield found
    finally:
        ending.set()
        for one in threads:
            one.join()


def _keep_asking(ask: Callable[[], Answer], found: Traffic, ending: threading.Event) -> None:
    while not ending.is_set():
        began = time.monotonic()
        try:
            answer = ask()
        except (OSError, http.client.HTTPException) as error:
            found.failures.append(repr(error))
        else:
            if answer.status // 100 != _SUCCESS:
                took = time.monotonic() - began
                found.failures.append(f"{answer.status} after {took:.1f} s: {answer.text[:100]}")
        found.count += 1
        found.slowest = max(found.slowest, time.monotonic() - began)
        ending.wait(_PAUSE)
