"""What is read of a Dockerfile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasks.images.dockerfile import read
from tasks.images.errors import ImageError
from tests.tasks.images.conftest import BASE, DOCKERFILE

if TYPE_CHECKING:
    from pathlib import Path


def test_bases_are_the_arguments_whose_name_says_so(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)

    found = read(tmp_path / "Dockerfile")

    assert found.bases == {"PYTHON_IMAGE": BASE}
    assert found.arguments == {"PYTHON_IMAGE": BASE, "VERSION": "1.2.0"}
    assert found.stages == ("build", "")


def test_an_argument_within_a_stage_is_no_base(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n# ARG A_IMAGE=x\nARG B_IMAGE=x\n")

    assert read(tmp_path / "Dockerfile").bases == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# nothing\n", "Dockerfile: expected a FROM, found none"),
        (
            "FROM python:3.11\n",
            (
                "Dockerfile:1: FROM python:3.11: expected a stage above, scratch, or a global argument whose name "
                "ends in _IMAGE"
            ),
        ),
        (
            "ARG PYTHON_IMAGE=python:3.11\nFROM ${PYTHON_IMAGE}\n",
            "Dockerfile:2: ARG PYTHON_IMAGE: expected a reference with @sha256:…, found python:3.11",
        ),
        (
            "ARG PYTHON_IMAGE\nFROM $PYTHON_IMAGE\n",
            "Dockerfile:2: ARG PYTHON_IMAGE: expected a reference with @sha256:…, found nothing",
        ),
        (
            "FROM ${OTHER_IMAGE}\n",
            (
                "Dockerfile:1: FROM ${OTHER_IMAGE}: expected a stage above, scratch, or a global argument whose name "
                "ends in _IMAGE"
            ),
        ),
    ],
)
def test_a_base_that_is_no_pinned_argument_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text(text)

    with pytest.raises(ImageError) as caught:
        read((tmp_path / "Dockerfile").relative_to(tmp_path))

    assert str(caught.value) == message


def test_a_dockerfile_that_is_not_there_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ImageError) as caught:
        read((tmp_path / "Dockerfile").relative_to(tmp_path))

    assert str(caught.value) == "Dockerfile cannot be read: No such file or directory"
