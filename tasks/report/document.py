"""A page that asks nothing of any network: its style and script are in it, and no other may run.

A content security policy lets nothing else in, whatever might stand in a manifest.
"""

from __future__ import annotations

import base64
from hashlib import sha256
from pathlib import Path

from tasks.report.html import Html, element

_STYLE = Path(__file__).parent / "page.css"


def document(title: str, *body: Html, script: str = "") -> str:
    """Give a whole page in the style of the report, readable on a phone, by keyboard and in the dark."""
    style = _STYLE.read_text()
    scripts = f"script-src '{_hash(script)}'; " if script else ""
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; {scripts}img-src data:; base-uri 'none'; form-action 'none'"
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("link", rel="icon", href="data:,"),
        element("title", title),
        element("style", Html(style)),
    )
    inside = element("body", *body, element("script", Html(script)) if script else None)
    return f"<!doctype html>\n{element('html', head, inside, lang='en')}\n"


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}"
