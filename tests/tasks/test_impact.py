"""doit impact, as it is typed: which units and objects a change reaches, through which kustomizations."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from imbricate.difference import Comparison
from tasks.diff.changes import UnitChange
from tasks.git import Commit
from tasks.impact.chains import chains
from tasks.impact.image_files import images_of, names_image
from tasks.impact.reach import Impact, Reason, UnitImpact
from tasks.impact.show import markdown
from tasks.units import Unit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tasks.conftest import Doit

DODO = "\nfrom tasks.impact.task import task_impact\n"
OURS = "dodo.py", "pyproject.toml", "tasks", "imbricate", ".doit.json*"


def _git(*arguments: str) -> str:
    identity = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(["git", *arguments], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture
def branch(project: Path) -> Path:
    """Give a project in git, on a branch that has left main."""
    with (project / "dodo.py").open("a") as dodo:
        dodo.write(DODO)
    _git("init", "-q", "-b", "main")
    (project / ".git/info/exclude").write_text("".join(f"/{name}\n" for name in OURS))
    (project / "README.md").write_text("A shop.\n")
    _git("add", "-A")
    _git("commit", "-q", "-m", "one")
    _git("checkout", "-q", "-b", "change")
    return project


def _at(project: Path) -> str:
    assert project.is_dir()
    return _git("rev-parse", "main")[:7]


def test_a_base_reaches_every_unit_on_it_through_kustomizations(branch: Path, doit: Doit) -> None:
    base = "base/shop/kustomization.yaml: resources[1]"
    _edit(branch / "base/shop/service.yaml", "port: 80", "port: 81")
    (branch / "README.md").write_text("Two shops.\n")

    assert doit("impact") == (
        0,
        f"""\
since main ({_at(branch)}): 2 files changed, 2 units reached
dev/shop: 1 changed
  base/shop/service.yaml ({base} < overlays/dev/shop/kustomization.yaml: resources[0])
  ~ Service/web in shop
      - spec.ports[port=80,protocol=TCP]: {{name: http, port: 80, targetPort: http}}
      + spec.ports[port=81,protocol=TCP]: {{name: http, port: 81, targetPort: http}}
prod/shop: 1 changed
  base/shop/service.yaml ({base} < overlays/prod/shop/kustomization.yaml: resources[0])
  ~ Service/web in shop
      - spec.ports[port=80,protocol=TCP]: {{name: http, port: 80, targetPort: http}}
      + spec.ports[port=81,protocol=TCP]: {{name: http, port: 81, targetPort: http}}
reach no unit and no image:
  README.md
""",
    )


def test_a_patch_reaches_its_unit_alone(branch: Path, doit: Doit) -> None:
    _edit(branch / "overlays/prod/shop/strategy.yaml", "Recreate", "RollingUpdate")

    assert doit("impact", "format=list") == (0, "prod/shop\n")
    assert doit("impact")[1].splitlines()[1:] == [
        "prod/shop: 1 changed",
        "  overlays/prod/shop/strategy.yaml (overlays/prod/shop/kustomization.yaml: patches[0].path)",
        "  ~ Deployment/web in shop",
        "      ~ spec.strategy.type: Recreate → RollingUpdate",
    ]


def test_what_main_has_done_since_is_no_change_of_the_branch(branch: Path, doit: Doit) -> None:
    _git("checkout", "-q", "main")
    _edit(branch / "base/shop/service.yaml", "port: 80", "port: 81")
    _git("commit", "-q", "-a", "-m", "two")
    _git("checkout", "-q", "change")

    assert doit("impact", "format=list") == (0, "")


def test_committed_staged_changed_and_untracked_files_all_count(branch: Path, doit: Doit) -> None:
    for number, name in enumerate(("committed", "staged", "untracked")):
        (branch / f"overlays/dev/shop/{name}.yaml").write_text(f"kind: Shoe\nmetadata: {{name: s{number}}}\n")
    overlay = branch / "overlays/dev/shop/kustomization.yaml"
    _edit(overlay, "namespace:", "- committed.yaml\n- staged.yaml\n- untracked.yaml\nnamespace:")
    _git("add", "overlays/dev/shop/committed.yaml")
    _git("commit", "-q", "-m", "two")
    _git("add", "overlays/dev/shop/staged.yaml")

    found = json.loads(doit("impact", "format=json")[1])

    assert found["files"] == [
        "overlays/dev/shop/committed.yaml",
        "overlays/dev/shop/kustomization.yaml",
        "overlays/dev/shop/staged.yaml",
        "overlays/dev/shop/untracked.yaml",
    ]
    [unit] = found["units"]
    assert unit["counts"]["added"] == 3
    assert unit["reasons"][1] == {"file": found["files"][1], "through": ["the overlay itself"]}


def test_a_file_that_is_gone_reached_what_it_was_read_by(branch: Path, doit: Doit) -> None:
    (branch / "base/shop/service.yaml").unlink()
    _edit(branch / "base/shop/kustomization.yaml", "- service.yaml\n", "")

    assert doit("impact")[1].splitlines()[1:5] == [
        "dev/shop: 1 removed",
        "  base/shop/kustomization.yaml (overlays/dev/shop/kustomization.yaml: resources[0])",
        (
            "  base/shop/service.yaml (base/shop/kustomization.yaml: resources[1] < "
            "overlays/dev/shop/kustomization.yaml: resources[0])"
        ),
        "  - Service/web in shop",
    ]


def test_a_unit_that_is_gone_is_named_but_not_to_be_built(branch: Path, doit: Doit) -> None:
    (branch / "overlays/prod/shop").rename(branch / "overlays/prod/boutique")

    assert doit("impact", "format=list") == (0, "prod/boutique\n")
    titles = [line for line in doit("impact")[1].splitlines() if line.startswith("prod/")]
    assert titles == ["prod/boutique: 2 added", "prod/shop: removed"]


def test_a_change_that_changes_nothing_says_so(branch: Path, doit: Doit) -> None:
    _edit(branch / "base/shop/service.yaml", "kind: Service", "# Sold here.\nkind: Service")

    assert [line for line in doit("impact")[1].splitlines() if "same" in line] == [
        "dev/shop: renders the same",
        "prod/shop: renders the same",
    ]


def test_rendered_files_environments_and_the_engine_reach_units(branch: Path, doit: Doit) -> None:
    doit("render", "env=dev")
    with (branch / "constraints.txt").open("w") as constraints:
        constraints.write("pyyaml==6\n")

    found = json.loads(doit("impact", "format=json")[1])

    reasons = {unit["unit"]: [(one["file"], *one["through"]) for one in unit["reasons"]] for unit in found["units"]}
    engine = ("constraints.txt", "what renders and checks all units")
    assert reasons == {
        "dev/shop": [engine, ("gitops/dev/shop/manifests.yaml", "what is rendered into gitops/")],
        "prod/shop": [engine],
    }
    assert found["unreached"] == ["gitops/.lock", "gitops/rendered.json"]


def test_a_unit_that_could_not_be_built_then_shows_what_the_files_declare(branch: Path, doit: Doit) -> None:
    _git("checkout", "-q", "main")
    overlay = branch / "overlays/prod/shop/kustomization.yaml"
    _edit(overlay, "replicas:", "replica:")
    _git("commit", "-q", "-a", "-m", "broken")
    _git("checkout", "-q", "-B", "change")
    _edit(overlay, "replica:", "replicas:")
    _edit(branch / "base/shop/service.yaml", "port: 80", "port: 81")

    lines = doit("impact")[1].splitlines()

    start = next(number for number, line in enumerate(lines) if line.startswith("prod/shop: "))
    assert lines[start].startswith(
        "prod/shop: could not be built then: overlays/prod/shop/kustomization.yaml: replica: "
    )
    assert lines[-1] == "  ~ Service/web"


def test_an_image_reaches_the_units_that_name_it(branch: Path, doit: Doit) -> None:
    folder = branch / "images/shop/web"
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "Dockerfile.dockerignore").write_text("*\n!shop/web\n!chassis\n**/README.md\n")
    (folder / "main.py").write_text("print()\n")
    (folder / "README.md").write_text("No part of it.\n")

    files = [f"images/shop/web/{name}" for name in ("Dockerfile", "Dockerfile.dockerignore", "main.py")]
    assert doit("impact")[1].splitlines()[1:] == [
        "dev/shop: renders the same",
        f"  {', '.join(files)} (image shop/web)",
        "prod/shop: renders the same",
        f"  {', '.join(files)} (image shop/web)",
        "image shop/web: dev/shop, prod/shop",
        *(f"  {file}" for file in files),
        "reach no unit and no image:",
        "  images/shop/web/README.md",
    ]


def test_shared_files_of_images_are_part_of_those_that_let_them_in(branch: Path) -> None:
    for name, ignored in {"web": "*\n!shop/web\n!chassis\n", "api": "*\n!shop/api\n"}.items():
        folder = branch / "images/shop" / name
        folder.mkdir(parents=True)
        (folder / "Dockerfile").write_text("FROM scratch\n")
        (folder / "Dockerfile.dockerignore").write_text(ignored)

    found = images_of(["images/chassis/a.py", "images/shop/api/b.py", "images/c.txt", "README.md"])

    assert found == {"shop/api": ["images/shop/api/b.py"], "shop/web": ["images/chassis/a.py"]}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("        image: shop/web", True),
        ("      - image: registry.example.com:5000/shop/web:1.0@sha256:" + "0" * 64, True),
        ("        image: registry.example.com/bookshop/web:1", False),
        ("        image: shop/web-admin:1", False),
    ],
)
def test_an_image_is_named_whatever_its_registry(line: str, expected: bool) -> None:  # noqa: FBT001 - a table's column
    assert names_image(f"spec:\n{line}\n", "shop/web") == expected


def test_a_chain_goes_through_components_and_generators(project: Path) -> None:
    files = {
        "overlays/dev/shop/kustomization.yaml": "components: [../../../parts/tls]\nresources: [a.yaml]\n",
        "parts/tls/kustomization.yaml": "kind: Component\nconfigMapGenerator:\n- {name: x, files: [key=data.txt]}\n",
        "parts/tls/data.txt": "resources\n",
        "overlays/dev/shop/a.yaml": "kind: A\n",
        "overlays/dev/shop/chart.tgz": "",
    }
    for name, content in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(content)

    found = chains(project, Unit("dev", "shop"), frozenset(files))

    assert {file: " < ".join(map(str, reversed(chain))) for file, chain in found.items()} == {
        "overlays/dev/shop/kustomization.yaml": "",
        "parts/tls/kustomization.yaml": "overlays/dev/shop/kustomization.yaml: components[0]",
        "parts/tls/data.txt": (
            "parts/tls/kustomization.yaml: configMapGenerator[0].files[0] < "
            "overlays/dev/shop/kustomization.yaml: components[0]"
        ),
        "overlays/dev/shop/a.yaml": "overlays/dev/shop/kustomization.yaml: resources[0]",
        "overlays/dev/shop/chart.tgz": "overlays/dev/shop/kustomization.yaml",
    }


def test_markdown_has_a_table_and_the_folded_objects(branch: Path, doit: Doit) -> None:
    _edit(branch / "overlays/prod/shop/kustomization.yaml", "count: 3", "count: 4")
    (branch / "a|b`<c>.md").write_text("x")

    assert doit("impact", "format=markdown") == (
        0,
        f"""\
### since main ({_at(branch)}): 2 files changed, 1 unit reached

| file | reaches |
|---|---|
| a\\|b\\`&lt;c&gt;.md | nothing |
| overlays/prod/shop/kustomization.yaml | prod/shop |

<details open><summary><b>prod/shop</b>: 1 changed</summary>

```diff
@@ Deployment/web in shop @@
- spec.replicas: 3
+ spec.replicas: 4
```

</details>
""",
    )


def test_markdown_of_very_many_files_stays_within_what_github_takes() -> None:
    files = tuple(f"base/{number:0200}" for number in range(5000))
    unit = Unit("prod", "shop")
    reached = UnitImpact(unit, tuple(Reason(file, ("x",)) for file in files), UnitChange(unit, Comparison(())))

    shown = markdown(Impact(Commit("main", "0" * 40), files, (reached,), ()), "doit impact since=main")

    assert len(shown.encode()) < 65_000
    assert "\n4900 more files; `doit impact since=main` shows all.\n" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("since=mian",), "ERROR: git knows no commit 'mian'"),
        (("since=other",), "ERROR: 'other' and HEAD have no commit in common; a shallow clone needs a deeper one"),
        (
            ("format=lists",),
            ("ERROR: format=lists: there is no value 'lists'; did you mean list? known: text, markdown, json, list"),
        ),
    ],
)
def test_what_cannot_be_told_is_one_line(branch: Path, doit: Doit, arguments: tuple[str, ...], message: str) -> None:
    assert branch.is_dir()
    _git("checkout", "-q", "--orphan", "other")
    _git("commit", "-q", "-m", "other")
    _git("checkout", "-q", "change")

    status, shown = doit("impact", *arguments)

    assert (status, shown.splitlines()[0]) == (2, f"impact                       {message}")


def test_what_is_remembered_changes_no_answer(branch: Path, doit: Doit) -> None:
    doit("render")
    _git("add", "-A")
    _git("commit", "-q", "-m", "rendered")
    _git("branch", "-q", "-f", "main")
    changes = (
        lambda: _edit(branch / "overlays/prod/shop/strategy.yaml", "Recreate", "RollingUpdate"),
        lambda: _edit(branch / "base/shop/service.yaml", "port: 80", "port: 81"),
        lambda: _edit(branch / "gitops/dev/shop/manifests.yaml", "port: 80", "port: 82"),
        lambda: (branch / "base/shop/kustomization.yaml").rename(branch / "base/shop/kustomization.yml"),
        lambda: (branch / "overlays/dev").rename(branch / "gone"),
    )
    assert doit("impact", "format=list") == (0, "")

    for change in changes:
        change()
        expected = doit("impact", "cache=no")

        assert expected[0] == 0
        assert doit("impact") == expected
        assert doit("impact") == expected
