"""The image of a kind node, from Go modules and Debian packages alone: for sites where no registry is at hand.

Programs, a Debian root, the files of cluster/node laid on it, the container images of the control plane read in by the
root's own containerd, and the whole imported into Docker. What a node has to bring is what kind runs in it:
https://kind.sigs.k8s.io/docs/design/node-image/
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.cluster.errors import ClusterError
from tasks.cluster.parts import CLUSTER, Part
from tasks.cluster.processes import run
from tasks.cluster.program_images import ProgramImage, write_archive
from tasks.cluster.programs import of_nodes
from tasks.cluster.root import SCRIPTS, inside, root, userland

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FILES = CLUSTER / "node"
_REPOSITORY = "imbricate.local/kind-node"
TOOLS = "imbricate.local/tools:1"
_PROVISIONER = "imbricate.local/local-path-provisioner:1"
_SANDBOX = "@SANDBOX_IMAGE@"
_ENTRYPOINT = 'ENTRYPOINT ["/usr/local/sbin/node-init","/sbin/init"]'


def reference() -> str:
    """Give the name of the node image that the work tree stands for."""
    inputs = (of_nodes().digest, root().digest, userland().digest, Part("files", (_FILES, SCRIPTS), print).digest)
    return f"{_REPOSITORY}:{sha256(' '.join(inputs).encode()).hexdigest()[:12]}"


def build(show: Callable[[str], None]) -> None:
    """Make the node image in the local engine. Raises ClusterError."""
    programs, debian, tools = of_nodes().had(show), root().had(show), userland().had(show)
    with tempfile.TemporaryDirectory(prefix="imbricate-node-") as folder:
        node = Path(folder) / "root"
        run(["cp", "-a", debian, node])
        _lay(node, programs)
        _read_images(node, programs, tools)
        _pack(node)
    show(f"{reference()} is in the engine")


def _lay(node: Path, programs: Path) -> None:
    """Put our files and programs onto the root."""
    run(["cp", "-a", "--no-preserve=ownership", f"{_FILES}/.", f"{node}/"])
    for name in ("kubeadm", "kubelet", "kubectl"):
        shutil.copy(programs / name, node / "usr/bin" / name)
    shutil.copytree(programs / "cni", node / "opt/cni/bin", dirs_exist_ok=True)
    for name in ("etc/kubernetes/manifests", "etc/cni/net.d", "etc/containerd/certs.d"):
        (node / name).mkdir(parents=True, exist_ok=True)
    (node / "kind/version").write_text(_kubernetes(programs) + "\n")
    config = node / "etc/containerd/config.toml"
    config.write_text(config.read_text().replace(_SANDBOX, _image(programs, "pause")))
    inside(node, "settle.sh")


def _kubernetes(programs: Path) -> str:
    return run([programs / "kubeadm", "version", "-o", "short"]).strip()


def _image(programs: Path, name: str) -> str:
    """Give the name under which kubeadm asks for an image, whatever version is inside."""
    version = ["--kubernetes-version", _kubernetes(programs)]
    listed = run([programs / "kubeadm", "config", "images", "list", *version]).split()
    found = next((image for image in listed if f"/{name}:" in image), None)
    if found is None:
        raise ClusterError(f"kubeadm names no image {name}: it lists {', '.join(listed)}")
    return found


def _read_images(node: Path, programs: Path, tools: Path) -> None:
    (node / "images").mkdir()
    for number, image in enumerate(_images(programs, tools)):
        write_archive(node / "images" / f"{number}.tar", image)
    inside(node, "import.sh")
    shutil.rmtree(node / "images")
    shutil.rmtree(node / "run/import", ignore_errors=True)


def _images(programs: Path, tools: Path) -> Iterator[ProgramImage]:
    base = ((tools, "/"),)
    for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"):
        place = f"/usr/local/bin/{name}"
        yield ProgramImage(_image(programs, name), (((programs / name, place),),), (place,))
    proxy = "/usr/local/bin/kube-proxy"
    yield ProgramImage(_image(programs, "kube-proxy"), (base, ((programs / "kube-proxy", proxy),)), (proxy,))
    for name, wanted in (("coredns", "coredns/coredns"), ("pause", "pause")):
        yield ProgramImage(_image(programs, wanted), (((programs / name, f"/{name}"),),), (f"/{name}",))
    provisioner = programs / "local-path-provisioner"
    yield ProgramImage(_PROVISIONER, (((provisioner, f"/{provisioner.name}"),),), (f"/{provisioner.name}",))
    yield ProgramImage(TOOLS, (base,), command=("/bin/bash",))


def _pack(node: Path) -> None:
    """Bring the root into the engine; the archive is never whole in memory or on disk."""
    command = ["docker", "import", "-c", "ENV container=docker", "-c", _ENTRYPOINT, "-", reference()]
    with subprocess.Popen(  # noqa: S603 - a list, no shell
        ["tar", "-C", str(node), "--numeric-owner", "-c", "."],  # noqa: S607 - as everywhere, from PATH
        stdout=subprocess.PIPE,
    ) as archive:
        done = subprocess.run(command, stdin=archive.stdout, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode or archive.returncode:
        raise ClusterError(f"docker import failed: {done.stderr.strip()}")
