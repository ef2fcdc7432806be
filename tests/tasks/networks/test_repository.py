"""The policies of this repository's own systems: no rule of them can go, and none can be wider, unnoticed."""

from __future__ import annotations

from copy import deepcopy
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from imbricate.documents import json_value
from imbricate.manifests import read_manifests
from tasks.networks.evaluate import evaluate
from tasks.networks.layers import layers_of, merged

ROOT = Path(__file__).parent.parent.parent.parent
SYSTEMS = sorted(path.parent.name for path in ROOT.glob("base/*/dependencies.yaml"))


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_rule_counts(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    file = Path("gitops/prod") / system / "manifests.yaml"
    objects: list[dict[str, Any]] = [json_value(one) for one in read_manifests(file.read_bytes(), str(file))]
    dependencies = merged(layers_of(Path("overlays/prod") / system))
    assert evaluate(objects, dependencies) == []

    rules = [
        (index, side, number)
        for index, one in enumerate(objects)
        if one["kind"] == "NetworkPolicy"
        for side in ("ingress", "egress")
        for number in range(len(one["spec"].get(side, ())))
    ]
    assert len(rules) > len(objects) / 20
    wider = cycle((_open, _of_any_namespace, _of_any_pod_here, _on_a_port_more))
    for index, side, number in rules:
        for change in (_without, next(wider)):
            damaged = [*objects[:index], deepcopy(objects[index]), *objects[index + 1 :]]
            change(damaged[index]["spec"][side], number)
            assert evaluate(damaged, dependencies), (objects[index]["metadata"]["name"], side, number, change.__name__)


def _without(rules: list[dict[str, Any]], number: int) -> None:
    del rules[number]


def _open(rules: list[dict[str, Any]], number: int) -> None:
    rules[number][_side(rules[number])] = []


def _of_any_namespace(rules: list[dict[str, Any]], number: int) -> None:
    rules[number][_side(rules[number])].append({"namespaceSelector": {}})


def _of_any_pod_here(rules: list[dict[str, Any]], number: int) -> None:
    rules[number][_side(rules[number])].append({"podSelector": {}})


def _on_a_port_more(rules: list[dict[str, Any]], number: int) -> None:
    rules[number]["ports"].append({"port": 1, "endPort": 2})


def _side(rule: dict[str, Any]) -> str:
    return "from" if "from" in rule else "to"
