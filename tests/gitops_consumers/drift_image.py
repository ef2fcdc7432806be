"""The image of base/drift, and its CronJob run by Docker as its manifest says, beside an API server on this machine."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING, Any

import yaml

import imbricate
from tests.gitops_consumers.repository import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_IMAGE = "imbricate/drift"
_CONTEXT = ("base/drift/Dockerfile", "constraints.txt", "pyproject.toml")
_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
_SERVER = "https://kubernetes.default.svc"


def build() -> str:
    """Build the image as base/drift/README.md says; on the stand-in of Python where IMBRICATE_BASES says so."""
    options: list[str] = []
    if os.environ.get("IMBRICATE_BASES") == "stand-ins":
        from tasks.base_images import stand_ins

        options = ["--build-arg", f"PYTHON_IMAGE={stand_ins()['PYTHON_IMAGE']}"]
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        for name in _CONTEXT:
            archive.add(ROOT / name, name, filter=_without_time)
    command = ["docker", "build", "--quiet", *options, "--file", _CONTEXT[0], "-"]
    done = subprocess.run(command, input=context.getvalue(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().split()[-1]


def _without_time(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.mtime = 0
    return entry


class CronJob:
    """The containers of the CronJob, one after the other, with what kubelet would give them."""

    def __init__(self, image: str, folder: Path, server: str, settings: dict[str, str]) -> None:
        """Take the image, a folder for volumes, the API server's address, and what the ConfigMap `settings` has."""
        found = list(yaml.safe_load_all(imbricate.build(ROOT / "base/drift")))
        self._pod = next(one for one in found if one["kind"] == "CronJob")["spec"]["jobTemplate"]["spec"]["template"]
        self._image, self._folder, self._settings = image, folder, settings
        configured = next(one for one in found if one["metadata"]["name"].startswith("kubeconfig-"))
        port = server.rpartition(":")[2]
        for name in ("kubeconfig", "account"):
            (folder / name).mkdir(parents=True)
        text = configured["data"]["kubeconfig"].replace(_SERVER, f"{_SERVER}:{port}")
        (folder / "kubeconfig/kubeconfig").write_text(text)

    def give_account(self, token: str, certificate: str) -> None:
        """Put the service account's token where kubelet puts it."""
        (self._folder / "account/token").write_text(token)
        (self._folder / "account/ca.crt").write_text(certificate)

    def run(self) -> tuple[int, str]:
        """Run the containers until one fails; give its status and all output."""
        work = self._folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        work.chmod(0o777)  # an emptyDir, for all with fsGroup
        shown = ""
        spec = self._pod["spec"]
        for container in (*spec["initContainers"], *spec["containers"]):
            status, said = self._run(container, spec["securityContext"])
            shown += said
            if status:
                return status, shown
        return 0, shown

    def _run(self, container: dict[str, Any], pod: dict[str, Any]) -> tuple[int, str]:
        mounts = [f"--volume={self._folder / one['name']}:{one['mountPath']}" for one in container["volumeMounts"]]
        own = container["securityContext"]
        assert own["readOnlyRootFilesystem"]
        assert own["capabilities"] == {"drop": ["ALL"]}
        environment = {**self._settings, **{one["name"]: one["value"] for one in container.get("env", ())}}
        command = [
            *("docker", "run", "--rm", "--network=host", f"--add-host={_SERVER.removeprefix('https://')}:127.0.0.1"),
            *("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"),
            f"--user={pod['runAsUser']}:{pod['runAsGroup']}",
            f"--memory={container['resources']['limits']['memory'].removesuffix('i').lower()}",
            *mounts,
            f"--volume={self._folder / 'account'}:{_ACCOUNT}:ro",
            *(f"--env={name}={value}" for name, value in environment.items()),
            *([f"--workdir={container['workingDir']}"] if "workingDir" in container else []),
            self._image,
            *(self._expanded(word) for word in container["command"]),
        ]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return done.returncode, done.stdout

    def _expanded(self, word: str) -> str:
        for name, value in self._settings.items():
            word = word.replace(f"$({name})", value)
        return word
