"""The metrics that rendered rules, dashboards and analyses name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# Who else exports metrics: what is in the cluster and none of our images.
ELSEWHERE = {
    "barman_cloud_cloudnative_pg_io_": "CloudNativePG's plugin, internal/cnpgi/instance/metrics.go",
    "cnpg_": "CloudNativePG, its monitoring page and its default queries",
    "container_": "the kubelet (cAdvisor): asked in tests/e2e/test_daa.py",
    "kubelet_volume_": "the kubelet: for volumes of a CSI driver",
    "kube_": "kube-state-metrics",
    "probe_success": "the blackbox exporter",
}
_STRING = re.compile(r'"(?:\\.|[^"\\])*"')
_SELECTOR = re.compile(r"\{[^}]*\}")
_TEMPLATE = re.compile(r"\{\{[^}]*\}\}")
_RANGE = re.compile(r"\[[^\]]*\]")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_NAME = re.compile(r"(?<![\w.])([a-zA-Z_:][\w:]*)\b(?!\s*\()")
_WORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}
_LABEL_VALUES = re.compile(r"label_values\(\s*(\w+)\s*,")


def names_in(expression: str) -> set[str]:
    """Give the metrics that an expression of PromQL names, or Grafana's query of the values of a label."""
    listed = _LABEL_VALUES.match(expression)
    if listed:
        return {listed[1]}
    bare = _TEMPLATE.sub("", expression)
    for part in (_STRING, _SELECTOR, _RANGE, _GROUPING):
        bare = part.sub(" ", bare)
    return {found for found in _NAME.findall(bare) if found.lower() not in _WORDS}


def expressions(manifests: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Give each expression, and where it is."""
    for manifest in manifests:
        where = f"{manifest['kind']}/{manifest['metadata']['name']}"
        if manifest["kind"] == "PrometheusRule":
            rules = [rule for group in manifest["spec"]["groups"] for rule in group["rules"]]
            yield from ((f"{where} {rule.get('alert') or rule['record']}", rule["expr"]) for rule in rules)
        elif manifest["kind"] == "AnalysisTemplate":
            for metric in manifest["spec"]["metrics"]:
                yield f"{where} {metric['name']}", metric["provider"]["prometheus"]["query"]
        elif "grafana_dashboard" in (manifest["metadata"].get("labels") or {}):
            yield from (found for text in manifest["data"].values() for found in _of_dashboard(where, json.loads(text)))


def _of_dashboard(where: str, dashboard: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for panel in dashboard["panels"]:
        yield from ((f"{where} {panel['title']}", target["expr"]) for target in panel["targets"])
    for variable in dashboard["templating"]["list"]:
        if isinstance(variable["query"], dict):
            yield f"{where} ${variable['name']}", variable["query"]["query"]


def named(system: str) -> dict[str, list[str]]:
    """Give the metrics that a system's manifests name, with where; without those that a rule of theirs records."""
    found: dict[str, list[str]] = {}
    for environment in ("staging", "prod"):
        text = Path(f"gitops/{environment}/{system}/manifests.yaml").read_text()
        for where, expression in expressions(one for one in yaml.safe_load_all(text) if one):
            for metric in names_in(expression):
                if ":" not in metric:
                    found.setdefault(metric, []).append(where)
    return found
