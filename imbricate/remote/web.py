"""Reads a URL over http or https: limited in size, time and redirects, and never anything but http(s)."""

from __future__ import annotations

import base64
import http.client
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from imbricate.folder import MAX_FILE_BYTES
from imbricate.remote import UnreadableError, redacted

if TYPE_CHECKING:
    from http.client import HTTPMessage

SECONDS = 27.0
_CHUNK = 256 * 1024


class RefusedError(Exception):
    """What is wrong with an answer, without the URL."""


class Redirects(urllib.request.HTTPRedirectHandler):
    """Follows ten redirects at most, none of them from https to http."""

    max_redirections = 10

    def redirect_request(  # noqa: PLR0913, PLR0917 - urllib's signature
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        scheme = urlsplit(newurl).scheme
        if scheme not in {"http", "https"} or (req.type == "https" and scheme != "https"):
            raise RefusedError(f"is redirected from {req.type} to {scheme}, which is not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def read(url: str, limit: int = MAX_FILE_BYTES, seconds: float = SECONDS) -> bytes:
    """Read what a URL gives. Raises UnreadableError."""
    try:
        with _opener().open(_request(url), timeout=seconds) as response:
            return _all_of(response, limit, time.monotonic() + seconds)
    except urllib.error.HTTPError as error:
        error.close()
        reason = f"gives status {error.code} ({error.reason})"
    except RefusedError as error:
        reason = str(error)
    except urllib.error.URLError as error:
        reason = f"cannot be read: {getattr(error.reason, 'strerror', '') or error.reason}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = f"cannot be read: {error}"
    raise UnreadableError(redacted(url), Path.cwd(), " ".join(reason.split()))


def _opener() -> urllib.request.OpenerDirector:
    """Make an opener that knows no file:, ftp: or data:, as urllib's own does; proxies are the environment's."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
        Redirects(),
    ):
        opener.add_handler(handler)
    return opener


def _request(url: str) -> urllib.request.Request:
    """Make a request; user and password of the URL become a header, which a redirect does not take along."""
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    request = urllib.request.Request(  # noqa: S310 - the opener knows http and https alone
        urlunsplit(parts._replace(netloc=host, fragment="")), headers={"User-Agent": "imbricate"}
    )
    if at:
        text = base64.b64encode(unquote(login).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {text}")
    return request


def _all_of(response: IO[bytes], limit: int, deadline: float) -> bytes:
    chunks, size = [], 0
    while chunk := response.read(_CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise RefusedError(f"is larger than {limit // 1024**2} MiB")
        if time.monotonic() > deadline:
            raise RefusedError("cannot be read: it took too long")
    return b"".join(chunks)
