"""Identity of objects, and the ordered, indexed map of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from imbricate.errors import ConflictError
from imbricate.resid import Gvk, ResId, gvk_of
from imbricate.resources import ResMap, Resource, Source, encode_base64

if TYPE_CHECKING:
    from imbricate.values import Mapping


def manifest(kind: str = "ConfigMap", name: str = "c", namespace: str = "", **fields: Any) -> Mapping:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **fields}


@pytest.mark.parametrize(
    ("api_version", "gvk"),
    [
        ("v1", Gvk("", "v1", "A")),
        ("apps/v1", Gvk("apps", "v1", "A")),
        ("", Gvk("", "", "A")),
        ("a/b/c", Gvk("a", "b/c", "A")),
    ],
)
def test_api_version_splits_at_its_first_slash(api_version: str, gvk: Gvk) -> None:
    assert gvk_of(api_version, "A") == gvk


@pytest.mark.parametrize("api_version", ["v1", "apps/v1"])
def test_api_version_is_put_together_again(api_version: str) -> None:
    assert gvk_of(api_version, "A").api_version == api_version


@pytest.mark.parametrize(
    ("gvk", "name", "namespace", "text"),
    [
        (Gvk("apps", "v1", "Deployment"), "d", "n", "Deployment.v1.apps/d.n"),
        (Gvk("", "", ""), "", "", "[noKind].[noVer].[noGrp]/[noName].[noNs]"),
    ],
)
def test_ids_print_as_kustomize_prints_them(gvk: Gvk, name: str, namespace: str, text: str) -> None:
    assert str(ResId(gvk, name, namespace)) == text


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (manifest(namespace="default"), manifest(), True),
        (manifest(namespace="x"), manifest(), False),
        (manifest("Namespace", namespace="x"), manifest("Namespace"), True),
        (manifest("Unknown", namespace="x"), manifest("Unknown", namespace="y"), False),
        (manifest(name="a"), manifest(name="b"), False),
    ],
)
def test_equality_goes_by_the_effective_namespace(one: Mapping, other: Mapping, *, same: bool) -> None:
    assert (Resource(one).key == Resource(other).key) is same


@pytest.mark.parametrize("metadata", [None, [], "text", {}, {"name": None}, {"name": {}}, {"name": []}], ids=repr)
def test_metadata_that_holds_no_name_gives_an_empty_one(metadata: Any) -> None:
    assert Resource({"apiVersion": "v1", "kind": "A", "metadata": metadata}).name == ""


@pytest.mark.parametrize(("size", "lines"), [(51, 1), (52, 2), (53, 2), (105, 2), (106, 3)])
def test_long_base64_is_cut_into_lines(size: int, lines: int) -> None:
    text = encode_base64(b"x" * size)

    assert len(text.splitlines()) == lines
    assert all(len(line) <= 70 for line in text.splitlines())
    assert text.endswith("\n") == (lines > 1)


def test_a_resource_remembers_the_ids_that_it_had() -> None:
    resource = Resource(manifest(name="a"))
    resource.remember_id()
    resource.set_name("b")
    resource.id = resource.read_id()

    assert [one.name for one in resource.ids] == ["a", "b"]
    assert resource.original_id.name == "a"
    assert str(resource) == "ConfigMap/b"


def test_a_resource_without_history_is_its_own_original() -> None:
    resource = Resource(manifest(name="a"))

    assert resource.original_id == resource.id


def test_forgetting_takes_affixes_and_the_wish_for_a_hash_along() -> None:
    resource = Resource(manifest())
    resource.remember_id()
    resource.prefixes, resource.suffixes, resource.needs_hash, resource.behavior = ["p"], ["s"], True, "merge"

    resource.forget_history()

    assert (resource.previous, resource.prefixes, resource.suffixes) == ([], [], [])
    assert (resource.needs_hash, resource.behavior) == (False, "")


def test_merging_takes_data_labels_and_the_name_over() -> None:
    old = Resource(manifest(name="old", namespace="n", data={"a": "1", "b": "1"}, binaryData={"z": "eg=="}))
    old.manifest["metadata"]["labels"] = {"l": "old", "k": "old"}
    new = Resource(manifest(name="new", data={"b": "2"}))
    new.manifest["metadata"]["labels"] = {"l": "new"}
    new.needs_hash = True

    new.take_over(old, merge=True)

    assert new.manifest == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "old", "namespace": "n", "labels": {"l": "new", "k": "old"}},
        "data": {"a": "1", "b": "2"},
        "binaryData": {"z": "eg=="},
    }
    assert new.needs_hash is False
    assert new.id.namespace == "n"


def test_replacing_keeps_only_name_and_metadata() -> None:
    old = Resource(manifest(name="old", data={"a": "1"}))
    new = Resource(manifest(name="new", namespace="gone", data={"b": "2"}))

    new.take_over(old, merge=False)

    assert new.manifest == manifest(name="old", data={"b": "2"})


def test_string_data_of_a_secret_is_merged_as_the_server_would_store_it() -> None:
    old = Resource(manifest("Secret", data={"a": "MQ==", "b": "MQ=="}, stringData={"b": "two"}))
    new = Resource(manifest("Secret", data={"c": "Mw=="}))

    new.take_over(old, merge=True)

    assert new.manifest["data"] == {"a": "MQ==", "b": "dHdv", "c": "Mw=="}


def test_two_resources_of_one_id_conflict() -> None:
    first = Resource(manifest(), Source("a.yaml"))
    second = Resource(manifest(namespace="default"), Source("b.yaml", 2))

    with pytest.raises(ConflictError) as caught:
        ResMap([first, second])

    assert (
        str(caught.value) == "ConfigMap.v1.[noGrp]/c.default is there twice: from a.yaml and from b.yaml (document 3)"
    )


def test_a_rename_that_gives_two_resources_one_id_is_found_later() -> None:
    first, second = Resource(manifest(name="a"), Source("a.yaml")), Resource(manifest(name="b"), Source("k", 1, "gen"))
    resources = ResMap([first, second])
    resources.check_unique()
    second.set_name("a")
    resources.rekey(second)

    with pytest.raises(
        ConflictError, match=r"^ConfigMap\.v1\.\[noGrp\]/a\.\[noNs\] is there twice: from a\.yaml and from "
    ):
        resources.check_unique()
    assert len(resources.with_id(first.id)) == 2


def test_what_is_changed_while_iterating_does_not_disturb_the_iteration() -> None:
    resources = ResMap(Resource(manifest(name=name)) for name in "abc")

    for resource in resources:
        resources.remove(resource)

    assert len(resources) == 0


class ResMapMachine(RuleBasedStateMachine):
    """Any sequence of operations leaves the indexes saying what a search through all resources says."""

    present = Bundle("present")

    def __init__(self) -> None:
        super().__init__()
        self.resources = ResMap()
        self.expected: list[Resource] = []

    kinds = st.sampled_from(["ConfigMap", "Namespace", "Thing"])
    names = st.sampled_from(["a", "b", "c"])
    namespaces = st.sampled_from(["", "default", "x"])

    @rule(target=present, kind=kinds, name=names, namespace=namespaces)
    def append(self, kind: str, name: str, namespace: str) -> Resource:
        resource = Resource(manifest(kind, name, namespace))
        taken = any(one.read_id().key == resource.key for one in self.expected)
        try:
            self.resources.append(resource)
        except ConflictError:
            assert taken
        else:
            assert not taken
            self.expected.append(resource)
        return resource

    @rule(resource=present)
    def remove(self, resource: Resource) -> None:
        if any(one is resource for one in self.expected):
            self.resources.remove(resource)
            self.expected = [one for one in self.expected if one is not resource]
        assert resource not in self.resources

    @rule(resource=present, name=names)
    def rename(self, resource: Resource, name: str) -> None:
        if any(one is resource for one in self.expected):
            resource.remember_id()
            resource.set_name(name)
            self.resources.rekey(resource)

    @rule(resource=present, api_version=st.sampled_from(["v1", "example.com/v1"]))
    def change_api_version(self, resource: Resource, api_version: str) -> None:
        if any(one is resource for one in self.expected):
            resource.manifest["apiVersion"] = api_version
            self.resources.rekey(resource)

    @rule(resource=present, name=names)
    def replace(self, resource: Resource, name: str) -> None:
        if any(one is resource for one in self.expected):
            new = Resource(manifest("ConfigMap", name))
            new.previous = list(resource.previous)
            self.resources.replace(resource, new)
            self.expected = [new if one is resource else one for one in self.expected]

    @rule()
    def reverse(self) -> None:
        self.expected.reverse()
        self.resources.reorder(list(self.expected))

    @invariant()
    def order_is_kept(self) -> None:
        assert list(self.resources) == self.expected
        assert len(self.resources) == len(self.expected)

    @invariant()
    def indexes_equal_a_search(self) -> None:
        for kind in ("ConfigMap", "Namespace", "Thing"):
            for name in "abc":
                wanted = Resource(manifest(kind, name, "x")).id
                current = {id(one) for one in self.expected if one.id.key == wanted.key}
                known = {id(one) for one in self.expected if any(two.key == wanted.key for two in one.ids)}
                assert {id(one) for one in self.resources.with_id(wanted)} == current
                assert {id(one) for one in self.resources.with_any_id(wanted)} == known
                assert len(self.resources.with_any_id(wanted)) == len(known)


ResMapMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
test_indexes_follow_every_operation = ResMapMachine.TestCase


@given(st.binary(max_size=300))
def test_base64_can_be_read_back(content: bytes) -> None:
    import base64

    assert base64.b64decode(encode_base64(content)) == content
