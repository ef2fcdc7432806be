"""What the gate remembers is what it would find: whatever changes, with a memory it says the same as without one."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import imbricate
from tasks import memory as module
from tasks.arguments import Selection
from tasks.checks.gate import judge
from tasks.checks.registry import UNIT, all_rules
from tasks.checks.rules.settings import _names_below
from tasks.checks.subject import Subject
from tasks.memory import Memory, folders_of, names, tree
from tasks.requirements.page import page
from tasks.requirements.proofs import known_tests
from tasks.requirements.reading import specifications
from tasks.units import Unit, environments, secret_folder, units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasks.checks.gate import Verdict

ROOT = Path(__file__).parent.parent.parent.parent
TODAY = dt.date(2026, 1, 1)
EXTERNAL = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: token
spec:
  data:
  - {secretKey: a, remoteRef: {key: token}}
"""
CRITERIA = """\
specification: shop
criteria:
- {id: "1", asks: It runs., answered_by: [base/shop/service.yaml], proven_by: ["tests/test_shop.py::test_shop"]}
"""
READING = """\
        image: shop/web
        env:
        - {name: TOKEN_LIFETMIE, value: "1"}
        - name: A
          valueFrom:
            secretKeyRef: {name: token, key: a}
"""


@pytest.fixture
def shop(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a shop that is rendered, in git, with an image of its own; nothing of it has just changed."""
    monkeypatch.setattr(module, "_GRANULARITY", 0)
    monkeypatch.setattr(module, "code_digest", lambda: "the same code")
    deployment = project / "base/shop/deployment.yaml"
    deployment.write_text(deployment.read_text().replace("        image: shop/web\n", READING))
    for name, text in {
        "base/shop/secrets/token.yaml": EXTERNAL,
        "images/shop/web/Dockerfile": "FROM scratch\n",
        "images/shop/web/settings.py": "TOKEN_LIFETIME = 1\n",
        "images.lock.json": "{}",
        "docs/requirements/shop.yaml": CRITERIA,
        "tests/test_shop.py": "def test_shop(): pass\n",
        ".gitignore": "/tasks\n/imbricate\n/memory\n",
    }.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    for unit in units():
        unit.manifests.parent.mkdir(parents=True)
        unit.manifests.write_text(imbricate.build(unit.overlay))
    (project / "docs/requirements.md").write_text(page(specifications()[0]))
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    time.sleep(0.02)
    return project


def _judged(memory: Memory | None, today: dt.date = TODAY) -> Verdict:
    """Judge as a process of its own does."""
    _names_below.cache_clear()
    known_tests.cache_clear()
    found = units()
    names = tuple(dict.fromkeys(unit.environment for unit in found))
    return judge(Selection(found, names, ("shop",), is_all=True), today, memory)


def _said(verdict: Verdict) -> tuple[Any, ...]:
    return verdict.findings, verdict.waived


def _edit(file: str, old: str, new: str) -> Callable[[Path], object]:
    def edit(project: Path) -> None:
        text = (project / file).read_text()
        assert old in text
        (project / file).write_text(text.replace(old, new, 1))

    return edit


def _write(file: str, text: str) -> Callable[[Path], object]:
    def write(project: Path) -> None:
        (project / file).parent.mkdir(parents=True, exist_ok=True)
        (project / file).write_text(text)

    return write


RENDERED = "gitops/prod/shop/manifests.yaml"
CHANGES: dict[str, Callable[[Path], object]] = {
    "nothing": lambda _: None,
    "a file of the base": _edit("base/shop/service.yaml", "targetPort: http", "targetPort: https"),
    "a patch of one overlay": _edit("overlays/prod/shop/strategy.yaml", "Recreate", "RollingUpdat"),
    "a kustomization": _edit("overlays/prod/shop/kustomization.yaml", "name: web", "name: wob"),
    "a kustomization that does not build": _edit("overlays/prod/shop/kustomization.yaml", "path:", "pth:"),
    "a file that is gone": lambda here: (here / "overlays/prod/shop/strategy.yaml").unlink(),
    "a second kustomization": _write("base/shop/kustomization.yml", "resources: []\n"),
    "what is rendered": _edit(RENDERED, "replicas: 3", "replicas: 4"),
    "what is rendered is gone": lambda here: (here / RENDERED).unlink(),
    "what is rendered and has no overlay": lambda here: (here / "overlays/prod/shop").rename(here / "gone"),
    "the declaration of a Secret": _edit("base/shop/secrets/token.yaml", "secretKey: a", "secretKey: b"),
    "the declaration of a Secret is gone": lambda here: (here / "base/shop/secrets/token.yaml").unlink(),
    "another declaration": _write("base/shop/secrets/more.yaml", "kind: [\n"),
    "who talks to whom": _write("base/shop/dependencies.yaml", "services:\n  web: {calls: {nobody: [1]}}\n"),
    "an environment that has the system, too": lambda here: (
        (here / "overlays/environments.yaml").write_text(
            (here / "overlays/environments.yaml").read_text()
            + '- {name: test, cluster: kind, kubernetes: "1.34", secrets: generated}\n'
        ),
        _write("overlays/test/shop/kustomization.yaml", "resources: [../../../base/shop]\n")(here),
    ),
    "policies that nobody declares": _write("base/shop/networks/web.yaml", "kind: NetworkPolicy\n"),
    "the lock of images": _write("images.lock.json", '{"shop/web": 1}'),
    "an image that is new": _write("images/shop/mail/Dockerfile", "FROM scratch\n"),
    "an image that is gone": lambda here: (here / "images").rename(here / "gone"),
    "a name in the sources of an image": _write("images/shop/web/main.py", "TOKEN_LIFETMIE = 1\n"),
    "the version of Kubernetes": _edit("overlays/environments.yaml", '"1.34"', '"1.30"'),
    "where Secrets come from": _edit("overlays/environments.yaml", "generated", "external"),
    "the order of environments": lambda here: (here / "overlays/environments.yaml").write_text(
        '{environments: [{name: prod, cluster: a, kubernetes: "1.34", secrets: external}, '
        '{name: dev, cluster: kind, kubernetes: "1.34", secrets: generated}]}\n'
    ),
    "a test that proves a criterion": _write("tests/test_shop.py", "def test_market(): pass\n"),
    "a file that answers a criterion is gone": lambda here: (here / "base/shop/service.yaml").unlink(),
    "a criterion": _edit("docs/requirements/shop.yaml", "asks: It runs.", "asks: It walks., not_done: No."),
    "the page of requirements": _write("docs/requirements.md", "# Requirements\n"),
    "a waiver that is gone": _edit("overlays/waivers.yaml", "- {rule: capabilities", "# - {rule: capabilities"),
    "a waiver that is new": lambda here: (here / "overlays/waivers.yaml").write_text(
        f"{(here / 'overlays/waivers.yaml').read_text()}- {{rule: secret-key, object: '*', reason: So it is.}}\n"
    ),
    "waivers that cannot be read": _write("overlays/waivers.yaml", "- ["),
    "a secret in a file": _write("README.md", f"AKIA{'ABCDEFGH' * 2}\n"),
    "a secret in a file that git does not take": _write("memory/notes.txt", f"AKIA{'ABCDEFGH' * 2}\n"),
    "a file in the place of a folder": lambda here: (
        (here / "images").rename(here / "gone"),
        (here / "images").write_text(""),
    ),
}


SILENT = {  # of which no rule says anything here
    "nothing",
    "the version of Kubernetes",
    "policies that nobody declares",
    "an image that is new",
    "a secret in a file that git does not take",
}


@pytest.mark.parametrize("change", CHANGES)
def test_with_a_memory_it_says_what_it_says_without(shop: Path, change: str) -> None:
    before = _said(_judged(Memory(shop / "memory")))

    CHANGES[change](shop)
    expected = _said(_judged(None))

    assert (expected == before) == (change in SILENT)
    assert _said(_judged(Memory(shop / "memory"))) == expected
    assert _said(_judged(Memory(shop / "memory"))) == expected


def test_a_waiver_that_ends_ends_with_a_memory_too(shop: Path) -> None:
    waivers = shop / "overlays/waivers.yaml"
    waivers.write_text(waivers.read_text().replace("rule: capabilities,", "rule: capabilities, until: 2026-01-01,"))
    assert not any(one.rule == "capabilities" for one in _judged(Memory(shop / "memory")).findings)

    later = _judged(Memory(shop / "memory"), dt.date(2026, 1, 2))

    (found, *_) = [one for one in later.findings if one.rule == "capabilities"]
    assert str(found.place) == "base/shop/deployment.yaml:13"
    assert _said(later) == _said(_judged(None, dt.date(2026, 1, 2)))


def test_what_is_remembered_is_not_composed_again(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = _judged(Memory(shop / "memory"))
    assert expected.seconds.keys() == {"dev/shop", "prod/shop"}

    def refused(*_: object) -> None:
        pytest.fail("it is composed")

    monkeypatch.setattr(imbricate, "compose", refused)

    assert _judged(Memory(shop / "memory")) == expected


def test_only_the_unit_that_changed_is_composed(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _judged(Memory(shop / "memory"))
    composed = []
    compose = imbricate.compose
    monkeypatch.setattr(imbricate, "compose", lambda path: composed.append(str(path)) or compose(path))

    _edit("overlays/prod/shop/strategy.yaml", "Recreate", "RollingUpdate")(shop)
    _judged(Memory(shop / "memory"))

    assert composed == ["overlays/prod/shop"]


def test_a_unit_with_links_is_checked_each_time(shop: Path) -> None:
    (shop / "base/shop").rename(shop / "base/first")
    (shop / "base/second").mkdir()
    for path in (shop / "base/first").iterdir():
        if path.is_file():
            (shop / "base/second" / path.name).write_text(path.read_text().replace("port: 80,", "port: 81,"))
    (shop / "base/shop").symlink_to("first")
    before = _said(_judged(Memory(shop / "memory")))

    (shop / "base/shop").unlink()
    (shop / "base/shop").symlink_to("second")

    after = _said(_judged(Memory(shop / "memory")))
    assert after == _said(_judged(None)) != before


def test_a_rule_that_does_not_say_what_it_reads_is_asked_each_time(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = all_rules()
    asked: list[str] = []

    def owner(subject: Subject) -> tuple[()]:
        asked.append(subject.name)
        return ()

    own = rules["selector"]._replace(id="owner", function=owner, reads=None)
    monkeypatch.setattr("tasks.checks.gate.all_rules", lambda: {**rules, "owner": own})

    _judged(Memory(shop / "memory"))
    _judged(Memory(shop / "memory"))

    assert asked == ["dev/shop", "prod/shop"] * 2


class _Watch:
    """Notes which files are opened and which folders are listed; an audit hook stays for as long as the process."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] | None = None
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.seen is not None and event in {"open", "os.listdir", "os.scandir"}:
            assert isinstance(arguments[0], str | bytes), arguments
            self.seen.add((event, os.fsdecode(arguments[0])))


@pytest.fixture(scope="module")
def watch() -> _Watch:
    return _Watch()


@pytest.fixture
def _at_root(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(ROOT)
    return


@pytest.mark.parametrize("name", ["dev/kairoflow", "prod/tamma"])
@pytest.mark.usefixtures("_at_root")
def test_rules_read_what_they_say(watch: _Watch, name: str) -> None:
    known = {one.name: one for one in environments()}
    unit = Unit(*name.split("/"))
    subject = Subject(unit, known[unit.environment], is_first=unit.environment == "dev")
    memory = Memory(None)
    sources = memory.below_here(subject.composition.sources)
    assert sources is not None
    folders = [*folders_of(sources), str(secret_folder(unit.system))]
    assert subject.text
    assert subject.objects.pods
    for rule in all_rules().values():
        if rule.scope != UNIT or rule.reads is None:
            continue
        said = [*sources, *folders, *(rule.reads(subject) or ())]
        watch.seen = set()
        try:
            list(rule.function(subject))
        finally:
            seen, watch.seen = watch.seen, None

        own = {(event, Path(path).resolve()) for event, path in seen}
        read = {(event, str(path.relative_to(ROOT))) for event, path in own if path.is_relative_to(ROOT)}
        data = {one for one in read if not one[1].startswith(("tasks", "imbricate", ".venv"))}
        assert {one for one in data if not _is_said(*one, said)} == set(), rule.id


def _is_said(event: str, path: str, said: list[str]) -> bool:
    trees = [one.removesuffix(tree("")) for one in said if one.endswith(tree(""))]
    patterns = [one.partition("*")[0] for one in said if one.endswith(names(""))]
    return (
        path in said
        or str(Path(path).parent) in said
        or any(f"{path}/".startswith(f"{one}/") for one in trees)
        or (event != "open" and any(f"{path}/".startswith(one) for one in patterns))
    )
