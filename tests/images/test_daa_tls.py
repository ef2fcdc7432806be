"""A service of daa beside a PostgreSQL server that refuses whoever does not encrypt, as staging and prod have it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tasks.images.engine import references
from tasks.stand_ins.plans import stand_ins_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient

    from tests.images.containers import Running

    Run = Callable[..., Running]
    Image = Callable[[str], str]

NAME = "secure-database"
HTTP = 3000
_ACCESS = ("local all all trust", "hostnossl all all all reject", "hostssl all all all scram-sha-256")


def certificates(folder: Path) -> None:
    """Make an authority, ca.crt, and a server's certificate that it has signed, as the operator of databases does."""
    folder.mkdir()
    (folder / "names").write_text(f"subjectAltName=DNS:{NAME}")
    (folder / "hba").write_text("".join(f"{line}\n" for line in _ACCESS))
    key, days = ("-newkey", "rsa:2048", "-nodes"), ("-days", "2")
    authority = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial")
    for words in (
        ("req", "-x509", *key, *days, "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.crt"),
        ("req", *key, "-subj", f"/CN={NAME}", "-keyout", "server.key", "-out", "server.csr"),
        ("x509", "-req", "-in", "server.csr", *authority, *days, "-extfile", "names", "-out", "server.crt"),
    ):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    (folder / "server.key").chmod(0o600)
    os.chown(folder / "server.key", 999, 999)


@pytest.fixture
def server(engine: DockerClient, run: Run, tmp_path: Path) -> Running:
    certificates(tmp_path / "tls")
    (local,) = stand_ins_for(["postgres:15.14"]).values()
    settings = {
        "ssl": "on",
        "ssl_cert_file": "/etc/database/server.crt",
        "ssl_key_file": "/etc/database/server.key",
        "hba_file": "/etc/database/hba",
    }
    running = run(
        local if local in references(engine) else "postgres:15.14",
        {"POSTGRES_USER": "daa", "POSTGRES_PASSWORD": "hidden", "POSTGRES_DB": "daa"},
        alias=NAME,
        hardened=False,
        command=["postgres", *(word for key, value in settings.items() for word in ("-c", f"{key}={value}"))],
        volumes=[f"{tmp_path / 'tls'}:/etc/database:ro"],
    )
    end = time.monotonic() + 90
    while running.execute(["pg_isready", "-h", "127.0.0.1"])[0]:
        assert time.monotonic() < end, running.logs()
        time.sleep(0.5)
    return running


def variables() -> dict[str, str]:
    """Give those of a service in prod that are no references."""
    text = Path("gitops/prod/daa/manifests.yaml").read_text()
    deployments = (one for one in yaml.safe_load_all(text) if one["kind"] == "Deployment")
    found = next(one for one in deployments if one["metadata"]["name"] == "knowledge-service")
    env = found["spec"]["template"]["spec"]["containers"][0]["env"]
    return {one["name"]: one["value"] for one in env if "value" in one}


@pytest.mark.docker
@pytest.mark.skipif(
    shutil.which("openssl") is None or os.getuid() != 0, reason="needs openssl, and root to chown a key"
)
def test_the_database_is_asked_by_tls_and_only_if_its_authority_is_known(
    server: Running, image: Image, run: Run, tmp_path: Path
) -> None:
    address = f"postgresql://daa:hidden@{NAME}:5432/daa"
    environment = variables() | {"DATABASE_URL": address, "DATABASE_READ_URL": address}
    unknown = {key: value for key, value in environment.items() if key != "NODE_EXTRA_CA_CERTS"}
    mounts = [f"{tmp_path / 'tls' / 'ca.crt'}:/etc/database/ca.crt:ro"]

    knows = run(image("daa/knowledge-service"), environment, (HTTP,), "knows", user="1000:1000", volumes=mounts)
    stranger = run(image("daa/knowledge-service"), unknown, (HTTP,), "stranger", user="1000:1000")

    knows.wait(HTTP, "/health/ready", seconds=90)
    assert "certificate" in stranger.wait(HTTP, "/health/ready", 503, seconds=90).text
    sessions = "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE client_addr IS NOT NULL"
    assert server.execute(["psql", "-U", "daa", "-d", "daa", "-Atc", sessions]) == (0, "t\n")
