"""`set_images`: what the pipeline calls to pin images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbricate.edit.canonical import encoded
from imbricate.edit.images import change_images, parse_image, set_images
from imbricate.errors import EditError, KustomizationError
from imbricate.kustomization import Image

if TYPE_CHECKING:
    from pathlib import Path

PINS = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("argument", "image"),
    [
        ("nginx:1", Image("nginx", new_tag="1")),
        ("nginx@sha256:a", Image("nginx", digest="sha256:a")),
        ("nginx=web", Image("nginx", "web")),
        ("nginx=web:1@sha256:a", Image("nginx", "web", new_tag="1", digest="sha256:a")),
        ("localhost:5000/web:1", Image("localhost:5000/web", new_tag="1")),
        ("nginx=*:*", Image("nginx", "*", new_tag="*")),
        ("=web:1", Image("web", new_tag="1")),
    ],
)
def test_arguments(argument: str, image: Image) -> None:
    assert parse_image(argument) == image


@pytest.mark.parametrize("argument", ["nginx", "", "localhost:5000/web"])
def test_an_argument_that_changes_nothing_is_refused(argument: str) -> None:
    with pytest.raises(EditError, match="says nothing new of the image"):
        parse_image(argument)


def test_pins_are_written_into_a_component(tmp_path: Path) -> None:
    path = tmp_path / "kustomization.yaml"
    path.write_text(PINS)

    assert set_images(path, [Image("web", "registry/web", digest=DIGEST), Image("api", new_tag="v1")])
    assert path.read_text() == (
        PINS + f"images:\n- name: api\n  newTag: v1\n- digest: {DIGEST}\n  name: web\n  newName: registry/web\n"
    )


def test_pinning_the_same_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "kustomization.yaml"
    path.write_text(PINS)
    set_images(path, [Image("web", new_tag="1")])

    assert not set_images(path, [Image("web", new_tag="1")])
    assert not set_images(path, [])


def test_a_file_that_is_no_kustomization_stays(tmp_path: Path) -> None:
    path = tmp_path / "kustomization.yaml"
    path.write_text("imges: []\n")

    with pytest.raises(KustomizationError, match=r"imges: unknown field; did you mean images\?"):
        set_images(path, [Image("web", new_tag="1")])
    assert path.read_text() == "imges: []\n"


_PARTS = st.sampled_from(["", "*", "one", "two"])
_IMAGES = st.builds(Image, st.sampled_from("abc"), _PARTS, st.just(""), _PARTS, _PARTS)


@given(st.lists(_IMAGES), st.lists(_IMAGES, unique_by=lambda image: image.name))
def test_every_name_stands_once_sorted_and_without_stars(new: list[Image], present: list[Image]) -> None:
    fields = {"images": [encoded(one) for one in present]}

    change_images(fields, new)

    names = [one["name"] for one in fields["images"]]
    assert names == sorted({one.name for one in (*new, *present)})
    last = {image.name: image for image in new}
    before = {image.name: encoded(image) for image in present}
    for entry in fields["images"]:
        image = last.get(entry["name"])
        for field, asked in (("newName", image and image.new_name), ("newTag", image and image.new_tag)):
            kept = before.get(entry["name"], {}).get(field, "")
            expected = asked if asked not in (None, "*") else kept
            assert entry.get(field, "") == ("" if expected == "*" else expected)
