"""Which resources a patch or a replacement means: ids by regular expression, labels and annotations by selector.

The label syntax is that of Kubernetes (apimachinery's labels.Parse): `a`, `!a`, `a=b`, `a==b`, `a!=b`, `a in (b,c)`,
`a notin (b,c)`, `a>1`, `a<1`, joined by commas.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from imbricate.errors import SelectorError
from imbricate.patterns import is_name, whole
from imbricate.values import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from imbricate.kustomization import Selector
    from imbricate.resid import Gvk
    from imbricate.resources import ResMap, Resource

_TOKEN = re.compile(r"\s*(==|!=|=|!|>|<|\(|\)|,|[^\s=!<>(),]+)")
_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)


class IdPatterns(NamedTuple):
    """The id part of a selector. Empty parts match anything."""

    group: str
    version: str
    kind: str
    name: str
    namespace: str

    def match_gvk(self, gvk: Gvk) -> bool:
        """Match group, version and kind."""
        return all(
            not pattern or pattern == part or whole(pattern)(part) for pattern, part in zip(self[:3], gvk, strict=True)
        )

    def match_name(self, name: str) -> bool:
        """Match a name."""
        return not self.name or whole(self.name)(name)

    def match_namespace(self, namespace: str) -> bool:
        """Match a namespace."""
        return not self.namespace or whole(self.namespace)(namespace)


def patterns_of(selector: Selector) -> IdPatterns:
    """Take the id part of a selector. Raises PatternError when one is no regular expression."""
    patterns = IdPatterns(selector.group, selector.version, selector.kind, selector.name, selector.namespace)
    for pattern in patterns:
        whole(pattern)
    return patterns


def candidates(selector: Selector, resources: ResMap) -> Iterable[Resource]:
    """Give the resources that a selector may mean: where its name is no pattern, those of the name."""
    return resources.named(selector.name) if selector.name and is_name(selector.name) else resources


def selects(selector: Selector, resource: Resource) -> bool:
    """Tell whether a patch's target means this resource, under its original or its current name and namespace."""
    patterns = patterns_of(selector)
    original, current = resource.original_id, resource.id
    return (
        (
            patterns.match_namespace(original.effective_namespace)
            or patterns.match_namespace(current.effective_namespace)
        )
        and (patterns.match_name(original.name) or patterns.match_name(current.name))
        and patterns.match_gvk(resource.gvk)
        and selects_metadata(selector, resource)
    )


def selects_metadata(selector: Selector, resource: Resource) -> bool:
    """Tell whether labels and annotations are as the selector asks."""
    return matches_labels(selector.label_selector, _texts(resource, "labels")) and matches_labels(
        selector.annotation_selector, _texts(resource, "annotations")
    )


def _texts(resource: Resource, field: str) -> dict[str, str]:
    metadata = resource.manifest.get("metadata")
    found = metadata.get(field) if isinstance(metadata, dict) else None
    return {str(key): text_of(value) for key, value in found.items()} if isinstance(found, dict) else {}


def matches_labels(selector: str, labels: Mapping[str, str]) -> bool:
    """Tell whether labels fulfil a selector. Raises SelectorError when the selector cannot be read."""
    return all(requirement(labels) for requirement in _requirements(selector))


@lru_cache(maxsize=1024)
def _requirements(selector: str) -> tuple[Callable[[Mapping[str, str]], bool], ...]:
    tokens = _tokens(selector)
    requirements = []
    while tokens:
        requirements.append(_requirement(tokens, selector))
        if tokens and tokens.pop(0) != ",":
            raise _unreadable(selector, "a comma between requirements")
        if not tokens and selector.rstrip().endswith(","):
            raise _unreadable(selector, "a requirement after the comma")
    return tuple(requirements)


def _tokens(selector: str) -> list[str]:
    tokens, position = [], 0
    text = selector.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise _unreadable(selector, f"no {text[position]!r}")
        tokens.append(found[1])
        position = found.end()
    return tokens


def _unreadable(selector: str, expected: str) -> SelectorError:
    return SelectorError(f"expected a label selector such as app=web,tier in (a,b), found {selector!r}: {expected}")


def _requirement(tokens: list[str], selector: str) -> Callable[[Mapping[str, str]], bool]:
    first = tokens.pop(0)
    if first == "!":
        absent = _word(tokens, selector)
        return lambda labels: absent not in labels
    key = first if _is_word(first) else ""
    if not key:
        raise _unreadable(selector, f"a key where {first!r} stands")
    if not tokens or tokens[0] == ",":
        return lambda labels: key in labels
    return _comparison(key, tokens.pop(0), tokens, selector)


def _comparison(key: str, operator: str, tokens: list[str], selector: str) -> Callable[[Mapping[str, str]], bool]:
    if operator in {"in", "notin"}:
        values = _value_set(tokens, selector)
        return (
            (lambda labels: labels.get(key) in values)
            if operator == "in"
            else (lambda labels: labels.get(key) not in values)
        )
    if operator in {"=", "=="}:
        value = _optional_word(tokens)
        return lambda labels: labels.get(key) == value
    if operator == "!=":
        other = _optional_word(tokens)
        return lambda labels: labels.get(key) != other
    if operator in {">", "<"}:
        return _number_comparison(key, operator, _word(tokens, selector), selector)
    raise _unreadable(selector, f"an operator where {operator!r} stands")


def _number_comparison(key: str, operator: str, bound: str, selector: str) -> Callable[[Mapping[str, str]], bool]:
    if not _INTEGER.fullmatch(bound):
        raise _unreadable(selector, f"a whole number where {bound!r} stands")
    limit = int(bound)

    def compare(labels: Mapping[str, str]) -> bool:
        text = labels.get(key, "")
        if not _INTEGER.fullmatch(text):
            return False
        return int(text) > limit if operator == ">" else int(text) < limit

    return compare


def _value_set(tokens: list[str], selector: str) -> set[str]:
    if not tokens or tokens.pop(0) != "(":
        raise _unreadable(selector, "( after in or notin")
    values: set[str] = set()
    while tokens:
        values.add(_optional_word(tokens))
        closing = tokens.pop(0) if tokens else ""
        if closing == ")":
            return values
        if closing != ",":
            break
    raise _unreadable(selector, "values between ( and )")


def _is_word(token: str) -> bool:
    return token[0] not in "=!<>(),"


def _word(tokens: list[str], selector: str) -> str:
    word = _optional_word(tokens)
    if not word:
        raise _unreadable(selector, "a value")
    return word


def _optional_word(tokens: list[str]) -> str:
    return tokens.pop(0) if tokens and _is_word(tokens[0]) else ""
