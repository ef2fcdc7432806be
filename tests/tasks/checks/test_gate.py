"""doit check, as it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tasks.conftest import Doit


def test_what_is_rendered_passes(doit: Doit) -> None:
    doit("render")

    assert doit("check") == (0, "2 units checked, no findings\n")


def test_an_edited_output_is_shown_field_by_field(project: Path, doit: Doit) -> None:
    doit("render")
    output = project / "gitops/prod/shop/manifests.yaml"
    output.write_text(
        output.read_text().replace("replicas: 3", "replicas: 4").replace("image: shop/web:1.0\n", "image: x\n")
    )

    status, shown = doit("check", "env=prod")

    assert status == 1
    assert shown.splitlines()[:3] == [
        "prod/shop: gitops/prod/shop/manifests.yaml is not what the overlay renders (2 differences); run doit render",
        "prod/shop:   Deployment/web in shop spec.replicas: 4 -> 3",
        "prod/shop:   Deployment/web in shop spec.template.spec.containers[web].image: 'x' -> 'shop/web:1.0'",
    ]


def test_a_unit_that_was_never_rendered_is_a_finding(doit: Doit) -> None:
    status, shown = doit("check", "env=dev")

    assert (status, shown.splitlines()[0]) == (
        1,
        "dev/shop: gitops/dev/shop/manifests.yaml is missing; run doit render",
    )


def test_a_rendered_file_without_overlay_is_a_finding(project: Path, doit: Doit) -> None:
    doit("render")
    (project / "overlays/prod/shop").rename(project / "elsewhere")

    status, shown = doit("check")

    assert (status, shown.splitlines()[0]) == (
        1,
        "gitops/prod/shop/manifests.yaml: no overlay stands behind it; run doit render",
    )


DANGLING = {
    "a Service port": (
        "base/shop/service.yaml",
        "targetPort: http",
        "targetPort: https",
        "Service/web spec.ports[http]: no pod that it selects has port https",
    ),
    "a selector": (
        "base/shop/service.yaml",
        "selector: {app: web}",
        "selector: {app: wob}",
        "Service/web spec.selector: selects no pod",
    ),
    "a ConfigMap": (
        "base/shop/deployment.yaml",
        "        image: shop/web\n",
        "        image: shop/web\n        envFrom:\n        - configMapRef: {name: settings}\n",
        "Deployment/web containers[web].envFrom: there is no ConfigMap settings",
    ),
    "a Secret": (
        "base/shop/deployment.yaml",
        "        image: shop/web\n",
        (
            "        image: shop/web\n        env:\n        - name: A\n          valueFrom:\n"
            "            secretKeyRef: {name: token, key: a}\n"
        ),
        "Deployment/web containers[web].env[A]: there is no Secret token",
    ),
    "a ServiceAccount": (
        "base/shop/deployment.yaml",
        "      containers:\n",
        "      serviceAccountName: robot\n      containers:\n",
        "Deployment/web serviceAccountName: there is no ServiceAccount robot",
    ),
    "a claim": (
        "base/shop/deployment.yaml",
        "      containers:\n",
        "      volumes:\n      - name: data\n        persistentVolumeClaim: {claimName: data}\n      containers:\n",
        "Deployment/web volumes[data]: there is no PersistentVolumeClaim data",
    ),
    "an unknown field": (
        "base/shop/deployment.yaml",
        "      containers:\n",
        "      hostNetwerk: true\n      containers:\n",
        "Deployment/web spec.template.spec: Additional properties are not allowed ('hostNetwerk' was unexpected)",
    ),
}


@pytest.mark.parametrize("case", DANGLING)
def test_what_does_not_hold_together_is_a_finding(project: Path, doit: Doit, case: str) -> None:
    file, old, new, finding = DANGLING[case]
    text = (project / file).read_text()
    (project / file).write_text(text.replace(old, new))
    doit("render")

    status, shown = doit("check", "env=dev")

    assert (status, shown.splitlines()[0]) == (1, f"dev/shop: {finding}")
