"""Which Services the containers of a pod name, and where: environment variables, configuration files, arguments.

In: a pod's template and the objects of its unit. Out: texts with their places, and the hosts that stand in a text.
Of Secrets only the templates of ExternalSecrets are read, which hold no value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.checks.objects import Objects

Manifest = dict[str, Any]
_HOST = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
_MENTION = re.compile(
    rf"(?:://|@)(?P<address>{_HOST})(?=[:/?#,;\s\"'<]|$)(?::(?P<address_port>\d+))?"
    rf"|(?<![\w./@:-])(?P<pair>(?=[\d.-]*[a-z]){_HOST}):(?P<pair_port>\d{{2,5}})(?![\w.])"
    rf"|(?i:host|hostname|hosts|server|servers|service|addr|address|endpoint|upstream)[\"']?\s*[:=]\s*[\"']?"
    rf"(?P<named>{_HOST})(?=[:/?#,;\s\"'<]|$)"
)
_PASSWORD = re.compile(r"://(?:\{\{[^{}]*\}\}|\{(?!\{)|[^\s/@{])*@")


class Text(NamedTuple):
    """A text that a container reads, and where it stands: `env DATABASE_URL`, `ConfigMap app, config.yaml`."""

    where: str
    content: str


def hosts(text: str) -> Iterator[tuple[str, str]]:
    """Give the hosts in a text, each with its port or an empty text."""
    for found in _MENTION.finditer(_PASSWORD.sub("://", text)):
        host = found["address"] or found["pair"] or found["named"]
        yield host, found["address_port"] or found["pair_port"] or ""


def texts(names: Objects, spec: Manifest) -> Iterator[Text]:
    """Give all texts that the containers of a pod read."""
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        for variable in container.get("env") or ():
            yield from _of_variable(names, variable)
        for source in container.get("envFrom") or ():
            yield from _all_of(names, "ConfigMap", (source.get("configMapRef") or {}).get("name"))
            yield from _all_of(names, "ExternalSecret", (source.get("secretRef") or {}).get("name"))
        words = [*(container.get("command") or ()), *(container.get("args") or ())]
        yield from (Text("an argument", str(word)) for word in words)
    for volume in spec.get("volumes") or ():
        for source in (volume, *((volume.get("projected") or {}).get("sources") or ())):
            yield from _all_of(names, "ConfigMap", (source.get("configMap") or {}).get("name"))


def _of_variable(names: Objects, variable: Manifest) -> Iterator[Text]:
    name, source = variable.get("name", ""), variable.get("valueFrom") or {}
    if isinstance(variable.get("value"), str):
        yield Text(f"env {name}", f"{name}={variable['value']}")
    for kind, field in (("ConfigMap", "configMapKeyRef"), ("ExternalSecret", "secretKeyRef")):
        reference = source.get(field) or {}
        content = _content(names, kind, reference.get("name")).get(reference.get("key") or "")
        if isinstance(content, str):
            yield Text(f"env {name}", f"{name}={content}")


def _all_of(names: Objects, kind: str, name: str | None) -> Iterator[Text]:
    for key, content in _content(names, kind, name).items():
        if isinstance(content, str):
            yield Text(f"{kind} {name}, {key}", f"{key}={content}")


def _content(names: Objects, kind: str, name: str | None) -> Manifest:
    if not name:
        return {}
    if kind == "ConfigMap":
        return (names.get(kind, name) or {}).get("data") or {}
    for manifest in names.of_kind(kind):
        target = (manifest.get("spec") or {}).get("target") or {}
        if name == (target.get("name") or manifest["metadata"]["name"]):
            return (target.get("template") or {}).get("data") or {}
    return {}
