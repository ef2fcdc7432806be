"""Serving until SIGTERM, and the end in good order."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from fastapi import FastAPI

    from chassis.configuration import Settings

# Longer than proxies keep an idle connection (Traefik 90 s, nginx 60 s): one that the server closes first may be just
# the one that a proxy sends a request on, and who asked gets a 502.
_KEEP_ALIVE_SECONDS = 120


def run(app: FastAPI, settings: Settings, *, grace: int = 15) -> None:
    """Serve until SIGTERM or SIGINT; then take no more, give what runs `grace` seconds, close, exit 0.

    Background work belongs into the application's lifespan, which ends after the last request.
    """
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises them once more when it is done
        signal.signal(number, lambda *_: sys.exit(0))
    config = uvicorn.Config(
        app,
        host="0.0.0.0",  # noqa: S104 - a container's only interfaces are its pod's
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=grace,
    )
    server = uvicorn.Server(config)
    server.run()
    sys.exit(0 if server.started else 1)
