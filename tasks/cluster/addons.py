"""What the dev environment needs of a cluster beside Kubernetes: metrics for autoscalers, an ingress controller."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tasks.cluster import registry
from tasks.cluster.errors import ClusterError
from tasks.cluster.kind import KUBECONFIG, programs
from tasks.cluster.parts import CLUSTER
from tasks.cluster.processes import run
from tasks.cluster.program_images import ProgramImage, assembled
from tasks.cluster.programs import folder_of, of_addon
from tasks.images.archive import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient

ADDONS = ("metrics-server", "traefik")
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_DEFINITIONS = {
    "traefik": (
        "github.com/traefik/traefik/v3",
        "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml",
    )
}
_SECONDS = 120


def install(client: DockerClient, addon: str, show: Callable[[str], None]) -> None:
    """Bring an add-on into the cluster and wait for it. Raises ClusterError."""
    manifest = CLUSTER / "addons" / addon / "manifest.yaml"
    if addon in _DEFINITIONS:
        module, path = _DEFINITIONS[addon]
        _kubectl(show, "apply", "--server-side", "-f", f"{folder_of(addon, module)}/{path}")
    _push(client, addon, show)
    _kubectl(show, "apply", "--server-side", "-f", str(manifest))
    for deployment in _deployments(manifest):
        _kubectl(show, "rollout", "status", *deployment, f"--timeout={_SECONDS}s")
    show(f"{addon} is there")


def _push(client: DockerClient, addon: str, show: Callable[[str], None]) -> None:
    """Put an add-on's program into the registry, under the name that its manifest has."""
    program = of_addon(addon).had(show) / addon
    reference = f"imbricate.local/{addon}:1"
    files = ((_CERTIFICATES, str(_CERTIFICATES)), (program, f"/{addon}"))
    pushed = f"{registry.HOST}/{addon}:1"
    with assembled(ProgramImage(reference, (files,), (f"/{addon}",))) as image:
        load(client, image, [pushed])
    for line in client.images.push(pushed, stream=True, decode=True):
        if "error" in line:
            raise ClusterError(f"{pushed} cannot be pushed: {line['error']}")


def _deployments(manifest: Path) -> list[list[str]]:
    found = [one for one in yaml.safe_load_all(manifest.read_text()) if one["kind"] == "Deployment"]
    return [["-n", one["metadata"]["namespace"], f"deployment/{one['metadata']['name']}"] for one in found]


def _kubectl(show: Callable[[str], None], *words: str) -> str:
    return run([programs(show).kubectl, "--kubeconfig", str(KUBECONFIG), *words])
