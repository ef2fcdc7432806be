"""The templates of ExternalSecrets, as far as ours go: `{{ .name }}`, `{{ printf "%s:%s" .a .b | b64enc }}`.

https://external-secrets.io/latest/guides/templating/: Go's text/template, with values piped through functions.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from tasks.deployment.errors import DeploymentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_ACTION = re.compile(r"\{\{-?\s*(?P<pipeline>.*?)\s*-?\}\}")
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|\.[\w.-]+|\||\S+')


def _printf(arguments: Sequence[str]) -> str:
    return arguments[0].replace("%%", "\0").replace("%s", "{}").format(*arguments[1:]).replace("\0", "%")


_FUNCTIONS: dict[str, Callable[[Sequence[str]], str]] = {
    "b64enc": lambda words: base64.b64encode(words[-1].encode()).decode(),
    "lower": lambda words: words[-1].lower(),
    "printf": _printf,
    "quote": lambda words: f'"{words[-1]}"',
    "toString": lambda words: words[-1],
    "trim": lambda words: words[-1].strip(),
    "upper": lambda words: words[-1].upper(),
    "urlquery": lambda words: quote_plus(words[-1]),
}


def filled_in(template: str, values: Mapping[str, str], where: str) -> str:
    """Fill in a template. Raises DeploymentError for a value that is not there or a function that is not known."""
    return _ACTION.sub(lambda found: _value(found["pipeline"], values, where), template)


def names(template: str) -> set[str]:
    """Give the values that a template asks for."""
    words = (word for found in _ACTION.finditer(template) for word in _WORD.findall(found["pipeline"]))
    return {word[1:] for word in words if word.startswith(".")}


def plain_name(template: str) -> str | None:
    """Give the name of the one value that a template consists of, None where it is more than that."""
    found = _ACTION.fullmatch(template.strip())
    words = _WORD.findall(found["pipeline"]) if found else []
    return words[0][1:] if len(words) == 1 and words[0].startswith(".") else None


def _value(pipeline: str, values: Mapping[str, str], where: str) -> str:
    result: list[str] = []
    for command in _commands(pipeline):
        result = [_call([*command, *result], values, where)]
    return result[0] if result else ""


def _commands(pipeline: str) -> list[list[str]]:
    commands: list[list[str]] = [[]]
    for word in _WORD.findall(pipeline):
        if word == "|":
            commands.append([])
        else:
            commands[-1].append(word)
    return commands


def _call(words: Sequence[str], values: Mapping[str, str], where: str) -> str:
    first = words[0]
    if first.startswith(('"', ".")):
        return _operand(first, values, where)
    if first not in _FUNCTIONS:
        known = ", ".join(_FUNCTIONS)
        raise DeploymentError(f"{where}: the template calls {first!r}, which is not known here; known: {known}")
    return _FUNCTIONS[first]([_operand(word, values, where) for word in words[1:]])


def _operand(word: str, values: Mapping[str, str], where: str) -> str:
    if word.startswith('"'):
        return word[1:-1].replace('\\"', '"')
    if not word.startswith("."):
        return word
    if word[1:] not in values:
        raise DeploymentError(f"{where}: the template asks for {word}, which data does not have")
    return values[word[1:]]
