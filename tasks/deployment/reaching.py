"""How to reach what was deployed: the hosts of its ingresses, with a command that works from this machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasks.connection import Manifest

_HOST = re.compile(r"Host\(`(?P<host>[^`]+)`\)")
_WEB, _TLS = 8080, 8443  # of this machine: the ports that doit cluster_up maps to the node's 80 and 443


def ways(manifests: Sequence[Manifest], namespace: str) -> list[str]:
    """Give a line for each host, or for each Service where there is no ingress."""
    found = [line for manifest in manifests for line in _of_ingress(manifest)]
    return found or [line for manifest in manifests for line in _of_service(manifest, namespace)]


def hosts(manifests: Sequence[Manifest]) -> list[str]:
    """Give the hosts of all Ingresses and IngressRoutes, each once."""
    return list(dict.fromkeys(host for manifest in manifests for host in _hosts(manifest)))


def _hosts(manifest: Manifest) -> Iterator[str]:
    spec = manifest.get("spec") or {}
    if manifest["kind"] == "Ingress":
        yield from (rule["host"] for rule in spec.get("rules", ()) if rule.get("host"))
    if manifest["kind"] == "IngressRoute":
        yield from (host for route in spec.get("routes", ()) for host in _HOST.findall(route.get("match", "")))


def _of_ingress(manifest: Manifest) -> Iterator[str]:
    found, spec = list(dict.fromkeys(_hosts(manifest))), manifest.get("spec") or {}
    if manifest["kind"] == "IngressRoute":
        secure = found if "tls" in spec else []
    else:
        secure = [host for one in spec.get("tls") or () for host in one.get("hosts") or ()]
    for host in found:
        scheme, inside, port = ("https", 443, _TLS) if host in secure else ("http", 80, _WEB)
        flag = "-k " if scheme == "https" else ""
        yield f"curl {flag}--connect-to {host}:{inside}:127.0.0.1:{port} {scheme}://{host}/"


def _of_service(manifest: Manifest, namespace: str) -> Iterator[str]:
    if manifest["kind"] == "Service" and (manifest["spec"].get("clusterIP") != "None"):
        name, port = manifest["metadata"]["name"], manifest["spec"]["ports"][0]["port"]
        yield f"kubectl -n {namespace} port-forward service/{name} {port}"
