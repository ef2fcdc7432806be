"""The command line: exit statuses, standard output and standard error, as kustomize has them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from imbricate import cli
from imbricate.flags import options_of
from imbricate.options import BuildOptions, HelmOptions, PluginOptions, user_cache
from tests.conformance.harness import KUSTOMIZE, write_tree

if TYPE_CHECKING:
    from pathlib import Path

TREE = """\
-- kustomization.yaml --
resources: [b.yaml]
-- b.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: b
---
apiVersion: v1
kind: Namespace
metadata:
  name: a
"""
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n"
SORTED, UNSORTED = f"{NAMESPACE}---\n{CONFIG_MAP}", f"{CONFIG_MAP}---\n{NAMESPACE}"
REORDER = "# Warning: --reorder is deprecated; use sortOptions in the kustomization\n"

ACCEPTED = [
    ("build", SORTED, ""),
    ("build .", SORTED, ""),
    ("build -- .", SORTED, ""),
    ("build . --reorder none", UNSORTED, REORDER),
    ("build --reorder=legacy .", SORTED, REORDER),
    ("build . --load-restrictor LoadRestrictionsNone", SORTED, ""),
    ("build . --load-restrictor=", SORTED, ""),
    ("build . --output=", SORTED, ""),
    ("build . --stack-trace", SORTED, ""),
    ("--stack-trace build .", SORTED, ""),
    ("build --stack-trace=false .", SORTED, ""),
    ("build . -e A=b --env C --env= -eD=e", SORTED, ""),
    ("build . --network --network-name other --as-current-user --mount type=bind,src=a,dst=/b", SORTED, ""),
    ("build . --network=1 --enable-alpha-plugins=t --enable-exec=TRUE", SORTED, ""),
    ("build . --enable-helm=F --helm-command h --helm-api-versions a --helm-kube-version 1 --helm-debug", SORTED, ""),
]
REFUSED = [
    ("build . x", "expected one argument at most, found also 'x'"),
    ("build none", "'none' does not exist, expected the folder of a kustomization"),
    ("build b.yaml", "'b.yaml' is a file, expected the folder of a kustomization"),
    ("build . --enable-hlem", "unknown flag --enable-hlem; did you mean --enable-helm?"),
    ("build . --zzz=1", "unknown flag --zzz; --help lists those there are"),
    ("build . -x", "unknown flag -x; --help lists those there are"),
    ("build . --helm-kube 1", "unknown flag --helm-kube; did you mean --helm-kube-version?"),
    ("build . --reorder bad", "argument --reorder: expected one of legacy, none, found 'bad'"),
    (
        "build . --load-restrictor none",
        "argument --load-restrictor: expected one of LoadRestrictionsRootOnly, LoadRestrictionsNone, found 'none'",
    ),
    ("build . --network=maybe", "argument --network: expected true or false, found 'maybe'"),
    ("build . --enable-helm false", "expected one argument at most, found also 'false'"),
    ("build . -o", "argument -o/--output: expected one argument"),
    ("build . --env", "argument -e/--env: expected one argument"),
    ("build . -o none/x.yaml", "none/x.yaml cannot be written: No such file or directory"),
    (
        "biuld",
        f"argument COMMAND: expected one of {', '.join(cli._parser().commands)}, found 'biuld'; did you mean build?",
    ),
    ("--bogus", "unknown flag --bogus; --help lists those there are"),
]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a kustomization, to work in."""
    monkeypatch.chdir(write_tree(tmp_path, TREE))
    monkeypatch.delenv("KUSTOMIZE_ENABLE_MANAGEDBY_LABEL", raising=False)
    return tmp_path


def _run(line: str) -> int | str | None:
    try:
        return cli.main(line.split())
    except SystemExit as end:
        return end.code


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(("line", "output", "errors"), ACCEPTED, ids=[line for line, *_ in ACCEPTED])
def test_a_line_is_accepted(line: str, output: str, errors: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert _run(line) == 0
    assert capfd.readouterr() == (output, errors)


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(("line", "message"), REFUSED, ids=[line for line, _ in REFUSED])
def test_a_line_is_refused(line: str, message: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert _run(line) == 1
    assert capfd.readouterr() == ("", f"Error: {message}\n")


@pytest.mark.usefixtures("tree")
def test_an_empty_path_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["build", ""]) == 1
    assert capfd.readouterr().err == "Error: expected the folder of a kustomization, found an empty path\n"


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize("line", ["", "help", "--help", "-h build"])
def test_help_lists_the_commands(line: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert _run(line) == 0
    output, errors = capfd.readouterr()
    assert output.startswith("usage: imbricate [-h] COMMAND ...\n")
    assert errors == ""


@pytest.mark.parametrize("line", ["build --help", "build . -h", "help build"])
def test_help_of_build_lists_its_flags(line: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert _run(line) == 0
    output = capfd.readouterr().out
    wanted = ["--enable-alpha-plugins", "--enable-exec", "--network", "--network-name", "--mount", "--env", "-e"]
    assert [flag for flag in [*wanted, "--as-current-user"] if flag not in output] == []
    assert "--enable-managedby-label" not in output


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize("by_flag", [True, False])
def test_the_label_managed_by_is_added(
    *, by_flag: bool, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not by_flag:
        monkeypatch.setenv("KUSTOMIZE_ENABLE_MANAGEDBY_LABEL", "on")

    assert _run("build --enable-managedby-label" if by_flag else "build") == 0

    output, errors = capfd.readouterr()
    assert output.count("    app.kubernetes.io/managed-by: kustomize-v5.8.2\n") == 2
    warning = "# Warning: --enable-managedby-label is deprecated; use managedByLabel in buildMetadata\n"
    assert errors == (warning if by_flag else "")


def test_output_goes_to_a_file_or_one_file_a_resource(tree: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tree / "out").mkdir()

    assert [_run("build -o all.yaml"), _run("build --output out .")] == [0, 0]

    assert (tree / "all.yaml").read_text() == SORTED
    assert {path.name: path.read_text() for path in (tree / "out").iterdir()} == {
        "v1_configmap_b.yaml": CONFIG_MAP,
        "v1_namespace_a.yaml": NAMESPACE,
    }
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("build", BuildOptions()),
        (
            "build --enable-alpha-plugins",
            BuildOptions(helm=HelmOptions(enabled=True), plugins=PluginOptions(enabled=True)),
        ),
        (
            "build --enable-exec --network --mount a --mount b -e c -e d --as-current-user",
            BuildOptions(
                plugins=PluginOptions(
                    exec_enabled=True, network=True, mounts=("a", "b"), env=("c", "d"), as_current_user=True
                )
            ),
        ),
    ],
)
def test_flags_become_options(line: str, options: BuildOptions) -> None:
    read = options_of(cli._parser().parse_args(line.split()))

    assert read == options._replace(cache=user_cache("builds"))


def test_no_cache_is_used_where_none_is_wanted_or_known(monkeypatch: pytest.MonkeyPatch) -> None:
    parser = cli._parser()

    assert options_of(parser.parse_args(["build", "--no-cache"])).cache is None
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", "")
    assert options_of(parser.parse_args(["build"])).cache is None


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("version", "v5.8.2 (imbricate "),
        ("version --short --stack-trace", "v5.8.2 (imbricate "),
        ("version -o yaml", "version: v5.8.2\nimbricate: "),
        ("version --output=json", '{\n  "version": "v5.8.2",\n  "imbricate": "'),
    ],
)
def test_version_tells_which_kustomize_it_is_like(line: str, start: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert _run(line) == 0
    assert capfd.readouterr().out.startswith(start)


@pytest.mark.usefixtures("tree")
def test_a_function_that_is_not_run_is_mentioned(tree: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_tree(
        tree,
        "-- kustomization.yaml --\nresources: [b.yaml]\ntransformers: [fn.yaml]\n-- fn.yaml --\n"
        "apiVersion: example.com/v1\nkind: Fn\nmetadata:\n  name: fn\n  annotations:\n"
        "    config.kubernetes.io/function: 'exec: {path: ./fn.sh}'\n",
    )

    assert _run("build --enable-alpha-plugins") == 0
    allow = "allow it with --enable-exec"
    assert capfd.readouterr() == (
        SORTED,
        f"# Warning: fn.yaml: Fn/fn: runs ./fn.sh, which is not allowed; {allow}; it is passed over\n",
    )


OUTPUT_TREE = """\
-- kustomization.yaml --
resources: [all.yaml]
-- all.yaml --
{apiVersion: v1, kind: Namespace, metadata: {name: Shop}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: none}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: here, namespace: default}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: There, namespace: Shop}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: "system:x"}}
"""


@pytest.mark.oracle
@pytest.mark.skipif(KUSTOMIZE is None, reason="no kustomize on PATH or in IMBRICATE_KUSTOMIZE")
@pytest.mark.parametrize("dropped", ["", "namespace: Shop", "kind: ConfigMap"])
def test_kustomize_writes_the_same_files(dropped: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = OUTPUT_TREE.split("---\n")
    text = "---\n".join(line for line in lines if not dropped or dropped not in line or "-- kust" in line)
    monkeypatch.chdir(write_tree(tmp_path, text))
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()

    subprocess.run([KUSTOMIZE or "", "build", "-o", "theirs"], check=True)

    assert cli.main(["build", "-o", "ours"]) == 0
    ours, theirs = ({one.name: one.read_text() for one in (tmp_path / name).iterdir()} for name in ("ours", "theirs"))
    assert ours == theirs


@pytest.mark.oracle
@pytest.mark.skipif(KUSTOMIZE is None, reason="no kustomize on PATH or in IMBRICATE_KUSTOMIZE")
@pytest.mark.parametrize("line", [line for line, *_ in (*ACCEPTED, *REFUSED)])
def test_kustomize_ends_alike(line: str, tree: Path) -> None:
    lines = ([KUSTOMIZE or "", *line.split()], [sys.executable, "-m", "imbricate", *line.split()])
    theirs, ours = (
        subprocess.run(one, cwd=tree, capture_output=True, check=False, text=True, env={"PYTHONPATH": sys.path[0]})
        for one in lines
    )

    assert (ours.returncode, ours.stdout if not ours.returncode else "") == (
        theirs.returncode,
        theirs.stdout if not theirs.returncode else "",
    )
