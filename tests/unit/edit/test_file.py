"""The kustomization file: how it is found, read and written; what stands between its fields."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from imbricate.edit.file import ORDER, find, read
from imbricate.errors import DocumentError, EditError, ImbricateError, LoadError, WriteError
from imbricate.fields import KUSTOMIZATION
from tests.conformance.harness import KUSTOMIZE

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
TEXTS = {
    "a last line without its end counts as new": ("namespace: x\nkind: Kustomization", "namespace: x\n" + HEAD),
    "a comment without its end is lost": (HEAD + "# the end", HEAD),
    "line ends of comments stay": (f"# one\r\n{HEAD}", f"# one\r\n{HEAD}"),
    "a line with a carriage return alone is no blank line": (f"\r\n{HEAD}", HEAD),
    "a byte order mark hides the first field": ("\ufeffnamespace: x\n# c\n" + HEAD, "# c\n" + HEAD + "namespace: x\n"),
    "blanks before a comment stay, a tab makes none of it": (HEAD + "  # one\n\t# two\nnamespace: x\n", None),
    "an anchor is written out": (
        HEAD + "commonLabels: &l\n  a: b\ncommonAnnotations: *l\n",
        HEAD + "commonLabels:\n  a: b\ncommonAnnotations:\n  a: b\n",
    ),
    "a field in quotes counts as new": ("# c\n" + HEAD + '"namespace": x\n', "# c\n" + HEAD + "namespace: x\n"),
    "a comment above a field in quotes goes to the one before": (
        "namespace: x\n# c\n" + '"kind": Kustomization\n',
        "# c\nnamespace: x\n" + HEAD,
    ),
    "a field that stands twice is written twice": (
        HEAD + "namespace: one\n# c\nnamespace: two\n",
        HEAD + "namespace: two\n# c\nnamespace: two\n",
    ),
    "JSON becomes YAML": (
        '{"namespace": "x", "resources": ["a.yaml"]}\n',
        HEAD + "resources:\n- a.yaml\nnamespace: x\n",
    ),
    "a second document is not read": (HEAD + "namespace: x\n---\nnamePrefix: p-\n", HEAD + "namespace: x\n"),
    "documents may have bounds": (f"# a\n---\n# b\n{HEAD}...\n", f"# a\n# b\n{HEAD}"),
}


@pytest.mark.parametrize(("before", "after"), TEXTS.values(), ids=TEXTS)
def test_a_file_is_written_anew(before: str, after: str | None, tmp_path: Path) -> None:
    path = tmp_path / "kustomization.yaml"
    path.write_bytes(before.encode())

    if after is None:
        with pytest.raises(DocumentError):
            read(path)
    else:
        assert read(path).text() == after


@pytest.mark.oracle
@pytest.mark.skipif(KUSTOMIZE is None, reason="no kustomize on PATH or in IMBRICATE_KUSTOMIZE")
@pytest.mark.parametrize(("before", "after"), TEXTS.values(), ids=TEXTS)
def test_kustomize_writes_it_so(before: str, after: str | None, tmp_path: Path) -> None:
    path = tmp_path / "kustomization.yaml"
    path.write_bytes(before.encode())
    edit = [str(KUSTOMIZE), "edit", "remove", "buildmetadata", "managedByLabel"]

    done = subprocess.run(edit, cwd=tmp_path, capture_output=True, check=False)

    assert (done.returncode, path.read_bytes().decode()) == ((1, before) if after is None else (0, after))


def test_every_field_has_its_place_in_the_order() -> None:
    assert set(ORDER) == KUSTOMIZATION.fields.keys() - {"imageTags"}
    assert len(set(ORDER)) == len(ORDER)


def test_writing_goes_through_a_link_and_keeps_the_mode(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere.yaml"
    target.write_text(HEAD)
    target.chmod(0o640)
    link = tmp_path / "kustomization.yaml"
    link.symlink_to(target)
    edited = read(link)
    edited.fields["namespace"] = "x"

    assert edited.save()
    assert link.is_symlink()
    assert target.read_text() == HEAD + "namespace: x\n"
    assert target.stat().st_mode & 0o777 == 0o640


def test_nothing_is_written_when_nothing_is_different(tmp_path: Path) -> None:
    path = tmp_path / "kustomization.yaml"
    path.write_text(HEAD)
    os.utime(path, ns=(0, 0))

    assert not read(path).save()
    assert path.stat().st_mtime_ns == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "kustomization.yaml"
    path.write_text("namespace: x\n")
    edited = read(path)
    tmp_path.chmod(0o500)

    with pytest.raises(WriteError):
        edited.save()
    tmp_path.chmod(0o700)
    assert [one.name for one in tmp_path.iterdir()] == ["kustomization.yaml"]


def test_a_value_that_cannot_be_written_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "kustomization.yaml"
    path.write_text(HEAD)
    edited = read(path)
    edited.fields["namespace"] = "bell \x07 \ufffe"

    with pytest.raises(ImbricateError):
        edited.save()
    assert path.read_text() == HEAD


def test_a_folder_for_a_kustomization_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kustomization.yaml").mkdir()
    monkeypatch.chdir(tmp_path)

    with pytest.raises(EditError) as caught:
        find(tmp_path)
    assert str(caught.value) == "kustomization.yaml: is a folder, expected a file"


def test_a_kustomization_that_is_a_pipe_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kustomization.yaml"
    os.mkfifo(path)

    with pytest.raises(LoadError) as caught:
        read(path)
    assert caught.value.message == "'kustomization.yaml' is not a regular file"


def test_the_command_line_loads_no_edits_before_they_are_called() -> None:
    code = "import sys, imbricate.cli; print([one for one in sys.modules if one.startswith('imbricate.edit.')])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert done.stdout == "[]\n"
