"""doit promote and doit rollback, as they are typed in a git repository."""

from __future__ import annotations

import fcntl
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.tasks.stages import ENVIRONMENTS as STAGES
from tests.tasks.stages import NEW, OLD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tasks.conftest import Doit

ENVIRONMENTS = f"""\
{STAGES}promote: [FEATURE]
"""


def _pins(registry: str, digest: str) -> str:
    return f"""\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
images:
- digest: {digest}
  name: shop/web
  newName: {registry}/shop/web
  newTag: 1.0-{digest[7:10]}
"""


@pytest.fixture
def stages(project: Path, doit: Doit) -> Path:
    """Give a clean repository with three stages: dev and staging have the new image, prod the old one."""
    (project / "overlays/environments.yaml").write_text(ENVIRONMENTS)
    for name, digest in (("dev", NEW), ("staging", NEW), ("prod", OLD)):
        overlay = project / "overlays" / name / "shop"
        (overlay / "pins").mkdir(parents=True, exist_ok=True)
        (overlay / "kustomization.yaml").write_text(
            "resources:\n- ../../../base/shop\nnamespace: shop\ncomponents:\n- pins\n"
        )
        (overlay / "pins/kustomization.yaml").write_text(_pins(f"{name}.example.com", digest))
    (project / ".gitignore").write_text("/tasks\n/imbricate\n/.doit.json\n/gitops/.lock\n")
    assert doit("render")[0] == 0
    _git(project, "init", "-q")
    _git(project, "config", "user.email", "a@example.com")
    _git(project, "config", "user.name", "A")
    _git(project, "add", ".")
    _git(project, "commit", "-qm", "All stages")
    return project


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def test_what_staging_has_goes_to_prod_whose_registry_stays(stages: Path, doit: Doit) -> None:
    status, shown = doit("promote", "from=staging", "to=prod")

    assert (status, shown) == (
        0,
        f"""\
prod/shop: shop/web 1.0-aaa@{OLD[:19]} → 1.0-bbb@{NEW[:19]}
  prod/shop: 1 changed
    ~ Deployment/web in shop
        ~ spec.template.spec.containers[name=web].image: prod.example.com/shop/web:1.0-aaa@{OLD} → \
prod.example.com/shop/web:1.0-bbb@{NEW}
written: overlays/prod/shop/pins/kustomization.yaml, gitops/prod/shop/manifests.yaml, gitops/rendered.json
""",
    )
    assert f"image: prod.example.com/shop/web:1.0-bbb@{NEW}" in (stages / "gitops/prod/shop/manifests.yaml").read_text()
    assert doit("check", "env=prod")[0] == 0


def test_a_commit_tells_what_was_brought_and_from_where(stages: Path, doit: Doit) -> None:
    source = _git(stages, "rev-parse", "HEAD").strip()

    assert doit("promote", "from=staging", "to=prod", "commit=yes")[0] == 0

    assert _git(stages, "status", "--porcelain") == ""
    assert (
        _git(stages, "log", "-1", "--format=%B").strip()
        == f"""\
Promote shop from staging to prod

prod/shop: shop/web 1.0-aaa@{OLD[:19]} → 1.0-bbb@{NEW[:19]}

Source-Commit: {source}
Image: shop/web 1.0-bbb@{NEW[:19]}
Imbricate-Version: 0.1.0"""
    )


def test_a_promotion_goes_back_the_same_way(stages: Path, doit: Doit) -> None:
    before = (stages / "gitops/prod/shop/manifests.yaml").read_text()
    doit("promote", "from=staging", "to=prod", "commit=yes")

    status, shown = doit("rollback", "env=prod", "to=HEAD~1", "commit=yes")

    assert (status, shown.splitlines()[0]) == (
        0,
        f"prod/shop: shop/web 1.0-bbb@{NEW[:19]} → 1.0-aaa@{OLD[:19]}",
    )
    assert (stages / "gitops/prod/shop/manifests.yaml").read_text() == before
    assert _git(stages, "log", "-1", "--format=%s").startswith("Roll back shop in prod to HEAD~1 (")


def test_what_only_the_earlier_stage_runs_stays_there(stages: Path, doit: Doit) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: mail}\nspec: {containers: [{name: mail, image: mail}]}\n"
    (stages / "overlays/staging/shop/mail.yaml").write_text(pod)
    overlay = stages / "overlays/staging/shop/kustomization.yaml"
    overlay.write_text(overlay.read_text().replace("- ../../../base/shop\n", "- ../../../base/shop\n- mail.yaml\n"))
    pins = stages / "overlays/staging/shop/pins/kustomization.yaml"
    pins.write_text(pins.read_text() + "- name: mail\n  newTag: '1'\n")
    assert doit("render", "env=staging")[0] == 0
    _git(stages, "add", ".")
    _git(stages, "commit", "-qm", "A server that only staging has")

    assert doit("promote", "from=staging", "to=prod")[0] == 0

    assert "mail" not in (stages / "overlays/prod/shop/pins/kustomization.yaml").read_text()


def test_a_new_service_gets_its_first_pin(stages: Path, doit: Doit) -> None:
    pins = stages / "overlays/prod/shop/pins/kustomization.yaml"
    pins.write_text("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {a: b}\n")
    assert doit("render", "env=prod")[0] == 0
    _git(stages, "commit", "-qam", "Not pinned yet")

    assert doit("promote", "from=staging", "to=prod")[0] == 0

    assert f"newName: staging.example.com/shop/web\n  newTag: 1.0-{NEW[7:10]}" in pins.read_text()


def test_a_second_time_there_is_nothing_to_do(stages: Path, doit: Doit) -> None:  # noqa: ARG001 - the fixture is used
    doit("promote", "from=staging", "to=prod", "commit=yes")

    assert doit("promote", "from=staging", "to=prod") == (
        0,
        "nothing to do: all is from staging to prod already\n",
    )


@pytest.mark.parametrize("tag", ["2.4.6", "2.4.7"])
def test_a_pin_without_a_digest_replaces_none_that_has_one(stages: Path, doit: Doit, tag: str) -> None:
    """A public image has no digest in dev, whose registry is the cluster's own; later stages pin theirs by hand."""
    with_digest = _pins("prod.example.com", OLD).replace("1.0-aaa", "2.4.6")
    without = with_digest.replace(f"- digest: {OLD}\n  name", "- name").replace("2.4.6", tag)
    for name, text in (("staging", without), ("prod", with_digest)):
        (stages / "overlays" / name / "shop/pins/kustomization.yaml").write_text(text)
    assert doit("render")[0] == 0
    _git(stages, "commit", "-qam", "A public image")

    status, shown = doit("promote", "from=staging", "to=prod")

    assert (status, shown) == (0, "nothing to do: all is from staging to prod already\n")


def test_units_without_images_are_passed_over(stages: Path, doit: Doit) -> None:
    for name in ("staging", "prod"):
        overlay = stages / "overlays" / name / "delivery"
        overlay.mkdir()
        (overlay / "kustomization.yaml").write_text("configMapGenerator:\n- {name: where, literals: [a=b]}\n")
    assert doit("render")[0] == 0
    _git(stages, "add", ".")
    _git(stages, "commit", "-qm", "Delivery")

    assert doit("promote", "from=staging", "to=prod", "dry_run=yes")[1].startswith("prod/shop: shop/web ")


def test_dry_run_writes_nothing(stages: Path, doit: Doit) -> None:
    status, shown = doit("promote", "from=staging", "to=prod", "dry_run=yes")

    assert (status, shown.splitlines()[-1]) == (0, "nothing was written: dry_run=yes")
    assert _git(stages, "status", "--porcelain") == ""


def test_settings_that_are_named_move_and_others_stay(stages: Path, doit: Doit) -> None:
    (stages / "overlays/staging/shop/pins/release.env").write_text("FEATURE=on\nLEVEL=debug\n")
    (stages / "overlays/prod/shop/pins/release.env").write_text("# prod\nLEVEL=info\n")
    _git(stages, "add", ".")
    _git(stages, "commit", "-qm", "Settings")

    status, shown = doit("promote", "from=staging", "to=prod")

    assert status == 0
    assert "prod/shop: FEATURE=on" in shown
    assert (stages / "overlays/prod/shop/pins/release.env").read_text() == "# prod\nLEVEL=info\nFEATURE=on\n"


REFUSED = {
    "a stage left out": (
        ("from=dev", "to=prod"),
        "from=dev to=prod: staging comes between them: dev → staging → prod",
    ),
    "backwards": (
        ("from=prod", "to=staging"),
        "from=prod to=staging: a promotion goes forward only: dev → staging → prod",
    ),
    "to itself": (
        ("from=prod", "to=prod"),
        "from=prod to=prod: a promotion goes forward only: dev → staging → prod",
    ),
    "an unknown stage": (
        ("from=stagin", "to=prod"),
        "from=stagin: there is no environment 'stagin'; did you mean staging? known: dev, staging, prod",
    ),
    "no stage": (("to=prod",), "from= is missing: the stage that was seen working"),
    "an unknown system": (
        ("from=staging", "to=prod", "system=shop,shup"),
        "system=shop,shup: there is no system 'shup'; did you mean shop? known: shop",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused(stages: Path, doit: Doit, arguments: tuple[str, ...], message: str) -> None:
    status, shown = doit("promote", *arguments)

    assert status != 0
    assert shown.strip().endswith(f"ERROR: {message}")
    assert _git(stages, "status", "--porcelain") == ""


def test_a_dirty_tree_is_refused(stages: Path, doit: Doit) -> None:
    (stages / "notes.txt").write_text("x")

    status, shown = doit("promote", "from=staging", "to=prod")

    assert status == 1
    assert "ERROR: the work tree is not clean: commit or stash notes.txt first" in shown


def test_two_at_once_are_refused(stages: Path, doit: Doit) -> None:
    with (stages / ".git/imbricate-promotion").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)

        status, shown = doit("promote", "from=staging", "to=prod")

    assert status == 1
    assert "ERROR: another promotion or rollback is under way in this repository" in shown


def test_an_image_that_the_earlier_stage_has_not_rendered_is_refused(stages: Path, doit: Doit) -> None:
    other = f"sha256:{'c' * 64}"
    (stages / "overlays/staging/shop/pins/kustomization.yaml").write_text(_pins("staging.example.com", other))
    _git(stages, "commit", "-qam", "Pinned, not rendered")

    status, shown = doit("promote", "from=staging", "to=prod")

    assert status == 1
    assert (
        f"ERROR: gitops/staging/shop/manifests.yaml has no image staging.example.com/shop/web:1.0-ccc@{other}, which "
        "the pins name: doit render env=staging"
    ) in shown


def test_what_cannot_be_rendered_leaves_nothing_behind(stages: Path, doit: Doit) -> None:
    (stages / "overlays/prod/shop/kustomization.yaml").write_text(
        "resources:\n- ../../../base/shop\n- missing.yaml\ncomponents:\n- pins\n"
    )
    _git(stages, "commit", "-qam", "Broken")

    status, shown = doit("promote", "from=staging", "to=prod")

    assert status == 1
    assert "ERROR: overlays/prod/shop/kustomization.yaml: resources[1]: 'missing.yaml' does not exist" in shown
    assert _git(stages, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("env=prod", "to=nowhere"), "git knows no commit 'nowhere'"),
        (("env=prod",), "to= is missing: the commit to go back to"),
        (("to=HEAD",), "env= is missing: the environment that is to go back"),
    ],
)
def test_a_rollback_to_nowhere_is_refused(
    stages: Path,  # noqa: ARG001 - the fixture is used
    doit: Doit,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    status, shown = doit("rollback", *arguments)

    assert status == 1
    assert shown.strip().endswith(f"ERROR: {message}")
