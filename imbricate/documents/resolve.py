"""What a plain scalar means: the rules of go-yaml v3 (resource files) and of go-yaml v2 (configuration files).

Both know the octal 012, the binary 0b11 and 1_000; v2 also takes yes, no, on, off, y and n for booleans.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

from imbricate.documents.floats import float_text
from imbricate.documents.scalars import Plain, Quoted, Scalar, Value
from imbricate.documents.timestamps import rfc3339

_FIRST = frozenset("0123456789+-.~yYnNtTfFoO")
_WORDS: dict[str, Plain] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_WORDS_V2: dict[str, Plain] = {
    **_WORDS,
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_CANONICAL_INT = re.compile(r"(?:0|-?[1-9][0-9]{0,17})\Z")
_INT = re.compile(r"([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_DOTTED = re.compile(r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?\Z")
_SIGN_AFTER_PREFIX = re.compile(r"0([bo])([-+])([01]+|[0-7]+)\Z")
_MEMO_TEXT = 200
# Tells quickly that a text longer than any word is a string to all and needs no quotes; None says nothing.
is_prose = re.compile(r"[A-Za-z][A-Za-z0-9_.,()/;'=+-]*+(?: [A-Za-z0-9_.,()/;'=+-]++)*+").fullmatch
LONGEST_WORD = len("false")
_LOST_BYTES = re.compile("[\udc80-\udcff]")
_YAML_TAGS = "tag:yaml.org,2002:"
_TYPES = ("null", "bool", "int", "float", "timestamp")
_DATE = re.compile(r"[0-9]{4}-")


def plain_value(text: str) -> Value:
    """Give what a plain scalar means in a resource file: "5" is 5, "0x1F" is Scalar("0x1F", 31), "abc" is "abc"."""
    return _plain_value(text) if len(text) <= _MEMO_TEXT else _kept(text, resolve(text, _WORDS))


@lru_cache(maxsize=65536)
def _plain_value(text: str) -> Value:
    return _kept(text, resolve(text, _WORDS))


def config_value(text: str) -> Plain:
    """Give what a plain scalar means in a configuration file; a date stays the string that it is."""
    return _config_value(text) if len(text) <= _MEMO_TEXT else _config_value.__wrapped__(text)


@lru_cache(maxsize=65536)
def _config_value(text: str) -> Plain:
    value = resolve(text, _WORDS_V2)
    return text if isinstance(value, str) else value


def tagged_value(tag: str, text: str, *, config: bool = False) -> Value:
    """Give what a scalar with an explicit tag means, quoted or not. Raises ValueError where the text does not fit.

    A tag that YAML does not define, as a configuration's own, changes nothing: the value is the string.
    """
    kind = tag.removeprefix(_YAML_TAGS)
    if kind == "binary":
        return _decoded(text)
    if kind == tag or kind not in _TYPES:
        return text if config else quoted_value(text)
    # Only under its own tag can a date be one.
    value: Plain = resolve(text, _WORDS_V2 if config else _WORDS, dates=kind == "timestamp")
    if kind == "float" and type(value) is int and value < 2**63:
        value = float(value)
    found = _type_name(value, text)
    if found != kind:
        raise ValueError(f"expected a !!{kind}, found {text!r}")
    return value if config or value is None else _kept(text, value)


def quoted_value(text: str) -> str:
    """Give a quoted string: `Quoted` where the text alone would not tell."""
    return Quoted(text) if isinstance(plain_value(text), str) else text


def _decoded(text: str) -> str:
    from base64 import b64decode  # noqa: PLC0415 - few scalars are tagged !!binary

    try:
        data = b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except ValueError:
        raise ValueError(f"expected base64 after the tag !!binary, found {text[:20]!r}") from None
    return _LOST_BYTES.sub("\ufffd", data.decode("utf-8", "surrogateescape"))


def _type_name(value: Plain, text: str) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return "str" if value is text else "timestamp"
    return "bool" if isinstance(value, bool) else "int" if isinstance(value, int) else "float"


def is_string_to_v2(text: str) -> bool:
    """Tell whether go-yaml v2, which prints the result, would read a plain text back as a string."""
    return text[:1] not in _FIRST or (text != "" and _is_text(text))


def _is_text(text: str) -> bool:
    return text not in _WORDS_V2 and (text[0] not in "0123456789+-." or not _is_number_or_date(text))


def _is_number_or_date(text: str) -> bool:
    return isinstance(resolve(text, _WORDS_V2), int | float) or (
        _DATE.match(text) is not None and rfc3339(text) is not None
    )


def _kept(text: str, value: Plain) -> Value:
    if value is None:
        return None if text == "null" else Scalar(text, None)
    if value is text:
        return text
    if isinstance(value, bool):
        return value if text in ("true", "false") else Scalar(text, value)
    if isinstance(value, int):
        return value if text == str(value) else Scalar(text, value)
    if isinstance(value, float):
        return value if text == float_text(value) else Scalar(text, value)
    return Scalar(text, value)


def resolve(text: str, words: dict[str, Plain], *, dates: bool = True) -> Plain:  # noqa: PLR0911 - one for each way a scalar can begin
    """Give None, a bool, an int, a float, the RFC 3339 form of a date, or the very text for a string."""
    if text in words:
        return words[text]
    first = text[0]
    if first not in _FIRST:
        return text
    if first == ".":
        return text if not _DOTTED.match(text) or math.isinf(float(text)) else float(text)
    if first in "~yYnNtTfFoO":
        return text
    if _CANONICAL_INT.match(text):
        return int(text)
    if dates and _DATE.match(text):
        date = rfc3339(text)
        if date is not None:
            return date
    return _number(text, octal_sign=words is _WORDS)


def _number(text: str, *, octal_sign: bool) -> Plain:
    plain = text.replace("_", "")
    found = _INT.match(plain)
    if found:
        value = _int(found[1], found[2])
        if -(2**63) <= value < 2**63 or (not found[1] and value < 2**64):
            return value
    if _FLOAT.match(plain):
        return text if math.isinf(float(plain)) else float(plain)
    odd = _SIGN_AFTER_PREFIX.match(plain)
    if odd and (octal_sign if odd[1] == "o" else set(odd[3]) <= {"0", "1"}):
        value = int(odd[2] + odd[3], 2 if odd[1] == "b" else 8)
        return value if -(2**63) <= value < 2**63 else text
    return text


def _int(sign: str, digits: str) -> int:
    if len(digits) > 1 and digits[0] == "0" and digits[1] in "01234567":
        digits = "0o" + digits[1:]
    value = int(digits, 0) if len(digits) < 80 else 2**64
    return -value if sign == "-" else value
