"""doit check, as it is typed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.tasks.conftest import FILES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tasks.conftest import Doit

CONTAINER = "        image: shop/web\n"


def _change(project: Path, file: str, old: str, new: str) -> None:
    text = (project / file).read_text()
    assert old in text
    (project / file).write_text(text.replace(old, new))


def test_what_is_rendered_passes_and_what_is_waived_is_counted(doit: Doit) -> None:
    doit("render")

    status, shown = doit("check")

    assert status == 0
    assert shown.startswith("2 units checked, no findings, ")
    assert shown.endswith(" waived\n")


def test_an_edited_output_is_shown_field_by_field(project: Path, doit: Doit) -> None:
    doit("render")
    output = "gitops/prod/shop/manifests.yaml"
    _change(project, output, "replicas: 3", "replicas: 4")
    _change(project, output, "image: shop/web:1.0\n", "image: x\n")

    status, shown = doit("check", "env=prod")

    assert status == 1
    assert shown.splitlines()[:3] == [
        f"{output}: prod/shop: is not what the overlay renders (2 differences); run doit render [rendered]",
        "  line 17: Deployment/web in shop spec.replicas: 4 -> 3",
        "  line 17: Deployment/web in shop spec.template.spec.containers[name=web].image: 'x' -> 'shop/web:1.0'",
    ]


def test_an_output_in_which_only_the_text_differs_is_a_finding(project: Path, doit: Doit) -> None:
    doit("render")
    output = "gitops/prod/shop/manifests.yaml"
    _change(project, output, "replicas: 3", "replicas: 3 # three")

    status, shown = doit("check", "env=prod")

    assert status == 1
    assert shown.splitlines()[:2] == [
        f"{output}: prod/shop: is not what the overlay renders (1 difference); run doit render [rendered]",
        "  line 20: only the text differs: order, quotes or comments",
    ]


def test_an_output_that_is_no_yaml_is_a_finding(project: Path, doit: Doit) -> None:
    doit("render")
    (project / "gitops/prod/shop/manifests.yaml").write_text("a: [\n")

    status, shown = doit("check", "env=prod")

    assert status == 1
    assert shown.splitlines()[1].startswith("  line 1: no list of objects: ")


def test_a_unit_that_was_never_rendered_is_a_finding(doit: Doit) -> None:
    status, shown = doit("check", "env=dev")

    assert (status, shown.splitlines()[0]) == (
        1,
        "gitops/dev/shop/manifests.yaml: dev/shop: is missing; run doit render [rendered]",
    )


def test_a_rendered_file_without_overlay_is_a_finding(project: Path, doit: Doit) -> None:
    doit("render")
    (project / "overlays/prod/shop").rename(project / "elsewhere")

    status, shown = doit("check")

    assert status == 1
    assert (
        "gitops/prod/shop/manifests.yaml: no overlay stands behind it; run doit render [leftover]" in shown.splitlines()
    )


def test_of_a_unit_that_does_not_build_nothing_else_is_said(project: Path, doit: Doit) -> None:
    doit("render")
    (project / "overlays/prod/shop/strategy.yaml").unlink()

    status, shown = doit("check", "env=prod")

    assert status == 1
    first, last = shown.splitlines()
    assert first == (
        "overlays/prod/shop/kustomization.yaml:9: prod/shop: patches[0].path: 'strategy.yaml' does not exist; "
        "correct what the message names [build]"
    )
    assert last.endswith(" ERROR: 1 unit checked, 1 finding")


FOUND = {
    "a Service port": (
        "base/shop/service.yaml",
        "targetPort: http",
        "targetPort: https",
        (
            "base/shop/service.yaml:8: dev/shop: Service/web spec.ports[name=http].targetPort: Deployment/web, which "
            "it selects, has no port https; did you mean http? (its ports: base/shop/deployment.yaml:16); correct the "
            "port, or add it to the container's ports [port]"
        ),
    ),
    "a selector": (
        "base/shop/service.yaml",
        "selector: {app: web}",
        "selector: {app: wob}",
        (
            "base/shop/service.yaml:6: dev/shop: Service/web spec.selector.app: selects no pod: none in shop has app: "
            "wob; did you mean web?; let the labels of the selector be those of the pods [selector]"
        ),
    ),
    "a ConfigMap": (
        "base/shop/deployment.yaml",
        CONTAINER,
        f"{CONTAINER}        envFrom:\n        - configMapRef: {{name: settings}}\n",
        (
            "base/shop/deployment.yaml:16: dev/shop: Deployment/web "
            "spec.template.spec.containers[name=web].envFrom[0].configMapRef.name: there is no ConfigMap settings; "
            "correct the name or the key, or add it to the configMapGenerator [config-key]"
        ),
    ),
    "a Secret": (
        "base/shop/deployment.yaml",
        CONTAINER,
        (
            f"{CONTAINER}        env:\n        - name: A\n          valueFrom:\n"
            "            secretKeyRef: {name: token, key: a}\n"
        ),
        (
            "base/shop/deployment.yaml:18: dev/shop: Deployment/web "
            "spec.template.spec.containers[name=web].env[name=A].valueFrom.secretKeyRef.name: there is no Secret "
            "token; correct the name or the key, or declare it in base/<system>/secrets [secret-key]"
        ),
    ),
    "an unknown field": (
        "base/shop/deployment.yaml",
        "      containers:\n",
        "      hostNetwerk: true\n      containers:\n",
        (
            "base/shop/deployment.yaml:12: dev/shop: Deployment/web spec.template.spec.hostNetwerk: unknown field; did "
            "you mean hostNetwork?; see kubectl explain, or the reference of the API [schema]"
        ),
    ),
}


@pytest.mark.parametrize("case", FOUND)
def test_a_finding_names_place_unit_object_field_and_the_way_on(project: Path, doit: Doit, case: str) -> None:
    file, old, new, finding = FOUND[case]
    _change(project, file, old, new)
    doit("render")

    status, shown = doit("check", "env=dev")

    assert (status, shown.splitlines()[0]) == (1, finding)


def test_a_place_is_in_the_overlay_when_that_is_what_made_it_so(project: Path, doit: Doit) -> None:
    patch = "spec:\n  strategy: {type: Recreate}\n"
    _change(project, "overlays/prod/shop/strategy.yaml", patch, f"{patch}  template:\n    spec: {{hostPID: true}}\n")
    doit("render")

    _, shown = doit("check")

    assert shown.splitlines()[0] == (
        "overlays/prod/shop/strategy.yaml:8: prod/shop: Deployment/web spec.template.spec.hostPID: the pod shares its "
        "node's namespace by hostPID; remove the field [host-namespaces]"
    )


def test_a_field_that_an_overlay_takes_away_is_missed_there(project: Path, doit: Doit) -> None:
    _change(
        project,
        "overlays/waivers.yaml",
        "{rule: probes, unit: '*/shop', object: '*', reason: The shop is made to be small.}",
        "",
    )
    probe = "{httpGet: {path: /, port: http}}"
    _change(
        project,
        "base/shop/deployment.yaml",
        CONTAINER,
        f"{CONTAINER}        livenessProbe: {probe}\n        readinessProbe: {probe}\n",
    )
    _change(
        project,
        "overlays/prod/shop/strategy.yaml",
        "  strategy: {type: Recreate}\n",
        "  template:\n    spec:\n      containers:\n      - name: web\n        livenessProbe: null\n",
    )
    (project / "overlays/waivers.yaml").write_text(
        "".join(line for line in FILES["overlays/waivers.yaml"].splitlines(keepends=True) if "probes" not in line)
    )
    doit("render")

    _, shown = doit("check", "env=prod")

    assert shown.splitlines()[0].startswith(
        "overlays/prod/shop/strategy.yaml:10: prod/shop: Deployment/web "
        "spec.template.spec.containers[name=web].livenessProbe: container web has no livenessProbe;"
    )


def test_findings_come_by_unit_object_and_rule(project: Path, doit: Doit) -> None:
    (project / "overlays/waivers.yaml").unlink()
    doit("render")

    status, shown = doit("check", "format=json")
    found = json.loads(shown)["findings"]
    units = ["dev/shop", "prod/shop"]

    assert status == 1
    assert found == sorted(found, key=lambda one: (units.index(one["unit"]), one["object"], one["rule"]))
    assert {one["rule"] for one in found} >= {"capabilities", "image-digest", "networks", "probes", "resources"}


def test_json_is_nothing_but_json(project: Path, doit: Doit) -> None:
    doit("render")
    assert json.loads(doit("check", "format=json")[1])["findings"] == []
    _change(project, "base/shop/service.yaml", "selector: {app: web}", "selector: {app: wob}")
    doit("render")

    status, shown = doit("check", "format=json", "env=prod")
    found = json.loads(shown)

    assert status == 1
    assert (found["version"], found["units"]) == (1, 1)
    assert found["findings"] == [
        {
            "unit": "prod/shop",
            "object": "Service/web",
            "field": "spec.selector.app",
            "rule": "selector",
            "message": "selects no pod: none in shop has app: wob; did you mean web?",
            "fix": "let the labels of the selector be those of the pods",
            "file": "base/shop/service.yaml",
            "line": 6,
            "related": [],
            "details": [],
        }
    ]
    assert {one["reason"] for one in found["waived"]} == {"The shop is made to be small."}


def test_sarif_has_rules_results_with_lines_and_what_is_waived(project: Path, doit: Doit) -> None:
    _change(project, "base/shop/service.yaml", "selector: {app: web}", "selector: {app: wob}")
    doit("render")

    status, shown = doit("check", "format=sarif", "env=prod")
    log = json.loads(shown)
    (run,) = log["runs"]
    rules = {one["id"] for one in run["tool"]["driver"]["rules"]}
    (result,) = [one for one in run["results"] if "suppressions" not in one]

    assert (status, log["version"]) == (1, "2.1.0")
    assert {one["ruleId"] for one in run["results"]} <= rules
    assert result["ruleId"] == "selector"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "base/shop/service.yaml"},
        "region": {"startLine": 6},
    }
    assert run["results"][-1]["suppressions"] == [
        {"kind": "external", "justification": "The shop is made to be small."}
    ]


def test_a_format_that_there_is_not_is_an_error(doit: Doit) -> None:
    status, shown = doit("check", "format=xml")

    assert status == 2
    assert "format=xml: there is no value 'xml'; known: text, json, sarif" in shown


def test_the_value_of_a_secret_is_not_shown(project: Path, doit: Doit) -> None:
    _change(
        project,
        "base/shop/deployment.yaml",
        CONTAINER,
        f"{CONTAINER}        env:\n        - {{name: DB_PASSWORD, value: 48151623}}\n"
        "        - {name: API_TOKEN, value: hunter2}\n",
    )
    doit("render")

    status, shown = doit("check", "env=dev")
    shown += doit("check", "env=dev", "format=json")[1]

    assert status == 1
    assert "expected string, found what is masked" in shown
    assert "the variable API_TOKEN holds its value in plain text" in shown
    assert "48151623" not in shown
    assert "hunter2" not in shown


def test_objects_that_no_cluster_would_take_end_in_findings(project: Path, doit: Doit) -> None:
    (project / "base/shop/service.yaml").write_text(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec: [1]\n"
    )
    doit("render")

    status, shown = doit("check", "env=dev")

    assert status == 1
    assert "base/shop/service.yaml:5: dev/shop: Service/web spec: expected object, found a list of 1" in shown
    assert "Traceback" not in shown


def test_a_rule_of_ones_own_is_one_file(project: Path, doit: Doit) -> None:
    (project / "tasks").unlink()
    import shutil

    from tests.tasks.conftest import ROOT

    shutil.copytree(ROOT / "tasks", project / "tasks", ignore=shutil.ignore_patterns("__pycache__"))
    (project / "tasks/checks/rules/ours.py").write_text(
        '"""Rules of our own."""\n'
        "from tasks.checks.findings import Problem\n"
        "from tasks.checks.registry import rule\n\n\n"
        '@rule("owner", "Ours", fix="label it with owner")\n'
        "def owner(subject):\n"
        '    """Every Service has an owner.\n\n    Somebody is called when it is down.\n    """\n'
        '    for one in subject.objects.of_kind("Service"):\n'
        '        if "owner" not in one["metadata"].get("labels", {}):\n'
        '            yield Problem("has no owner", one, ("metadata", "labels", "owner"))\n'
    )
    doit("render")

    _, shown = doit("check", "env=dev")

    assert shown.splitlines()[0] == (
        "base/shop/service.yaml:3: dev/shop: Service/web metadata.labels.owner: has no owner; "
        "label it with owner [owner]"
    )
