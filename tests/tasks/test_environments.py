"""overlays/environments.schema.json, by which editors complete and check, agrees with what the tasks read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tasks.diff.noise import read_noise
from tasks.promotion.errors import PromotionError
from tasks.promotion.pins import moving_keys
from tasks.units import ConfigurationError, Environment, environments

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent.parent
OVERLAYS = ROOT / "overlays"
SCHEMA: dict[str, Any] = json.loads((OVERLAYS / "environments.schema.json").read_text())
DEV = 'name: dev, cluster: kind, kubernetes: "1.34"'
STAGES = f"environments: [{{{DEV}, secrets: generated}}]\n"


def _errors(text: str) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(text))]


def test_the_schema_is_one_and_the_file_names_it() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    first = (OVERLAYS / "environments.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=environments.schema.json"


def test_the_environments_of_this_repository_are_valid() -> None:
    assert _errors((OVERLAYS / "environments.yaml").read_text()) == []


def test_the_schema_knows_the_fields_that_the_tasks_read() -> None:
    environment = SCHEMA["$defs"]["environment"]

    assert tuple(environment["properties"]) == Environment._fields
    assert set(environment["required"]) == set(Environment._fields) - set(Environment._field_defaults)


GOOD = {
    "all fields": f"environments: [{{{DEV}, secrets: external, context: dev, manager: flux}}]\n",
    "rules": STAGES
    + """\
ignore:
- {kind: Deployment, name: "w*", env: prod, system: shop, field: spec.replicas, reason: an autoscaler sets it}
- {name: web, reason: nobody looks at it}
- {field: 'metadata.annotations["a.b/c"]', reason: "1"}
- {field: 'spec.containers[name=web,image="a]b"].ports[*].port', reason: "1"}
- {field: '.*.x', reason: "1"}
""",
    "no rules": STAGES + "ignore:\npromote:\n",
    "settings": STAGES + "promote: [FEATURE_SEARCH]\n",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_what_the_tasks_take_is_valid(project: Path, text: str) -> None:
    (project / "overlays/environments.yaml").write_text(text)

    assert environments()[0].name == "dev"
    read_noise()
    moving_keys()
    assert _errors(text) == []


BAD: dict[str, tuple[Callable[[], object], str]] = {
    "no map": (environments, "[]"),
    "nothing": (environments, ""),
    "no list": (environments, "environments: {}"),
    "none": (environments, "environments: []"),
    "a word": (environments, "environments: [dev]"),
    "an unknown field": (environments, f"environments: [{{{DEV}, secrets: external, registry: r}}]"),
    "no name": (environments, 'environments: [{cluster: kind, kubernetes: "1.34", secrets: external}]'),
    "no cluster": (environments, 'environments: [{name: dev, kubernetes: "1.34", secrets: external}]'),
    "a number": (environments, "environments: [{name: dev, cluster: kind, kubernetes: 1.34, secrets: external}]"),
    "an empty name": (environments, 'environments: [{name: "", cluster: k, kubernetes: "1.34", secrets: external}]'),
    "no secrets": (environments, f"environments: [{{{DEV}}}]"),
    "other secrets": (environments, f"environments: [{{{DEV}, secrets: vault}}]"),
    "rules are a word": (read_noise, STAGES + "ignore: x"),
    "a rule is a word": (read_noise, STAGES + "ignore: [x]"),
    "no reason": (read_noise, STAGES + "ignore: [{kind: A}]"),
    "about everything": (read_noise, STAGES + "ignore: [{reason: r, env: prod}]"),
    "a kind is a number": (read_noise, STAGES + "ignore: [{reason: r, kind: 1}]"),
    "a kind is blank": (read_noise, STAGES + "ignore: [{reason: r, kind: ' '}]"),
    "an unknown rule": (read_noise, STAGES + "ignore: [{reason: r, fields: a}]"),
    "no field path": (read_noise, STAGES + "ignore: [{reason: r, field: 'a[]'}]"),
    "an open field path": (read_noise, STAGES + "ignore: [{reason: r, field: 'a[b'}]"),
    "settings are a word": (moving_keys, STAGES + "promote: FEATURE"),
    "a setting is a number": (moving_keys, STAGES + "promote: [1]"),
}


@pytest.mark.parametrize(("read", "text"), BAD.values(), ids=BAD)
def test_what_the_tasks_refuse_is_not_valid(project: Path, read: Callable[[], object], text: str) -> None:
    (project / "overlays/environments.yaml").write_text(text)

    with pytest.raises((ConfigurationError, PromotionError)):
        read()
    assert _errors(text)


def test_two_of_one_name_are_found_by_the_tasks_only(project: Path) -> None:
    """A schema cannot compare a field of all elements: the one rule that it lacks."""
    text = STAGES.replace("]", f", {{{DEV}, secrets: external}}]")
    (project / "overlays/environments.yaml").write_text(text)

    with pytest.raises(ConfigurationError) as caught:
        environments()

    assert str(caught.value) == "overlays/environments.yaml: environments: dev is there twice"
    assert _errors(text) == []
