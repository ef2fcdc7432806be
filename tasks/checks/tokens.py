"""Texts that are secrets: by the form that an issuer gives its tokens, and by the name that a value stands under.

What is found is described, never shown.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Form(NamedTuple):
    """How an issuer writes its tokens: a text that each of them holds, and a pattern."""

    kind: str
    hint: str
    pattern: str


_FORMS = (
    Form(
        "a private key",
        "PRIVATE KEY",
        r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\s|\\n)*[0-9A-Za-z+/=]{40}",
    ),
    Form("an access key of AWS", "AKIA", r"\bAKIA[0-9A-Z]{16}\b"),
    Form("a temporary access key of AWS", "ASIA", r"\bASIA[0-9A-Z]{16}\b"),
    Form("a token of GitHub", "gh", r"\b(?:gh[pousr]_[0-9A-Za-z]{36,}|github_pat_[0-9A-Za-z_]{22,})\b"),
    Form("a token of GitLab", "glpat-", r"\bglpat-[0-9A-Za-z_-]{20,}"),
    Form("a token of Slack", "xox", r"\bxox[abeoprs]-[0-9A-Za-z-]{10,}"),
    Form("a webhook of Slack", "hooks.slack.com", r"hooks\.slack\.com/services/T[0-9A-Z]+/B[0-9A-Z]+/[0-9A-Za-z]{16,}"),
    Form("a key of Stripe", "k_", r"\b[rs]k_(?:live|test)_[0-9A-Za-z]{16,}"),
    Form("a key of Google", "AIza", r"\bAIza[0-9A-Za-z_-]{35}"),
    Form("a key of Anthropic", "sk-ant-", r"\bsk-ant-[0-9A-Za-z_-]{20,}"),
    Form("a key of OpenAI", "sk-", r"\bsk-(?:proj-|svcacct-)?[0-9A-Za-z]{32,}"),
    Form("a token of npm", "npm_", r"\bnpm_[0-9A-Za-z]{36}\b"),
    Form("a token of PyPI", "pypi-AgE", r"\bpypi-AgE[0-9A-Za-z_-]{50,}"),
    Form("a token of Vault", "hv", r"\bhv[bsr]\.[0-9A-Za-z_-]{24,}"),
    Form("a key of SendGrid", "SG.", r"\bSG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43}\b"),
    Form("a token of DigitalOcean", "_v1_", r"\bdo[opr]_v1_[0-9a-f]{64}\b"),
    Form("a JSON web token", "eyJ", r"\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}"),
)
_PATTERNS = tuple((form, re.compile(form.pattern)) for form in _FORMS)
_URL = re.compile(r"://[^\s/:@'\"{}$<>()]*:(?P<password>[^\s/@'\"{}$<>()%*]{3,})@[a-zA-Z0-9\[]")
_WORDS = r"(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)"
_NAME_OF_ONE = rf"(?i){_WORDS}[\"']?[ \t]*(?:=>|:=|[:=])"
_NAMED = re.compile(
    rf"{_NAME_OF_ONE}[ \t]*"
    r"(?:(?P<quote>[\"'])(?P<quoted>[^\s\"']{3,})(?P=quote)|(?P<value>[^\s\"',;}\]]{3,}))"
)
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
SECRET_NAME = re.compile(
    rf"(?i)(?:.*[_.-])?{_WORDS}(?:[_.-]?\d+)?|.*[a-z](?:Password|Secret|Token|ApiKey|AccessKey|PrivateKey)"
)
_REFERENCES = re.compile(r"\$|\{\{|<|\(|%|\*|/|~|@|file:|env:|vault:|secret:|\.\.\.")
_WORD = re.compile(r"[^0-9]*|[A-Za-z]+(?:[-_. ][A-Za-z]+)*[-_]?\d{0,4}|[^A-Za-z]*")
_LEAST_ENTROPY = 3.0
_LEAST_LENGTH = 8


class Secret(NamedTuple):
    """What was found: which kind of secret, and the line, from 1."""

    kind: str
    line: int


def secrets_in(text: str, *, strict: bool, code: bool = False) -> Iterator[Secret]:
    """Find secrets in a text.

    `strict`: every value under a name such as password is one, however simple. `code`: only what is in quotes is a
    value there.
    """
    for form, pattern in _PATTERNS:
        for found in pattern.finditer(text) if form.hint in text else ():
            yield Secret(form.kind, _line(text, found.start()))
    for found in _URL.finditer(text):
        if is_value(found["password"], strict=strict):
            yield Secret("a password in a URL", _line(text, found.start()))
    for found in _NAMED.finditer(text) if _has_name(text) else ():
        value = found["quoted"] or ("" if code else found["value"])
        if value and is_value(value, strict=strict):
            yield Secret(f"a value for {_name_at(text, found.start())}", _line(text, found.start()))


def _has_name(text: str) -> bool:
    """Tell whether a text has a name that `_NAMED` looks for; most files have none, and re2 sees that at a glance."""
    try:
        return _quick().search(text) is not None
    except UnicodeEncodeError:
        return True


@cache
def _quick() -> Any:
    import re2  # noqa: PLC0415 - only where texts are searched

    return re2.compile(_NAME_OF_ONE)


def is_value(value: str, *, strict: bool) -> bool:
    """Tell whether a value under the name of a secret is one itself, and no reference, no word of a program."""
    if not value or _is_reference(value):
        return False
    if strict:
        return not _NO_SECRET.fullmatch(value)
    is_word = _WORD.fullmatch(value) is not None
    return not is_word and len(value) >= _LEAST_LENGTH and entropy(value) >= _LEAST_ENTROPY


_NO_SECRET = re.compile(r"(?i)true|false|null|none|yes|no|\d{1,6}[smhd]?|[a-z0-9]+(?:-[a-z0-9]+)*\.[a-z0-9.-]+")


def _is_reference(value: str) -> bool:
    return _REFERENCES.match(value) is not None or "$(" in value or "${" in value or "{{" in value


def entropy(text: str) -> float:
    """Give Shannon's entropy of a text in bits for each character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values()) if text else 0.0


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _name_at(text: str, position: int) -> str:
    """Give the whole name of which a part begins at a position."""
    start = position
    while start and _NAME.fullmatch(text[start - 1]):
        start -= 1
    found = _NAME.match(text, start)
    return found[0] if found else ""
