"""The lock and the pins: what is kept of a build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasks.images.budgets import budget
from tasks.images.errors import ImageError
from tasks.images.folders import Image
from tasks.images.lock import LOCK, Locked, keep, locked
from tasks.images.pins import pin
from tests.tasks.images.conftest import WEB

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("images")

ENTRY = Locked("1.2.0-abc", f"sha256:{'d' * 64}", "abc", {"PYTHON_IMAGE": "python"}, 300, 100, 120)
PINS = """\
# Written by doit build and doit promote; do not edit.
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
images:
- name: shop/web
  newName: registry.example.com/shop/web
  newTag: 1.0.0
- name: redis
  newTag: 7.4.6
"""


def test_what_is_kept_is_read_again() -> None:
    assert keep("shop/web", ENTRY)
    assert keep("shop/api", ENTRY._replace(tag="2"))
    assert not keep("shop/web", ENTRY)

    assert locked() == {"shop/api": ENTRY._replace(tag="2"), "shop/web": ENTRY}
    assert LOCK.read_text().index("shop/api") < LOCK.read_text().index("shop/web")


def test_no_lock_is_an_empty_one() -> None:
    assert locked() == {}


@pytest.mark.parametrize("text", ["{", "[]", '{"shop/web": {"tag": "1"}}', '{"shop/web": 1}'])
def test_a_file_that_is_no_lock_is_an_error(text: str) -> None:
    LOCK.write_text(text)

    with pytest.raises(ImageError, match=r"^images.lock.json: expected a map from image to tag, digest, inputs"):
        locked()


def test_pins_keep_the_registry_and_all_other_images(project: Path) -> None:
    file = project / "overlays/dev/shop/pins/kustomization.yaml"
    file.parent.mkdir()
    file.write_text(PINS)

    assert pin(WEB, ENTRY.tag, ENTRY.digest)
    assert not pin(WEB, ENTRY.tag, ENTRY.digest)

    assert (
        file.read_text()
        == f"""\
# Written by doit build and doit promote; do not edit.
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
images:
- name: redis
  newTag: 7.4.6
- digest: {ENTRY.digest}
  name: shop/web
  newName: registry.example.com/shop/web
  newTag: 1.2.0-abc
"""
    )


def test_an_image_that_was_pushed_is_pinned_to_its_registry(project: Path) -> None:
    file = project / "overlays/dev/shop/pins/kustomization.yaml"
    file.parent.mkdir()
    file.write_text(PINS)

    pin(WEB, ENTRY.tag, ENTRY.digest, "localhost:5001/team")

    assert "newName: localhost:5001/team/shop/web\n" in file.read_text()


def test_a_system_without_pins_is_an_error() -> None:
    with pytest.raises(ImageError) as caught:
        pin(WEB, ENTRY.tag, ENTRY.digest)

    assert str(caught.value) == (
        "overlays/dev/shop/pins/kustomization.yaml is missing: it is the Component that holds the digests of shop"
    )


def test_an_image_has_its_own_budget_or_that_of_all(images: Path) -> None:
    (images / "budgets.yaml").write_text("default: 500\nshop/web: 20\n")

    assert (budget(WEB), budget(Image("shop", "api"))) == (20_000_000, 500_000_000)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shop/api: 1\n", "images/budgets.yaml: shop/web: expected a number of megabytes, found None"),
        ("- 1\n", "images/budgets.yaml: shop/web: expected a number of megabytes, found None"),
        ("default: much\n", "images/budgets.yaml: shop/web: expected a number of megabytes, found 'much'"),
    ],
)
def test_a_budget_that_is_no_number_is_an_error(images: Path, text: str, message: str) -> None:
    (images / "budgets.yaml").write_text(text)

    with pytest.raises(ImageError) as caught:
        budget(WEB)

    assert str(caught.value) == message
