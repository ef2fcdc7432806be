"""Deliberate damage to this repository's own bases and overlays: each fault is found, on the line that has it.

A case changes one text in one file of a copy; the line that is expected is the one on which the new text begins, or the
one that a `|` in the expected text stands for.
"""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tasks.arguments import Selection
from tasks.checks.gate import judge
from tasks.units import Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasks.checks.findings import Finding

ROOT = Path(__file__).parent.parent.parent.parent
COPIED = ("base", "components", "overlays")


class Fault(NamedTuple):
    """What is damaged: unit, file, text before and after; what is expected: rule, a part of the message, the place.

    `at` is a text on the expected line, of the file `where`; without them it is where the new text begins.
    """

    unit: str
    file: str
    old: str
    new: str
    rule: str
    message: str
    at: str = ""
    where: str = ""


API = "base/tamma/api/deployment.yaml"
FAULTS = {
    "a Service that selects by a wrong label": Fault(
        "prod/tamma",
        "base/tamma/api/service.yaml",
        "  selector:\n    app.kubernetes.io/name: api\n",
        "  selector:\n    app.kubernetes.io/name: apis\n",
        "selector",
        "selects no pod: none in tamma has app.kubernetes.io/name: apis; did you mean api?",
        at="app.kubernetes.io/name: apis",
    ),
    "pods without the label that their workload selects": Fault(
        "prod/tamma",
        API,
        "    metadata:\n      labels:\n        app.kubernetes.io/name: api\n",
        "    metadata:\n      labels:\n        app.kubernetes.io/name: app\n",
        "selector",
        "the pods have app, and their own workload selects api (what selects them: base/tamma/api/deployment.yaml:",
        at="app.kubernetes.io/name: app\n",
    ),
    "a container without the port that its Service leads to": Fault(
        "prod/tamma",
        API,
        "        ports:\n        - name: http\n          containerPort: 8080\n",
        "        ports:\n        - name: web\n          containerPort: 8080\n",
        "port",
        "Deployment/tamma-api, which it selects, has no port http; it has 8080, web (its ports: "
        "base/tamma/api/deployment.yaml:",
        at="targetPort: http",
        where="base/tamma/api/service.yaml",
    ),
    "a probe of a port that is not there": Fault(
        "prod/tamma",
        API,
        "            path: /ready\n            port: http\n",
        "            path: /ready\n            port: https\n",
        "port",
        "container api has no port https; did you mean http?",
        at="port: https",
    ),
    "a typing error in a key of a ConfigMap": Fault(
        "prod/pakaura",
        "base/pakaura/postgresql/stateful-set.yaml",
        "              key: POSTGRES_DB\n",
        "              key: POSTGRES_BD\n",
        "config-key",
        "has no key POSTGRES_BD",
        at="key: POSTGRES_BD",
    ),
    "a typing error in the ConfigMap itself": Fault(
        "prod/pakaura",
        "base/pakaura/kustomization.yaml",
        "POSTGRES_DB=",
        "POSTGRES_DBB=",
        "config-key",
        "has no key POSTGRES_DB; it has ",
        at="key: POSTGRES_DB",
        where="base/pakaura/postgresql/stateful-set.yaml",
    ),
    "a typing error in a setting that a service takes with all others": Fault(
        "prod/kairoflow",
        "base/kairoflow/kustomization.yaml",
        "MINIO_ENDPOINT=",
        "MINNIO_ENDPOINT=",
        "setting",
        "the sources of kairoflow/php read no MINNIO_ENDPOINT; did you mean MINIO_ENDPOINT?",
    ),
    "a typing error in a key of a Secret": Fault(
        "prod/tamma",
        API,
        "              key: jwt-secret\n",
        "              key: jwt-secrets\n",
        "secret-key",
        "Secret tamma-secrets has no key jwt-secrets",
        at="key: jwt-secrets",
    ),
    "a Secret that is not declared": Fault(
        "prod/tamma",
        API,
        "              name: tamma-secrets\n              key: jwt-secret\n",
        "              name: tamma-secret\n              key: jwt-secret\n",
        "secret-key",
        "there is no Secret tamma-secret",
        at="name: tamma-secret\n",
    ),
    "a privileged container": Fault(
        "prod/tamma",
        API,
        "          allowPrivilegeEscalation: false\n",
        "          privileged: true\n          allowPrivilegeEscalation: false\n",
        "privileged",
        "container api is privileged",
    ),
    "a container that an overlay makes privileged": Fault(
        "prod/tamma",
        "overlays/prod/tamma/kustomization.yaml",
        "patches:\n",
        "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n"
        "    metadata:\n      name: tamma-worker\n    spec:\n      template:\n        spec:\n          "
        "containers:\n          - name: worker\n            securityContext:\n              privileged: true\n",
        "privileged",
        "container worker is privileged",
        at="privileged: true",
    ),
    "a container that may be root": Fault(
        "prod/tamma",
        API,
        "        runAsNonRoot: true\n        runAsUser: 1000\n",
        "        runAsUser: 0\n",
        "run-as-non-root",
        "the pod runs as user 0",
        at="runAsUser: 0",
    ),
    "capabilities that are kept": Fault(
        "prod/tamma",
        API,
        "          capabilities:\n            drop:\n            - ALL\n",
        "          capabilities:\n            drop:\n            - KILL\n",
        "capabilities",
        "container api does not drop all capabilities",
        at="drop:",
    ),
    "a folder of the node": Fault(
        "prod/tamma",
        API,
        "      - name: tmp\n        emptyDir: {}\n",
        "      - name: tmp\n        hostPath:\n          path: /tmp\n",
        "volume-types",
        "volume tmp is of type hostPath",
        at="hostPath:",
    ),
    "a secret's value in a variable": Fault(
        "prod/tamma",
        API,
        "        - name: JWT_SECRET\n          valueFrom:\n            secretKeyRef:\n"
        "              name: tamma-secrets\n              key: jwt-secret\n",
        "        - name: JWT_SECRET\n          value: not-so-secret\n",
        "plain-secret",
        "the variable JWT_SECRET holds its value in plain text",
        at="value: not-so-secret",
    ),
    "a secret's value in the settings": Fault(
        "prod/tamma",
        "overlays/prod/tamma/kustomization.yaml",
        "patches:\n",
        "configMapGenerator:\n- name: environment\n  behavior: merge\n"
        "  literals:\n  - SMTP_PASSWORD=hunter2\npatches:\n",
        "plain-secret",
        "the ConfigMap holds a value for SMTP_PASSWORD",
        at="SMTP_PASSWORD=",
    ),
    "a Secret with its value": Fault(
        "prod/tamma",
        "base/tamma/ingress.yaml",
        "apiVersion: networking.k8s.io/v1\n",
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: smtp\nstringData:\n  user: mail\n---\n"
        "apiVersion: networking.k8s.io/v1\n",
        "plain-secret",
        "a Secret with data is rendered",
        at="user: mail",
    ),
    "an image without digest": Fault(
        "prod/tamma",
        "overlays/prod/tamma/pins/kustomization.yaml",
        "{digest of tamma/api}",
        "- name: tamma/api\n",
        "image-digest",
        "has no digest",
        at="newTag: {tag of tamma/api}",
    ),
    "the latest image": Fault(
        "prod/tamma",
        "overlays/prod/tamma/pins/kustomization.yaml",
        "  newTag: {tag of tamma/api}\n",
        "  newTag: latest\n",
        "image-tag",
        "is the latest, whichever that is",
        at="newTag: latest",
    ),
    "a policy that keeps a service from the database": Fault(
        "prod/tamma",
        "base/tamma/networks/postgres.yaml",
        "    - podSelector:\n        matchLabels:\n          app.kubernetes.io/name: api\n",
        "",
        "networks",
        "Deployment/tamma-api",
        at="ingress:",
    ),
    "a policy that lets everybody to the database": Fault(
        "prod/tamma",
        "base/tamma/networks/postgres.yaml",
        "    - podSelector:\n        matchLabels:\n          app.kubernetes.io/name: api\n",
        "    - podSelector: {}\n",
        "networks",
        "StatefulSet/tamma-postgres may be called by ",
        at="- from:",
        where="base/tamma/networks/postgres.yaml",
    ),
    "a probe that was forgotten": Fault(
        "prod/tamma",
        API,
        "        livenessProbe:\n          httpGet:\n            path: /health\n            port: http\n"
        "          periodSeconds: 30\n          timeoutSeconds: 10\n",
        "",
        "probes",
        "container api has no livenessProbe",
        at="- name: api\n",
    ),
    "no limit of memory": Fault(
        "prod/tamma",
        API,
        "            cpu: 500m\n            memory: 1Gi\n",
        "            cpu: 500m\n",
        "resources",
        "container api has no limit of memory",
        at="limits:",
    ),
    "more than the LimitRange allows": Fault(
        "prod/tamma",
        API,
        "            memory: 1Gi\n",
        "            memory: 64Gi\n",
        "limit-range",
        "container api limits 64Gi of memory, more than the most there may be",
        at="memory: 64Gi",
    ),
    "an autoscaler of something else": Fault(
        "prod/tamma",
        "base/tamma/api/hpa.yaml",
        "    kind: Deployment\n    name: api\n",
        "    kind: Deployment\n    name: apis\n",
        "autoscaler-target",
        "there is no Deployment apis",
        at="name: apis",
    ),
    "a fixed number beside an autoscaler": Fault(
        "prod/tamma",
        "overlays/prod/tamma/kustomization.yaml",
        "patches:\n",
        "replicas:\n- name: tamma-api\n  count: 3\npatches:\n",
        "autoscaler-replicas",
        "replicas is fixed to 3, and HorizontalPodAutoscaler/tamma-api-hpa scales it",
        at="count: 3",
    ),
    "replicas without a budget": Fault(
        "prod/tamma",
        "base/tamma/api/pdb.yaml",
        "    matchLabels:\n      app.kubernetes.io/name: api\n",
        "    matchLabels:\n      app.kubernetes.io/name: worker\n",
        "disruption-budget",
        "2 replicas, and no PodDisruptionBudget",
        at="spec:",
        where=API,
    ),
    "a budget that lets no pod go": Fault(
        "prod/tamma",
        "base/tamma/api/pdb.yaml",
        "  maxUnavailable: 1\n",
        "  minAvailable: 2\n",
        "disruption-budget",
        "of 2 replicas 2 must stay, so that none may go",
    ),
    "an ingress to a port that no Service has": Fault(
        "prod/tamma",
        "base/tamma/ingress.yaml",
        "            name: orchestrator\n            port:\n              name: http\n",
        "            name: orchestrator\n            port:\n              name: htpp\n",
        "backend",
        "Service tamma-orchestrator has no port htpp; it has 3000, 9090, http, metrics",
        at="name: htpp",
    ),
    "a route to a Service that is not there": Fault(
        "dev/kairoflow",
        "base/kairoflow/routing/http.yaml",
        "    - name: kairoflow-web\n",
        "    - name: kairoflow-wep\n",
        "backend",
        "there is no Service kairoflow-wep; did you mean kairoflow-web?",
        at="name: kairoflow-wep",
    ),
    "a monitor of a port that is not there": Fault(
        "prod/tamma",
        "base/tamma/monitoring/api.yaml",
        "  - port: http\n",
        "  - port: metrics\n",
        "monitor",
        "there is no port of a Service that it selects, metrics",
    ),
    "a role that is not there": Fault(
        "prod/tamma",
        "base/tamma/access/operators-bindings.yaml",
        "  kind: Role\n",
        "  kind: ClusterRole\n",
        "role",
        "there is no ClusterRole ",
        at="name: ",
    ),
    "a ServiceAccount that is not there": Fault(
        "prod/tamma",
        API,
        "      serviceAccountName: api\n",
        "      serviceAccountName: robot\n",
        "service-account",
        "there is no ServiceAccount robot",
    ),
    "a mount of a volume that is not there": Fault(
        "prod/tamma",
        API,
        "        - name: tmp\n          mountPath: /tmp\n",
        "        - name: temp\n          mountPath: /tmp\n",
        "volume",
        "there is no volume temp; did you mean tmp?",
    ),
    "a claim that is not there": Fault(
        "prod/kairoflow",
        "base/kairoflow/web-app/deployment.yaml",
        "          claimName: sessions\n",
        "          claimName: session\n",
        "claim",
        "there is no PersistentVolumeClaim session; did you mean sessions?",
    ),
    "a field that there is not": Fault(
        "prod/tamma",
        API,
        "      automountServiceAccountToken: false\n",
        "      automountServiceAccountTokens: false\n",
        "schema",
        "unknown field; did you mean automountServiceAccountToken?",
    ),
    "a field that a custom resource has not": Fault(
        "prod/tamma",
        "base/tamma/secrets/tamma-secrets.yaml",
        "      property: jwt-secret\n",
        "      propery: jwt-secret\n",
        "custom-schema",
        "unknown field; did you mean property?",
    ),
    "a value of the wrong type": Fault(
        "prod/tamma",
        "base/tamma/api/hpa.yaml",
        "  maxReplicas: 6\n",
        "  maxReplicas: six\n",
        "schema",
        'expected integer, found "six"',
    ),
    "a patch that meets nothing": Fault(
        "prod/tamma",
        "overlays/prod/tamma/kustomization.yaml",
        "- target:\n    kind: Ingress\n",
        "- target:\n    kind: Ingres\n",
        "no-effect",
        "patches[0] matches nothing",
        at="- target:",
    ),
    "what Kubernetes warns about": Fault(
        "prod/tamma",
        "base/tamma/ingress.yaml",
        "    nginx.ingress.kubernetes.io/limit-rpm",
        "    kubernetes.io/ingress.class: nginx\n    nginx.ingress.kubernetes.io/limit-rpm",
        "deprecated",
        "kubernetes.io/ingress.class is deprecated; spec.ingressClassName is used instead",
    ),
    "a namespace that enforces nothing": Fault(
        "prod/tamma",
        "components/restricted/namespace.yaml",
        "enforce: restricted",
        "enforce: baseline",
        "pod-namespace",
        "the namespace enforces baseline of pod security",
    ),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what is rendered from."""
    folder = tmp_path_factory.mktemp("damaged")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name)
    (folder / "images").symlink_to(ROOT / "images")
    shutil.copy(ROOT / "images.lock.json", folder)
    return folder


@pytest.fixture
def there(copy: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Go to the copy."""
    monkeypatch.chdir(copy)
    return copy


@pytest.fixture(scope="module")
def before(copy: Path) -> Callable[[str], frozenset[str]]:
    """Give what is found in a unit that nobody has damaged, as text; each unit is looked at once."""
    assert copy.is_dir()
    return cache(lambda unit: frozenset(map(str, _findings(unit))))


def _findings(name: str) -> tuple[Finding, ...]:
    unit = Unit(*name.split("/"))
    return judge(Selection((unit,), (unit.environment,), (unit.system,), is_all=False)).findings


def _pinned(text: str, file: Path) -> str:
    """Fill in what the pins of today are."""
    if "of tamma/api}" not in text:
        return text
    lines = file.read_text().splitlines(keepends=True)
    name = next(number for number, line in enumerate(lines) if line == "  name: tamma/api\n")
    entry = "".join(lines[name - 1 : name + 1])
    return text.replace("{digest of tamma/api}", entry).replace("{tag of tamma/api}", lines[name + 2].split()[1])


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_on_its_line(there: Path, before: Callable[[str], frozenset[str]], name: str) -> None:
    fault = FAULTS[name]
    file = there / fault.file
    text = file.read_text()
    old, new, at = (_pinned(one, file) for one in (fault.old, fault.new, fault.at))
    assert text.count(old) >= 1, f"{fault.file} has changed: it has no {old!r}"
    start = text.index(old)
    known = before(fault.unit)
    try:
        file.write_text(text[:start] + new + text[start + len(old) :])
        found = [one for one in _findings(fault.unit) if str(one) not in known and one.rule == fault.rule]
        where = fault.where or fault.file
        wanted = (there / where).read_text()
        begin = start if where == fault.file and new else 0
        expected = wanted.index(at, begin) if at in wanted[begin:] else wanted.index(at)
        line = wanted.count("\n", 0, expected) + 1
    finally:
        file.write_text(text)

    places = {f"{one.place}: {one.message}{''.join(f' ({also})' for also in one.related)}" for one in found}
    matching = [one for one in places if one.startswith(f"{where}:{line}: ") and fault.message in one]
    assert matching, f"expected {where}:{line}: {fault.message}; found {sorted(places)}"


def test_there_are_at_least_twenty() -> None:
    assert len(FAULTS) >= 20
