"""buildMetadata: where each object came from and what changed it, in annotations (kustomize: origin.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imbricate.documents import Quoted, dump_node
from imbricate.filepath import joined
from imbricate.metadata import make_text

if TYPE_CHECKING:
    from imbricate.layers import Layer
    from imbricate.resources import ResMap, Resource

ORIGIN = "config.kubernetes.io/origin"
TRANSFORMATIONS = "alpha.config.kubernetes.io/transformations"

Origin = dict[str, Any]


def of_file(layer: Layer, path: str) -> Origin:
    """Give the origin of the objects of a file."""
    found = layer.origin_of(path)
    return {name: text for name, text in found._asdict().items() if text}


def of_builtin(layer: Layer, kind: str) -> Origin:
    """Give the origin of what a field of a kustomization generates or changes."""
    configured_by = {"apiVersion": "builtin", "kind": kind}
    here = layer.origin
    return {
        **_repository(here._asdict()),
        "configuredIn": joined(here.path, layer.file_name),
        "configuredBy": configured_by,
    }


def of_plugin(config: Resource) -> Origin | None:
    """Give the origin of what a plugin with a configuration of its own generates or changes."""
    if config.origin is None:
        return None
    identity = {
        "apiVersion": config.gvk.api_version,
        "kind": config.gvk.kind,
        "name": config.name,
        "namespace": config.namespace,
    }
    origin = {**_repository(config.origin), "configuredIn": config.origin.get("path", "")}
    return {**origin, "configuredBy": {name: value for name, value in identity.items() if value}}


def _repository(origin: Origin) -> Origin:
    return {name: origin[name] for name in ("repo", "ref") if origin.get(name)}


def record(resources: ResMap, origin: Origin | None) -> None:
    """Record a transformation at every object; one without origin was made by it."""
    if origin is None:
        return
    for resource in resources:
        make_text(resource.manifest)
        if resource.origin is None:
            resource.origin = origin
        else:
            resource.transformations.append(origin)


def annotate(resources: ResMap, wanted: tuple[str, ...]) -> None:
    """Write the annotations that buildMetadata asks for, and take out those that it does not."""
    for resource in resources:
        texts = {
            ORIGIN: _text(resource.origin, asked="originAnnotations" in wanted),
            TRANSFORMATIONS: _text(resource.transformations, asked="transformerAnnotations" in wanted),
        }
        metadata = resource.manifest.setdefault("metadata", {})
        if not isinstance(metadata, dict):
            continue
        found = metadata.get("annotations")
        annotations = found if isinstance(found, dict) else {}
        for name, text in texts.items():
            annotations.pop(name, None)
            if text:
                annotations[name] = text
        if annotations:
            metadata["annotations"] = annotations


def texts(resource: Resource) -> dict[str, str]:
    """Give the annotations that tell all that is known of a resource's origin, asked for or not."""
    found = {
        TRANSFORMATIONS: _text(resource.transformations, asked=True),
        ORIGIN: _text(resource.origin, asked=True),
    }
    return {name: text for name, text in found.items() if text}


def _text(value: Any, *, asked: bool) -> str:
    return dump_node(_as_strings(value)) if asked and value else ""


def _as_strings(value: Any) -> Any:
    """Mark strings as such: unlike a node, a Go string is quoted where YAML 1.1 would not read it as one."""
    if isinstance(value, dict):
        return {name: _as_strings(one) for name, one in value.items()}
    return [_as_strings(one) for one in value] if isinstance(value, list) else Quoted(value)
