"""Charts: the arguments that helm gets, what it is given as values, and what becomes of its output.

A small program that notes how it was called stands for helm; what carries the mark `oracle` asks the real one.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from imbricate.errors import ImbricateError
from tests.conformance.harness import KUSTOMIZE, build, write_tree

if TYPE_CHECKING:
    from collections.abc import Callable

HELM = os.environ.get("IMBRICATE_HELM") or shutil.which("helm")
# Notes its arguments and the values that it is given, and prints what OUTPUT holds; `pull` makes the chart.
PROGRAM = """\
#!{python}
import json, os, pathlib, sys
here = pathlib.Path({here!r})
arguments = sys.argv[1:]
values = [pathlib.Path(arguments[at + 1]).read_text() for at, one in enumerate(arguments) if one == "-f"]
home = {{name: value for name, value in os.environ.items() if name.startswith("HELM_")}}
with (here / "calls.jsonl").open("a") as calls:
    calls.write(json.dumps([arguments, values, home]) + "\\n")
if arguments[0] == "version":
    print({version!r})
elif arguments[0] == "pull":
    chart = pathlib.Path(arguments[arguments.index("--untardir") + 1]) / "shop"
    chart.mkdir(parents=True)
    (chart / "values.yaml").write_text("pulled: true\\n")
else:
    sys.stderr.write({said!r})
    sys.stdout.buffer.write({output!r}.encode("utf-8", "surrogateescape"))
    sys.exit({status})
"""
OUTPUT = "---\n# Source: shop/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: made\n"
BUILT = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: made\n"


class Stand:
    """A kustomization with a chart, and the program that stands for helm."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.helm = folder / "bin" / "helm"
        self.helm.parent.mkdir()
        self.app = folder / "app"
        (self.app / "charts" / "shop").mkdir(parents=True)
        (self.app / "charts" / "shop" / "values.yaml").write_text("size: 1\nlist: [a]\n")
        (self.app / "more.yaml").write_text("more: true\n")
        (self.app / "own.yaml").write_text("own: {a: 1}\nsize: 2\n")
        self.answers()

    def answers(
        self, output: str = OUTPUT, *, version: str = "v3.14.0+gdeadbee", said: str = "", status: int = 0
    ) -> None:
        program = PROGRAM.format(
            python=sys.executable,
            here=str(self.folder),
            version=version,
            output=output,
            said=said,
            status=status,
        )
        self.helm.write_text(program)
        self.helm.chmod(0o755)

    def build(self, chart: str, *flags: str, rest: str = "") -> str:
        (self.app / "kustomization.yaml").write_text(f"helmCharts:\n- {{{chart}}}\n{rest}")
        return build(self.app, ".", "--enable-helm", "--helm-command", str(self.helm), *flags)

    @property
    def calls(self) -> list[Any]:
        return [json.loads(line) for line in (self.folder / "calls.jsonl").read_text().splitlines()]

    def arguments(self) -> list[str]:
        """Give the arguments of the last call, with the folders that change each time replaced."""
        given = self.calls[-1][0]
        scratch = str(Path(given[given.index("-f") + 1]).parent)
        assert not Path(scratch).exists()
        return [one.replace(str(self.app), "APP").replace(scratch, "TMP") for one in given]


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(tmp_path)


@pytest.mark.parametrize(
    ("chart", "flags", "expected"),
    [
        ("name: shop", (), "template --generate-name APP/charts/shop -f TMP/values.yaml"),
        ("name: shop, releaseName: r", (), "template r APP/charts/shop -f TMP/values.yaml"),
        ("name: shop, namespace: ns", (), "template --generate-name APP/charts/shop --namespace ns -f TMP/values.yaml"),
        (
            "name: shop, nameTemplate: '{{ .Chart }}'",
            (),
            "template --generate-name APP/charts/shop --name-template {{ .Chart }} -f TMP/values.yaml",
        ),
        (
            "name: shop, additionalValuesFiles: [more.yaml]",
            (),
            "template --generate-name APP/charts/shop -f TMP/values.yaml -f APP/more.yaml",
        ),
        (
            "name: shop, apiVersions: [a/v1, b/v2], kubeVersion: '1.30'",
            ("--helm-api-versions", "c/v1", "--helm-kube-version", "1.20"),
            (
                "template --generate-name APP/charts/shop -f TMP/values.yaml --api-versions a/v1 --api-versions b/v2 "
                "--kube-version 1.30"
            ),
        ),
        (
            "name: shop",
            ("--helm-api-versions", "c/v1", "--helm-kube-version", "1.20", "--helm-debug"),
            (
                "template --generate-name APP/charts/shop -f TMP/values.yaml --api-versions c/v1 --kube-version 1.20 "
                "--debug"
            ),
        ),
        (
            "name: shop, includeCRDs: true, skipTests: true, skipHooks: true, debug: true, devel: true",
            (),
            (
                "template --generate-name APP/charts/shop -f TMP/values.yaml --include-crds --skip-tests --no-hooks "
                "--debug --devel"
            ),
        ),
    ],
)
def test_arguments(stand: Stand, chart: str, flags: tuple[str, ...], expected: str) -> None:
    assert stand.build(chart, *flags) == BUILT

    assert " ".join(stand.arguments()) == expected
    assert stand.calls[0][0] == ["version", "--short"]


@pytest.mark.parametrize(
    ("chart", "values"),
    [
        ("name: shop", "size: 1\nlist: [a]\n"),
        ("name: shop, valuesFile: own.yaml", "own: {a: 1}\nsize: 2\n"),
        ("name: shop, valuesInline: {size: 3, new: x}", "list:\n- a\nnew: x\nsize: 3\n"),
        (
            "name: shop, valuesFile: own.yaml, valuesInline: {own: {b: 2}}",
            "own:\n  a: 1\n  b: 2\nsize: 2\n",
        ),
        (
            "name: shop, valuesInline: {size: 3, new: x}, valuesMerge: merge",
            "list:\n- a\nnew: x\nsize: 1\n",
        ),
        ("name: shop, valuesInline: {size: 3}, valuesMerge: override", "list:\n- a\nsize: 3\n"),
        ("name: shop, valuesInline: {size: 3}, valuesMerge: replace", "size: 3\n"),
    ],
)
def test_values(stand: Stand, chart: str, values: str) -> None:
    stand.build(chart)

    assert stand.calls[-1][1] == [values]


def test_a_chart_that_is_not_there_is_pulled(stand: Stand) -> None:
    shutil.rmtree(stand.app / "charts")

    stand.build("name: shop, repo: 'https://charts.example.com/x', version: 1.2.3, devel: true")

    home = str(stand.app / "charts" / "shop-1.2.3")
    assert [call[0][0] for call in stand.calls] == ["version", "pull", "template"]
    assert stand.calls[1][0] == [
        *("pull", "--untar", "--untardir", home, "--repo", "https://charts.example.com/x", "shop"),
        *("--version", "1.2.3", "--devel"),
    ]
    assert stand.calls[-1][1] == ["pulled: true\n"]


@pytest.mark.parametrize("repo", ["oci://reg.example.com/charts", "oci://reg.example.com/charts/"])
def test_a_chart_of_a_registry_is_pulled_by_its_name_there(stand: Stand, repo: str) -> None:
    shutil.rmtree(stand.app / "charts")

    stand.build(f"name: shop, repo: '{repo}'")

    home = str(stand.app / "charts")
    assert stand.calls[1][0] == ["pull", "--untar", "--untardir", home, "oci://reg.example.com/charts/shop"]


def test_homes(stand: Stand) -> None:
    shutil.move(stand.app / "charts", stand.app / "elsewhere")

    stand.build("name: shop", rest="helmGlobals: {chartHome: elsewhere, configHome: /config}\n")

    assert str(stand.app / "elsewhere" / "shop") in stand.calls[-1][0]
    assert stand.calls[-1][2] == {
        "HELM_CONFIG_HOME": "/config",
        "HELM_CACHE_HOME": "/config/.cache",
        "HELM_DATA_HOME": "/config/.data",
    }


def test_the_namespace_is_that_of_the_kustomization(stand: Stand) -> None:
    stand.build("name: shop", rest="namespace: outer\n")

    assert "--namespace outer" in " ".join(stand.calls[-1][0])


def test_the_deprecated_field(stand: Stand) -> None:
    shutil.move(stand.app / "charts", stand.app / "old")
    old = "{chartName: shop, releaseName: r, chartHome: old, helmHome: /h, values: own.yaml, valuesLocal: {a: b}}"
    (stand.app / "kustomization.yaml").write_text(f"helmChartInflationGenerator:\n- {old}\n")

    assert build(stand.app, ".", "--enable-helm", "--helm-command", str(stand.helm)) == BUILT

    arguments, values, homes = stand.calls[-1]
    assert arguments[:3] == ["template", "r", str(stand.app / "old" / "shop")]
    assert values == ["a: b\nown:\n  a: 1\nsize: 2\n"]
    assert homes["HELM_CONFIG_HOME"] == "/h"


@pytest.mark.parametrize(
    ("output", "built"),
    [
        ("", ""),
        ("walk.go:74: found symbolic link\n---\n" + BUILT, BUILT),
        (
            BUILT + "---\n" + BUILT.replace("made", "other"),
            f"{BUILT}---\n{BUILT.replace('made', 'other')}",
        ),
    ],
)
def test_output(stand: Stand, output: str, built: str) -> None:
    stand.answers(output)

    assert stand.build("name: shop") == built


def test_objects_keep_their_namespace_and_annotations(stand: Stand) -> None:
    stand.answers(BUILT + "  namespace: own\n  annotations: {a: b}\n")

    assert stand.build("name: shop", rest="namespace: outer\n") == (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    a: b\n  name: made\n  namespace: own\n"
    )


def _without_program(stand: Stand) -> None:
    stand.helm.unlink()


def _not_executable(stand: Stand) -> None:
    stand.helm.chmod(stat.S_IRUSR)


def _no_values(stand: Stand) -> None:
    (stand.app / "own.yaml").write_text("- a\n")


HERE = "kustomization.yaml: helmCharts[0]"


@pytest.mark.parametrize(
    ("change", "chart", "message"),
    [
        (_without_program, "name: shop", f"{HERE}: cannot run HELM: No such file or directory; is helm installed?"),
        (_not_executable, "name: shop", f"{HERE}: cannot run HELM: Permission denied; is helm installed?"),
        (lambda one: one.answers(version="v2.17"), "name: shop", f"{HERE}: needs helm 3 or 4, found v2.17"),
        (lambda one: one.answers(version="?"), "name: shop", f"{HERE}: needs helm 3 or 4, found no version"),
        (
            lambda one: one.answers(status=3, said="Error: it\nis broken\n"),
            "name: shop",
            f"{HERE}: HELM template failed: Error: it is broken",
        ),
        (
            lambda one: one.answers("a: [\n"),
            "name: shop",
            f"{HERE}: the output of helm:2:1: expected YAML: did not find",
        ),
        (
            lambda one: one.answers("a: b\n"),
            "name: shop",
            f"{HERE}: the output of helm: an object of no kind has no kind",
        ),
        (None, "name: ''", f"{HERE}.name: expected the name of a chart"),
        (None, "name: --post-renderer", f"{HERE}.name: must not begin with '-', found '--post-renderer': helm would t"),
        (None, "name: shop, releaseName: -x", f"{HERE}.releaseName: must not begin with '-', found '-x': helm would"),
        (None, "name: shop, valuesMerge: x", f"{HERE}.valuesMerge: expected merge, override or replace, found 'x'"),
        (None, "name: nope", f"{HERE}.repo: there is no chart APP/charts/nope and no repo to pull it from"),
        (None, "name: shop, valuesFile: no.yaml", f"{HERE}.valuesFile: 'no.yaml' does not exist"),
        (None, "name: shop, valuesFile: /etc/passwd", f"{HERE}.valuesFile: '/etc/passwd' is not in or below the kust"),
        (
            None,
            "name: shop, additionalValuesFiles: [more.yaml, ../no.yaml]",
            f"{HERE}.additionalValuesFiles[1]: '../no.yaml' does not exist",
        ),
        (
            _no_values,
            "name: shop, valuesFile: own.yaml, valuesInline: {a: b}",
            f"{HERE}.valuesFile: expected a map of values",
        ),
    ],
)
def test_what_cannot_be_inflated(
    stand: Stand, change: Callable[[Stand], None] | None, chart: str, message: str
) -> None:
    if change is not None:
        change(stand)

    with pytest.raises(ImbricateError) as caught:
        stand.build(chart)

    found = str(caught.value).replace(str(stand.helm), "HELM").replace(str(stand.app), "APP")
    assert found.startswith(message)
    assert "\n" not in found


def test_without_leave_nothing_runs(stand: Stand) -> None:
    (stand.app / "kustomization.yaml").write_text("helmCharts: [{name: shop}]\n")

    with pytest.raises(ImbricateError) as caught:
        build(stand.app, ".", "--helm-command", str(stand.helm))

    assert str(caught.value) == f"{HERE}: runs helm, which is not allowed; allow it with --enable-helm"
    assert not (stand.folder / "calls.jsonl").exists()


CHART = """\
-- kustomization.yaml --
namePrefix: p-
helmCharts:
- name: shop
  releaseName: r
  namespace: ns
  valuesInline: {size: 3, text: "a: b"}
  includeCRDs: true
-- charts/shop/Chart.yaml --
apiVersion: v2
name: shop
version: 0.1.0
-- charts/shop/values.yaml --
size: 1
text: none
-- charts/shop/templates/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-shop
  namespace: {{ .Release.Namespace }}
data:
  size: {{ .Values.size | quote }}
  text: {{ .Values.text | quote }}
-- charts/shop/crds/crd.yaml --
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
"""


@pytest.mark.oracle
@pytest.mark.skipif(HELM is None, reason="no helm on PATH or in IMBRICATE_HELM")
@pytest.mark.skipif(KUSTOMIZE is None, reason="no kustomize on PATH or in IMBRICATE_KUSTOMIZE")
@pytest.mark.parametrize(
    "change",
    [
        ("", ""),
        ("includeCRDs: true", "includeCRDs: false"),
        ("  namespace: ns", "  valuesMerge: replace"),
        ("  namespace: ns", "  valuesMerge: merge"),
        ("  releaseName: r\n", "  releaseName: r\n  kubeVersion: 1.30.0\n  apiVersions: [a/v1]\n  skipHooks: true\n"),
        ("namePrefix: p-\n", "namespace: outer\n"),
    ],
    ids=lambda change: change[1] or "as it is",
)
def test_with_the_real_helm_it_is_what_kustomize_gives(tmp_path: Path, change: tuple[str, str]) -> None:
    write_tree(tmp_path, CHART.replace(*change) if change[0] else CHART)
    flags = ("--enable-helm", "--helm-command", str(HELM))

    expected = subprocess.run(
        [str(KUSTOMIZE), "build", ".", *flags], cwd=tmp_path, capture_output=True, check=False, text=True
    )

    assert expected.returncode == 0, expected.stderr
    assert build(tmp_path, ".", *flags) == expected.stdout
