"""Commits as people make them, in a copy of this repository: what doit diff and doit impact say of each.

What is true of a commit, the real kustomize says: every unit is built before and after it, and the objects compared
here, without our code. That a file reaches a unit is true if the unit builds to something else, or not at all, when the
file is spoiled.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parent.parent.parent
KUSTOMIZE = os.environ.get("IMBRICATE_KUSTOMIZE") or shutil.which("kustomize")
ENVIRONMENTS = "overlays/environments.yaml"  # reaches all units without being read by them
_HASH = re.compile(r"-[bcdfghkmt2456789]{10}$")
_NUMBER = re.compile(r"\[\d+\]")

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(KUSTOMIZE is None, reason="there is no kustomize"),
]
Key = tuple[str, str, str, str]
Rendered = dict[str, str | None]  # unit → what kustomize prints, None where it does not build or is not there


class Clone(NamedTuple):
    """A git repository with the files of this one."""

    folder: Path

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        return self._run("git", *who, *words)

    def doit(self, *words: str) -> Any:
        """Run a task that prints JSON."""
        shown = self._run(sys.executable, "-m", "doit", *words, "format=json", statuses=(0, 1))
        return json.loads(shown[shown.index("{") :])

    def units(self) -> list[str]:
        found = (self.folder / "overlays").glob("*/*/kustomization.yaml")
        return sorted(str(path.parent.relative_to(self.folder / "overlays")) for path in found)

    def rendered(self) -> Rendered:
        return {unit: self.built(unit) for unit in self.units()}

    def built(self, unit: str) -> str | None:
        assert KUSTOMIZE is not None
        done = subprocess.run(
            [KUSTOMIZE, "build", f"overlays/{unit}"], cwd=self.folder, capture_output=True, text=True, check=False
        )
        return done.stdout if done.returncode == 0 else None

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def change(self, name: str, old: str, new: str) -> None:
        """Put a text in the place of another, which must be there."""
        text = self.read(name)
        assert old in text, f"{name} has no {old!r}"
        self.write(name, text.replace(old, new, 1))

    def _run(self, *command: str, statuses: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode in statuses, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clone, Rendered]:
    """Copy this repository as it is; give it with what its units render to."""
    clone = Clone(tmp_path_factory.mktemp("clone"))
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (clone.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone.folder / name)
    clone.git("init", "-q", "-b", "main")
    clone.git("add", "--all")
    clone.git("commit", "-qm", "All")
    rendered = clone.rendered()
    for unit, text in rendered.items():
        clone.write(f"gitops/{unit}/manifests.yaml", text or "")
    clone.git("add", "--all")
    clone.git("commit", "-q", "--allow-empty", "-m", "Rendered")
    return clone, rendered


@pytest.fixture
def clone(original: tuple[Clone, Rendered]) -> Iterator[Clone]:
    clone, _ = original
    start = clone.git("rev-parse", "HEAD").strip()
    yield clone
    clone.git("reset", "-q", "--hard", start)
    clone.git("clean", "-qfd")


class Commit(NamedTuple):
    """A change, and the images that are to be built after it."""

    change: Callable[[Clone], object]
    images: frozenset[str] = frozenset()


def _component(clone: Clone) -> None:
    clone.write(
        "components/notes/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [note.yaml]\n",
    )
    clone.write("components/notes/note.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: note}\n")
    for name in ("overlays/dev/pakaura", "overlays/staging/kairoflow"):
        clone.change(f"{name}/kustomization.yaml", "components:\n", "components:\n- ../../../components/notes\n")


def _moved(clone: Clone) -> None:
    clone.git("mv", "base/pakaura/api/service.yaml", "base/pakaura/api-service.yaml")
    clone.change("base/pakaura/kustomization.yaml", "- api/service.yaml", "- api-service.yaml")


def _renamed(clone: Clone) -> None:
    clone.change("base/pakaura/frontend/pdb.yaml", "  name: frontend\n", "  name: frontend-budget\n")


def _added_unit(clone: Clone) -> None:
    clone.write("base/shop/kustomization.yaml", "resources: [web.yaml]\n")
    clone.write(
        "base/shop/web.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"
    )
    clone.write("overlays/dev/shop/kustomization.yaml", "resources: [../../../base/shop]\nnamespace: shop\n")


def _reordered(clone: Clone) -> None:
    clone.change(
        "base/pakaura/kustomization.yaml",
        "- api/service.yaml\n- api/service-account.yaml\n",
        "- api/service-account.yaml\n- api/service.yaml\n",
    )


def _two_at_once(clone: Clone) -> None:
    clone.change("overlays/prod/pakaura/kustomization.yaml", "  count: 2", "  count: 5")
    clone.change("base/kairoflow/php/limits.ini", "\n", "\n; a note\n")
    clone.write("README.md", "Anew.\n")


def _digest(text: str, image: str) -> str:
    found = re.search(rf"- digest: (sha256:\w+)\n  name: {image}\n", text)
    assert found
    return found[1]


def _pin(clone: Clone) -> None:
    name = "overlays/dev/tamma/pins/kustomization.yaml"
    clone.change(name, _digest(clone.read(name), "tamma/api"), f"sha256:{'c' * 64}")


NODE_SERVICES = frozenset(
    {*(f"tamma/{name}" for name in ("api", "orchestrator", "worker"))}
    | {f"daa/{name}-service" for name in ("daa", "knowledge", "pattern")}
)

COMMITS = {
    "an image pin": Commit(_pin),
    "a field of a patch": Commit(
        lambda clone: clone.change("overlays/prod/tamma/ingress-host.yaml", "example.com", "example.org")
    ),
    "a field of a patch that many objects have": Commit(
        lambda clone: clone.change("components/zone-spread/spread.yaml", "ScheduleAnyway", "DoNotSchedule")
    ),
    "a file of a ConfigMap": Commit(
        lambda clone: clone.write(
            "base/tamma/config/config.yaml", clone.read("base/tamma/config/config.yaml") + "# x\n"
        )
    ),
    "a literal of a ConfigMap": Commit(
        lambda clone: clone.change("base/pakaura/kustomization.yaml", "AI_MAX_TOKENS=300", "AI_MAX_TOKENS=400")
    ),
    "a file of a ConfigMap without a hash": Commit(
        lambda clone: clone.change("base/tamma/monitoring/application.json", '"title": "', '"title": "New ')
    ),
    "a new component in two units": Commit(_component),
    "a component that is used no more": Commit(
        lambda clone: clone.change("overlays/prod/pakaura/kustomization.yaml", "- ../../../components/monitoring\n", "")
    ),
    "an object with another name": Commit(_renamed),
    "a file in another place": Commit(_moved),
    "another name prefix": Commit(
        lambda clone: clone.change("overlays/staging/pakaura/kustomization.yaml", "kind: K", "nameSuffix: -b\nkind: K")
    ),
    "a removed resource": Commit(
        lambda clone: clone.change("base/pakaura/kustomization.yaml", "- frontend/pdb.yaml\n", "")
    ),
    "an added unit": Commit(_added_unit),
    "a removed unit": Commit(lambda clone: shutil.rmtree(clone.folder / "overlays/staging/santaclaude")),
    "another namespace": Commit(
        lambda clone: clone.change("overlays/prod/kairoflow/kustomization.yaml", "namespace: k", "namespace: prod-k")
    ),
    "the environments": Commit(
        lambda clone: clone.change("overlays/environments.yaml", 'kubernetes: "1.34"', 'kubernetes: "1.33"')
    ),
    "a service's source": Commit(
        lambda clone: clone.change("images/tamma/api/src/main.ts", "\n", "\n// x\n"), frozenset({"tamma/api"})
    ),
    "what several services share": Commit(
        lambda clone: clone.change("images/chassis/node/src/run.ts", "\n", "\n// x\n"), NODE_SERVICES
    ),
    "a Dockerfile": Commit(
        lambda clone: clone.change("images/tamma/backup/Dockerfile", "\n", "\n# x\n"), frozenset({"tamma/backup"})
    ),
    "what an image leaves out": Commit(lambda clone: clone.write("images/tamma/api/README.md", "# x\n")),
    "a README only": Commit(lambda clone: clone.write("base/tamma/README.md", "# x\n")),
    "a declaration of who talks to whom, without its policies": Commit(
        lambda clone: clone.write("base/tamma/dependencies.yaml", clone.read("base/tamma/dependencies.yaml") + "# x\n")
    ),
    "the schema of a custom resource": Commit(
        lambda clone: clone.write("tasks/checks/schemas/application.argoproj.io.v1alpha1.json", "{}\n")
    ),
    "a comment in a resource": Commit(
        lambda clone: clone.write("base/tamma/ingress.yaml", "# x\n" + clone.read("base/tamma/ingress.yaml"))
    ),
    "another order": Commit(_reordered),
    "an element of a list": Commit(
        lambda clone: clone.change(
            "base/pakaura/api/deployment.yaml", "        ports:\n", "        args: [a]\n        ports:\n"
        )
    ),
    "three things at once": Commit(_two_at_once),
}


@pytest.mark.parametrize("commit", COMMITS.values(), ids=COMMITS)
def test_nothing_is_missed_and_there_is_no_noise(
    original: tuple[Clone, Rendered], clone: Clone, commit: Commit
) -> None:
    before = original[1]
    commit.change(clone)
    clone.git("add", "--all")
    clone.git("commit", "-qm", "A change")
    after = clone.rendered()
    assert all(after.values()), "the commit breaks a unit"
    truth = {unit: found for unit in {*before, *after} if (found := _differences(before.get(unit), after.get(unit)))}

    diff, impact = clone.doit("diff", "against=HEAD~1"), clone.doit("impact", "since=HEAD~1")

    assert {one["unit"]: _told(one) for one in diff["units"] if one["differs"]} == truth
    assert diff["differs"] == bool(truth)
    assert {one["unit"]: _told(one) for one in impact["units"] if one["differs"]} == truth
    assert {one["name"] for one in impact["images"]} == commit.images
    for one in filter(lambda unit: unit["objects"], diff["units"]):
        _check_fields(one, before.get(one["unit"]), after.get(one["unit"]))
    reached = _truly_reached(clone, impact["files"], {"HEAD~1": before, "HEAD": after})
    reached |= {unit for unit, text in after.items() if _images_of(text) & commit.images}
    assert reached == {one["unit"] for one in impact["units"]}


def _objects(text: str | None) -> dict[Key, Any]:
    found = [one for one in yaml.load_all(text or "", yaml.CSafeLoader) if one]
    return {_key(one): one for one in found}


def _key(manifest: dict[str, Any]) -> Key:
    group = manifest["apiVersion"].rpartition("/")[0]
    metadata = manifest["metadata"]
    return group, manifest["kind"], metadata.get("namespace", ""), metadata["name"]


def _renames(old: dict[Key, Any], new: dict[Key, Any]) -> dict[Key, Key]:
    """Find generated objects whose hash is another one."""
    gone, made = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
    return {
        one: other
        for one in gone
        for other in made
        if one[:3] == other[:3] and _HASH.search(one[3]) and _HASH.sub("", one[3]) == _HASH.sub("", other[3])
    }


def _differences(before: str | None, after: str | None) -> set[tuple[str, ...]]:
    """Give (what happened, kind, namespace, names) of each object."""
    if before == after:
        return set()
    old, new = _objects(before), _objects(after)
    renames = _renames(old, new)
    names = {one[3]: other[3] for one, other in renames.items()}
    found = {("renamed", *one[:4], other[3]) for one, other in renames.items()}
    found |= {("removed", *key) for key in old.keys() - new.keys() - renames.keys()}
    found |= {("added", *key) for key in new.keys() - old.keys() - set(renames.values())}
    return found | {("changed", *key) for key in old.keys() & new.keys() if _with(old[key], names) != new[key]}


def _with(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _with(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_with(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value


def _told(unit: dict[str, Any]) -> set[tuple[str, ...]]:
    found = set()
    for one in unit["objects"]:
        key = (one["group"], one["kind"], one.get("namespace") or "", one.get("previousName") or one["name"])
        found.add((one["change"], *key, *([one["name"]] if one["change"] == "renamed" else [])))
    return found


def _check_fields(unit: dict[str, Any], before: str | None, after: str | None) -> None:
    """Check that each field which differs is told, and no other; within a list without names, that it differs."""
    old, new = _objects(before), _objects(after)
    names = {one[3]: other[3] for one, other in _renames(old, new).items()}
    for one in unit["objects"]:
        if one["change"] not in {"changed", "renamed"}:
            continue
        key = (one["group"], one["kind"], one.get("namespace") or "", one["name"])
        former = (*key[:3], one.get("previousName") or one["name"])
        true = _stems(_with(old[former], names), new[key])
        told = {_NUMBER.split(field["path"])[0] for field in one["fields"]}
        covered = {path for path in true if any(path.startswith(other) or other.startswith(path) for other in told)}
        needed = {path for path in told if any(path.startswith(other) or other.startswith(path) for other in true)}
        assert covered == true, f"not told: {sorted(true - covered)}"
        assert needed == told, f"noise: {sorted(told - needed)}"


def _stems(old: Any, new: Any) -> set[str]:
    flat = [dict(_flat(one, "")) for one in (old, new)]
    differing = {path for path in flat[0].keys() | flat[1].keys() if flat[0].get(path) != flat[1].get(path)}
    return {_NUMBER.split(path)[0] for path in differing}


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Give each scalar with its path, as doit diff writes it."""
    if isinstance(value, dict) and value:
        for key, one in value.items():
            step = key if re.fullmatch(r"[\w$-]+", key) else f'["{key}"]'
            yield from _flat(one, f"{path}.{step}" if path and step == key else f"{path}{step}")
    elif isinstance(value, list) and value:
        named = all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in value)
        for index, one in enumerate(value):
            yield from _flat(one, f"{path}[name={one['name']}]" if named else f"{path}[{index}]")
    else:
        yield path, value


def _images_of(text: str | None) -> set[str]:
    """Give the names of the images that containers run, without registry and version."""
    found = re.findall(r"^ *(?:- )?image: ['\"]?([^@\s'\"]+)", text or "", re.MULTILINE)
    return {"/".join(re.sub(r":[\w.-]+$", "", one).split("/")[-2:]) for one in found}


def _truly_reached(clone: Clone, files: list[str], versions: dict[str, Rendered]) -> set[str]:
    """Find the units that do not build to the same when the changed files are spoiled, before or after the change."""
    if ENVIRONMENTS in files:
        return set(clone.units())
    found: set[str] = set()
    for commit, rendered in versions.items():
        clone.git("checkout", "-q", commit)
        for name in files:
            if (clone.folder / name).exists():
                clone.write(name, "\0: [")
        found |= {unit for unit in rendered if clone.built(unit) != rendered[unit]}
        clone.git("checkout", "-q", "--force", "main")
        clone.git("clean", "-qfd")
    return found
