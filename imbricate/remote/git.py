"""Runs git: fetches one commit of a repository into a folder, as kustomize's cloner does.

No shell, no terminal to ask for a password on, no hooks, no protocols but ssh, http(s) and, for the repository that the
entry itself names, local ones. What git may use to log in (credential helpers, ssh agents) is the user's own.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

from imbricate.errors import LoadError
from imbricate.remote import redacted

if TYPE_CHECKING:
    from pathlib import Path

    from imbricate.remote.spec import RepoSpec

COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.autocrlf": "false",
    "advice.detachedHead": "false",
    "gc.auto": "0",
    "protocol.allow": "never",
    "protocol.http.allow": "always",
    "protocol.https.allow": "always",
    "protocol.ssh.allow": "always",
    "protocol.file.allow": "user",
}
_INHERITED = re.compile(
    r"GIT_(?:DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX"
    r"|SHALLOW_FILE|GRAFT_FILE|TEMPLATE_DIR|TRACE.*|CEILING_DIRECTORIES)$"
)


class Clone:
    """A repository of git in a folder of its own, without any content yet."""

    def __init__(self, spec: RepoSpec, folder: Path) -> None:
        """Take what to fetch, and an empty folder. Raises LoadError when there is no git."""
        self._spec = spec
        self._folder = folder
        self._environment = _environment()
        self._run("init", "--quiet", "--template=")
        self._run("remote", "add", "origin", "--", spec.repository)

    def fetch(self, commit: str = "") -> str:
        """Fetch the commit, or what the entry's ref means now; give the commit's id. Raises LoadError."""
        wanted = commit or self._spec.ref or "HEAD"
        try:
            self._run("fetch", "--quiet", "--depth=1", "--", self._spec.repository, wanted)
        except LoadError:
            if not commit:
                raise
            self._fetch_history(commit)
        return self._run("rev-parse", "--verify", "--quiet", f"{commit or 'FETCH_HEAD'}^{{commit}}").strip()

    def _fetch_history(self, commit: str) -> None:
        """Fetch all of the ref: some servers do not give a commit by its id."""
        self._run("fetch", "--quiet", "--", self._spec.repository, self._spec.ref or "HEAD")
        if self._fails("cat-file", "-e", f"{commit}^{{commit}}"):
            raise self._error(f"has no commit {commit}, which imbricate.lock names; renew it: imbricate lock --update")

    def check_out(self, commit: str) -> None:
        """Put the files of a commit, and of its submodules where the entry wants them, into the folder."""
        self._run("checkout", "--quiet", commit)
        if self._spec.submodules:
            self._run("submodule", "--quiet", "update", "--init", "--recursive")
        _drop_histories(self._folder)

    def _fails(self, *arguments: str) -> bool:
        try:
            self._run(*arguments)
        except LoadError:
            return True
        return False

    def _run(self, *arguments: str) -> str:
        settings = (part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}"))
        try:
            process = subprocess.Popen(  # noqa: S603 - a list of arguments, with `--` before what an entry says
                ["git", *settings, *arguments],  # noqa: S607 - the user's git, as kustomize
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # no terminal to ask on, and one group to end
            )
        except OSError as error:
            raise self._error(f"needs git, which cannot be run: {error.strerror}; is it installed?") from None
        output, said = self._finish(process)
        if process.returncode:
            reason = " ".join(said.decode(errors="replace").split())
            reason = reason.replace(self._spec.repository, redacted(self._spec.repository))
            raise self._error(f"cannot be fetched: git {arguments[0]}: {reason or 'failed'}")
        return output.decode()

    def _finish(self, process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
        try:
            return process.communicate(timeout=self._spec.timeout)
        except subprocess.TimeoutExpired:
            raise self._error(
                f"cannot be fetched: git took more than {self._spec.timeout:g} s; give it longer with ?timeout=120"
            ) from None
        finally:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.communicate()

    def _error(self, reason: str) -> LoadError:
        ref = f" at {self._spec.ref}" if self._spec.ref else ""
        return LoadError(f"{redacted(self._spec.repository)}{ref}", self._folder, reason)


def _drop_histories(folder: Path) -> None:
    """Leave only the files: what git keeps beside them may hold the URL, and is not needed any more."""
    for root, folders, files in os.walk(folder):
        if ".git" in folders:
            folders.remove(".git")
            shutil.rmtree(os.path.join(root, ".git"))  # noqa: PTH118 - os.walk gives texts
        if ".git" in files:
            os.unlink(os.path.join(root, ".git"))  # noqa: PTH108, PTH118 - as above


def _environment() -> dict[str, str]:
    """Give the user's environment without what binds git to another repository or makes it ask."""
    environment = {name: value for name, value in os.environ.items() if not _INHERITED.match(name)}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "GCM_INTERACTIVE": "never", "LC_ALL": "C"}
    if "GIT_SSH_COMMAND" not in environment and "GIT_SSH" not in environment:
        environment["GIT_SSH_COMMAND"] = f"{_ssh_command(environment)} -o BatchMode=yes"
    return environment


def _ssh_command(environment: dict[str, str]) -> str:
    """Give the user's own ssh command: an environment variable would hide it."""
    with contextlib.suppress(OSError):
        found = subprocess.run(
            ["git", "config", "--get", "core.sshCommand"],  # noqa: S607
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        return found.stdout.decode(errors="replace").strip() or "ssh"
    return "ssh"
