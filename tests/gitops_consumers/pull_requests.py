"""What GitHub answers when it is asked for the pull requests of a repository, and the ApplicationSet that asks."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import yaml

from tests.gitops_consumers.repository import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE = "docs/reference/delivery.md"
_REPOSITORY = "https://git.example.com/platform/imbricate.git"


class GitHub:
    """A server that knows the pull requests of one repository, platform/imbricate."""

    def __init__(self) -> None:
        self.pull_requests: list[dict[str, Any]] = []
        self.tokens: set[str] = set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.tokens.add(self.headers.get("Authorization", ""))
                is_known = self.path.startswith("/api/v3/repos/platform/imbricate/pulls")
                self.send_response(200 if is_known else 404)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(outer.pull_requests if is_known else {}).encode())

            def log_message(self, *_: Any) -> None:
                """Leave the output to the tests."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/"

    def open(self, number: int, commit: str, label: str) -> None:
        """Open a pull request."""
        self.pull_requests.append(
            {
                "number": number,
                "title": "A change",
                "head": {"ref": "change", "sha": commit},
                "base": {"ref": "main"},
                "labels": [{"name": label}],
                "user": {"login": "a"},
            }
        )

    @contextmanager
    def running(self) -> Iterator[GitHub]:
        """Answer for as long as the context lasts."""
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def documented(github: str, repository: str, systems: list[str]) -> list[dict[str, Any]]:
    """Give the objects for previews as the documentation has them, for these addresses and systems."""
    text = (ROOT / _PAGE).read_text().partition("## doit preview")[2].partition("```yaml\n")[2].partition("```")[0]
    project, applications = yaml.safe_load_all(text.replace(_REPOSITORY, repository))
    pulls, listed = applications["spec"]["generators"][0]["matrix"]["generators"]
    pulls["pullRequest"]["github"]["api"] = github
    listed["list"]["elements"] = [{"system": name} for name in systems]
    return [project, applications]
