"""`imbricate build` and the library's front door: what goes to which stream, and with which exit status."""

from __future__ import annotations

import importlib
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import imbricate
from imbricate.cli import main
from imbricate.errors import ImbricateError
from imbricate.resources import ResMap
from tests.conformance.harness import write_tree

ROOT = Path(__file__).parent.parent.parent
TREE = """\
-- kustomization.yaml --
resources: [a.yaml, b.yaml]
-- a.yaml --
{apiVersion: v1, kind: Service, metadata: {name: a}}
-- b.yaml --
{apiVersion: v1, kind: Namespace, metadata: {name: b}}
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: b\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_tree(tmp_path / "app", TREE)


def test_it_prints_what_it_builds(tree: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["build", str(tree)]) == 0

    output = capfdbinary.readouterr()
    assert output.out.decode() == f"{NAMESPACE}---\n{SERVICE}"
    assert output.err == b""


def test_the_working_folder_is_what_it_builds_when_none_is_named(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tree)

    assert main(["build", "--reorder", "none"]) == 0
    assert capfdbinary.readouterr().out.decode() == f"{SERVICE}---\n{NAMESPACE}"


def test_it_writes_to_a_file(tree: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["build", str(tree), "-o", "out.yaml"]) == 0

    assert Path("out.yaml").read_text() == f"{NAMESPACE}---\n{SERVICE}"
    assert capfdbinary.readouterr().out == b""


def test_it_writes_one_file_a_resource_to_a_folder(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()

    assert main(["build", str(tree), "--output", "out"]) == 0

    written = {one.name: one.read_text() for one in (tmp_path / "out").iterdir()}
    assert written == {"v1_namespace_b.yaml": NAMESPACE, "v1_service_a.yaml": SERVICE}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["build", "nowhere"], "Error: 'nowhere' does not exist, expected the folder of a kustomization\n"),
        (["build", "app/a.yaml"], "Error: 'app/a.yaml' is a file, expected the folder of a kustomization\n"),
        (["build", "app", "-o", "no/out.yaml"], "Error: no/out.yaml cannot be written: No such file or directory\n"),
        (
            ["build", "."],
            "Error: . holds no kustomization: expected one of kustomization.yaml, kustomization.yml, Kustomization\n",
        ),
    ],
)
@pytest.mark.usefixtures("tree")
def test_what_cannot_be_done_is_one_line(
    arguments: list[str], message: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(arguments) == 1

    output = capfdbinary.readouterr()
    assert output.err.decode() == message
    assert output.out == b""


def test_warnings_go_to_standard_error(tree: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (tree / "kustomization.yaml").write_text("bases: [base]\n")
    write_tree(tree / "base", TREE.replace("resources:", "commonLabels: {a: b}\nresources:"))

    assert main(["build", "app"]) == 0

    output = capfdbinary.readouterr()
    assert output.err.decode() == (
        "# Warning: app/kustomization.yaml: bases is deprecated; use resources\n"
        "# Warning: app/base/kustomization.yaml: commonLabels is deprecated; use labels\n"
    )
    assert output.out.startswith(b"apiVersion: v1\nkind: Namespace\n")


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["build", "app", "--nonsense"], ["build", "a", "b"], ["build", "--reorder", "sideways"]],
)
def test_arguments_that_are_wrong_are_an_error(arguments: list[str], tree: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "imbricate", *arguments],
        cwd=tree.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        text=True,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr


def test_as_a_module_it_is_the_same(tree: Path) -> None:
    command = [sys.executable, "-m", "imbricate", "build", str(tree)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{NAMESPACE}---\n{SERVICE}"


def test_the_module_ends_with_the_status(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(sys, "argv", ["imbricate", "build", str(tree / "none")])
    monkeypatch.setattr(os, "_exit", sys.exit)  # which would end the tests, too

    with pytest.raises(SystemExit) as caught:
        runpy.run_module("imbricate", run_name="__main__")

    assert caught.value.code == 1
    assert capfdbinary.readouterr().err.startswith(b"Error: ")


def test_importing_the_module_runs_nothing() -> None:
    assert importlib.import_module("imbricate.__main__").__name__ == "imbricate.__main__"


def test_a_reader_that_has_gone_is_no_traceback(tree: Path) -> None:
    text = "x" * 200_000
    (tree / "a.yaml").write_text(f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}, data: {{a: {text}}}}}\n")
    reader, writer = os.pipe()
    os.close(reader)

    command = [sys.executable, "-m", "imbricate", "build", str(tree)]
    done = subprocess.run(command, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, check=False, text=True)
    os.close(writer)

    assert (done.returncode, done.stderr) == (1, "")


def test_the_library_gives_the_text(tree: Path) -> None:
    assert imbricate.build(tree) == f"{NAMESPACE}---\n{SERVICE}"
    assert imbricate.build(str(tree)) == imbricate.compose(tree).text


def test_the_library_gives_the_resources(tree: Path) -> None:
    resources = imbricate.load(tree)

    assert isinstance(resources, ResMap)
    assert [str(one) for one in resources] == ["Namespace/b", "Service/a"]


def test_the_library_names_its_own_error() -> None:
    assert imbricate.ImbricateError is ImbricateError
    assert all(hasattr(imbricate, name) for name in imbricate.__all__)


def test_what_the_library_does_not_have() -> None:
    with pytest.raises(AttributeError) as caught:
        imbricate.nonsense  # noqa: B018 - asking is the test

    assert str(caught.value) == "module 'imbricate' has no attribute 'nonsense'"


def test_importing_it_imports_no_engine() -> None:
    check = (
        "import sys, imbricate; print([one for one in sys.modules if one.startswith('imbricate.') or one == 'yaml'])"
    )

    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, check=True, text=True)

    assert done.stdout == "[]\n"
