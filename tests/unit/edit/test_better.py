"""Where we do better than kustomize: it would lose or mix up what the user wrote, or pass over a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.conformance.harness import KUSTOMIZE
from tests.unit.edit.harness import Case, Done, ours, theirs

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
VAR = "vars:\n- name: V\n  objref: {apiVersion: v1, kind: Service, name: s}\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: s\n"
PLACED = SERVICE.replace("name: s\n", "name: c\n  labels:\n    l: $(V)\n")


class Better(NamedTuple):
    """An edit, the kustomization it is made in, what is left, and the other files."""

    edit: tuple[str, ...]
    before: str
    after: str
    files: dict[str, str] = {}  # noqa: RUF012 - a NamedTuple's default, never changed


BETTER = {
    "a large number keeps its digits": Better(
        ("set", "namespace", "x"),
        HEAD + "helmCharts:\n- name: c\n  valuesInline:\n    id: 9007199254740993\n",
        HEAD + "helmCharts:\n- name: c\n  valuesInline:\n    id: 9007199254740993\nnamespace: x\n",
    ),
    "an empty document before the kustomization does not lose it": Better(
        ("set", "namespace", "x"), "---\n---\n" + HEAD + "namePrefix: p-\n", HEAD + "namePrefix: p-\nnamespace: x\n"
    ),
    "an entry keeps its other options": Better(
        ("add", "configmap", "c", "--from-literal=a=b", "--disableNameSuffixHash"),
        HEAD + "configMapGenerator:\n- name: c\n  options:\n    immutable: true\n",
        HEAD
        + "configMapGenerator:\n- literals:\n  - a=b\n  name: c\n  options:\n    disableNameSuffixHash: true\n"
        + "    immutable: true\n",
    ),
    "a literal may hold equals signs": Better(
        ("set", "secret", "s", "--from-literal=key=c2VjcmV0=="),
        HEAD + "secretGenerator:\n- name: s\n  literals:\n  - key=b2xk==\n",
        HEAD + "secretGenerator:\n- literals:\n  - key=c2VjcmV0==\n  name: s\n",
    ),
    "an entry of labels without pairs gets them": Better(
        ("add", "label", "a:b", "--without-selector"),
        HEAD + "labels:\n- includeSelectors: false\n",
        HEAD + "labels:\n- pairs:\n    a: b\n",
    ),
    "replacements that are there stay when vars are converted": Better(
        ("fix", "--vars"),
        HEAD + "resources: [s.yaml]\nreplacements:\n- path: r.yaml\n" + VAR,
        HEAD
        + "resources:\n- s.yaml\nreplacements:\n- path: r.yaml\n- source:\n    kind: Service\n    name: s\n"
        + "    version: v1\n",
        {"s.yaml": SERVICE, "r.yaml": "[]\n"},
    ),
}


@pytest.mark.parametrize("better", BETTER.values(), ids=BETTER)
def test_what_the_user_wrote_is_kept(better: Better, tmp_path: Path) -> None:
    case = Case((better.edit,), {"kustomization.yaml": better.before, **better.files}, Done(0, {}))

    done = ours(tmp_path, case)

    assert (done.status, done.after) == (0, {"kustomization.yaml": better.after})


@pytest.mark.oracle
@pytest.mark.skipif(KUSTOMIZE is None, reason="no kustomize on PATH or in IMBRICATE_KUSTOMIZE")
@pytest.mark.parametrize("better", BETTER.values(), ids=BETTER)
def test_kustomize_does_not_keep_it(better: Better, tmp_path: Path) -> None:
    case = Case((better.edit,), {"kustomization.yaml": better.before, **better.files}, Done(0, {}))

    assert theirs(tmp_path, case).after != {"kustomization.yaml": better.after}


def test_vars_are_found_in_a_base_of_a_base(tmp_path: Path) -> None:
    files = {
        "kustomization.yaml": HEAD + "resources: [one]\n" + VAR,
        "one/kustomization.yaml": "resources: [two, s.yaml]\n",
        "one/s.yaml": SERVICE,
        "one/two/kustomization.yaml": "resources: [c.yaml]\n",
        "one/two/c.yaml": PLACED,
    }

    done = ours(tmp_path, Case((("fix", "--vars"),), files, Done(0, {})))

    assert done.after["one/two/c.yaml"] == PLACED.replace("$(V)", "V_PLACEHOLDER")
    assert "    select:\n      kind: Service\n      name: c\n      version: v1\n" in done.after["kustomization.yaml"]


def test_a_var_that_cannot_be_converted_leaves_the_files_of_the_others(tmp_path: Path) -> None:
    second = VAR.removeprefix("vars:\n").replace("name: V", "name: W")
    files = {
        "kustomization.yaml": HEAD + "resources: [s.yaml, c.yaml]\n" + VAR + second,
        "s.yaml": SERVICE,
        "c.yaml": PLACED + "    m: a$(W)b\n",
    }

    done = ours(tmp_path, Case((("fix", "--vars"),), files, Done(1, {})))

    message = "c.yaml: metadata.labels.m: $(W) cannot become a replacement: expected the same sign before and after it"
    assert done == Done(1, {}, "", f"Error: {message}\n")


def test_a_key_that_looks_like_a_number_is_found_again(tmp_path: Path) -> None:
    placed = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  "1": $(V)\n'
    files = {"kustomization.yaml": HEAD + "resources: [c.yaml]\n" + VAR, "c.yaml": placed}

    done = ours(tmp_path, Case((("fix", "--vars"),), files, Done(0, {})))

    assert "  - fieldPaths:\n    - data.1\n" in done.after["kustomization.yaml"]


def test_literals_that_are_set_stay_in_their_order(tmp_path: Path) -> None:
    literals = [f"k{number}=old" for number in (3, 1, 4, 5, 9, 2, 6)]
    before = HEAD + "configMapGenerator:\n- literals:\n" + "".join(f"  - {one}\n" for one in literals) + "  name: c\n"
    edit = ("set", "configmap", "c", "--from-literal=k4=new")

    done = ours(tmp_path, Case((edit,), {"kustomization.yaml": before}, Done(0, {})))

    assert done.after == {"kustomization.yaml": before.replace("k4=old", "k4=new")}


_MISTAKES = {
    "st image nginx:1": "edit: unknown verb 'st'; did you mean set?",
    "frobnicate": "edit: unknown verb 'frobnicate'; known are set, add, remove, fix",
    "set imge nginx:1": "edit set: unknown field 'imge'; did you mean image?",
    "remove base x": "edit remove: unknown field 'base'; known are resource, component, patch, configmap, secret, "
    "label, annotation, transformer, buildmetadata",
    "add resource https://github.com/org/repo?ref=v1": "'https://github.com/org/repo?ref=v1' is remote, which is not "
    "looked up here; add it unseen with --no-verify",
    "add resource https://me:hunter2@example.com/org/repo": "'https://me:***@example.com/org/repo' is remote, which is "
    "not looked up here; add it unseen with --no-verify",
    "add configmap c --from-file=a=b=c": "--from-file: expected one file for the key 'a=b', 'c' matches none",
    "add secret c --from-litral=a=hunter2": "add secret: unknown flag --from-litral; did you mean --from-literal?",
    "add label -xhunter2": "add label: unknown flag -x; --help lists those there are",
    "add label a:b --force=maybe": "add label: argument -f/--force: ignored explicit argument 'maybe'",
    "fix --var": "fix: unknown flag --var; did you mean --vars?",
    "fix everything": "fix: expected flags only, found 'everything'",
}


@pytest.mark.parametrize(("edit", "message"), _MISTAKES.items(), ids=_MISTAKES)
def test_mistakes_are_told(edit: str, message: str, tmp_path: Path) -> None:
    done = ours(tmp_path, Case((tuple(edit.split()),), {"kustomization.yaml": HEAD}, Done(1, {})))

    assert done == Done(1, {}, "", f"Error: {message}\n")
