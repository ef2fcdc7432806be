"""Who owns a field of a live object, from its managedFields.

The format is FieldsV1 of Kubernetes' server-side apply: `f:` a field, `k:` an element of a list by its keys, `v:` a
scalar of a list that is a set; an empty map is a field that is owned whole.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from tasks.connection import MANAGER

if TYPE_CHECKING:
    from imbricate.difference import Item, Path
    from imbricate.difference.objects import Manifest

_DELIVERY = ("argocd-controller", "argocd-application-controller", "kustomize-controller", "helm-controller", MANAGER)
_CONTROLLERS = ("kube-*", "*-controller*", "*-operator", "*autoscaler*", "*-cainjector", "vpa-*", "keda*", "kubelet")


def manager_of(live: Manifest) -> str:
    """Give the field manager that applied an object: of several the one with most fields; of none, our own name."""
    fields = [
        (len(json.dumps(one.get("fieldsV1", {}))), str(one.get("manager")))
        for one in _entries(live)
        if one.get("operation") == "Apply" and not one.get("subresource")
    ]
    return max(fields, default=(0, MANAGER))[1]


def is_a_controllers(live: Manifest, path: Path) -> bool:
    """Tell whether a field is owned, and by controllers only: no person and nothing that delivers set it."""
    owners = {str(one.get("manager")) for one in _entries(live) if _owns(one.get("fieldsV1") or {}, path)}
    return bool(owners) and all(map(_is_controller, owners))


def _is_controller(manager: str) -> bool:
    return manager not in _DELIVERY and any(fnmatchcase(manager, pattern) for pattern in _CONTROLLERS)


def _entries(live: Manifest) -> list[dict[str, Any]]:
    return live.get("metadata", {}).get("managedFields") or []


def _owns(fields: dict[str, Any], path: Path) -> bool:
    node = fields
    for step in path:
        if not {key for key in node if key != "."}:
            return node is not fields
        found = node.get(f"f:{step}") if isinstance(step, str) else _element(node, step)
        if found is None:
            return False
        node = found
    return True


def _element(node: dict[str, Any], item: Item) -> dict[str, Any] | None:
    wanted = dict(item.keys)
    for key, below in node.items():
        kind, _, text = key.partition(":")
        if kind not in {"k", "v"}:
            continue
        value = json.loads(text)
        keys = {name: str(one) for name, one in value.items()} if isinstance(value, dict) else {"": str(value)}
        if keys == wanted:
            return dict(below)
    return None
