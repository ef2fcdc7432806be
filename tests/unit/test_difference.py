"""What differs between two sets of manifests: edits, lists, objects, masks."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imbricate.difference import Comparison, Masked, applied, compare, edits, masked, path_text
from imbricate.schema import BUILT_IN

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.sampled_from(["", "a", "b", "TCP"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(["name", "b", "c.d"]), inner),
    max_leaves=25,
)
PORTS = st.lists(
    st.fixed_dictionaries(
        {"containerPort": st.integers(1, 4)},
        optional={"protocol": st.sampled_from(["TCP", "UDP"]), "name": st.sampled_from("ab")},
    )
)
ENV = st.lists(st.fixed_dictionaries({"name": st.sampled_from("abcd"), "value": st.sampled_from("xy")}))
CONTAINERS = st.lists(st.fixed_dictionaries({"name": st.sampled_from("abc"), "ports": PORTS, "env": ENV}))
PODS = st.fixed_dictionaries(
    {"spec": st.fixed_dictionaries({"containers": CONTAINERS}), "metadata": st.just({"finalizers": ["b", "a"]})}
)
POD = BUILT_IN.of_kind("v1", "Pod")


def _shown(old: Any, new: Any, kind: str = "Pod") -> list[str]:
    return [
        f"{edit.kind} {path_text(edit.path)}: {edit.before!r} > {edit.after!r}"
        for edit in edits(old, new, BUILT_IN.of_kind("v1", kind))
    ]


@settings(deadline=None)
@given(VALUES)
def test_nothing_differs_from_itself(value: Any) -> None:
    assert edits(value, value) == []


@settings(deadline=None)
@given(VALUES, VALUES)
def test_the_edits_of_one_value_make_the_other_of_it(old: Any, new: Any) -> None:
    made = applied(old, edits(old, new))

    assert repr(made) == repr(new) or edits(made, new) == []
    assert edits(new, made) == []


@settings(deadline=None)
@given(PODS, PODS)
def test_the_edits_of_lists_with_keys_make_the_other_list(old: Any, new: Any) -> None:
    assert applied(old, edits(old, new, POD)) == new


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), max_size=6), st.lists(st.integers(0, 5), max_size=6))
def test_a_list_of_scalars_is_changed_with_as_few_edits_as_can_be(old: list[int], new: list[int]) -> None:
    assert len(edits(old, new)) <= _levenshtein(old, new)


def _levenshtein(old: list[int], new: list[int]) -> int:
    if not old or not new:
        return len(old) + len(new)
    return min(
        _levenshtein(old[1:], new) + 1,
        _levenshtein(old, new[1:]) + 1,
        _levenshtein(old[1:], new[1:]) + (old[0] != new[0]),
    )


def _pod(**fields: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "web", **fields}]}}


CASES: dict[str, tuple[Any, Any, list[str]]] = {
    "a number is no string": ({"a": 1}, {"a": "1"}, ["changed a: 1 > '1'"]),
    "a boolean is no number": ({"a": [1, 0]}, {"a": [True, 0]}, ["changed a[0]: 1 > True"]),
    "containers go by name": (
        {"spec": {"containers": [{"name": "a", "image": "x:1"}, {"name": "b"}]}},
        {"spec": {"containers": [{"name": "b"}, {"name": "a", "image": "x:2"}]}},
        [
            "moved spec.containers[name=b]: {'name': 'b'} > {'name': 'b'}",
            "changed spec.containers[name=a].image: 'x:1' > 'x:2'",
        ],
    ),
    "a port without protocol is one of TCP": (
        _pod(ports=[{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}]),
        _pod(
            ports=[{"containerPort": 80, "protocol": "TCP", "name": "http"}, {"containerPort": 80, "protocol": "UDP"}]
        ),
        [
            "added spec.containers[name=web].ports[containerPort=80,protocol=TCP].name: MISSING > 'http'",
            "added spec.containers[name=web].ports[containerPort=80,protocol=TCP].protocol: MISSING > 'TCP'",
        ],
    ),
    "an element in the middle moves no other": (
        _pod(env=[{"name": "A", "value": "1"}, {"name": "C", "value": "3"}]),
        _pod(env=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "C", "value": "3"}]),
        ["added spec.containers[name=web].env[name=B]: MISSING > {'name': 'B', 'value': '2'}"],
    ),
    "names that are there twice are no keys": (
        _pod(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]),
        _pod(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "3"}]),
        ["changed spec.containers[name=web].env[1].value: '2' > '3'"],
    ),
    "arguments are aligned": (
        _pod(args=["--a", "--b=1", "--c"]),
        _pod(args=["--b=2", "--c", "--d"]),
        [
            "removed spec.containers[name=web].args[0]: '--a' > MISSING",
            "changed spec.containers[name=web].args[0]: '--b=1' > '--b=2'",
            "added spec.containers[name=web].args[2]: MISSING > '--d'",
        ],
    ),
    "an argument that moved is not removed and added": (
        _pod(args=["--a", "--b", "--c", "--d"]),
        _pod(args=["--b", "--c", "--d", "--a"]),
        ["moved spec.containers[name=web].args[3]: '--a' > '--a'"],
    ),
    "maps without keys are paired by what they have in common": (
        {"spec": {"rules": [{"host": "a", "http": {"paths": [1, 2]}}, {"host": "b", "http": {"paths": [3]}}]}},
        {"spec": {"rules": [{"host": "b", "http": {"paths": [3, 4]}}]}},
        [
            "removed spec.rules[0]: {'host': 'a', 'http': {'paths': [1, 2]}} > MISSING",
            "added spec.rules[0].http.paths[1]: MISSING > 4",
        ],
    ),
    "odd names are quoted": (
        {"metadata": {"annotations": {"a.io/b": "1"}}},
        {"metadata": {"annotations": {"a.io/b": "2", 'say "x"': "y"}}},
        [
            "changed metadata.annotations[\"a.io/b\"]: '1' > '2'",
            'added metadata.annotations["say \\"x\\""]: MISSING > \'y\'',
        ],
    ),
    "finalizers are a set": (
        {"metadata": {"finalizers": ["a", "b"]}},
        {"metadata": {"finalizers": ["c", "a", "b"]}},
        ["added metadata.finalizers[c]: MISSING > 'c'"],
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES)
def test_edits(old: Any, new: Any, expected: list[str]) -> None:
    assert _shown(old, new) == expected
    assert applied(old, edits(old, new, POD)) == new


def test_long_lists_are_aligned_all_the_same() -> None:
    old = [{"n": index, "deep": {"x": [index]}} for index in range(400)]
    new = [*old[:100], {"n": -1}, *old[101:300], *old[301:]]

    assert [(edit.kind, path_text(edit.path)) for edit in edits(old, new)] == [
        ("removed", "[300]"),
        ("removed", "[100].deep"),
        ("changed", "[100].n"),
    ]


def _config(name: str, namespace: str = "", kind: str = "ConfigMap", **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": data}


def _web(config: str, namespace: str = "", replicas: int = 1) -> dict[str, Any]:
    metadata = {"name": "web", "namespace": namespace} if namespace else {"name": "web"}
    template = {"spec": {"containers": [{"name": "web", "envFrom": [{"configMapRef": {"name": config}}]}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {"replicas": replicas, "template": template},
    }


def _lines(found: Comparison) -> list[str]:
    return [
        f"{one.kind} {one.before} > {one.after} "
        f"{[f'{edit.kind} {path_text(edit.path)}' for edit in one.edits]} {list(map(str, one.used_by))}"
        for one in found.changes
    ]


OLD, NEW = "web-2456789bcd", "web-kmt2456789"


def test_another_hash_is_one_change_and_so_are_the_references_to_it() -> None:
    found = compare([_web(OLD), _config(OLD, a="1")], [_web(NEW), _config(NEW, a="2")])

    assert _lines(found) == [f"renamed ConfigMap/{OLD} > ConfigMap/{NEW} ['changed data.a'] ['Deployment/web']"]


def test_a_reference_among_other_changes_is_left_out() -> None:
    found = compare([_web(OLD), _config(OLD, a="1")], [_web(NEW, replicas=2), _config(NEW, a="2")])

    assert _lines(found)[0] == "changed Deployment/web > Deployment/web ['changed spec.replicas'] []"


def test_what_looks_hashed_but_has_no_namesake_is_added_and_removed() -> None:
    found = compare([_config(OLD)], [_config("other-kmt2456789")])

    assert _lines(found) == [
        "added None > ConfigMap/other-kmt2456789 [] []",
        f"removed ConfigMap/{OLD} > None [] []",
    ]


def test_a_name_without_a_hash_is_another_object() -> None:
    one, other = ({**_web("x"), "metadata": {"name": name}} for name in ("web", "api"))

    assert [change.kind for change in compare([one], [other]).changes] == ["added", "removed"]


def test_a_new_version_of_an_api_is_a_change() -> None:
    old, new = ({**_web("x"), "apiVersion": version} for version in ("apps/v1beta1", "apps/v1"))

    assert _lines(compare([old], [new])) == ["changed Deployment/web > Deployment/web ['changed apiVersion'] []"]


def test_the_same_object_twice_is_compared_twice() -> None:
    one, other = _config("a", x="1"), _config("a", x="2")

    assert not compare([one, other], [one, other])
    assert [change.kind for change in compare([one], [one, other]).changes] == ["added"]


def test_a_namespace_that_stands_for_another_is_named_once() -> None:
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "web", "namespace": "shop-staging"},
        "subjects": [{"kind": "ServiceAccount", "name": "web", "namespace": "shop-staging"}],
    }
    other = {
        **binding,
        "metadata": {"name": "web", "namespace": "shop"},
        "subjects": [{"kind": "ServiceAccount", "name": "web", "namespace": "shop"}],
    }
    spaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in ("shop-staging", "shop")
    ]
    old = [spaces[0], binding, _web("x", "shop-staging")]
    new = [spaces[1], other, _web("x", "shop", replicas=2)]

    found = compare(old, new, across_namespaces=True)

    assert found.namespaces == (("shop-staging", "shop", 2),)
    assert _lines(found) == ["changed Deployment/web in shop > Deployment/web in shop ['changed spec.replicas'] []"]
    assert len(compare(old, new).changes) == 6


def test_a_namespace_that_both_have_stands_for_none() -> None:
    old, new = [_config("a", "one"), _config("b", "both")], [_config("b", "both"), _config("a", "both")]

    assert compare(old, new, across_namespaces=True).namespaces == ()


TEXTS = st.text(st.characters(min_codepoint=33, max_codepoint=0x17F, exclude_characters="\x85\xa0"), min_size=1)
WORDS = TEXTS.map(lambda text: f"5ecr3t{text}")
NAMES = st.sampled_from(["DB_PASSWORD", "password", "TOKEN", "api-key", "AWS_SECRET_ACCESS_KEY", "STRIPE_APIKEY"])
KEY = "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n"


def _with_secret(word: str, name: str) -> list[dict[str, Any]]:
    encoded = base64.b64encode(word.encode()).decode()
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": encoded}}
    container = {
        "name": "web",
        "args": [f"--{name}={word}", f"--{name}", word],
        "env": [{"name": name, "value": word}, {"name": "DB", "value": f"postgres://u:{word}@db/x"}],
    }
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": f'{{"data":"{word}"}}'}
    return [
        {**secret, "stringData": {"b": word, "c": {"d": [word]}}},
        {"apiVersion": "v1", "kind": "List", "items": [secret]},
        {"apiVersion": "v1", "kind": "SecretList", "items": [{"metadata": {"name": "n"}, "data": {"a": encoded}}]},
        {**_web("x"), "spec": {"template": {"spec": {"containers": [container]}}}},
        {**_config("tls", **{"tls.key": KEY.format(word), name: word}), "metadata": {"annotations": annotations}},
        {"apiVersion": "v1", "kind": "ConfigMap", "binaryData": {"k": base64.b64encode(KEY.encode()).decode()}},
    ]


@settings(deadline=None)
@given(WORDS, WORDS, NAMES)
def test_no_secret_comes_through(one: str, other: str, name: str) -> None:
    old, new = _with_secret(one, name), _with_secret(other, name)
    shown = repr(compare(old, new)) + repr(compare([], new)) + repr(compare(old, [])) + repr(masked(old))

    encoded = [base64.b64encode(word.encode()).decode() for word in (one, other)]
    assert "5ecr3t" not in shown
    assert not [text for text in encoded if text in shown]
    assert bool(compare(old, new)) == (one != other)


@pytest.mark.parametrize(
    ("value", "is_base64", "shown"),
    [
        ("", False, "(masked, empty)"),
        ("x", False, "(masked, 1 to 8 bytes)"),
        ("x" * 9, False, "(masked, 9 to 16 bytes)"),
        ("eHg=", True, "(masked, 1 to 8 bytes)"),
        ("no-base64!", True, "(masked, 9 to 16 bytes)"),
        ("x" * 70000, False, "(masked, more than 65536 bytes)"),
    ],
)
def test_a_masked_value_tells_its_length_roughly(value: str, is_base64: bool, shown: str) -> None:  # noqa: FBT001
    assert repr(Masked(value, is_base64=is_base64)) == shown


def test_what_only_resembles_a_secret_is_shown() -> None:
    shown = {"args": ["--max-tokens=5", "--url=https://x:443/a", "$(A)"], "url": "redis://:$(PASSWORD)@redis:6379"}

    assert masked(shown) == shown


def test_a_masked_secret_still_tells_which_keys_changed() -> None:
    old, new = (_config("s", kind="Secret", a="YQ==", b=value) for value in ("Yg==", "Yw=="))

    [change] = compare([old], [new]).changes

    assert [(path_text(edit.path), repr(edit.after)) for edit in change.edits] == [("data.b", "(masked, 1 to 8 bytes)")]
