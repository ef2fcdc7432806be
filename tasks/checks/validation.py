"""JSON schemas of kinds, read when an object of the kind comes, and what an object has against its schema.

Built-in kinds: the package kubernetes-validate, which holds the schemas of all versions. Custom resources: the files in
schemas/, made by tasks/checks/crds.py.
"""

from __future__ import annotations

import json
import re
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from imbricate.nearest import nearest
from tasks.checks.fitting import Fitting, UnknownKeywordError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.checks.findings import Path

DEFINITIONS = "/api/_definitions.json"  # how the schemas of built-in kinds refer to what they share
_WRITTEN = "written"  # by hand, where no definition can be had
CUSTOM = FilePath(__file__).parent / "schemas"
_VERSION = re.compile(r"v(\d+)\.(\d+)\.\d+-local-strict")
_LONGEST = 60


class MissingSchemasError(Exception):
    """The package that holds the schemas, or reads them, is not installed; the text is one line."""


def _folder_of(package: str) -> FilePath:
    found = find_spec(package)
    if found is None or found.origin is None:
        raise MissingSchemasError(f"schemas cannot be checked: the Python package {package} is not installed")
    return FilePath(found.origin).parent


class Validator:
    """Tells whether objects fit a schema, and what is wrong with those that do not."""

    def __init__(self, schema: dict[str, Any], definitions: dict[str, Any] | None = None) -> None:
        """Take the schema, and those that it refers to."""
        self._schema = schema
        self._definitions = definitions
        self._fitting = Fitting(schema, {DEFINITIONS: definitions} if definitions else {})

    def fits(self, manifest: dict[str, Any]) -> bool:
        """Tell whether an object certainly fits."""
        try:
            return self._fitting.fits(manifest)
        except UnknownKeywordError:
            return False

    def errors(self, manifest: dict[str, Any]) -> Iterator[Any]:
        """Give the errors of the package jsonschema."""
        return iter(self._careful.iter_errors(manifest))

    @cached_property
    def _careful(self) -> Any:
        from jsonschema.validators import Draft202012Validator  # noqa: PLC0415 - heavy

        if self._definitions is None:
            return Draft202012Validator(self._schema)
        from referencing import Registry, Resource  # noqa: PLC0415 - heavy

        found = [Resource.from_contents(one) for one in (self._definitions, self._schema)]
        return Draft202012Validator(self._schema, registry=found @ Registry())


class BuiltIn:
    """The schemas of one version of Kubernetes."""

    def __init__(self, folder: FilePath, version: str) -> None:
        """Take the folder of the schemas, and the version that it is of."""
        self._folder = folder
        self.version = version
        self._definitions = json.loads((folder / "_definitions.json").read_bytes())
        self._validators: dict[tuple[str, str], Validator | None] = {}

    @staticmethod
    @lru_cache
    def of(version: str) -> BuiltIn:
        """Give the schemas of a version, or of the latest before it. Raises MissingSchemasError."""
        folder = _folder_of("kubernetes_validate") / "kubernetes-json-schema"
        _folder_of("jsonschema")
        wanted = tuple(int(part) for part in version.split(".")[:2])
        known = sorted(
            ((int(found[1]), int(found[2])), one)
            for one in folder.iterdir()
            if (found := _VERSION.fullmatch(one.name)) is not None
        )
        usable = [one for one in known if one[0] <= wanted] or known[:1]
        (major, minor), chosen = usable[-1]
        return BuiltIn(chosen, f"{major}.{minor}")

    def validator(self, api_version: str, kind: str) -> Validator | None:
        """Give what validates objects of a kind, None when this version has none of it."""
        key = (api_version, kind)
        if key not in self._validators:
            group, _, version = api_version.rpartition("/")
            parts = [kind.lower(), group.partition(".")[0], version]
            file = self._folder / f"{'-'.join(filter(None, parts))}.json"
            schema = json.loads(file.read_bytes()) if file.is_file() else None
            self._validators[key] = Validator(schema, self._definitions) if schema else None
        return self._validators[key]


@lru_cache
def custom_validator(api_version: str, kind: str) -> Validator | None:
    """Give what validates custom resources of a kind, None when its schema is not here. Raises MissingSchemasError."""
    group, _, version = api_version.partition("/")
    _folder_of("jsonschema")
    name = f"{kind.lower()}.{group}.{version}.json"
    file = next((one for one in (CUSTOM / name, CUSTOM / _WRITTEN / name) if one.is_file()), None)
    return Validator(json.loads(file.read_bytes())["schema"]) if file else None


def errors(validator: Validator, manifest: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Give what does not fit: the path of the field at fault, and what was found and expected there."""
    if validator.fits(manifest):
        return
    found = [one for error in validator.errors(manifest) for one in _readable(error)]
    if not found:
        return
    from imbricate.difference import Masked, masked  # noqa: PLC0415 - only when something is shown
    from imbricate.provenance.fields import value_at  # noqa: PLC0415

    shown = masked(manifest)
    for path, message in found:
        is_secret = isinstance(value_at(shown, path), Masked)
        yield path, f"{message.partition(', found')[0]}, found what is masked" if is_secret else message


def _readable(error: Any) -> Iterator[tuple[Path, str]]:
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties") or {}
        for name in [one for one in error.instance if one not in known]:
            near = nearest(str(name), known)
            yield (*path, name), "unknown field" + (f"; did you mean {near}?" if near else f"; {_known(known)}")
    elif error.validator == "required":
        for name in [one for one in error.validator_value if one not in error.instance]:
            yield (*path, name), "is missing, and required"
    elif error.validator in {"oneOf", "anyOf"} and error.context:
        kinds = sorted({str(one.validator_value) for one in error.context if one.validator == "type"})
        if len(kinds) == len(error.context):
            yield path, f"expected {' or '.join(kinds)}, found {_shown(error.instance)}"
        else:
            yield path, f"fits none of the forms that it may have: {_shown(error.instance)}"
    else:
        yield path, _sentence(error)


def _sentence(error: Any) -> str:
    value, wanted = _shown(error.instance), error.validator_value
    if error.validator == "type":
        kinds = [wanted] if isinstance(wanted, str) else [one for one in wanted if one != "null"]
        return f"expected {' or '.join(kinds)}, found {value}"
    if error.validator == "enum":
        choices = [str(one) for one in wanted]
        near = nearest(str(error.instance), choices)
        return f"expected {_listed(choices)}, found {value}" + (f"; did you mean {near}?" if near else "")
    if error.validator == "pattern":
        return f"expected what matches {wanted}, found {value}"
    text: str = " ".join(error.message.split())
    return text if len(text) < 2 * _LONGEST else f"{text[: 2 * _LONGEST]}…"


def _known(known: Iterable[str]) -> str:
    return f"known are {_listed(sorted(known))}" if known else "there are no fields here"


def _listed(words: list[str]) -> str:
    most = 12
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")


def _shown(value: object) -> str:
    """Give a value as text, but nothing that could be a secret in full: a map or list by its size."""
    if isinstance(value, dict | list):
        return f"a {'map' if isinstance(value, dict) else 'list'} of {len(value)}"
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"a text of {len(value)} characters"
    return json.dumps(value, default=str)
