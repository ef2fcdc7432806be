"""doit diff, as it is typed: what it compares with, how it shows it, what it tells by its exit status."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imbricate.difference import compare
from tasks.arguments import Selection
from tasks.diff import noise as noises
from tasks.diff.as_json import as_json
from tasks.diff.changes import Report, UnitChange
from tasks.diff.lines import scalar, visible
from tasks.diff.live import without_books
from tasks.diff.markdown import markdown
from tasks.diff.noise import Noise, read_noise, without_field
from tasks.diff.ownership import is_a_controllers, manager_of
from tasks.diff.text import text
from tasks.units import ConfigurationError, Unit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tasks.conftest import Doit

PROD = Unit("prod", "shop")
DODO = "\nfrom tasks.diff.task import task_diff, task_drift\n"
CONFIG = """\
configMapGenerator:
- name: app
  files: [app.conf]
patches:
- path: strategy.yaml
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {template: {spec: {containers: [{name: web, envFrom: [{configMapRef: {name: app}}]}]}}}
"""


@pytest.fixture(autouse=True)
def _with_diff(request: pytest.FixtureRequest) -> None:
    if "project" in request.fixturenames:
        with (request.getfixturevalue("project") / "dodo.py").open("a") as dodo:
            dodo.write(DODO)


def _git(*arguments: str) -> str:
    identity = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(["git", *arguments], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _commit(message: str) -> str:
    _git("add", "-A", "--", "base", "overlays", "gitops")
    _git("commit", "-q", "--allow-empty", "-m", message)
    return _git("rev-parse", "HEAD")


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_nothing_differs_after_a_rendering(doit: Doit) -> None:
    doit("render")

    assert doit("diff") == (0, "2 units compared, no differences\n")


def test_each_field_is_a_line_and_the_status_is_1(project: Path, doit: Doit) -> None:
    doit("render")
    _edit(project / "overlays/prod/shop/kustomization.yaml", "count: 3", "count: 4")
    _edit(project / "base/shop/service.yaml", "targetPort: http", "targetPort: 8080")

    assert doit("diff") == (
        1,
        """\
gitops/ → what the overlays render
dev/shop: 1 changed
  ~ Service/web in shop
      ~ spec.ports[port=80,protocol=TCP].targetPort: http → 8080
prod/shop: 2 changed
  ~ Service/web in shop
      ~ spec.ports[port=80,protocol=TCP].targetPort: http → 8080
  ~ Deployment/web in shop
      ~ spec.replicas: 3 → 4
2 units compared, 2 differ: 3 changed
""",
    )


def test_nothing_is_written(project: Path, doit: Doit) -> None:
    doit("render")
    before = {path: path.read_bytes() for path in project.rglob("gitops/**/*") if path.is_file()}
    _edit(project / "overlays/prod/shop/kustomization.yaml", "count: 3", "count: 4")

    doit("diff")

    assert {path: path.read_bytes() for path in project.rglob("gitops/**/*") if path.is_file()} == before


def test_a_unit_that_is_new_or_gone_is_its_objects(project: Path, doit: Doit) -> None:
    doit("render", "env=prod")
    (project / "overlays/prod/shop").rename(project / "overlays/prod/boutique")

    assert doit("diff")[1].splitlines()[1:] == [
        "dev/shop: 2 added",
        "  + Service/web in shop",
        "  + Deployment/web in shop",
        "prod/boutique: 2 added",
        "  + Service/web in shop",
        "  + Deployment/web in shop",
        "prod/shop: 2 removed",
        "  - Service/web in shop",
        "  - Deployment/web in shop",
        "3 units compared, 3 differ: 4 added, 2 removed",
    ]


def test_a_generated_config_map_is_one_change_with_its_lines(project: Path, doit: Doit) -> None:
    overlay = project / "overlays/prod/shop"
    _edit(overlay / "kustomization.yaml", "patches:\n- path: strategy.yaml\n", CONFIG)
    lines = [f"line {number}" for number in range(12)]
    (overlay / "app.conf").write_text("\n".join(lines))
    doit("render")
    (overlay / "app.conf").write_text("\n".join([*lines[:6], "another line", *lines[7:]]))

    status, shown = doit("diff", "env=prod")

    assert status == 1
    assert re.sub("-[0-9a-z]{10}\\b", "-HASH", shown).splitlines()[1:] == [
        "prod/shop: 1 renamed",
        "  ~ ConfigMap/app-HASH → app-HASH in shop (used by Deployment/web)",
        '      ~ data["app.conf"]:',
        "      @ @@ -4,7 +4,7 @@",
        "        line 3",
        "        line 4",
        "        line 5",
        "      - line 6",
        "      + another line",
        "        line 7",
        "        line 8",
        "        line 9",
        "1 unit compared, 1 differs: 1 renamed",
    ]


def test_against_a_commit_nothing_is_checked_out(project: Path, doit: Doit) -> None:
    _git("init", "-q", "-b", "main")
    doit("render")
    first = _commit("one")
    _edit(project / "overlays/prod/shop/kustomization.yaml", "count: 3", "count: 4")
    doit("render")
    _commit("two")
    (project / "overlays/prod/shop/strategy.yaml").write_text("kind: unfinished\n")

    assert doit("diff", "env=dev", "against=HEAD~1") == (0, "1 unit compared, no differences\n")
    (project / "overlays/prod/shop/strategy.yaml").write_text(_git("show", "HEAD:overlays/prod/shop/strategy.yaml"))
    assert doit("diff", "against=HEAD~1")[1].splitlines() == [
        f"gitops/ at HEAD~1 ({first[:7]}) → what the overlays render",
        "prod/shop: 1 changed",
        "  ~ Deployment/web in shop",
        "      ~ spec.replicas: 3 → 4",
        "2 units compared, 1 differs: 1 changed",
    ]
    assert doit("diff", "against=HEAD")[0] == 0


def test_against_a_commit_without_gitops_all_is_added(project: Path, doit: Doit) -> None:
    _git("init", "-q", "-b", "main")
    _git("commit", "-q", "--allow-empty", "-m", "none")

    assert doit("diff", "env=prod", "against=main")[1].splitlines()[1] == "prod/shop: 2 added"
    assert project.is_dir()


def test_against_another_environment_its_namespace_is_named_once(project: Path, doit: Doit) -> None:
    _edit(project / "overlays/dev/shop/kustomization.yaml", "namespace: shop", "namespace: shop-dev")

    assert doit("diff", "env=prod", "against=dev") == (
        1,
        """\
environment dev → what the overlays render
prod/shop: 1 changed
  ~ namespace: shop-dev → shop (2 objects)
  ~ Deployment/web in shop
      + spec.replicas: 3
      + spec.strategy: {type: Recreate}
      ~ spec.template.spec.containers[name=web].image: shop/web → shop/web:1.0
1 unit compared, 1 differs: 1 changed
""",
    )


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (
            ("against=mian",),
            2,
            "diff                         ERROR: git knows no commit 'mian'",
        ),
        (("against=--output=x",), 2, "diff                         ERROR: git knows no commit '--output=x'"),
        (
            ("format=yaml",),
            2,
            "diff                         ERROR: format=yaml: there is no value 'yaml'; known: text, markdown, json",
        ),
        (
            ("colour=no",),
            2,
            "diff                         ERROR: colour=no: there is no value 'no'; known: auto, always, never",
        ),
        (("env=prd",), 3, "ERROR: env=prd: there is no environment 'prd'; did you mean prod? known: dev, prod"),
        (
            ("against=live",),
            2,
            (
                "diff                         ERROR: which cluster is that of dev? Choose one environment (env=dev), "
                "which is compared with the kubeconfig's current context, or give it a context in "
                "overlays/environments.yaml"
            ),
        ),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    project: Path, doit: Doit, arguments: tuple[str, ...], status: int, message: str
) -> None:
    assert project.is_dir()
    _git("init", "-q", "-b", "main")
    _git("commit", "-q", "--allow-empty", "-m", "none")

    found, shown = doit("diff", *arguments)

    assert (found, shown.splitlines()[0]) == (status, message)


def test_without_git_there_is_no_commit(project: Path, doit: Doit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))

    status, shown = doit("diff", "against=main")

    assert status == 2
    assert "ERROR: this is no git repository" in shown


def test_an_overlay_that_does_not_build_is_an_error(project: Path, doit: Doit) -> None:
    _edit(project / "overlays/prod/shop/kustomization.yaml", "replicas:", "replica:")

    status, shown = doit("diff")

    assert status == 2
    assert "ERROR: overlays/prod/shop/kustomization.yaml: replica: " in shown.splitlines()[0]


def test_colour_only_when_asked_for_or_on_a_terminal(
    project: Path, doit: Doit, monkeypatch: pytest.MonkeyPatch
) -> None:
    doit("render")
    _edit(project / "overlays/prod/shop/kustomization.yaml", "count: 3", "count: 4")

    assert "\x1b" not in doit("diff")[1]
    assert "\x1b[33m      ~ spec.replicas: 3 → 4\x1b[0m" in doit("diff", "colour=always")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in doit("diff", "colour=auto")[1]


def test_json_says_all_of_it(project: Path, doit: Doit) -> None:
    doit("render", "env=prod")
    _edit(project / "overlays/prod/shop/kustomization.yaml", "count: 3", "count: 4")
    _edit(project / "base/shop/kustomization.yaml", "- service.yaml\n", "")

    status, shown = doit("diff", "env=prod", "format=json")

    found = json.loads(shown)
    service = found["units"][0]["objects"].pop()
    assert status == 1
    assert service.pop("object")["spec"]["selector"] == {"app": "web"}
    web = {"group": "", "kind": "Service", "namespace": "shop", "name": "web"}
    assert service == {"change": "removed", **web}
    assert found == {
        "version": 1,
        "before": "gitops/",
        "after": "what the overlays render",
        "differs": True,
        "counts": {"changed": 1, "renamed": 0, "added": 0, "removed": 1},
        "units": [
            {
                "unit": "prod/shop",
                "environment": "prod",
                "system": "shop",
                "differs": True,
                "counts": {"changed": 1, "renamed": 0, "added": 0, "removed": 1},
                "namespaces": [],
                "objects": [
                    {
                        "change": "changed",
                        "group": "apps",
                        "kind": "Deployment",
                        "namespace": "shop",
                        "name": "web",
                        "fields": [{"change": "changed", "path": "spec.replicas", "before": 3, "after": 4}],
                    }
                ],
                "refused": [],
            }
        ],
        "warnings": [],
    }


def test_markdown_folds_each_unit(project: Path, doit: Doit) -> None:
    doit("render")
    _edit(project / "overlays/prod/shop/kustomization.yaml", "count: 3", "count: 4")
    _edit(project / "overlays/prod/shop/kustomization.yaml", '"1.0"', '"1.1"')

    assert doit("diff", "format=markdown") == (
        1,
        """\
### gitops/ → what the overlays render

**2 units compared, 1 differs: 1 changed**

<details open><summary><b>prod/shop</b>: 1 changed</summary>

```diff
@@ Deployment/web in shop @@
- spec.replicas: 3
+ spec.replicas: 4
- spec.template.spec.containers[name=web].image: shop/web:1.0
+ spec.template.spec.containers[name=web].image: shop/web:1.1
```

</details>
""",
    )


def _config(name: str = "app", kind: str = "ConfigMap", **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "data": data}


def _report(*pairs: tuple[list[Any], list[Any]]) -> Report:
    changes = [UnitChange(Unit("prod", f"s{number}"), compare(*pair)) for number, pair in enumerate(pairs)]
    return Report("old", "new", tuple(changes))


def test_markdown_stays_within_what_github_takes() -> None:
    long = {f"key{number}": "ü" * 100 for number in range(1000)}
    report = _report(*[([_config()], [_config(**long)])] * 3, ([_config()], [_config(small="1")]))

    shown = markdown(report, "doit diff")

    assert 60_000 < len(shown.encode()) <= 65_000
    assert '+ data.small: "1"' in shown
    assert len(re.findall(r"\n\d+ more lines would not fit into a comment; `doit diff` shows all\.\n", shown)) == 3
    assert shown.count("```diff") == shown.count("\n```\n") == shown.count("</details>") == 4


def test_markdown_of_very_many_units_names_how_many_are_missing() -> None:
    report = _report(*[([_config()], [_config(a="1")])] * 2000)

    shown = markdown(report, "doit diff")

    assert len(shown.encode()) <= 65_000
    assert re.search(r"\n\d+ more units would not fit into a comment; `doit diff` shows all\.\n$", shown)


def test_markdown_cannot_be_broken_out_of() -> None:
    report = _report(([_config(a="1")], [_config(a="```\n</details><script>\n@@ x")]))

    shown = markdown(report, "doit diff")

    assert shown.count("````") == 2
    assert "````diff\n@@ ConfigMap/app @@\n" in shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("1.0", '"1.0"'),
        ("true", '"true"'),
        ("", '""'),
        ("a: b", '"a: b"'),
        ("x\x1b[31mred", '"x\\u001b[31mred"'),
        ("admin\u202etxt.exe", '"admin\\u202etxt.exe"'),
        (1.5, "1.5"),
        (None, "null"),
        (True, "true"),
    ],
)
def test_a_scalar_is_shown_as_what_it_is(given: Any, shown: str) -> None:
    assert scalar(given) == shown


def test_what_would_not_be_seen_is_shown_as_its_escape() -> None:
    assert visible("a\x1b[2J\u202eb\tc") == "a\\x1b[2J\\u202eb\tc"


def test_of_long_values_the_place_is_shown_where_they_differ() -> None:
    same = "x" * 200
    report = _report(([_config(a=f"{same}1{same}")], [_config(a=f"{same}2{same}")]))

    assert text(report, colour=False).splitlines()[3] == (
        f"      ~ data.a: …{'x' * 40}1{'x' * 40}… → …{'x' * 40}2{'x' * 40}…"
    )


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1), st.booleans())
def test_no_form_shows_a_secret(word: str, is_new: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    secret = f"5ecr3t{word}"
    encoded = base64.b64encode(secret.encode()).decode()
    secrets = [
        _config("s", "Secret", password=encoded),
        {**_config("t", "Secret"), "stringData": {"multi": f"a\n{secret}\nb"}},
        _config("c", **{"key.pem": f"-----BEGIN PRIVATE KEY-----\n{secret}", "PASSWORD": secret}),
    ]
    former = _config("s", "Secret") | {"data": {"password": "eA=="}}
    old = [] if is_new else [former, *secrets[1:]]
    report = _report((old, secrets), (secrets, old))

    shown = [text(report, colour=True), markdown(report, "doit diff"), as_json(report)]

    assert not [one for one in shown if "5ecr3t" in one or encoded in one]
    assert all("password" in one for one in shown if not is_new)


RULES = """\
ignore:
- {kind: Deployment, name: "w*", env: prod, field: spec.replicas, reason: an autoscaler sets it}
- {kind: Service, system: shop, reason: nobody looks at these}
"""


def test_noise_is_left_out(project: Path, doit: Doit) -> None:
    doit("render")
    with (project / "overlays/environments.yaml").open("a") as environments:
        environments.write(RULES)
    _edit(project / "overlays/prod/shop/kustomization.yaml", "count: 3", "count: 4")
    _edit(project / "base/shop/service.yaml", "targetPort: http", "targetPort: 8080")

    assert doit("diff") == (0, "2 units compared, no differences\n")


def test_a_rule_that_matches_nothing_is_a_warning(project: Path, doit: Doit) -> None:
    doit("render")
    with (project / "overlays/environments.yaml").open("a") as environments:
        environments.write(RULES.replace("w*", "wbe"))

    warning = "warning: overlays/environments.yaml: ignore[0]: matches nothing; remove it, or correct what it names\n"
    assert doit("diff") == (0, f"2 units compared, no differences\n{warning}")
    assert doit("diff", "env=dev") == (0, "1 unit compared, no differences\n")
    assert json.loads(doit("diff", "format=json")[1])["warnings"] == [warning[9:-1]]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("x", "ignore: expected a list of rules"),
        ("[x]", "ignore[0]: expected a map, found 'x'"),
        ("[{kind: A}]", "ignore[0].reason: expected why this may be left out, found nothing"),
        ("[{reason: r, env: prod}]", "ignore[0]: expected a kind, a name or a field, found none"),
        ("[{reason: r, kind: 1}]", "ignore[0].kind: expected a string, found 1"),
        (
            "[{reason: r, fields: a}]",
            "ignore[0].fields: unknown field; did you mean field? known are kind, name, env, system, field, reason",
        ),
        (
            "[{reason: r, field: 'a[]'}]",
            (
                'ignore[0].field: expected a path like spec.ports[name=http].port or metadata.labels["a.b/c"], '
                "found 'a[]' (at '[]')"
            ),
        ),
    ],
)
def test_a_rule_that_makes_no_sense_is_one_line(project: Path, rule: str, message: str) -> None:
    with (project / "overlays/environments.yaml").open("a") as environments:
        environments.write(f"ignore: {rule}\n")

    with pytest.raises(ConfigurationError) as caught:
        read_noise()

    assert str(caught.value) == f"overlays/environments.yaml: {message}"


OBJECT = {
    "metadata": {"annotations": {"a.b/c": "1"}, "name": "x"},
    "spec": {"containers": [{"name": "a", "image": "x", "n": 1}, {"name": "b", "n": 2}], "finalizers": ["f", "g"]},
}


@pytest.mark.parametrize(
    ("field", "gone"),
    [
        ('metadata.annotations["a.b/c"]', "{'annotations': {'a.b/c': '1'}, "),
        ("spec.containers[name=a].image", "'image': 'x', "),
        ("spec.containers[*].n", ", 'n': [12]"),
        ("spec.containers[1]", ", {'name': 'b', 'n': 2}"),
        ("spec.finalizers[f]", "'f', "),
        ("metadata.*", "'metadata': {.*}, 'name': 'x'}, "),
        ("spec.nothing", "never"),
    ],
)
def test_a_field_is_found_by_its_path(field: str, gone: str) -> None:
    found = without_field(OBJECT, noises.field_of(field, "ignore[0].field"))

    assert found != OBJECT or gone == "never"
    assert repr(found) == (
        repr(OBJECT).replace("'annotations': {'a.b/c': '1'}, ", "")
        if "annotations" in gone
        else re.sub(gone if "[" in gone or ".*" in gone else re.escape(gone), "", repr(OBJECT))
    )


def test_rules_of_other_units_do_not_warn() -> None:
    rule = noises.Rule("ignore[0]", {"env": "dev", "kind": "A"}, (), "r")
    noise = Noise((rule,))

    assert noise.warnings(Selection((PROD,), ("prod",), ("shop",), is_all=False)) == []
    assert len(noise.warnings(Selection((PROD,), ("dev",), ("shop",), is_all=True))) == 1


FIELDS = {
    "f:spec": {
        "f:replicas": {},
        "f:template": {"f:spec": {"f:containers": {'k:{"name":"web"}': {".": {}, "f:image": {}}}}},
    }
}


@pytest.mark.parametrize(
    ("manager", "path", "expected"),
    [
        ("kube-controller-manager", ("spec", "replicas"), True),
        ("kubectl-edit", ("spec", "replicas"), False),
        ("kustomize-controller", ("spec", "replicas"), False),
        ("kube-controller-manager", ("spec", "paused"), False),
        ("cert-manager-cainjector", ("spec", "replicas", "below"), True),
    ],
)
def test_a_field_is_a_controllers_when_no_one_else_owns_it(manager: str, path: Any, expected: bool) -> None:  # noqa: FBT001
    live = {"metadata": {"managedFields": [{"manager": manager, "operation": "Update", "fieldsV1": FIELDS}]}}

    assert is_a_controllers(live, path) == expected


def test_the_manager_is_the_one_that_applied_most() -> None:
    entries = [
        {"manager": "small", "operation": "Apply", "fieldsV1": {"f:a": {}}},
        {"manager": "large", "operation": "Apply", "fieldsV1": FIELDS},
        {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {**FIELDS, "f:more": FIELDS}},
    ]

    assert manager_of({"metadata": {"managedFields": entries}}) == "large"
    assert manager_of({"metadata": {}}) == "imbricate"


def test_what_flux_argocd_and_kubectl_mark_their_objects_with_is_no_difference() -> None:
    metadata = {
        "name": "web",
        "labels": {"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"},
        "annotations": {
            "argocd.argoproj.io/tracking-id": "shop:/Service:shop/web",
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "a": "b",
        },
        "resourceVersion": "7",
    }

    found = without_books({"kind": "Service", "metadata": metadata, "status": {}})

    assert found == {"kind": "Service", "metadata": {"name": "web", "annotations": {"a": "b"}}}
