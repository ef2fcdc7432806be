"""Fields as people write them: which path they mean, and what means none."""

from __future__ import annotations

import pytest

from imbricate.provenance.fields import Path, find, in_former

MANIFEST = {
    "metadata": {"labels": {"app.kubernetes.io/name": "a", "app": {"kubernetes": 1}}},
    "data": {"app.conf": "x", "a]b": "y"},
    "spec": {
        "containers": [{"name": "a", "port": 1}, {"name": "b", "port": 2, "args": ["-x", "--y=1"]}],
        "empty": [],
    },
}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", ()),
        ("spec.containers", ("spec", "containers")),
        ("spec.containers[1].port", ("spec", "containers", 1, "port")),
        ("spec.containers.1.port", ("spec", "containers", 1, "port")),
        ("spec.containers[name=b].port", ("spec", "containers", 1, "port")),
        ("spec.containers.[name=b].port", ("spec", "containers", 1, "port")),
        ('spec.containers[name="b",port=2]', ("spec", "containers", 1)),
        ("spec.containers[name=b].args[-x]", ("spec", "containers", 1, "args", 0)),
        ('spec.containers[name=b].args["--y=1"]', ("spec", "containers", 1, "args", 1)),
        ("metadata.labels.app.kubernetes.io/name", ("metadata", "labels", "app.kubernetes.io/name")),
        (r"metadata.labels.app\.kubernetes\.io/name", ("metadata", "labels", "app.kubernetes.io/name")),
        ("metadata.labels['app.kubernetes.io/name']", ("metadata", "labels", "app.kubernetes.io/name")),
        ("metadata.labels.app.kubernetes", ("metadata", "labels", "app", "kubernetes")),
        ('data["a]b"]', ("data", "a]b")),
        ("spec.containers[name=b,port=1]", None),
        ("spec.containers[2]", None),
        ("spec.containers[²]", None),
        ("spec.containers.name", None),
        ("spec.empty[0]", None),
        ("spec.container", None),
        ("data[", None),
        (".", None),
    ],
)
def test_find(text: str, path: Path | None) -> None:
    assert find(MANIFEST, text) == path


A, B, C, NEW = ({"name": name} for name in ("a", "b", "c", "new"))


@pytest.mark.parametrize(
    ("before", "after", "path", "former"),
    [
        ([A, B], [B, A], (1, "image"), (0, "image")),
        ([B, C, A], [A, B, C], (0,), (2,)),
        ([B], [NEW, B], (0, "image"), None),
        ([B], [NEW, B], (1,), (0,)),
    ],
)
def test_an_element_is_followed_by_its_name(
    before: list[object], after: list[object], path: Path, former: Path | None
) -> None:
    expected = None if former is None else ("l", *former)

    assert in_former({"l": before}, {"l": after}, ("l", *path), None) == expected
