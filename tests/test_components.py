"""components/: what several systems need, each said once, explained, listed and in use."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

import imbricate
from imbricate.documents import read_resources

ROOT = Path(__file__).parent.parent
COMPONENTS = sorted(path.name for path in (ROOT / "components").iterdir() if path.is_dir())
WITHOUT_USERS = {"preview"}  # for overlays that are made for a pull request and go with it


@pytest.mark.parametrize("name", COMPONENTS)
def test_each_says_in_25_lines_what_it_does_and_is_listed(name: str) -> None:
    readme = (ROOT / "components" / name / "README.md").read_text().splitlines()
    listed = (ROOT / "docs/reference/components.md").read_text()

    assert readme[0] == f"# {name}"
    assert len(readme) <= 25
    assert f"| [{name}](../../components/{name}/README.md) |" in listed


@pytest.mark.parametrize("name", [name for name in COMPONENTS if name not in WITHOUT_USERS])
def test_each_is_used_by_two_systems_or_more(name: str) -> None:
    users = {
        path.relative_to(ROOT).parts[1 if path.is_relative_to(ROOT / "base") else 2]
        for top in ("base", "overlays")
        for path in (ROOT / top).rglob("kustomization.yaml")
        for entry in yaml.safe_load(path.read_text()).get("components") or ()
        if (path.parent / entry).resolve() == ROOT / "components" / name
    }

    assert len(users) >= 2


def test_a_preview_stands_on_dev_with_a_name_hosts_and_a_time_of_its_own(tmp_path: Path) -> None:
    for name in ("base/tamma", "components", "overlays/dev/tamma"):
        shutil.copytree(ROOT / name, tmp_path / name)
    readme = (ROOT / "components/preview/README.md").read_text()
    example = readme.partition("```yaml\n")[2].partition("```")[0].replace("shop", "tamma")
    overlay = tmp_path / "overlays/pr-123/tamma"
    overlay.mkdir(parents=True)
    (overlay / "kustomization.yaml").write_text(example)

    objects: list[dict[str, Any]] = read_resources(imbricate.build(overlay), "pr-123")

    (namespace,) = (one["metadata"] for one in objects if one["kind"] == "Namespace")
    assert namespace["name"] == "tamma-pr-123"
    assert namespace["labels"]["environment"] == "preview"
    assert namespace["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert namespace["annotations"] == {"janitor/ttl": "72h"}
    hosts = [rule["host"] for one in objects if one["kind"] == "Ingress" for rule in one["spec"]["rules"]]
    assert hosts == ["tamma-pr-123.dev.example.com"]
    assert {one["metadata"].get("namespace") for one in objects if one["kind"] != "Namespace"} == {"tamma-pr-123"}


def test_each_deployment_is_spread_for_itself() -> None:
    objects = read_resources((ROOT / "gitops/prod/tamma/manifests.yaml").read_text(), "tamma")

    for one in (one for one in objects if one["kind"] == "Deployment"):
        pod = one["spec"]["template"]
        (spread,) = (
            rule
            for rule in pod["spec"]["topologySpreadConstraints"]
            if rule["topologyKey"] == "topology.kubernetes.io/zone"
        )
        selected = {expression["key"] for expression in spread["labelSelector"]["matchExpressions"]}
        assert spread["matchLabelKeys"] == ["app.kubernetes.io/name"]
        assert {*spread["matchLabelKeys"], *selected} <= pod["metadata"]["labels"].keys()
        assert not selected & {*spread["matchLabelKeys"]}  # the API server takes no key in both
