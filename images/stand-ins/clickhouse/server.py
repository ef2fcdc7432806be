"""A stand-in for ClickHouse's server: its HTTP interface in front of chdb, which is its engine as a library.

It answers what services of ours ask (queries, inserts, parameters, /ping, name and password) and keeps its data in
/var/lib/clickhouse. It is no ClickHouse: one query at a time, one user, no native protocol, no clusters.
"""

from __future__ import annotations

import hmac
import os
import re
import signal
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from chdb.session import Session

_PORT = 8123
_DATA = "/var/lib/clickhouse/chdb"
_LARGEST_BODY = 64 * 1024 * 1024
_NAME = re.compile(r"\w+\Z")
_FORMAT = "TabSeparated"
_CODE = re.compile(r"Code: (\d+)\.")
_STATUS = {60: HTTPStatus.NOT_FOUND, 81: HTTPStatus.NOT_FOUND}  # no such table, no such database
_UNDERSTOOD = {6, 25, 26, 27, 38, 41, 43, 44, 46, 47, 53, 62, 72, 117, 376, 456, 457}  # the query or its data is wrong


class Database:
    """The engine; it takes one query at a time."""

    def __init__(self, path: str) -> None:
        self._session = Session(path)
        self._one_at_a_time = threading.Lock()

    def query(self, text: str, database: str, values: dict[str, str]) -> bytes:
        """Run a query in a database."""
        with self._one_at_a_time:
            self._session.query(f"USE {database}")
            answer = self._session.query(text, _FORMAT, params=values)
            return bytes(answer.bytes())

    def close(self) -> None:
        """Write what is in memory to the disk."""
        with self._one_at_a_time:
            self._session.close()


class Handler(BaseHTTPRequestHandler):
    """The HTTP interface."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    database: ClassVar[Database]
    user: ClassVar[str]
    password: ClassVar[str]

    def do_GET(self) -> None:
        """Answer /ping, and queries that only read."""
        self._respond(b"")

    def do_POST(self) -> None:
        """Answer queries; the body is the query or goes on with it."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LARGEST_BODY:
            self._send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"the body is too large\n")
            self.close_connection = True
            return
        self._respond(self.rfile.read(length))

    def _respond(self, body: bytes) -> None:
        address = urlsplit(self.path)
        if address.path == "/ping":
            self._send(HTTPStatus.OK, b"Ok.\n")
            return
        asked = {name: values[-1] for name, values in parse_qs(address.query, keep_blank_values=True).items()}
        if not self._is_known(asked):
            self._fail(516, f"{asked.get('user', 'default')}: Authentication failed", HTTPStatus.FORBIDDEN)
            return
        database = self.headers.get("X-ClickHouse-Database") or asked.get("database") or "default"
        text = "\n".join(part for part in (asked.get("query", ""), body.decode()) if part)
        values = {name.removeprefix("param_"): value for name, value in asked.items() if name.startswith("param_")}
        if not _NAME.match(database):
            self._fail(81, f"Database {database} does not exist", HTTPStatus.NOT_FOUND)
            return
        self._query(text, database, values)

    def _query(self, text: str, database: str, values: dict[str, str]) -> None:
        try:
            self._send(HTTPStatus.OK, self.database.query(text, database, values))
        except RuntimeError as error:
            found = _CODE.search(str(error))
            code = int(found[1]) if found else 1002
            default = HTTPStatus.BAD_REQUEST if code in _UNDERSTOOD else HTTPStatus.INTERNAL_SERVER_ERROR
            self._fail(code, str(error), _STATUS.get(code, default))

    def _is_known(self, asked: dict[str, str]) -> bool:
        user = self.headers.get("X-ClickHouse-User") or asked.get("user") or "default"
        password = self.headers.get("X-ClickHouse-Key") or asked.get("password") or ""
        return user == self.user and hmac.compare_digest(password.encode(), self.password.encode())

    def _fail(self, code: int, message: str, status: HTTPStatus) -> None:
        self._send(status, f"{message}\n".encode(), {"X-ClickHouse-Exception-Code": str(code)})

    def _send(self, status: HTTPStatus, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Say nothing: queries and addresses can hold what is no one's business."""


def main() -> None:
    """Serve until SIGTERM."""
    Handler.database = Database(_DATA)
    Handler.user = os.environ.get("CLICKHOUSE_USER", "default")
    Handler.password = os.environ.get("CLICKHOUSE_PASSWORD", "")
    name = os.environ.get("CLICKHOUSE_DB", "default")
    if not _NAME.match(name):
        sys.exit(f"CLICKHOUSE_DB: expected letters, digits and _, found {name}")
    Handler.database.query(f"CREATE DATABASE IF NOT EXISTS {name}", "default", {})
    server = ThreadingHTTPServer(("", _PORT), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    sys.stdout.write(f"a stand-in for ClickHouse listens on {_PORT}\n")
    server.serve_forever()
    Handler.database.close()


if __name__ == "__main__":
    main()
