"""The metrics that rendered rules and dashboards name, and those that a service serves."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# Whatever in an expression is no name of a metric: texts, matchers, ranges, labels that are grouped by.
_OTHER = re.compile(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring)\s*\([^)]*\)')
_NAME = re.compile(r"(?<![\w.$])[a-zA-Z_:][\w:]*(?!\s*\()\b(?!\s*\()")
_WORDS = frozenset({"and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring"})
_TYPE = re.compile(r"^# TYPE (\S+) (\S+)$", re.MULTILINE)
_PARTS = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}

# What the usual exporters of a cluster serve: its users' own Prometheus has them.
CLUSTER = {
    "up": "Prometheus",
    "container_cpu_usage_seconds_total": "cAdvisor",
    "container_network_receive_bytes_total": "cAdvisor",
    "container_network_transmit_bytes_total": "cAdvisor",
    "kube_cronjob_status_last_successful_time": "kube-state-metrics",
    "kube_deployment_spec_replicas": "kube-state-metrics",
    "kube_deployment_status_replicas_available": "kube-state-metrics",
    "kube_horizontalpodautoscaler_spec_max_replicas": "kube-state-metrics",
    "kube_horizontalpodautoscaler_status_current_replicas": "kube-state-metrics",
    "kube_pod_container_resource_requests": "kube-state-metrics",
    "kube_pod_container_status_restarts_total": "kube-state-metrics",
    "kubelet_volume_stats_available_bytes": "kubelet",
    "kubelet_volume_stats_capacity_bytes": "kubelet",
    "node_cpu_seconds_total": "node-exporter",
}


def expressions(manifests: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Give the PromQL of all rules and dashboards, by where it is."""
    return {where: text for one in manifests for where, text in _of(one)}


def _of(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if manifest["kind"] == "PrometheusRule":
        for group in manifest["spec"]["groups"]:
            for rule in group["rules"]:
                yield f"{group['name']}: {rule.get('record') or rule['alert']}", rule["expr"]
    if "grafana_dashboard" in manifest["metadata"].get("labels", {}):
        for file, text in manifest["data"].items():
            for panel in json.loads(text)["panels"]:
                for target in panel["targets"]:
                    yield f"{file}: {panel['title']} {target['refId']}", target["expr"]


def recorded(manifests: Iterable[Mapping[str, Any]]) -> set[str]:
    """Give the names that rules record."""
    rules = (one for one in manifests if one["kind"] == "PrometheusRule")
    return {
        rule["record"]
        for one in rules
        for group in one["spec"]["groups"]
        for rule in group["rules"]
        if "record" in rule
    }


def names(expression: str) -> set[str]:
    """Give the metrics that an expression reads."""
    return set(_NAME.findall(_OTHER.sub(" ", expression))) - _WORDS


def served(text: str) -> set[str]:
    """Give the names of the series in what a service answers to Prometheus."""
    return {f"{name}{part}" for name, kind in _TYPE.findall(text) for part in _PARTS.get(kind, ("",))}
