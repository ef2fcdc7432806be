"""The rules, one by one: a unit as it should be passes all of them; each way to break it is told by its own rule."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml

from tasks.checks.objects import Objects
from tasks.checks.registry import UNIT, all_rules
from tasks.checks.rules.settings import distance

if TYPE_CHECKING:
    from tasks.checks.findings import Problem

HERE = Path(__file__).parent
BREAKS = {
    f"{rule}: {one['at']} {number}": (rule, one)
    for rule, ways in yaml.safe_load((HERE / "breaks.yaml").read_text()).items()
    for number, one in enumerate(ways)
}
_ELSEWHERE = {"build", "rendered", "no-effect", "networks", "setting"}  # need files: test_gate, test_damage, below
OF_UNITS = [one.id for one in all_rules().values() if one.scope == UNIT and one.id not in _ELSEWHERE]
_POD = "Deployment/web spec.template.spec."


GOOD = pickle.dumps(list(yaml.safe_load_all((HERE / "good.yaml").read_text())))


def _good() -> list[dict[str, Any]]:
    """Give objects of one's own, to be broken."""
    return cast("list[dict[str, Any]]", pickle.loads(GOOD))  # noqa: S301 - our own


def _problems(rule: str, manifests: list[dict[str, Any]]) -> list[Problem]:
    environment = SimpleNamespace(kubernetes="1.34", secrets="external")
    objects = Objects(manifests)
    subject = SimpleNamespace(manifests=manifests, objects=objects, is_first=False, environment=environment)
    return list(all_rules()[rule].function(subject))


def _whole(path: str) -> str:
    return path.replace("POD.", _POD).replace("BOX.", f"{_POD}containers.0.")


def _set(manifests: list[dict[str, Any]], at: str, value: Any) -> None:
    title, _, path = at.partition(" ")
    found: Any = next(one for one in manifests if f"{one['kind']}/{one['metadata']['name']}" == title)
    steps: list[Any] = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps[:-1]:
        found = found[step] if isinstance(step, int) else found.setdefault(step, {})
    if value is None:
        del found[steps[-1]]
    else:
        found[steps[-1]] = value


@pytest.mark.parametrize("rule", OF_UNITS)
def test_what_is_as_it_should_be_passes(rule: str) -> None:
    assert _problems(rule, _good()) == []


@pytest.mark.parametrize("rule", OF_UNITS)
def test_every_rule_has_a_case(rule: str) -> None:
    assert any(one == rule for one, _ in BREAKS.values())


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_not_is_told_with_its_field(name: str) -> None:
    rule, way = BREAKS[name]
    manifests = _good()
    _set(manifests, _whole(way["at"]), way["set"])

    found = [f"{one.object} {'.'.join(map(str, one.path))}: {one.message}" for one in _problems(rule, manifests)]

    assert f"{_whole(way.get('where', way['at']))}: {way['says']}" in found


def test_what_is_optional_may_be_missing() -> None:
    manifests = _good()
    for reference in ({"name": "nobody", "key": "a"}, {"name": "settings", "key": "OTHER"}):
        _set(manifests, _whole("BOX.env.0.valueFrom.configMapKeyRef"), {**reference, "optional": True})

        assert _problems("config-key", manifests) == []


@pytest.mark.parametrize("rule", OF_UNITS)
def test_no_rule_stumbles_over_objects_that_hold_anything(rule: str) -> None:
    for value in (None, 1, "x", [], [1], {}, {"a": 1}):
        manifests = _good()
        for one in manifests:
            for field in ("spec", "data", "roleRef", "subjects"):
                if field in one:
                    one[field] = value
        for problem in _problems(rule, manifests):
            assert problem.message


def test_an_image_that_was_never_built_needs_no_digest_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("web", "mail"):
        (tmp_path / "images/shop" / name).mkdir(parents=True)
        (tmp_path / "images/shop" / name / "Dockerfile").touch()
    built = dict.fromkeys(("tag", "digest", "inputs"), "x") | {"bases": {}, "size": 1, "own": 1, "download": 1}
    (tmp_path / "images.lock.json").write_text(json.dumps({"shop/mail": built}))

    for image, count in (("web", 0), ("mail", 1), ("other", 1)):
        manifests = _good()
        _set(manifests, _whole("BOX.image"), f"registry.example.com:5000/shop/{image}:1.0")

        assert len(_problems("image-digest", manifests)) == count


def test_a_variable_that_is_nearly_one_of_the_sources_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images/shop/web/tests").mkdir(parents=True)
    (tmp_path / "images/shop/web/settings.py").write_text("token_lifetime: int\nMAIL_HOST = os.environ['MAIL_HOST']\n")
    (tmp_path / "images/shop/web/tests/test_it.py").write_text("MAIL_HOSTS\n")
    manifests = _good()
    _set(manifests, _whole("BOX.envFrom"), [{"configMapRef": {"name": "settings"}}])
    assert _problems("setting", manifests) == []

    _set(manifests, "ConfigMap/settings data", {"TOKEN_LIFETMIE": "1", "MAIL_HOTS": "x", "MAIL_SENDER": "y"})

    assert [
        f"{one.object} {'.'.join(map(str, one.path))}: {one.message}" for one in _problems("setting", manifests)
    ] == [
        (
            "ConfigMap/settings data.TOKEN_LIFETMIE: the sources of shop/web read no TOKEN_LIFETMIE; did you mean "
            "TOKEN_LIFETIME?"
        ),
        "ConfigMap/settings data.MAIL_HOTS: the sources of shop/web read no MAIL_HOTS; did you mean MAIL_HOST?",
    ]


@pytest.mark.parametrize(
    ("one", "other", "expected"), [("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("ab", "ba", 2)]
)
def test_the_distance_of_names_is_counted_in_letters(one: str, other: str, expected: int) -> None:
    assert distance(one, other) == distance(other, one) == expected
