"""CustomResourceDefinitions of Go modules → compact JSON schemas in tasks/checks/schemas/.

`python -m tasks.checks.crds` reads schemas/sources.yaml, has `go mod download` fetch each module, and writes a file
for each kind and version. What a schema says of values is kept, texts for people are not; a field that is not in it is
an error, where the API server would drop it. `doit check` itself needs neither Go nor a network.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from imbricate.documents import json_value, read_resources

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMAS = Path(__file__).parent / "schemas"
SOURCES = SCHEMAS / "sources.yaml"
Schema = dict[str, Any]
_KEPT = (
    "enum",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "maxProperties",
    "minProperties",
)
_COMBINED = ("allOf", "anyOf", "oneOf")
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_METADATA: Schema = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "generateName": {"type": "string"},
        "namespace": {"type": "string"},
        "labels": _TEXTS,
        "annotations": _TEXTS,
        "finalizers": {"type": "array", "items": {"type": "string"}},
        "ownerReferences": {"type": "array", "items": {"type": "object"}},
    },
    "additionalProperties": False,
}
_SHARED_FROM = 120  # characters; what is shorter is not worth a definition of its own
_CLOSED = "additionalProperties"


def converted(schema: Schema, *, is_open: bool = False) -> Schema:
    """Give a JSON schema of a structural schema; `is_open`: a part of allOf and the like, which closes nothing."""
    found: Schema = {name: schema[name] for name in _KEPT if name in schema}
    if schema.get("x-kubernetes-int-or-string"):
        return {**found, "type": ["integer", "string"]}
    if "type" in schema:
        found["type"] = [schema["type"], "null"] if schema.get("nullable") else schema["type"]
    if _is_pattern(schema.get("pattern")):
        found["pattern"] = schema["pattern"]
    for name in ("required",):
        if schema.get(name):
            found[name] = schema[name]
    for name in _COMBINED:
        if name in schema:
            found[name] = [converted(one, is_open=True) for one in schema[name]]
    if "not" in schema:
        found["not"] = converted(schema["not"], is_open=True)
    if "items" in schema:
        found["items"] = converted(schema["items"], is_open=is_open)
    return found | _object(schema, is_open=is_open)


def _object(schema: Schema, *, is_open: bool) -> Schema:
    """Convert the fields of a map: all that there are, unless it says that others are kept."""
    found: Schema = {}
    keeps_all = schema.get("x-kubernetes-preserve-unknown-fields") or is_open
    if "properties" in schema:
        found["properties"] = {name: converted(one, is_open=is_open) for name, one in schema["properties"].items()}
    if isinstance(schema.get(_CLOSED), dict):
        found[_CLOSED] = converted(schema[_CLOSED], is_open=is_open)
    elif "properties" in schema and not keeps_all:
        found[_CLOSED] = False
    if schema.get("x-kubernetes-embedded-resource"):
        known = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": _METADATA}
        found["properties"] = {**found.get("properties", {}), **known}
    return found


def _is_pattern(pattern: object) -> bool:
    """Tell whether Python reads a pattern, too; the others are left to the API server."""
    try:
        return isinstance(pattern, str) and re.compile(pattern) is not None
    except re.error:
        return False


def root(schema: Schema) -> Schema:
    """Convert the schema of a kind: with what every object has, and without its status."""
    found = converted(schema)
    found["type"] = "object"
    found["required"] = sorted({*found.get("required", ()), "apiVersion", "kind", "metadata"})
    common = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": _METADATA, "status": {}}
    found["properties"] = {**found.get("properties", {}), **common}
    return _shared(found)


def _shared(schema: Schema) -> Schema:
    """Let parts that occur more than once stand in $defs, each once: schemas of templates repeat themselves a lot."""
    counts = Counter(_text(part) for part in _parts(schema))
    names = {text: f"s{number}" for number, text in enumerate(_repeated(counts), 1)}
    definitions = {name: _referring(json.loads(text), names, text) for text, name in names.items()}
    found: Schema = _referring(schema, names, _text(schema))
    return found | ({"$defs": definitions} if definitions else {})


def _repeated(counts: Counter[str]) -> list[str]:
    return sorted(text for text, count in counts.items() if count > 1 and len(text) >= _SHARED_FROM)


def _parts(schema: Any) -> Iterator[Schema]:
    """Give all schemas below one."""
    if not isinstance(schema, dict):
        return
    for part in _below(schema):
        yield part
        yield from _parts(part)


def _below(schema: Schema) -> list[Schema]:
    found = [*schema.get("properties", {}).values(), *(one for name in _COMBINED for one in schema.get(name, ()))]
    found += [schema[name] for name in ("items", "not", _CLOSED) if name in schema]
    return [one for one in found if isinstance(one, dict)]


def _text(schema: Schema) -> str:
    return json.dumps(schema, sort_keys=True)


def _referring(schema: Any, names: dict[str, str], own: str = "") -> Any:
    """Put references in the place of shared parts; `own` is the part that is being written itself."""
    if not isinstance(schema, dict):
        return schema
    text = _text(schema)
    if text in names and text != own:
        return {"$ref": f"#/$defs/{names[text]}"}
    found = dict(schema)
    if "properties" in found:
        found["properties"] = {name: _referring(one, names) for name, one in found["properties"].items()}
    for name in ("items", "not", _CLOSED):
        if name in found:
            found[name] = _referring(found[name], names)
    for name in _COMBINED:
        if name in found:
            found[name] = [_referring(one, names) for one in found[name]]
    return found


def files_of(source: dict[str, Any], folder: Path) -> Iterator[tuple[str, str]]:
    """Give the name and the text of each schema that a module has, of versions that are served."""
    made_of = {name: source[name] for name in ("module", "version", "licence")}
    for file in source["files"]:
        for found in read_resources((folder / file).read_text(), file):
            if not isinstance(found, dict) or found.get("kind") != "CustomResourceDefinition":
                continue
            spec = json_value(found)["spec"]
            kind = spec["names"]["kind"]
            if kind not in source.get("kinds", [kind]):
                continue
            for version in spec["versions"]:
                if version["served"]:
                    name = f"{kind.lower()}.{spec['group']}.{version['name']}.json"
                    content = {
                        "source": {**made_of, "file": file},
                        "schema": root(version["schema"]["openAPIV3Schema"]),
                    }
                    yield name, json.dumps(content, sort_keys=True, separators=(",", ":")) + "\n"


def _downloaded(module: str, version: str) -> Path:
    command = ["go", "mod", "download", "-json", f"{module}@{version}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - names of sources.yaml
    answer = json.loads(done.stdout or "{}")
    if "Dir" not in answer:
        raise SystemExit(f"{module}@{version}: {answer.get('Error') or done.stderr.strip()}")
    return Path(answer["Dir"])


def main() -> None:
    """Write all schemas, and remove those that no source stands behind any more."""
    from imbricate.write import write_file  # noqa: PLC0415 - not at import

    wanted: dict[str, str] = {}
    for source in yaml.safe_load(SOURCES.read_text()):
        wanted |= files_of(source, _downloaded(source["module"], source["version"]))
    for old in SCHEMAS.glob("*.json"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        write_file(SCHEMAS / name, text)
    print(f"{len(wanted)} schemas, {sum(map(len, wanted.values())) // 1024} KiB", file=sys.stdout)


if __name__ == "__main__":
    main()
