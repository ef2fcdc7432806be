"""A root of Debian made by debootstrap, as an image that depends on nothing but its packages.

In: a `Root`. Out: an image of one layer, without what differs from run to run: logs, caches, dates, the machine's name.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tasks.images.archive import Saved, encoded
from tasks.images.context import EPOCH
from tasks.images.errors import ImageError
from tasks.images.layers import blob_of
from tasks.stand_ins.debian import PACKAGES, VARIANT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tasks.stand_ins.debian import Root

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_PROGRAM = "debootstrap"
_SYSTEM_PATH = "/usr/sbin:/sbin"
_ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C", "SOURCE_DATE_EPOCH": str(EPOCH)}
_SHOWN = 20
_CREATED = "org.opencontainers.image.created"
_EMPTIED = (
    *("dev", "run", "tmp", "var/cache/apt", "var/lib/apt/lists", "var/tmp"),
    *(f"usr/share/{name}" for name in ("groff", "info", "linda", "lintian", "locale", "man")),
)
_REMOVED = ("etc/*-", "etc/hostname", "etc/resolv.conf", "var/cache/*/*-old", "var/lib/dpkg/*-old", "var/log/**/*.log")
_AUX_CACHE = "var/cache/ldconfig/aux-cache"
_LAST_CHANGE = re.compile(r"^([^:]*:[^:]*):\d*:", re.MULTILINE)
_DATE = re.compile(r"^Date: (.*)$", re.MULTILINE)
_MODES = {"usr/sbin/policy-rc.d": 0o755}


def check() -> None:
    """Raise ImageError if this machine can make no root."""
    if os.geteuid():
        raise ImageError("roots of Debian are made by debootstrap, which needs root: run `doit base_images` as root")
    if not shutil.which(_PROGRAM):
        raise ImageError("debootstrap is not here: apt-get install debootstrap")
    if not _KEYRING.is_file():
        raise ImageError(f"{_KEYRING} is not here: apt-get install debian-archive-keyring")


@contextmanager
def made(root: Root, show: Callable[[str], None]) -> Iterator[Saved]:
    """Give the image of a root, for as long as the context lasts. Raises ImageError."""
    check()
    with _folder() as folder, tempfile.TemporaryFile() as layer:
        _step(show, f"debootstrap {root.suite}", _bootstrap, root, folder)
        _write_files(root, folder)
        moment = _step(show, "updates, authorities", _update, folder)
        _strip(folder)
        _step(show, "layer", _pack, folder, layer)
        digest = blob_of(layer).digest
        yield Saved(_config(root, moment, digest), (layer,))


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a folder that is gone afterwards; what debootstrap has mounted in it is taken off first."""
    with tempfile.TemporaryDirectory(prefix="imbricate-root-") as name:
        try:
            yield Path(name) / "root"
        finally:
            mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
            for mount in reversed([one for one in mounts if one.startswith(f"{name}/")]):
                subprocess.run(["umount", "--lazy", mount], check=True)  # noqa: S603, S607 - the system's own program


def _step(show: Callable[[str], None], what: str, do: Callable[..., Any], *arguments: Any) -> Any:
    began = time.perf_counter()
    result = do(*arguments)
    show(f"{what}  ({time.perf_counter() - began:.1f} s)")
    return result


def _bootstrap(root: Root, folder: Path) -> None:
    options = [f"--variant={VARIANT}", f"--include={','.join(PACKAGES)}", f"--keyring={_KEYRING}", "--force-check-gpg"]
    _run([_PROGRAM, *options, root.suite, str(folder), root.mirror])


def _write_files(root: Root, folder: Path) -> None:
    for name, text in root.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(_MODES.get(name, 0o644))


def _update(folder: Path) -> str:
    """Bring the packages up to date; give the moment as of which Debian's archive was taken."""
    inside = ["chroot", str(folder)]
    _run([*inside, "update-ca-certificates"])
    _run([*inside, "apt-get", "-q", "-o", "APT::Update::Error-Mode=any", "update"])
    _run([*inside, "apt-get", "-q", "-y", "--no-install-recommends", "dist-upgrade"])
    texts = [path.read_text(errors="replace") for path in (folder / "var/lib/apt/lists").glob("*InRelease")]
    dates = [found for text in texts for found in _DATE.findall(text)]
    if not dates:
        raise ImageError("apt-get update: expected release files with a date, found none")
    return max(map(parsedate_to_datetime, dates)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _run(command: Sequence[str]) -> None:
    environment = os.environ | _ENVIRONMENT | {"PATH": f"{os.environ.get('PATH', '')}:{_SYSTEM_PATH}"}
    done = subprocess.run(  # noqa: S603 - the programs are named above
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        umask=0o022,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = "".join(f"\n  {line}" for line in done.stdout.splitlines()[-_SHOWN:])
        raise ImageError(f"{' '.join(command)}: exit status {done.returncode}{lines}")


def _strip(folder: Path) -> None:
    for name in _EMPTIED:
        for path in (folder / name).glob("*"):
            _remove(path)
    for pattern in (*_REMOVED, _AUX_CACHE):
        for path in folder.glob(pattern):
            _remove(path)
    for path in (folder / "usr/share/doc").glob("*/*"):
        if path.name != "copyright":
            _remove(path)
    (folder / "etc/machine-id").write_text("")
    shadow = folder / "etc/shadow"
    shadow.write_text(_LAST_CHANGE.sub(rf"\1:{EPOCH // 86400}:", shadow.read_text()))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _pack(folder: Path, target: IO[bytes]) -> None:
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            tar.add(path, path.relative_to(folder).as_posix(), recursive=False, filter=_steady)
    target.seek(0)


def _steady(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = EPOCH
    member.uname = member.gname = ""
    return member


def _config(root: Root, moment: str, digest: str) -> bytes:
    process = {"Env": list(root.environment), "Cmd": ["bash"], "Labels": {_CREATED: moment}}
    created = "1980-01-01T00:00:00Z"
    return encoded(
        {
            "architecture": _architecture(),
            "os": "linux",
            "config": process,
            "created": created,
            "history": [{"created": created, "created_by": f"{_PROGRAM} {root.suite} as of {moment}"}],
            "rootfs": {"type": "layers", "diff_ids": [digest]},
        }
    )


def _architecture() -> str:
    machine = os.uname().machine
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
