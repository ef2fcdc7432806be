"""The command line of `imbricate edit`: what it lists, its help, and flags between arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from imbricate import cli
from imbricate.edit.command import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"


@pytest.mark.parametrize("arguments", [["remove"], ["remove", "--help"], ["remove", "-h"]])
def test_a_verb_alone_lists_what_it_can_do(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["edit", *arguments]) == 0
    assert capsys.readouterr().out == (
        "imbricate edit remove resource PATTERN          from resources\n"
        "imbricate edit remove component PATTERN         from components\n"
        "imbricate edit remove patch                     an entry from patches\n"
        "imbricate edit remove configmap NAME,...        from configMapGenerator\n"
        "imbricate edit remove secret NAME,...           from secretGenerator\n"
        "imbricate edit remove label KEY,...             from commonLabels\n"
        "imbricate edit remove annotation KEY,...        from commonAnnotations\n"
        "imbricate edit remove transformer PATTERN       from transformers\n"
        "imbricate edit remove buildmetadata OPTION,...  from buildMetadata\n"
    )


def test_nothing_at_all_lists_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["edit"]) == 0
    listed = [line.split()[2:4] for line in capsys.readouterr().out.splitlines()]
    assert listed == [[verb, name] for verb, commands in COMMANDS.items() for name in commands]


@pytest.mark.parametrize(("verb", "name"), [(verb, name) for verb, commands in COMMANDS.items() for name in commands])
def test_each_has_help(verb: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["edit", verb, name, "--help"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: imbricate edit {verb} {name} ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["add", "resource", "--no-verify", "one", "two"],
        ["add", "resource", "one", "--no-verify", "two"],
        ["add", "resource", "one", "two", "--no-verify"],
        ["add", "resource", "--no-verify", "one", "--", "two"],
    ],
)
def test_flags_stand_anywhere(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kustomization.yaml").write_text(HEAD)
    monkeypatch.chdir(tmp_path)

    assert cli.main(["edit", *arguments]) == 0
    assert (tmp_path / "kustomization.yaml").read_text() == HEAD + "resources:\n- one\n- two\n"


def test_an_edit_that_fails_leaves_the_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kustomization.yaml").write_text("namespace: x\n")
    monkeypatch.chdir(tmp_path)

    assert cli.main(["edit", "add", "configmap", "c", "--from-env-file=nope"]) == 1
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == {"kustomization.yaml": "namespace: x\n"}
