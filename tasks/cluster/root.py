"""The Debian root of a node, and a few of its programs as the base of container images."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tasks.cluster.errors import ClusterError
from tasks.cluster.parts import CLUSTER, Part
from tasks.cluster.processes import run

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = CLUSTER / "root"
_SUITE = "bookworm"
_FALLBACK = "http://deb.debian.org/debian"
_PACKAGES = (
    "systemd,systemd-sysv,dbus,containerd,runc,iptables,iproute2,ethtool,conntrack,socat,kmod,mount,procps,jq,curl,"
    "ca-certificates"
)
_FOLDERS = ("usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "etc", "root", "proc", "sys", "dev", "run", "var/lib")


def root() -> Part:
    """Give a Debian root with systemd, containerd and what kubeadm, the kubelet and kube-proxy call."""
    return Part("root", (_SUITE, _PACKAGES), _bootstrap)


def userland() -> Part:
    """Give a folder of everyday programs with their libraries."""
    return Part("userland", (_SUITE, _PACKAGES, SCRIPTS / "userland.sh"), _copy_programs)


def _bootstrap(out: Path) -> None:
    if os.geteuid():
        raise ClusterError("the root of a node is made by debootstrap, which only root may run")
    include = f"--include={_PACKAGES}"
    run(["debootstrap", "--variant=minbase", include, _SUITE, out, _mirror()])


def _mirror() -> str:
    """Give the mirror that this machine's apt uses for the same suite, where there is one."""
    wanted = ["--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)", "Created-By: Packages"]
    try:
        lines = run(["apt-get", "indextargets", *wanted]).splitlines()
    except ClusterError:
        return _FALLBACK
    found = (line.split() for line in lines)
    return next((words[0] for words in found if words[1:] == [_SUITE, "main"]), _FALLBACK)


def _copy_programs(out: Path) -> None:
    for folder in _FOLDERS:
        (out / folder).mkdir(parents=True)
    for link in ("bin", "sbin", "lib", "lib64"):
        (out / link).symlink_to(f"usr/{link}")
    (out / "tmp").mkdir()
    (out / "tmp").chmod(0o1777)
    archive = out / "programs.tar"
    inside(root().had(print), "userland.sh", output=archive)
    run(["tar", "-xf", archive, "-C", out])
    archive.unlink()


def inside(folder: Path, script: str, output: Path | None = None) -> None:
    """Run one of the scripts of cluster/root inside a root, in a mount namespace of its own."""
    command = ["unshare", "--mount", "chroot", str(folder), "bash", "-s"]
    run(command, content=(SCRIPTS / script).read_bytes(), output=output)
