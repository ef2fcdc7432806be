"""The pods of kairoflow, started by the engine as a node starts them: from the rendered manifests and nothing else."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import io
import json
import os
import tarfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from tests.images.containers import Answer, request
from tests.images.workloads import Workload, workloads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from docker import DockerClient

    from tests.images.containers import Running

MANIFESTS = Path("gitops/dev/kairoflow/manifests.yaml")
WEB = "web-app"
BACKING = ("postgres", "redis", "minio")
HTTP = 8080
MEBIBYTE = 1 << 20
PASSWORD = "correct horse battery"  # noqa: S105 - of accounts that end with the test
STORE = "(new Kairoflow\\Store\\ObjectStore(Kairoflow\\Configuration::fromEnvironment(getenv())))"
_SIZES = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}


def named(name: str) -> Workload:
    """Give a Deployment or StatefulSet of kairoflow."""
    found = (one for one in workloads(MANIFESTS.parent.parent) if one.name == f"kairoflow/{name}")
    return next(found)


def job(name: str) -> Workload:
    """Give a CronJob's pod, to be read like that of any other workload."""
    manifests = yaml.safe_load_all(MANIFESTS.read_text())
    cron_jobs = (one for one in manifests if one["kind"] == "CronJob" and one["metadata"]["name"] == name)
    template = next(cron_jobs)["spec"]["jobTemplate"]
    return Workload("kairoflow", template | {"metadata": {"name": name}}, named(WEB).configuration, {})


def third_party(reference: str) -> str:
    """Give what runs for an image that is not ours: itself, or its stand-in."""
    name = reference.partition(":")[0].rpartition("/")[2]
    chosen = dict(pair.split("=") for pair in os.environ.get("IMBRICATE_IMAGES", "").split())
    if name in chosen:
        return chosen[name]
    if os.environ.get("IMBRICATE_BASES") != "stand-ins":
        return reference
    from tasks.base_images import stand_ins_for

    (local,) = stand_ins_for([reference]).values()
    return local


class Mounted(NamedTuple):
    """Where ConfigMaps are written, and the volumes that were made: name in manifests → name in the engine."""

    folder: Path
    volumes: dict[str, str]


class Node:
    """Starts containers of pods. A claim is one volume for all pods, an emptyDir one for the containers of its pod."""

    def __init__(
        self, engine: DockerClient, run: Callable[..., Running], image: Callable[[str], str], mounted: Mounted
    ) -> None:
        self._engine = engine
        self._run = run
        self._image = image
        self._folder, self._volumes = mounted

    def start(  # noqa: PLR0913 - what differs from one container to the next
        self,
        workload: Workload,
        container: Mapping[str, Any] | None = None,
        *,
        pod: str = "",
        without: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
        hidden: tuple[str, ...] = (),
        **options: Any,
    ) -> Running:
        """Start one container of a workload's pod: its first, unless told.

        Containers of one `pod` have one network and share its emptyDirs. `without`: variables that it does not get;
        `hidden`: volumes that it does not mount.
        """
        chosen = container or workload.container
        variables = self.environment(workload, chosen) | dict(environment or {})
        for name in without:
            del variables[name]
        given = self._security(workload, chosen) | self._limits(chosen) | self._command(chosen)
        given["volumes"] = self._mounts(workload, chosen, pod or workload.name, hidden)
        return self._run(self._reference(chosen["image"]), variables, hardened=False, **(given | options))

    def environment(self, workload: Workload, container: Mapping[str, Any]) -> dict[str, str]:
        """Give the variables of a container: of whole ConfigMaps, then one by one."""
        sources = (one["configMapRef"]["name"] for one in container.get("envFrom", ()))
        whole = {name: value for source in sources for name, value in workload.configuration[source].items()}
        return whole | workload.environment(container)

    def volume(self, name: str) -> str:
        """Give the volume of a claim, as the kubelet hands it over: of root, and of the pods' group."""
        if name not in self._volumes:
            self._volumes[name] = made = f"imbricate-{uuid.uuid4().hex[:8]}"
            self._engine.volumes.create(made)
            self._own(made, 999 if name.endswith(("postgres", "redis")) else 1000)
        return self._volumes[name]

    def _reference(self, image: str) -> str:
        path = image.partition(":")[0]
        return self._image(path.partition("/")[2]) if path.startswith("registry.") else third_party(image)

    def _own(self, volume: str, group: int) -> None:
        self._engine.containers.run(
            self._image("kairoflow/php"),
            entrypoint=["sh", "-c", f"chown 0:{group} /volume && chmod 2775 /volume"],
            volumes=[f"{volume}:/volume:rw,nocopy"],
            user="0:0",
            remove=True,
        )

    def _mounts(self, workload: Workload, container: Mapping[str, Any], pod: str, hidden: tuple[str, ...]) -> list[str]:
        volumes = {one["name"]: one for one in workload.pod.get("volumes", ())}
        mounts = []
        for mount in container.get("volumeMounts", ()):
            if mount["name"] in hidden:
                continue
            mode = "ro" if mount.get("readOnly") else "rw"
            source = self._source(workload, mount["name"], volumes.get(mount["name"], {}), pod)
            part = f"/{mount['subPath']}" if "subPath" in mount else ""
            mounts.append(f"{source}{part}:{mount['mountPath']}:{mode}" + ("" if source.startswith("/") else ",nocopy"))
        return mounts

    def _source(self, workload: Workload, name: str, volume: Mapping[str, Any], pod: str) -> str:
        if "configMap" in volume:
            return self._written(workload.configuration[volume["configMap"]["name"]], volume["configMap"]["name"])
        if "persistentVolumeClaim" in volume:
            return self.volume(volume["persistentVolumeClaim"]["claimName"])
        return self.volume(f"{name} {pod}")

    def _written(self, files: Mapping[str, str], name: str) -> str:
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        for file, text in files.items():
            (folder / file).write_text(text)
        return str(folder)

    @staticmethod
    def _command(container: Mapping[str, Any]) -> dict[str, Any]:
        named = {"entrypoint": container.get("command"), "command": container.get("args")}
        return {name: value for name, value in named.items() if value}

    @staticmethod
    def _limits(container: Mapping[str, Any]) -> dict[str, Any]:
        limits = container["resources"]["limits"]
        cpu = str(limits["cpu"])
        cores = int(cpu[:-1]) / 1000 if cpu.endswith("m") else float(cpu)
        memory = limits["memory"]
        return {"mem_limit": int(memory[:-2]) * _SIZES[memory[-2:]], "nano_cpus": int(cores * 1e9)}

    @staticmethod
    def _security(workload: Workload, container: Mapping[str, Any]) -> dict[str, Any]:
        context, strict = workload.pod["securityContext"], container["securityContext"]
        return {
            "user": f"{context['runAsUser']}:{context['runAsGroup']}",
            "group_add": [context["fsGroup"]],
            "read_only": strict["readOnlyRootFilesystem"],
            "cap_drop": strict["capabilities"]["drop"],
            "security_opt": ["no-new-privileges"],
        }


@dataclass
class Pod:
    """The web application's two containers; nginx's port is published by php-fpm's, whose network it shares."""

    php: Running
    nginx: Running

    def ask(  # noqa: PLR0913 - what a request is made of
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        headers: dict[str, str] | None = None,
        timeout: float = 60,
    ) -> Answer:
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        return request(method, self.php.url(HTTP, path), raw, sent | (headers or {}), timeout)

    def sign_up(self, email: str) -> str:
        """Make an account; give its token."""
        credentials = {"email": email, "password": PASSWORD}
        assert self.ask("POST", "/api/accounts", credentials).status == 201
        return str(json.loads(self.ask("POST", "/api/session", credentials).body)["token"])

    def upload(self, token: str, content: bytes, name: str = "notes.txt", **fields: str) -> Answer:
        body, kind = form(content, name, fields)
        return self.ask("POST", "/api/files", body, token=token, headers={"Content-Type": kind})

    def run(self, code: str, *arguments: str) -> str:
        """Run PHP in the application's container."""
        status, output = self.php.execute(["php", "-r", f"require 'src/autoload.php'; {code}", *arguments])
        assert status == 0, output
        return output

    def deliver(self, messages: dict[str, bytes]) -> None:
        """Put messages into the bucket by their names, as a mail gateway does."""
        names = list(messages)
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as files:
            for number, name in enumerate(names):
                entry = tarfile.TarInfo(f"message-{number}")
                entry.size, entry.mode = len(messages[name]), 0o644
                files.addfile(entry, io.BytesIO(messages[name]))
        assert self.php.container.put_archive("/tmp", archive.getvalue())  # noqa: S108 - the container's own
        put = f'{STORE}->put("mail/incoming/$name", file_get_contents("/tmp/message-$number"), \'message/rfc822\');'
        self.run(f"foreach (json_decode($argv[1]) as $number => $name) {{ {put} }}", json.dumps(names))

    def keys(self, prefix: str) -> list[str]:
        return list(json.loads(self.run(f"echo json_encode({STORE}->keys($argv[1], 1000));", prefix)))


def form(content: bytes, name: str, fields: dict[str, str]) -> tuple[bytes, str]:
    """Make a multipart form; give its body and its media type."""
    boundary = "limit-of-parts"
    texts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{fields[key]}\r\n' for key in fields]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    start = "".join(texts) + head + "Content-Type: application/octet-stream\r\n\r\n"
    return start.encode() + content + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def mail(number: int, to: str, attachment: bytes = b"") -> bytes:
    """Make an e-mail."""
    head = f"From: Sender <sender@example.org>\r\nTo: <{to}>\r\nMessage-ID: <{number}@example.org>\r\n"
    head += f"Subject: Mail {number}\r\n"
    text = "Content-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n"
    if not attachment:
        return f"{head}MIME-Version: 1.0\r\n{text}".encode()
    file = "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=bill.pdf\r\n"
    encoded = base64.encodebytes(attachment).decode().replace("\n", "\r\n")
    parts = f"--b\r\n{text}--b\r\n{file}Content-Transfer-Encoding: base64\r\n\r\n{encoded}--b--\r\n"
    return f'{head}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n{parts}'.encode()


def send(web: Pod, token: str, size: int) -> tuple[Answer, str]:
    """Send a file of so many bytes, piece by piece; give the answer and the file's SHA-256."""
    mark = "mark-of-the-file"
    body, kind = form(mark.encode(), "large.bin", {"collection": "recordings"})
    head, tail = body.split(mark.encode())
    piece = os.urandom(MEBIBYTE)
    digest = hashlib.sha256()

    def pieces() -> Iterator[bytes]:
        yield head
        for left in range(size, 0, -MEBIBYTE):
            part = piece[: min(left, MEBIBYTE)]
            digest.update(part)
            yield part
        yield tail

    connection = http.client.HTTPConnection("127.0.0.1", web.php.ports[HTTP], timeout=300)
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": kind,
        "Content-Length": str(len(head) + size + len(tail)),
    }
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may be refused before all is sent
        connection.request("POST", "/api/files", pieces(), headers)
    response = connection.getresponse()
    answer = Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    connection.close()
    return answer, digest.hexdigest()
