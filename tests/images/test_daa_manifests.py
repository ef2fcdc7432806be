"""What the manifests of daa promise beyond their schemas: alerts, releases, zones, a standby, stages that are alike."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import imbricate
from tests.images.prometheus_names import ELSEWHERE, named, names_in

Manifests = dict[str, dict[str, Any]]
SERVICES = ("daa-service", "knowledge-service", "pattern-service")


def manifests(environment: str) -> Manifests:
    return _objects(Path(f"gitops/{environment}/daa/manifests.yaml").read_text())


def _objects(text: str) -> Manifests:
    found = yaml.load_all(text, Loader=yaml.CSafeLoader)
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in found}


@pytest.mark.parametrize(
    ("expression", "metrics"),
    [
        ('sum by (le) (rate(a_bucket{route!~"/x.*|/b"}[2m])) / on (pod) b', {"a_bucket", "b"}),
        ("histogram_quantile(0.95, sum by (service, le) (rate(a_seconds_bucket[5m])))", {"a_seconds_bucket"}),
        ('absent(build_info{service="daa-service"}) or vector(0)', {"build_info"}),
        ('a{pods="{{args.pods}}"} > 14.4 * 0.001 and a:rate5m > 1e3 unless c', {"a", "a:rate5m", "c"}),
        ("label_values(build_info, namespace)", {"build_info"}),
    ],
)
def test_finds_the_metrics_of_an_expression(expression: str, metrics: set[str]) -> None:
    assert names_in(expression) == metrics


def test_rules_dashboards_and_analyses_name_metrics() -> None:
    of_others = {one for one in named("daa") if one.startswith(tuple(ELSEWHERE))}

    assert len(named("daa")) > 20
    assert {one for one in ELSEWHERE if not any(name.startswith(one) for name in of_others)} == set()


def test_every_alert_has_its_section_in_the_runbook() -> None:
    sections = {
        line[3:].split(" ")[0] for line in Path("docs/runbooks/daa.md").read_text().splitlines() if line[:3] == "## "
    }
    rules = next(one for one in manifests("prod").values() if one["kind"] == "PrometheusRule")["spec"]["groups"]
    urls = [rule["annotations"]["runbook_url"] for group in rules for rule in group["rules"] if "alert" in rule]

    assert len(urls) > 10
    assert {url.partition("#")[2] for url in urls} <= sections


def test_the_standby_of_another_region_is_the_same_but_for_its_database(tmp_path: Path) -> None:
    here = Path.cwd()
    (tmp_path / "kustomization.yaml").write_text(
        f"resources: [{_way(tmp_path, here / 'overlays/prod/daa')}]\n"
        f"components: [{_way(tmp_path, here / 'base/daa/database/standby')}]\n"
    )
    standby, prod = map(_objects, (imbricate.build(tmp_path), imbricate.build("overlays/prod/daa")))

    assert {name for name, one in standby.items() if one != prod[name]} == {"Cluster/database"}
    assert standby.keys() == prod.keys()
    cluster = standby["Cluster/database"]["spec"]
    assert "initdb" not in cluster["bootstrap"]
    assert cluster["bootstrap"]["recovery"]["source"] == cluster["externalClusters"][0]["name"]
    store = cluster["externalClusters"][0]["plugin"]["parameters"]["barmanObjectName"]
    assert f"ObjectStore/{store}" in prod
    validator = next(Path("tasks/checks/schemas").glob("cluster.postgresql.cnpg.io.v1.json"))
    jsonschema.validate(standby["Cluster/database"], json.loads(validator.read_text()))


def _way(start: Path, goal: Path) -> str:
    return os.path.relpath(goal, start)


def test_critical_alerts_leave_within_a_minute() -> None:
    """Asked, recorded, waited for, grouped: the longest way from the first error to PagerDuty."""
    prod = manifests("prod")
    asked = prod["PodMonitor/services"]["spec"]["podMetricsEndpoints"][0]["interval"]
    groups = prod["PrometheusRule/daa"]["spec"]["groups"]
    (rule,) = (one for group in groups for one in group["rules"] if one.get("alert") == "DaaErrors")
    (requests,) = (group for group in groups if rule in group["rules"])
    (route,) = prod["AlertmanagerConfig/daa"]["spec"]["route"]["routes"]

    assert rule["labels"]["severity"] == route["matchers"][0]["value"] == "critical"
    ways = (asked, requests["interval"], rule["for"], route["groupWait"])
    assert sum(map(seconds, ways)) <= 60


def seconds(duration: str) -> int:
    return int(duration[:-1]) * {"s": 1, "m": 60}[duration[-1]]


@pytest.mark.parametrize("environment", ["staging", "prod"])
@pytest.mark.parametrize("name", SERVICES)
def test_pods_are_spread_over_zones_and_nodes(environment: str, name: str) -> None:
    pod = manifests(environment)[f"Deployment/{name}"]["spec"]["template"]["spec"]
    required = pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    zones = [one for one in pod["topologySpreadConstraints"] if one["topologyKey"] == "topology.kubernetes.io/zone"]

    assert [one["topologyKey"] for one in required] == ["kubernetes.io/hostname"]
    assert [one["whenUnsatisfiable"] for one in zones] == ["DoNotSchedule"]
    assert "podAntiAffinity" in pod["affinity"]


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_a_release_goes_back_by_itself(environment: str) -> None:
    """Everything that the controller needs for it names something that is there."""
    found = manifests(environment)
    canary, blue_green = (found[f"Rollout/{name}"]["spec"] for name in ("daa-service", "knowledge-service"))
    routing = canary["strategy"]["canary"]["trafficRouting"]["istio"]
    subsets = found[f"DestinationRule/{routing['destinationRule']['name']}"]["spec"]["subsets"]
    (http,) = found[f"VirtualService/{routing['virtualService']['name']}"]["spec"]["http"]
    switch = blue_green["strategy"]["blueGreen"]

    assert {one["name"] for one in subsets} == {"stable", "canary"}
    assert [(one["destination"]["subset"], one["weight"]) for one in http["route"]] == [("stable", 100), ("canary", 0)]
    assert http["name"] in routing["virtualService"]["routes"]
    assert {f"Service/{switch[one]}" for one in ("activeService", "previewService")} <= found.keys()
    for rollout in (canary, blue_green):
        workload = found[f"Deployment/{rollout['workloadRef']['name']}"]["spec"]
        assert rollout["progressDeadlineAbort"]
        assert rollout["selector"] == workload["selector"]
        assert "replicas" not in rollout
    for analysis in (
        canary["strategy"]["canary"]["analysis"],
        switch["prePromotionAnalysis"],
        switch["postPromotionAnalysis"],
    ):
        given = {one["name"] for one in analysis["args"]}
        templates = [found[f"AnalysisTemplate/{one['templateName']}"]["spec"] for one in analysis["templates"]]
        assert templates
        assert all({one["name"] for one in template["args"]} == given for template in templates)
        queries = [one["provider"]["prometheus"]["query"] for template in templates for one in template["metrics"]]
        assert all(set(re.findall(r"args\.(\w+)", query)) == given for query in queries)


def test_staging_is_what_production_is() -> None:
    """The same objects and fields; only names of hosts, namespaces, buckets, roles and images are others."""
    staging, prod = manifests("staging"), manifests("prod")
    renamed = re.compile(r"-?(staging|production|prod)\b\.?|@sha256:\w+|:[\w.-]+$|\d+\.\d+\.\d+\.\d+/\d+")

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {renamed.sub("", key): plain(one) for key, one in value.items()}
        if isinstance(value, list):
            return [plain(one) for one in value]
        return renamed.sub("", value) if isinstance(value, str) else value

    assert {renamed.sub("", name): plain(one) for name, one in staging.items()} == {
        renamed.sub("", name): plain(one) for name, one in prod.items()
    }


def test_the_quota_has_room_for_all_autoscalers_at_their_maximum() -> None:
    found = manifests("prod")
    limits = found["ResourceQuota/quota"]["spec"]["hard"]
    most = {f"Deployment/{name}": found[f"HorizontalPodAutoscaler/{name}"]["spec"]["maxReplicas"] for name in SERVICES}
    most["Deployment/trace-collector"] = found["Deployment/trace-collector"]["spec"]["replicas"]
    cpu = sum((count + 1) * _cpus(found[name]["spec"]["template"]) for name, count in most.items())
    cluster = found["Cluster/database"]["spec"]

    cpu += cluster["instances"] * float(cluster["resources"]["limits"]["cpu"]) + _cpus(
        found["StatefulSet/redis"]["spec"]["template"]
    )
    assert cpu <= float(limits["limits.cpu"])


def _cpus(template: dict[str, Any]) -> float:
    """Give what a pod may use, its sidecar included."""
    own = [one["resources"]["limits"]["cpu"] for one in template["spec"]["containers"]]
    proxy = template["metadata"]["annotations"]["sidecar.istio.io/proxyCPULimit"]
    return sum(float(one[:-1]) / 1000 if one.endswith("m") else float(one) for one in [*own, proxy])
