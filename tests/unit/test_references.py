"""References follow the names of what they refer to: through kinds, namespaces and prefixes."""

from __future__ import annotations

from typing import Any

import pytest

from imbricate.errors import FieldSpecError, ReferenceConflictError
from imbricate.fieldspecs import FieldSpec, NameReference
from imbricate.references import fix_references
from imbricate.resources import ResMap, Resource

TABLE = (NameReference("Target", referrers=(FieldSpec("ref", kind="User"),)),)


def made(kind: str, name: str, namespace: str = "", **fields: Any) -> Resource:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return Resource({"apiVersion": "v1", "kind": kind, "metadata": metadata, **fields})


def renamed(name: str, to: str, namespace: str = "", kind: str = "Target", prefix: str = "") -> Resource:
    resource = made(kind, name, namespace)
    resources = ResMap([resource])
    resource.remember_id()
    resource.set_name(to)
    resources.rekey(resource)
    if prefix:
        resource.prefixes.append(prefix)
    return resource


def followed(ref: Any, *targets: Resource, namespace: str = "", prefix: str = "") -> Any:
    user = made("User", "u", namespace, ref=ref)
    if prefix:
        user.prefixes.append(prefix)
    fix_references(ResMap([*targets, user]), TABLE)
    return user.manifest["ref"]


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("t", "p-t"),
        ("other", "other"),
        ("p-t", "p-t"),
        (None, None),
        (["t", "other", None], ["p-t", "other", None]),
        ({"name": "t"}, {"name": "p-t"}),
        ({"name": "t", "kind": "Target"}, {"name": "p-t", "kind": "Target"}),
        ([{"name": "t"}, "t"], [{"name": "p-t"}, "p-t"]),
    ],
)
def test_names_in_their_places(ref: Any, expected: Any) -> None:
    assert followed(ref, renamed("t", "p-t")) == expected


@pytest.mark.parametrize(
    ("namespace", "target_namespace", "expected"),
    [("", "", "p-t"), ("a", "a", "p-t"), ("a", "b", "t"), ("", "default", "p-t"), ("a", "", "t")],
)
def test_namespaces_part_names(namespace: str, target_namespace: str, expected: str) -> None:
    assert followed("t", renamed("t", "p-t", target_namespace), namespace=namespace) == expected


def test_the_kind_must_be_that_of_the_table() -> None:
    assert followed("t", renamed("t", "p-t", kind="Other")) == "t"


def test_of_several_the_one_of_the_same_prefix_is_meant() -> None:
    targets = (renamed("t", "a-t", prefix="a-"), renamed("t", "b-t", prefix="b-"))

    assert followed("t", *targets, prefix="b-") == "b-t"


def test_several_that_are_called_differently_are() -> None:
    with pytest.raises(ReferenceConflictError) as caught:
        followed("t", renamed("t", "a-t"), renamed("t", "b-t"))

    assert str(caught.value) == (
        "User/u: ref: 't' could mean any of Target.v1.[noGrp]/a-t.[noNs], Target.v1.[noGrp]/b-t.[noNs]; "
        "give them one name"
    )


@pytest.mark.parametrize(
    ("ref", "message"),
    [
        ({"kind": "Target"}, "User/u: ref: expected a map with a name"),
        ([["t"]], "User/u: ref: expected a name or a map with a name, found a list"),
    ],
)
def test_what_holds_no_name(ref: Any, message: str) -> None:
    with pytest.raises(FieldSpecError) as caught:
        followed(ref, renamed("t", "p-t"))

    assert str(caught.value) == message


def role_binding(**role_ref: str) -> Resource:
    manifest = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "b"},
        "roleRef": role_ref,
    }
    return Resource(manifest)


@pytest.mark.parametrize(
    ("role_ref", "expected"),
    [
        ({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}, "role"),
        ({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "r"}, "cluster"),
        ({"apiGroup": "example.com", "kind": "Role", "name": "r"}, "r"),
        ({"name": "r"}, "role"),
    ],
)
def test_the_kind_of_a_role_is_what_the_binding_says(role_ref: dict[str, str], expected: str) -> None:
    roles = [renamed("r", "role", kind="Role"), renamed("r", "cluster", kind="ClusterRole")]
    for role in roles:
        role.manifest["apiVersion"] = "rbac.authorization.k8s.io/v1"
        role.id = role.read_id()
        role.key = role.id.key
    field = (FieldSpec("roleRef/name"),)
    table = (NameReference("Role", referrers=field), NameReference("ClusterRole", referrers=field))
    user = role_binding(**role_ref)

    fix_references(ResMap([*roles, user]), table)

    assert user.manifest["roleRef"]["name"] == expected


@pytest.mark.parametrize(("namespace", "expected"), [({"name": "n"}, "found a map"), (5, "found a number")])
def test_namespaces_of_subjects_are_strings(namespace: Any, expected: str) -> None:
    user = role_binding(name="r")
    user.manifest["subjects"] = [{"kind": "ServiceAccount", "name": "s", "namespace": namespace}]
    table = (NameReference("Role", referrers=(FieldSpec("roleRef/name"),)),)

    with pytest.raises(FieldSpecError) as caught:
        fix_references(ResMap([renamed("r", "p-r", kind="Role"), user]), table)

    assert str(caught.value) == f"RoleBinding/b: subjects: namespace: expected a string, {expected}"
