"""Exec plugins: where they are looked for, and what they leave behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from imbricate.decode import Where
from imbricate.errors import KustomizationError
from imbricate.folder import Folder, Sources
from imbricate.functions import load
from imbricate.functions.exec_plugin import ExecPlugin
from imbricate.options import PluginOptions
from imbricate.resources import ResMap, Resource, Source
from tests.conformance.harness import write_tree

PROGRAM = "example.com/v1/made/Made"
# Prints a ConfigMap that tells its first argument and whether the variable with the configuration is there.
TELLS = """#!/bin/sh
printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: told}\\ndata:\\n'
printf '  file: "%s"\\n  length: "%s"\\n' "$1" "${#KUSTOMIZE_PLUGIN_CONFIG_STRING}"
"""


def _plugin(folder: Path, *, kind: str = "Made", **fields: str) -> ExecPlugin:
    manifest = {"apiVersion": "example.com/v1", "kind": kind, "metadata": {"name": "one"}, **fields}
    config = Resource(manifest, Source("made.yaml"))
    plugin = load(config, Folder(folder.resolve(), Sources()), PluginOptions(enabled=True))
    assert isinstance(plugin, ExecPlugin)
    return plugin


def _message(folder: Path, **changed: str) -> str:
    with pytest.raises(KustomizationError) as refused:
        _plugin(folder, **changed)
    return str(refused.value)


def _install(home: Path, says: str) -> None:
    write_tree(home, f"-- {PROGRAM} (executable) --\n{TELLS}printf '  home: {says}\\n'\n")


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without any plugin home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.delenv("KUSTOMIZE_PLUGIN_HOME", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path


def test_the_first_plugin_home_that_exists_counts(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUSTOMIZE_PLUGIN_HOME", str(user / "first"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(user / "second"))
    homes = ["user/kustomize/plugin", "user/.config/kustomize/plugin", "second/kustomize/plugin", "first"]

    found = []
    for home in homes:
        _install(user / home, home)
        found += [resource.manifest["data"]["home"] for resource in _plugin(user).generate()]

    assert found == homes


def test_no_plugin_home_is_an_error_that_names_those_tried(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUSTOMIZE_PLUGIN_HOME", str(user / "first"))

    assert _message(user).replace(str(user), "") == (
        "made.yaml: Made/one: there is no plugin home; tried /first, /user/.config/kustomize/plugin,"
        " /user/kustomize/plugin; name one in KUSTOMIZE_PLUGIN_HOME"
    )


def test_a_kind_does_not_lead_out_of_the_plugin_home(user: Path) -> None:
    _install(user / "user/kustomize/plugin", "x")
    write_tree(user, "-- evil (executable) --\n#!/bin/sh\n")
    above = "../" * 10 + str(user / "evil").removeprefix("/")

    message = _message(user, kind=above)

    assert message == f"made.yaml: {above}/one: its apiVersion and kind lead out of the plugin home, to evil"


def test_the_file_of_the_configuration_is_gone_afterwards(user: Path) -> None:
    _install(user / "user/kustomize/plugin", "x")

    (told,) = _plugin(user).generate()

    assert Path(told.manifest["data"]["file"]).parent.is_dir()
    assert not Path(told.manifest["data"]["file"]).exists()


def test_a_configuration_too_long_for_a_variable_comes_in_the_file_alone(user: Path) -> None:
    _install(user / "user/kustomize/plugin", "x")

    configured = "apiVersion: example.com/v1\nkind: Made\nmetadata:\n  name: one\ntext: "

    told = [_plugin(user, text="x" * size).generate()[0] for size in (10, 131_072)]

    assert [one.manifest["data"]["length"] for one in told] == [str(len(configured) + 11), "0"]


def test_a_transformer_changes_adds_and_removes(user: Path) -> None:
    _install(user / "user/kustomize/plugin", "x")
    named = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}} for name in ("told", "gone")]
    resources = ResMap(Resource(manifest) for manifest in named)
    (told, _) = resources

    _plugin(user).transform(resources)

    assert list(resources) == [told]
    assert told.manifest["data"]["home"] == "x"


def test_where_is_the_configuration(user: Path) -> None:
    _install(user / "user/kustomize/plugin", "x")

    assert _plugin(user).where == Where("made.yaml", "Made/one")
