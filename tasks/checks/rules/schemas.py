"""Schemas: what the API server would refuse, or drop with a warning. They are on disk; nothing is fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.checks.findings import Problem
from tasks.checks.objects import group_of
from tasks.checks.registry import unit_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.checks.findings import Manifest
    from tasks.checks.subject import Subject

_GROUP = "Schemas"
_BUILT_IN = frozenset({"", "apps", "autoscaling", "batch", "policy", "extensions"})
# Of custom resources, although their groups end like those of Kubernetes itself.
_CUSTOM = frozenset({"autoscaling.k8s.io", "gateway.networking.k8s.io", "snapshot.storage.k8s.io", "metrics.k8s.io"})


def is_built_in(manifest: Manifest) -> bool:
    """Tell whether every API server has the kind's group."""
    group = group_of(manifest)
    return group in _BUILT_IN or (group.endswith(".k8s.io") and group not in _CUSTOM)


@unit_rule("schema", _GROUP, fix="see kubectl explain, or the reference of the API")
def schema(subject: Subject) -> Iterator[Problem]:
    """Every object of a built-in kind fits the schema of its environment's version of Kubernetes.

    Unknown fields are refused, too: the API server drops them with a warning that nobody sees in a pipeline. The
    schemas are those of the package kubernetes-validate.
    """
    from tasks.checks.validation import BuiltIn, MissingSchemasError, errors  # noqa: PLC0415 - heavy

    try:
        known = BuiltIn.of(subject.environment.kubernetes)
    except MissingSchemasError as error:
        yield Problem(str(error), fix="pip install 'imbricate[test]'")
        return
    for manifest in subject.manifests:
        if is_built_in(manifest):
            validator = known.validator(str(manifest.get("apiVersion")), str(manifest.get("kind")))
            if validator is None:
                message = f"Kubernetes {known.version} has no {manifest.get('kind')} in {manifest.get('apiVersion')}"
                yield Problem(message, manifest, ("apiVersion",))
                continue
            for path, message in errors(validator, manifest):
                yield Problem(message, manifest, path)


@unit_rule("custom-schema", _GROUP, fix="see the reference of the custom resource")
def custom_schema(subject: Subject) -> Iterator[Problem]:
    """Every custom resource fits the schema of its CustomResourceDefinition.

    The schemas are in tasks/checks/schemas/, with where each is from. A kind without one is a finding.
    """
    from tasks.checks.validation import MissingSchemasError, custom_validator, errors  # noqa: PLC0415 - heavy

    for manifest in subject.manifests:
        if is_built_in(manifest):
            continue
        try:
            validator = custom_validator(str(manifest.get("apiVersion")), str(manifest.get("kind")))
        except MissingSchemasError as error:
            yield Problem(str(error), fix="pip install 'imbricate[test]'")
            return
        if validator is None:
            message = f"there is no schema of {manifest.get('kind')} in {manifest.get('apiVersion')}"
            yield Problem(message, manifest, ("apiVersion",), fix="add it to tasks/checks/schemas/sources.yaml")
            continue
        for path, message in errors(validator, manifest):
            yield Problem(message, manifest, path)
