"""Results of builds: found again while everything that they read is the same, and only then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import imbricate
from imbricate import results
from imbricate.options import BuildOptions, PluginOptions
from imbricate.results import Result, result_of
from tests.conformance.harness import write_tree
from tests.unit.damages import DAMAGES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHOP = """\
-- overlay/kustomization.yaml --
resources: [../base, own.yaml]
commonLabels: {team: x}
-- overlay/own.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: own}}
-- base/kustomization.yaml --
configMapGenerator:
- name: words
  files: [words.txt]
patches:
- path: patch.yaml
-- base/words.txt --
some words
-- base/patch.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: words}, data: {more: words}}
-- elsewhere/kustomization.yaml --
namePrefix: elsewhere-
configMapGenerator: [{name: other}]
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "shop", SHOP)


@pytest.fixture
def options(tmp_path: Path) -> BuildOptions:
    return BuildOptions(cache=tmp_path / "cache")


def kept(options: BuildOptions) -> list[Path]:
    folder = options.cache / "results" if options.cache else None
    return list(folder.iterdir()) if folder and folder.exists() else []


def was_found(result: Result) -> bool:
    return result.composition is None


def test_the_second_build_finds_the_result_of_the_first(shop: Path, options: BuildOptions) -> None:
    first, second = (result_of(shop / "overlay", options) for _ in range(2))

    assert not was_found(first)
    assert was_found(second)
    assert second.content == first.content == imbricate.build(shop / "overlay").encode()
    assert second.warnings == first.warnings
    assert len(second.warnings) == 1
    assert imbricate.build(shop / "overlay", cache=options.cache) == first.content.decode()


def test_without_a_cache_nothing_is_kept(shop: Path, tmp_path: Path) -> None:
    assert not was_found(result_of(shop / "overlay"))
    assert not was_found(result_of(shop / "overlay"))
    assert [one.name for one in tmp_path.iterdir()] == ["shop"]


def _swap(shop: Path) -> None:
    (shop / "base").rename(shop / "former")
    (shop / "base").symlink_to("elsewhere")


CHANGES: dict[str, Callable[[Path], Any]] = {
    "a file of resources": lambda shop: (shop / "overlay/own.yaml").write_text("{kind: A, metadata: {name: a}}\n"),
    "a kustomization": lambda shop: (shop / "base/kustomization.yaml").write_text("namePrefix: b-\nresources: []\n"),
    "a file of a generator": lambda shop: (shop / "base/words.txt").write_text("other words\n"),
    "a patch": lambda shop: (shop / "base/patch.yaml").write_text(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: words}, data: {more: other}}\n"
    ),
    "a folder that is a link now": _swap,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_reads_something_else_is_built_anew(
    shop: Path, options: BuildOptions, change: Callable[[Path], Any]
) -> None:
    before = result_of(shop / "overlay", options)
    change(shop)

    after = result_of(shop / "overlay", options)

    assert not was_found(after)
    assert after.content != before.content
    assert after.content == result_of(shop / "overlay").content


def _link_out(shop: Path) -> None:
    (shop / "base/words.txt").rename(shop / "words.txt")
    (shop / "base/words.txt").symlink_to("../words.txt")


GONE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a file is missing": (
        lambda shop: (shop / "overlay/own.yaml").unlink(),
        "overlay/kustomization.yaml: resources[1]: 'own.yaml' does not exist",
    ),
    "a second kustomization": (
        lambda shop: (shop / "base/kustomization.yml").write_text("resources: []\n"),
        (
            "overlay/kustomization.yaml: resources[0]: base holds several kustomizations "
            "(kustomization.yaml and kustomization.yml): expected one"
        ),
    ),
    "a file that is a link out of the folder": (
        _link_out,
        (
            "base/kustomization.yaml: configMapGenerator[0].files[0]: 'words.txt' is not in or below "
            "the kustomization's folder (--load-restrictor)"
        ),
    ),
    "the folder itself": (
        lambda shop: (shop / "overlay").rename(shop / "former"),
        "'overlay' does not exist, expected the folder of a kustomization",
    ),
}


@pytest.mark.parametrize(("change", "message"), GONE.values(), ids=GONE.keys())
def test_what_can_no_longer_be_built_fails(
    shop: Path, options: BuildOptions, change: Callable[[Path], Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop)
    result_of("overlay", options)
    change(shop)

    with pytest.raises(imbricate.ImbricateError) as caught:
        result_of("overlay", options)

    assert str(caught.value) == message


def test_a_result_is_that_of_its_options_alone(shop: Path, options: BuildOptions) -> None:
    plain = result_of(shop / "overlay", options)
    other = result_of(shop / "overlay", options._replace(managed_by=True))

    assert not was_found(other)
    assert other.content != plain.content
    assert result_of(shop / "overlay", options).content == plain.content
    assert len(kept(options)) == 2


def test_a_warning_names_files_as_seen_from_here(
    shop: Path, options: BuildOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop)
    there = result_of("overlay", options)
    monkeypatch.chdir(shop / "overlay")
    here = result_of(".", options)

    assert [one.split(":")[1] for one in (*there.warnings, *here.warnings)] == [
        " overlay/kustomization.yaml",
        " kustomization.yaml",
    ]


def test_a_result_of_another_installation_is_not_found(
    shop: Path, options: BuildOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    result_of(shop / "overlay", options)
    monkeypatch.setattr(results, "installation", lambda: "another")

    assert not was_found(result_of(shop / "overlay", options))


def test_an_installation_that_is_no_folder_keeps_nothing(
    shop: Path, options: BuildOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def _refuse() -> str:
        raise NotADirectoryError

    monkeypatch.setattr(results, "installation", _refuse)

    assert not was_found(result_of(shop / "overlay", options))
    assert kept(options) == []


@pytest.mark.parametrize(
    ("secret", "is_kept"),
    [
        ("{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: b}}", False),
        ("{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: Yg==}}", False),
        ("{apiVersion: v1, kind: SecretList, items: [{kind: Secret, metadata: {name: s}, data: {a: Yg==}}]}", False),
        (
            "{kind: Secret, metadata: {name: s, annotations: {kubectl.kubernetes.io/last-applied-configuration: x}}}",
            False,
        ),
        ("{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {}, stringData: null}", True),
        ("{kind: ExternalSecret, metadata: {name: s}, data: [{secretKey: a}]}", True),
    ],
)
def test_a_secret_is_not_kept(tmp_path: Path, options: BuildOptions, secret: str, *, is_kept: bool) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: [s.yaml]\n")
    (tmp_path / "s.yaml").write_text(secret)

    assert [was_found(result_of(tmp_path, options)) for _ in range(2)] == [False, is_kept]
    assert bool(kept(options)) == is_kept


def test_a_generated_secret_is_not_kept(tmp_path: Path, options: BuildOptions) -> None:
    (tmp_path / "kustomization.yaml").write_text("secretGenerator: [{name: s, literals: [password=p]}]\n")

    assert [was_found(result_of(tmp_path, options)) for _ in range(2)] == [False, False]
    assert kept(options) == []


def test_what_a_program_made_is_not_kept(tmp_path: Path) -> None:
    folder = write_tree(
        tmp_path / "tree",
        """\
-- kustomization.yaml --
generators: [g.yaml]
-- g.yaml --
apiVersion: v1
kind: Anything
metadata:
  name: g
  annotations:
    config.kubernetes.io/function: "exec: {path: ./run.sh}"
-- run.sh (executable) --
#!/bin/sh
cat > /dev/null
printf 'kind: ResourceList\\nitems:\\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\\n'
""",
    )
    options = BuildOptions(cache=tmp_path / "cache", plugins=PluginOptions(enabled=True, exec_enabled=True))

    assert [was_found(result_of(folder, options)) for _ in range(2)] == [False, False]
    assert kept(options) == []


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_result_is_as_good_as_none(
    shop: Path, options: BuildOptions, damage: Callable[[bytes], bytes]
) -> None:
    before = result_of(shop / "overlay", options)
    (entry,) = kept(options)
    entry.write_bytes(damage(entry.read_bytes()))

    after = result_of(shop / "overlay", options)

    assert not was_found(after)
    assert after.content == before.content
    assert was_found(result_of(shop / "overlay", options))
