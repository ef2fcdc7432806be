"""What is left out of every comparison: the rules under `ignore` in overlays/environments.yaml.

Each has a reason, and names objects (kind, name, env, system, `*` for any part of a name) and a field, without which it
is about whole objects. A field is a path as it is shown: `spec.replicas`, `spec.containers[name=web].image`,
`metadata.annotations["example.com/at"]`; `[*]` is every element, `*` every field.
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.nearest import nearest
from tasks.quick_yaml import read_yaml
from tasks.units import ENVIRONMENTS, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.arguments import Selection
    from tasks.units import Unit

_NAMES = ("kind", "name", "env", "system")
_KNOWN = (*_NAMES, "field", "reason")
_STEP = re.compile(
    r"""\.?(?P<name>\*|[\w$-]+)|\[(?P<quoted>"(?:[^"\\]|\\.)*")\]|\[(?P<item>[^\]"]*(?:"(?:[^"\\]|\\.)*"[^\]"]*)*)\]"""
)
_KEY = re.compile(r"""(?P<key>[\w.$/-]+)=(?P<value>"(?:[^"\\]|\\.)*"|[^,"]*)(?:,|$)""")


class Element(NamedTuple):
    """Elements of a list: those with these keys, the one at the index, every one, or the scalars of this text."""

    keys: tuple[tuple[str, str], ...] = ()
    text: str = ""

    def matches(self, index: int, element: Any) -> bool:
        """Tell whether an element is meant."""
        if self.keys:
            return isinstance(element, dict) and all(str(element.get(key, "")) == value for key, value in self.keys)
        return self.text in {"*", str(index)} or (isinstance(element, str) and element == self.text)


Field = tuple[str | Element, ...]


class Rule(NamedTuple):
    """One entry of `ignore`; its place, to name it by, the names that it is about, and the field."""

    place: str
    names: dict[str, str]
    field: Field
    reason: str

    def is_about(self, unit: Unit, kind: str, name: str) -> bool:
        """Tell whether an object of a unit is meant."""
        actual = {"kind": kind, "name": name, "env": unit.environment, "system": unit.system}
        return all(fnmatchcase(actual[one], pattern) for one, pattern in self.names.items())

    def is_covered(self, chosen: Selection) -> bool:
        """Tell whether all objects that the rule could be about have been looked at."""
        given = [("env", chosen.environments), ("system", chosen.systems)]
        return chosen.is_all or all(self.names.get(name) in known for name, known in given)


class Noise:
    """The rules, and which of them have matched so far."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        """Take the rules."""
        self.rules = rules
        self._matched: set[str] = set()

    def without(self, unit: Unit, manifests: Iterable[Any]) -> list[Any]:
        """Give manifests without what the rules leave out; those given are left as they are."""
        found = []
        for manifest in manifests:
            kept = self._without(unit, manifest) if isinstance(manifest, dict) else manifest
            if kept is not None:
                found.append(kept)
        return found

    def _without(self, unit: Unit, manifest: dict[str, Any]) -> dict[str, Any] | None:
        metadata = manifest.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else ""
        for rule in self.rules:
            if not rule.is_about(unit, str(manifest.get("kind")), str(name)):
                continue
            if not rule.field:
                self._matched.add(rule.place)
                return None
            kept = without_field(manifest, rule.field)
            if kept is not manifest:
                self._matched.add(rule.place)
                manifest = kept
        return manifest

    def warnings(self, chosen: Selection) -> list[str]:
        """Give a line for each rule that matched nothing although all that it could match was looked at."""
        unused = (rule for rule in self.rules if rule.place not in self._matched and rule.is_covered(chosen))
        return [
            f"{ENVIRONMENTS}: {rule.place}: matches nothing; remove it, or correct what it names" for rule in unused
        ]


def without_field(value: Any, field: Field) -> Any:
    """Give a value without a field, and without the maps that this leaves empty; itself when it has no such field."""
    step, rest = field[0], field[1:]
    if isinstance(step, Element):
        if not isinstance(value, list):
            return value
        pairs = [(one, _reduced(one, rest) if step.matches(index, one) else one) for index, one in enumerate(value)]
        return [new for _, new in pairs if new is not _GONE] if any(old is not new for old, new in pairs) else value
    if not isinstance(value, dict):
        return value
    fields = {key: _reduced(one, rest) if step in {"*", key} else one for key, one in value.items()}
    if all(fields[key] is one for key, one in value.items()):
        return value
    return {key: one for key, one in fields.items() if one is not _GONE}


_GONE: Any = object()


def _reduced(value: Any, rest: Field) -> Any:
    if not rest:
        return _GONE
    found = without_field(value, rest)
    return _GONE if found == {} and value != {} else found


def read_noise() -> Noise:
    """Read the rules. Raises ConfigurationError."""
    found = read_yaml(ENVIRONMENTS.read_text())
    entries = found.get("ignore") if isinstance(found, dict) else None
    if entries is None:
        return Noise(())
    if not isinstance(entries, list):
        raise ConfigurationError(f"{ENVIRONMENTS}: ignore: expected a list of rules")
    return Noise(tuple(_rule(entry, f"ignore[{index}]") for index, entry in enumerate(entries)))


def _rule(entry: object, place: str) -> Rule:
    if not isinstance(entry, dict):
        raise ConfigurationError(f"{ENVIRONMENTS}: {place}: expected a map, found {entry!r}")
    for name, value in entry.items():
        if name not in _KNOWN:
            near = nearest(str(name), _KNOWN)
            hint = f"did you mean {near}? " if near else ""
            raise ConfigurationError(
                f"{ENVIRONMENTS}: {place}.{name}: unknown field; {hint}known are {', '.join(_KNOWN)}"
            )
        if not isinstance(value, str) or not value.strip():
            raise ConfigurationError(f"{ENVIRONMENTS}: {place}.{name}: expected a string, found {value!r}")
    if "reason" not in entry:
        raise ConfigurationError(f"{ENVIRONMENTS}: {place}.reason: expected why this may be left out, found nothing")
    if not {"kind", "name", "field"} & entry.keys():
        raise ConfigurationError(f"{ENVIRONMENTS}: {place}: expected a kind, a name or a field, found none")
    names = {name: entry[name] for name in _NAMES if name in entry}
    return Rule(place, names, field_of(entry.get("field", ""), f"{place}.field"), entry["reason"])


def field_of(text: str, place: str) -> Field:
    """Read a field path. Raises ConfigurationError that shows where it cannot be read."""
    steps: list[str | Element] = []
    start = 0
    while start < len(text):
        found = _STEP.match(text, start)
        if found is None or (found["item"] is not None and not found["item"]):
            expected = 'expected a path like spec.ports[name=http].port or metadata.labels["a.b/c"]'
            raise ConfigurationError(f"{ENVIRONMENTS}: {place}: {expected}, found {text!r} (at {text[start:]!r})")
        if found["item"]:
            steps.append(_element(found["item"]))
        else:
            steps.append(found["name"] or json.loads(found["quoted"]))
        start = found.end()
    return tuple(steps)


def _element(text: str) -> Element:
    found = list(_KEY.finditer(text))
    if "".join(one[0] for one in found) != text:
        return Element(text=text)
    values = ((one["key"], one["value"]) for one in found)
    return Element(tuple((key, json.loads(value) if value.startswith('"') else value) for key, value in values))
