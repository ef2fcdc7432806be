"""The only way out for a page: a proxy of its own, which looks at each address before it connects to it.

So nothing that a page does can get around the rules: no redirect, script, frame or socket, and no name whose address
changes between question and connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import urlsplit

from browser_pool import metrics
from browser_pool.addresses import ForbiddenError, UnknownHostError, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from browser_pool.addresses import Network

_CHUNK = 64 * 1024
_LARGEST_HEAD = 64 * 1024
_SECONDS = 10
_HOP_BY_HOP = ("connection:", "proxy-connection:", "keep-alive:", "proxy-authorization:")


def _nothing() -> None:
    return


class _Target(NamedTuple):
    host: str
    port: int
    first: bytes  # what the server gets first: nothing in a tunnel, else the request's head


class Egress:
    """A proxy for one page.

    `problems`: host → why it was not reached. `bytes_left`: what the page may still load; when that is nothing,
    `when_exhausted` is called.
    """

    def __init__(self, networks: Iterable[Network], limit: int) -> None:
        self.problems: dict[str, Exception] = {}
        self.bytes_left = limit
        self.when_exhausted: Callable[[], None] = _nothing
        self._networks = tuple(networks)
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Listen on a port of its own."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_LARGEST_HEAD)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    @property
    def url(self) -> str:
        """Give the proxy's address."""
        return "http://{}:{}".format(*self._server.sockets[0].getsockname())

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task  # noqa: S101 - a server's callback runs in one
        self._open.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ValueError):
            pass  # the page sees a connection that ended
        finally:
            self._open.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_SECONDS):
            target = _target(await reader.readuntil(b"\r\n\r\n"))
        try:
            async with asyncio.timeout(_SECONDS):
                address = await resolve(target.host, target.port, self._networks)
                there, thither = await asyncio.open_connection(address, target.port)
        except (ForbiddenError, UnknownHostError, OSError) as error:  # a TimeoutError is an OSError
            self.problems[target.host] = error
            metrics.REFUSED.labels(type(error).__name__).inc()
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return
        thither.write(target.first)
        if not target.first:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await self._relay(reader, thither, there, writer)
        finally:
            thither.close()

    async def _relay(
        self,
        reader: asyncio.StreamReader,
        thither: asyncio.StreamWriter,
        there: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        up = asyncio.create_task(self._copy(reader, thither))
        try:
            await self._copy(there, writer)
        finally:
            up.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await up

    async def _copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while self.bytes_left > 0 and (data := await source.read(_CHUNK)):
            self.bytes_left -= len(data)
            metrics.BYTES.inc(len(data))
            sink.write(data)
            await sink.drain()
        if self.bytes_left <= 0:
            self.when_exhausted()


def _target(head: bytes) -> _Target:
    """Read a request to a proxy: `CONNECT host:port`, or `GET http://host/path` with its headers."""
    first, *headers = head.decode("latin-1").split("\r\n")
    method, address, version = first.split(" ")
    if method == "CONNECT":
        split = urlsplit(f"//{address}")
        return _Target(split.hostname or "", split.port or 443, b"")
    split = urlsplit(address)
    if split.scheme != "http" or not split.hostname:
        raise ValueError(address)
    path = (split.path or "/") + (f"?{split.query}" if split.query else "")
    kept = [line for line in headers if line and not line.lower().startswith(_HOP_BY_HOP)]
    lines = [f"{method} {path} {version}", *kept, "Connection: close", "", ""]
    return _Target(split.hostname, split.port or 80, "\r\n".join(lines).encode("latin-1"))
