"""doit diff against=live and doit drift, against a real API server.

IMBRICATE_KUBECONFIG names the kubeconfig of a cluster in which a namespace for each test is made and deleted. Without
it, etcd and kube-apiserver are started if they are on PATH or in the folder IMBRICATE_KUBE_BINARIES.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tasks.conftest import Doit

KUBECONFIG = os.environ.get("IMBRICATE_KUBECONFIG", "")
BINARIES = os.pathsep.join([os.environ.get("IMBRICATE_KUBE_BINARIES", ""), os.environ["PATH"]])
ETCD, APISERVER, OPENSSL = (shutil.which(name, path=BINARIES) for name in ("etcd", "kube-apiserver", "openssl"))
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        not KUBECONFIG and not (ETCD and APISERVER and OPENSSL),
        reason="no IMBRICATE_KUBECONFIG, and no etcd, kube-apiserver and openssl on PATH or in IMBRICATE_KUBE_BINARIES",
    ),
]
client = pytest.importorskip("kubernetes.client", reason="the Kubernetes client is not installed")
ETCD_OPTIONS = (
    "--unsafe-no-fsync",
    "--listen-client-urls={store}",
    "--advertise-client-urls={store}",
    "--listen-peer-urls=http://127.0.0.1:0",
    "--initial-advertise-peer-urls=http://127.0.0.1:1",
    "--initial-cluster=default=http://127.0.0.1:1",
)
APISERVER_OPTIONS = (
    "--bind-address=127.0.0.1",
    "--cert-dir=certs",
    "--token-auth-file=tokens.csv",
    "--service-account-issuer=https://kubernetes.default.svc",
    "--service-account-key-file=key",
    "--service-account-signing-key-file=key",
    "--endpoint-reconciler-type=none",
    "--service-cluster-ip-range=10.96.0.0/16",
    "--disable-admission-plugins=ServiceAccount",
)
DODO = "\nfrom tasks.diff.task import task_diff, task_drift\n"
SYSTEM = "env=prod", "system=shop"


def _free_port() -> int:
    """Find a port below those that the system gives to outgoing connections."""
    for port in range(20000 + os.getpid() % 10000, 32000):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("no port is free")


def _start(folder: Path, *command: str) -> subprocess.Popen[bytes]:
    with (folder / f"{Path(command[0]).name}.log").open("wb") as log:
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)


@pytest.fixture(scope="session")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give a kubeconfig; its current context is a cluster that may be changed."""
    if KUBECONFIG:
        yield KUBECONFIG
        return
    folder = tmp_path_factory.mktemp("cluster")
    subprocess.run([str(OPENSSL), "genrsa", "-out", "key", "2048"], cwd=folder, check=True, capture_output=True)
    (folder / "tokens.csv").write_text("a-token,admin,1,system:masters\n")
    store = f"http://127.0.0.1:{_free_port()}"
    running = [_start(folder, str(ETCD), *(option.format(store=store) for option in ETCD_OPTIONS))]
    time.sleep(0.5)
    port = _free_port()
    servers = f"--etcd-servers={store}", f"--secure-port={port}"
    running.append(_start(folder, str(APISERVER), *servers, *APISERVER_OPTIONS))
    try:
        config = folder / "kubeconfig"
        config.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": f"https://127.0.0.1:{port}",
                          "certificate-authority": str(folder / "certs/apiserver.crt")}}],
            "users": [{"name": "test", "user": {"token": "a-token"}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        }))  # fmt: skip
        _wait_until_ready(config, running)
        yield str(config)
    finally:
        for one in reversed(running):
            one.terminate()
            one.wait(20)


def _wait_until_ready(config: Path, running: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert all(one.poll() is None for one in running), [
            path.read_text()[-2000:] for path in config.parent.glob("*.log")
        ]
        try:
            _client(str(config)).resources.get(api_version="v1", kind="Namespace").get(name="default")
        except Exception:  # noqa: BLE001 - whatever the client says while the server starts
            time.sleep(0.5)
        else:
            return
    raise AssertionError("the API server did not become ready in 60 s")


def _client(config: str) -> Any:
    from kubernetes import config as loading
    from kubernetes import dynamic

    api = loading.new_client_from_config(config_file=config)
    return dynamic.DynamicClient(api, cache_file=f"{config}.discovery")


@pytest.fixture
def cluster(kubeconfig: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give a client of a cluster whose namespace `shop` is new; doit talks to the same cluster."""
    monkeypatch.setenv("KUBECONFIG", kubeconfig)
    with (project / "dodo.py").open("a") as dodo:
        dodo.write(DODO)
    found = _client(kubeconfig)
    spaces = found.resources.get(api_version="v1", kind="Namespace")
    name = f"shop-{time.time_ns()}"
    for file in project.glob("overlays/*/shop/kustomization.yaml"):
        file.write_text(file.read_text().replace("namespace: shop", f"namespace: {name}"))
    spaces.create(body={"metadata": {"name": name}})
    found.namespace = name
    yield found
    spaces.delete(name=name)


def _apply(cluster: Any, project: Path, manager: str = "kustomize-controller") -> None:
    """Apply what is rendered as a GitOps controller does."""
    for manifest in yaml.safe_load_all((project / "gitops/prod/shop/manifests.yaml").read_text()):
        resource = cluster.resources.get(api_version=manifest["apiVersion"], kind=manifest["kind"])
        cluster.server_side_apply(resource, body=manifest, field_manager=manager, force_conflicts=True)


def _patch(cluster: Any, kind: str, body: dict[str, Any], manager: str, *, api: str = "apps/v1") -> None:
    resource = cluster.resources.get(api_version=api, kind=kind)
    cluster.patch(
        resource, body=body, name="web", namespace=cluster.namespace, field_manager=manager,
        content_type="application/strategic-merge-patch+json",
    )  # fmt: skip


def test_what_is_not_there_would_be_added(cluster: Any, doit: Doit) -> None:
    status, shown = doit("diff", *SYSTEM, "against=live")

    assert (status, shown.splitlines()[1:]) == (
        1,
        [
            "prod/shop: 2 added",
            f"  + Service/web in {cluster.namespace}",
            f"  + Deployment/web in {cluster.namespace}",
            "1 unit compared, 1 differs: 2 added",
        ],
    )


def test_what_was_applied_does_not_differ(cluster: Any, project: Path, doit: Doit) -> None:
    doit("render")
    _apply(cluster, project)

    assert doit("diff", *SYSTEM, "against=live") == (0, "1 unit compared, no differences\n")
    assert doit("drift", *SYSTEM) == (0, "1 unit compared, no differences\n")


def test_only_what_the_overlay_changes_differs(cluster: Any, project: Path, doit: Doit) -> None:
    doit("render")
    _apply(cluster, project)
    before = cluster.resources.get(api_version="apps/v1", kind="Deployment").get(
        name="web", namespace=cluster.namespace
    )
    overlay = project / "overlays/prod/shop/kustomization.yaml"
    overlay.write_text(overlay.read_text().replace("count: 3", "count: 4"))

    status, shown = doit("diff", *SYSTEM, "against=live")

    after = cluster.resources.get(api_version="apps/v1", kind="Deployment").get(name="web", namespace=cluster.namespace)
    assert (status, shown.splitlines()[1:4]) == (
        1,
        [
            "prod/shop: 1 changed",
            f"  ~ Deployment/web in {cluster.namespace}",
            "      ~ spec.replicas: 3 → 4",
        ],
    )
    assert after.to_dict() == before.to_dict()


def test_what_the_overlay_no_longer_sets_is_seen_although_another_manager_applied_it(
    cluster: Any, project: Path, doit: Doit
) -> None:
    labels = project / "overlays/prod/shop/kustomization.yaml"
    text = labels.read_text()
    labels.write_text(f"{text}commonAnnotations:\n  note: old\n")
    doit("render")
    _apply(cluster, project, "argocd-controller")
    labels.write_text(text)

    status, shown = doit("diff", *SYSTEM, "against=live")

    assert status == 1
    assert "      - metadata.annotations: {note: old}" in shown.splitlines()


def test_an_object_that_is_gone_from_the_overlay_would_be_removed(cluster: Any, project: Path, doit: Doit) -> None:
    doit("render")
    _apply(cluster, project)
    (project / "base/shop/kustomization.yaml").write_text("resources:\n- deployment.yaml\n")

    status, shown = doit("diff", *SYSTEM, "against=live")

    assert (status, shown.splitlines()[2]) == (1, f"  - Service/web in {cluster.namespace}")


def test_what_the_cluster_refuses_is_an_error(cluster: Any, project: Path, doit: Doit) -> None:
    doit("render")
    _apply(cluster, project)
    base = project / "base/shop/deployment.yaml"
    base.write_text(base.read_text().replace("app: web", "app: other"))

    status, shown = doit("diff", *SYSTEM, "against=live")

    assert status == 2
    assert "  ! Deployment/web: the cluster refuses it: " in shown
    assert "field is immutable" in shown
    assert "ERROR: the cluster refuses what is marked with !" in shown


def test_drift_is_what_people_change_and_not_what_controllers_do(cluster: Any, project: Path, doit: Doit) -> None:
    doit("render")
    _apply(cluster, project)
    container = {"name": "web", "image": "shop/web:hotfix"}
    template = {"spec": {"containers": [container]}}
    _patch(cluster, "Deployment", {"spec": {"template": template}}, "kubectl-edit")
    _patch(cluster, "Deployment", {"spec": {"replicas": 9}}, "kube-controller-manager")

    status, shown = doit("drift", *SYSTEM)

    assert (status, shown.splitlines()[1:]) == (
        1,
        [
            "prod/shop: 1 changed",
            f"  ~ Deployment/web in {cluster.namespace}",
            "      ~ spec.template.spec.containers[name=web].image: shop/web:1.0 → shop/web:hotfix",
            "1 unit compared, 1 differs: 1 changed",
        ],
    )


def test_what_was_deleted_by_hand_has_drifted(cluster: Any, project: Path, doit: Doit) -> None:
    doit("render")
    _apply(cluster, project)
    cluster.resources.get(api_version="v1", kind="Service").delete(name="web", namespace=cluster.namespace)

    status, shown = doit("drift", *SYSTEM)

    assert (status, shown.splitlines()[2]) == (1, f"  - Service/web in {cluster.namespace}")


def test_a_kind_that_the_cluster_does_not_know_would_be_added(cluster: Any, project: Path, doit: Doit) -> None:
    assert cluster.namespace
    (project / "base/shop/service.yaml").write_text("apiVersion: example.com/v1\nkind: Shoe\nmetadata:\n  name: web\n")

    status, shown = doit("diff", *SYSTEM, "against=live")

    assert status == 1
    assert f"  + Shoe/web in {cluster.namespace}" in shown.splitlines()


def test_a_cluster_that_does_not_answer_is_one_line(project: Path, doit: Doit, monkeypatch: pytest.MonkeyPatch) -> None:
    with (project / "dodo.py").open("a") as dodo:
        dodo.write(DODO)
    config = project / "kubeconfig"
    config.write_text("""\
apiVersion: v1
kind: Config
current-context: gone
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {token: s3cr3t}}]
contexts: [{name: gone, context: {cluster: c, user: u}}]
""")
    monkeypatch.setenv("KUBECONFIG", str(config))

    status, shown = doit("diff", *SYSTEM, "against=live")

    assert status == 2
    assert "ERROR: cluster gone cannot be reached: " in shown.splitlines()[0]
    assert "s3cr3t" not in shown
