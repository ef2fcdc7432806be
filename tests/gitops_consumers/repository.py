"""A copy of this repository as it is now, committed, from which the consumers are fed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
_NOTE = "- note.yaml\n"
_REPOSITORY = r"https://\S+\.git"


class Repository:
    """A git repository with one branch, main, whose work tree the tasks run in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = self._run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], ROOT)
        for name in filter(None, listed.split("\0")):
            source, target = ROOT / name, folder / name
            if source.is_file() and not name.startswith(("tests/", "images/", "docs/")):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
        self.git("init", "-q", "-b", "main")
        self.commit("All")

    @property
    def url(self) -> str:
        return f"file://{self.folder}"

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        return self._run(["git", *who, *words], self.folder).strip()

    def commit(self, message: str) -> str:
        """Commit all changes; give the commit."""
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.head

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def doit(self, *words: str, kubeconfig: Path | None = None, statuses: tuple[int, ...] = (0,)) -> str:
        """Run doit as a person would; give what it printed."""
        who = {f"GIT_{role}_{what}": "a@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        environment = {**os.environ, **who, **({"KUBECONFIG": str(kubeconfig)} if kubeconfig else {})}
        done = subprocess.run(
            [sys.executable, "-m", "doit", *words],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode in statuses, f"doit {' '.join(words)}: status {done.returncode}\n{done.stdout}"
        return done.stdout

    def manifests(self, unit: str) -> list[dict[str, Any]]:
        """Read what is rendered for a unit."""
        return [one for one in yaml.safe_load_all((self.folder / f"gitops/{unit}/manifests.yaml").read_text()) if one]

    def systems(self, environment: str) -> list[str]:
        """Name the systems of an environment, without what delivers them."""
        found = sorted(path.parent.name for path in (self.folder / "gitops" / environment).glob("*/manifests.yaml"))
        return [name for name in found if not name.startswith("delivery-")]

    def archive(self, target: Path, folder: str) -> None:
        """Pack a folder of the last commit as Flux's source-controller does."""
        with target.open("wb") as file:
            subprocess.run(
                ["git", "archive", "--format=tar.gz", "HEAD", folder], cwd=self.folder, stdout=file, check=True
            )

    def manifests_at(self, commit: str, unit: str) -> list[dict[str, Any]]:
        """Read what was rendered for a unit at a commit."""
        text = self.git("show", f"{commit}:gitops/{unit}/manifests.yaml")
        return [one for one in yaml.safe_load_all(text) if one]

    def add_note(self, environment: str, system: str) -> None:
        """Give a system one more object, the ConfigMap note; render and commit."""
        folder = self.folder / "overlays" / environment / system
        (folder / "note.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: note}\ndata: {text: a}\n")
        text = (folder / "kustomization.yaml").read_text()
        (folder / "kustomization.yaml").write_text(text.replace("resources:\n", f"resources:\n{_NOTE}", 1))
        self._render(environment, system)

    def drop_note(self, environment: str, system: str) -> None:
        """Take the ConfigMap out again."""
        folder = self.folder / "overlays" / environment / system
        (folder / "note.yaml").unlink()
        text = (folder / "kustomization.yaml").read_text()
        (folder / "kustomization.yaml").write_text(text.replace(_NOTE, ""))
        self._render(environment, system)

    def new_image(self, environment: str, system: str) -> tuple[str, str]:
        """Give an image of a system another digest, as a promotion to this stage does; give the old and the new one."""
        pins = self.folder / "overlays" / environment / system / "pins/kustomization.yaml"
        text = pins.read_text()
        old = re.findall(rf"digest: (\S+)\n  name: {system}/", text)[0]
        new = f"sha256:{'c' * 64}"
        pins.write_text(text.replace(old, new))
        self._render(environment, system)
        return old, new

    @contextmanager
    def broken(self, environment: str, system: str, fault: str) -> Iterator[None]:
        """Commit a rendered file with a fault at its end, as somebody might who edits by hand; mend it afterwards."""
        file = self.folder / f"gitops/{environment}/{system}/manifests.yaml"
        text = file.read_text()
        file.write_text(text + fault)
        self.commit("A fault")
        try:
            yield
        finally:
            file.write_text(text)
            self.commit("Mended")

    @contextmanager
    def branch(self, name: str) -> Iterator[None]:
        """Work on a branch, which stays."""
        self.git("checkout", "-q", "-b", name)
        try:
            yield
        finally:
            self.git("checkout", "-q", "main")

    def deliver_from(self, environment: str, unit: str, url: str) -> None:
        """Have the delivery objects read this repository; render and commit."""
        self._settings(environment, unit).write_text(
            re.sub(_REPOSITORY, url, self._settings(environment, unit).read_text())
        )
        self._render(environment, unit)

    def deliver_from_artifact(self, environment: str, unit: str, artifact: str) -> None:
        """Have the delivery objects read an artifact, as docs/reference/delivery.md says; render and commit."""
        settings = self._settings(environment, unit)
        settings.write_text(f"{settings.read_text()}  artifact: {artifact}\n  tag: latest\n")
        kustomization = settings.with_name("kustomization.yaml")
        component = f"- ../../../base/{unit}/environment\n"
        text = kustomization.read_text().replace(component, f"{component}- ../../../base/{unit}/oci\n")
        kustomization.write_text(text)
        self._render(environment, unit)

    def _settings(self, environment: str, unit: str) -> Path:
        return self.folder / "overlays" / environment / unit / "settings.yaml"

    def _render(self, environment: str, unit: str) -> None:
        self.doit("render", f"env={environment}", f"system={unit}")
        self.commit(f"{environment}/{unit}")

    @staticmethod
    def _run(command: list[str], folder: Path) -> str:
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
