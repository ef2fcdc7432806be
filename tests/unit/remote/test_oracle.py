"""What the real kustomize prints for the same remote entries."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.unit.remote.conftest import git
from tests.unit.remote.test_builds import BASE, built, config_map, resources

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.remote.conftest import Repository, Server, Write

KUSTOMIZE = os.environ.get("IMBRICATE_KUSTOMIZE") or shutil.which("kustomize")
pytestmark = [pytest.mark.oracle, pytest.mark.skipif(KUSTOMIZE is None, reason="there is no kustomize")]

ORIGINS = "buildMetadata: [originAnnotations, transformerAnnotations]\nnameSuffix: -x\n"
SHOP = {
    **BASE,
    "kustomization.yaml": resources("base") + "namePrefix: root-\nconfigMapGenerator: [{name: g, literals: [a=b]}]\n",
    "part/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonLabels: {a: b}\n",
    "far/kustomization.yaml": resources("{file}/shop//base?ref=v1", "../base/") + "nameSuffix: -far\n",
    "transform/kustomization.yaml": resources("t.yaml"),
    "transform/t.yaml": "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: t}\nprefix: t-\n"
    "fieldSpecs: [{path: metadata/name}]\n",
    "open/kustomization.yaml": resources("c.yaml"),
    "open/c.yaml": config_map("open"),
}
OVERLAYS = {
    "a branch": resources("{file}/shop//base?ref=main"),
    "a tag": resources("{file}/shop//base?ref=v1"),
    "a commit": resources("{file}/shop//base?ref={commit}"),
    "the root": resources("{file}/shop"),
    "a slash at the end": resources("{file}/shop//base/"),
    "by version and without submodules": resources("{file}/shop//base?version=v1&submodules=false"),
    "over http": resources("{http}/shop//base?ref=v1"),
    "forced git over http": resources("git::{http}/org/shop/base"),
    "by two names over http": resources("{http}/org/shop/base?ref=main"),
    "a component": resources("{file}/shop//open") + "components:\n- '{file}/shop//part'\n",
    "bases": "bases:\n- '{file}/shop//base'\n",
    "transformers": resources("{file}/shop//base") + "transformers:\n- '{file}/shop//transform'\n",
    "a file": resources("{http}/c.yaml"),
    "a file that looks like one in a repository": resources("{http}/a/b/c.yaml"),
    "files in fields": resources("{http}/c.yaml")
    + "patches: [{path: '{http}/p.yaml'}]\nconfigurations: ['{http}/names.yaml']\n"
    "configMapGenerator: [{name: g, files: ['{http}/c.yaml'], envs: ['{http}/e.env']}]\n",
    "html": resources("{http}/org/shop/open"),
}


@pytest.mark.parametrize("name", OVERLAYS)
@pytest.mark.parametrize("metadata", ["", ORIGINS], ids=["plain", "origins"])
def test_remote_entries_give_what_kustomize_gives(
    name: str, metadata: str, repository: Callable[[str], Repository], server: Server, write: Write
) -> None:
    root = f"file://{server.folder}"
    commits = []
    for path in ("shop", "org/shop"):
        found = repository(path)
        commits.append(found.commit({file: text.replace("{file}", root) for file, text in SHOP.items()}))
        git(found.folder, "tag", "v1")
        found.commit({"base/c.yaml": config_map("c", v="two")})
    server.answer("/c.yaml", config_map("f"))
    server.answer("/a/b/c.yaml", config_map("f"))
    server.answer("/p.yaml", config_map("f", patched="here"))
    server.answer("/e.env", "A=b\n")
    server.answer("/names.yaml", "namePrefix:\n- path: metadata/annotations/x\n  create: false\n")
    server.answer("/org/shop/open", "<!DOCTYPE html>\n<html><body>a page: here</body></html>\n")
    text = metadata + OVERLAYS[name]
    for key, value in {"file": root, "http": server.url, "commit": commits[0]}.items():
        text = text.replace(f"{{{key}}}", value)
    write("overlay/kustomization.yaml", text)
    assert KUSTOMIZE is not None
    done = subprocess.run([KUSTOMIZE, "build", "overlay"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert built() == done.stdout
    assert built() == done.stdout, "locked and cached"


def test_a_local_file_goes_before_a_repository_of_its_name(write: Write) -> None:
    write("overlay/github.com/org/repo/c.yaml", config_map("local"))
    write("overlay/kustomization.yaml", ORIGINS + resources("github.com/org/repo/c.yaml"))
    assert KUSTOMIZE is not None
    done = subprocess.run([KUSTOMIZE, "build", "overlay"], capture_output=True, text=True, check=True)

    assert "name: local-x" in done.stdout
    assert built() == done.stdout
