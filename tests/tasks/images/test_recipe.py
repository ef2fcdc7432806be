"""The recipe of an image: what makes its tag another one, and what does not."""

from __future__ import annotations

import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from tasks.images import context
from tasks.images.errors import ImageError
from tasks.images.folders import images as found_images
from tasks.images.recipe import recipe
from tests.tasks.images.conftest import WEB

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("images")


def test_images_are_found_by_their_dockerfiles(images: Path) -> None:
    (images / "stand-ins/python").mkdir(parents=True)
    (images / "stand-ins/python/Dockerfile").write_text("FROM scratch\n")

    assert [(image.name, image.task) for image in found_images()] == [("shop/web", "shop-web")]


def test_the_tag_is_the_version_and_the_inputs() -> None:
    made = recipe(WEB)

    assert made.tag == f"1.2.0-{made.digest[:16]}"
    assert made.reference == f"shop/web:{made.tag}"


def test_the_context_is_what_the_ignore_file_lets_through(images: Path) -> None:
    (images / "shop/web/notes.txt").write_text("not for the image")
    (images / "shop/other.py").write_text("not for this image")

    assert [entry.path for entry in recipe(WEB).entries] == ["shop/web/Dockerfile", "shop/web/app.py"]


CHANGES: dict[str, Callable[[Path], object]] = {
    "a source": lambda images: (images / "shop/web/app.py").write_text("print('bye')\n"),
    "a mode": lambda images: (images / "shop/web/app.py").chmod(0o755),
    "a new file": lambda images: (images / "shop/web/more.py").write_text(""),
    "a link": lambda images: (images / "shop/web/link.py").symlink_to("app.py"),
    "the Dockerfile": lambda images: (images / "shop/web/Dockerfile").write_text(
        (images / "shop/web/Dockerfile").read_text() + "EXPOSE 80\n"
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_goes_in_changes_the_tag(images: Path, change: Callable[[Path], object]) -> None:
    before = recipe(WEB).tag

    change(images)

    assert recipe(WEB).tag != before


SAME: dict[str, Callable[[Path], object]] = {
    "a time": lambda images: os.utime(images / "shop/web/app.py", (1, 1)),
    "who may write": lambda images: (images / "shop/web/app.py").chmod(0o664),
    "a file left out": lambda images: (images / "shop/web/notes.txt").write_text("x"),
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_what_does_not_go_in_changes_nothing(images: Path, change: Callable[[Path], object]) -> None:
    before = recipe(WEB).tag

    change(images)

    assert recipe(WEB).tag == before


def test_stand_ins_take_the_place_of_the_published_bases() -> None:
    published, local = recipe(WEB), recipe(WEB, {"PYTHON_IMAGE": "imbricate.local/python:1", "OTHER_IMAGE": "x"})

    assert local.bases == local.arguments == {"PYTHON_IMAGE": "imbricate.local/python:1"}
    assert published.arguments == {}
    assert local.tag != published.tag


def test_with_stand_ins_debian_packages_come_from_the_base_own_sources(images: Path) -> None:
    dockerfile = images / "shop/web/Dockerfile"
    dockerfile.write_text("ARG DEBIAN_SNAPSHOT=20260101T000000Z\n" + dockerfile.read_text())

    assert recipe(WEB, {"PYTHON_IMAGE": "local"}).arguments == {"PYTHON_IMAGE": "local", "DEBIAN_SNAPSHOT": ""}


def test_so_they_do_where_only_a_stage_takes_the_snapshot(images: Path) -> None:
    dockerfile = images / "shop/web/Dockerfile"
    dockerfile.write_text(dockerfile.read_text() + "ARG DEBIAN_SNAPSHOT=20260101T000000Z\n")

    assert recipe(WEB, {"PYTHON_IMAGE": "local"}).arguments["DEBIAN_SNAPSHOT"] == ""


def test_a_base_without_stand_in_is_an_error() -> None:
    with pytest.raises(ImageError) as caught:
        recipe(WEB, {"NODE_IMAGE": "local"})

    assert str(caught.value) == "images/shop/web/Dockerfile: ARG PYTHON_IMAGE has no stand-in; known: NODE_IMAGE"


def test_an_image_without_ignore_file_is_an_error(images: Path) -> None:
    (images / "shop/web/Dockerfile.dockerignore").unlink()

    with pytest.raises(ImageError) as caught:
        recipe(WEB)

    assert str(caught.value) == (
        "images/shop/web/Dockerfile.dockerignore is missing: it begins with * and lets through what the image needs "
        "(!shop/web)"
    )


def test_the_archive_has_no_times_and_no_users(images: Path) -> None:
    (images / "shop/web/link.py").symlink_to("app.py")

    with tarfile.open(fileobj=context.archive(recipe(WEB).entries)) as archive:
        members = {member.name: member for member in archive}

    assert {(one.mtime, one.uid, one.gid, one.uname) for one in members.values()} == {(context.EPOCH, 0, 0, "")}
    assert members["shop/web/link.py"].linkname == "app.py"
    assert members["shop/web/app.py"].mode == 0o644
