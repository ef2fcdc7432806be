"""Images: the parts of a reference, patterns of names, and where images stand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbricate import defaults
from imbricate.errors import FieldSpecError
from imbricate.images import changed, image_places, matches, set_image, split
from imbricate.kustomization import Image
from imbricate.resources import ResMap, Resource


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("nginx", ("nginx", "", "")),
        ("nginx:1", ("nginx", "1", "")),
        ("nginx@sha256:a", ("nginx", "", "sha256:a")),
        ("nginx:1@sha256:a", ("nginx", "1", "sha256:a")),
        ("reg:5000/a/b", ("reg:5000/a/b", "", "")),
        ("reg:5000/a/b:1@sha256:a", ("reg:5000/a/b", "1", "sha256:a")),
        ("", ("", "", "")),
    ],
)
def test_splitting(image: str, parts: tuple[str, str, str]) -> None:
    assert split(image) == parts


@pytest.mark.parametrize(
    ("image", "name", "expected"),
    [
        ("nginx", "nginx", True),
        ("nginx:1@sha256:a", "nginx", True),
        ("nginx:{{tag}}", "nginx", True),
        ("nginx@sha256+b64:a", "nginx", True),
        ("nginxx", "nginx", False),
        ("a/nginx", "nginx", False),
        ("nginx:1:2", "nginx", False),
        ("nginx\n", "nginx", False),
        ("docker.io/nginx", "docker.io/nginx", True),
        ("dockerxio/nginx", "docker.io/nginx", True),
        ("reg/a/nginx", ".*/nginx", True),
        ("nginx", "nginx(", False),
        ("nginx", "*", True),
    ],
)
def test_names_are_patterns(image: str, name: str, *, expected: bool) -> None:
    assert matches(image, name) is expected


@pytest.mark.parametrize(
    ("image", "change", "expected"),
    [
        ("a:1@sha256:x", Image(new_tag="2"), "a:2"),
        ("a:1", Image(digest="sha256:y"), "a@sha256:y"),
        ("a:1", Image(new_tag="2", digest="sha256:y"), "a:2@sha256:y"),
        ("a:1@sha256:x", Image(new_name="b"), "b:1@sha256:x"),
        ("a:1@sha256:x", Image(tag_suffix="-s"), "a:1-s"),
        ("a", Image(tag_suffix="-s"), "a:-s"),
        ("a:1", Image(), "a:1"),
    ],
)
def test_changes(image: str, change: Image, expected: str) -> None:
    assert changed(image, change) == expected


def places(manifest: Any) -> list[str]:
    resource = Resource({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, **manifest})
    return [container[key] for container, key in image_places(resource, defaults.IMAGES)]


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        ({"kind": "Thing", "x": {"containers": [{"image": "a"}]}}, ["a"]),
        ({"kind": "Thing", "x": [[{"initContainers": [{"image": "a"}, {}, None]}]]}, ["a"]),
        ({"kind": "Thing", "containers": {"image": "a"}, "image": "b"}, []),
        ({"spec": {"containers": [{"image": "a"}]}}, ["a", "a"]),
        ({"kind": "CustomResourceDefinition", "spec": {"containers": [{"image": "a"}]}}, []),
    ],
)
def test_where_images_stand(manifest: Any, expected: list[str]) -> None:
    assert places(manifest) == expected


def test_a_list_of_containers_holds_maps() -> None:
    with pytest.raises(FieldSpecError, match=r"^containers: expected a list of containers, found a string in it$"):
        places({"kind": "Thing", "containers": ["a"]})


def test_a_suffix_is_added_as_often_as_kustomize_looks() -> None:
    pod = Resource(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"image": "a:1"}]}}
    )

    set_image(ResMap([pod]), Image("a", tag_suffix="-x"), defaults.IMAGES)

    assert pod.manifest["spec"]["containers"] == [{"image": "a:1-x-x"}]


NAMES = st.from_regex(r"([a-z]{1,4}(:[0-9]{1,3})?/)?[a-z]{1,4}(/[a-z]{1,3})?", fullmatch=True)
TAGS = st.from_regex(r"[a-zA-Z0-9_.-]{1,5}", fullmatch=True)
DIGESTS = st.from_regex(r"sha256:[0-9a-f]{4}", fullmatch=True)


@given(NAMES, TAGS | st.just(""), DIGESTS | st.just(""))
def test_an_image_splits_into_what_it_was_joined_from(name: str, tag: str, digest: str) -> None:
    image = name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")

    assert split(image) == (name, tag, digest)
    assert matches(image, name)
    assert changed(image, Image(name)) == image


@given(NAMES, TAGS, TAGS, DIGESTS)
def test_a_change_done_twice_is_done_once(name: str, tag: str, new: str, digest: str) -> None:
    change = Image(name, new_tag=new, digest=digest)
    once = changed(f"{name}:{tag}", change)

    assert changed(once, change) == once


@given(st.text(max_size=8), st.text(max_size=8))
def test_any_pattern_is_matched_or_not(image: str, name: str) -> None:
    assert matches(image, name) in {True, False}
