"""The stand-ins do what the images do that they stand in for: run as the rendered manifests of dev run them."""

from __future__ import annotations

import time
import uuid
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tasks.images.engine import references
from tasks.stand_ins.plans import plans, stand_ins_for
from tests.images.containers import request
from tests.images.workloads import Workload, workloads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient

    from tests.images.containers import Answer, Running

    Run = Callable[..., Running]
    StandInNamed = Callable[[str], str]

pytestmark = pytest.mark.docker

DEV = workloads(Path("gitops/dev"))
POSTGRES = [one for one in DEV if one.image.startswith("postgres:")]
REDIS = [one for one in DEV if one.image.startswith("redis:")]
CLICKHOUSE = [one for one in DEV if one.image.startswith("clickhouse/")]
PERSISTENT_REDIS = [one for one in REDIS if one.claims]
POSTGRES_VERSIONS = ("15", "16", "17")
WRONG = "wrong"
FIRST_START = {"POSTGRES_USER": "shop", "POSTGRES_PASSWORD": "right", "POSTGRES_DB": "orders"}


@pytest.fixture(scope="session")
def stand_in(engine: DockerClient) -> StandInNamed:
    """Give the reference of a stand-in by its name."""

    def named(name: str) -> str:
        reference = plans()[name].reference
        if reference not in references(engine):
            pytest.fail(f"{reference} is not in the engine: run `doit base_images:{name}` first")
        return reference

    return named


class Cluster:
    """Starts workloads as a node would: their stand-in, their user, their volumes; a claim outlives its container."""

    def __init__(self, engine: DockerClient, run: Run, folder: Path) -> None:
        self._engine = engine
        self._run = run
        self._folder = folder
        self._claims: dict[str, str] = {}

    def start(self, workload: Workload) -> Running:
        """Start a pod of a workload; its init containers come first."""
        image = stand_ins_for([workload.image])
        assert image, f"{workload.image} has no stand-in"
        (reference,) = image.values()
        for container in workload.init_containers:
            assert self._container(workload, container, reference).exit_status() == 0
        return self._container(workload, workload.container, reference, alias=workload.service)

    def _container(self, workload: Workload, container: dict[str, Any], reference: str, alias: str = "") -> Running:
        options = workload.options(container, self._folder, lambda name: self._claim(workload, name, reference))
        ports = tuple(workload.ports.values()) if container is workload.container else ()
        return self._run(reference, workload.environment(container), ports, alias=alias, **options)

    def _claim(self, workload: Workload, name: str, reference: str) -> str:
        """Give a volume as the kubelet hands it over: of root, and of the pod's group."""
        key = f"{workload.name} {name}"
        if key in self._claims:
            return self._claims[key]
        self._claims[key] = volume = f"imbricate-{uuid.uuid4().hex[:8]}"
        self._engine.volumes.create(volume)
        prepared = self._run(
            reference,
            hardened=False,
            entrypoint=["sh", "-c", f"chown 0:{workload.group} /volume && chmod 2775 /volume"],
            user="0:0",
            volumes=[f"{volume}:/volume:rw,nocopy"],
        )
        assert prepared.exit_status() == 0, prepared.logs()
        return volume

    def remove_claims(self) -> None:
        for volume in self._claims.values():
            self._engine.volumes.get(volume).remove(force=True)


@pytest.fixture
def claims() -> Iterator[list[Cluster]]:
    """Remove volumes after `run` has removed the containers that use them."""
    made: list[Cluster] = []
    yield made
    for one in made:
        one.remove_claims()


@pytest.fixture
def cluster(engine: DockerClient, claims: list[Cluster], run: Run, tmp_path: Path) -> Cluster:
    claims.append(Cluster(engine, run, tmp_path))
    return claims[0]


def _name(workload: Workload) -> str:
    return workload.name


def _becomes_ready(running: Running, workload: Workload, seconds: float = 60) -> None:
    """Run the probes of the manifest, commands and requests, until each has succeeded."""
    for probe in workload.probes:
        end = time.monotonic() + seconds
        while (found := running.execute(probe))[0]:
            assert time.monotonic() < end, f"{probe} failed: {found}\n{running.logs()}"
            time.sleep(0.2)
    for port, path in workload.http_probes:
        running.wait(port, path, seconds=seconds)


@pytest.fixture
def sql(run: Run) -> Callable[..., tuple[int, str]]:
    """Ask a PostgreSQL from another container, as a service would."""

    def ask(workload: Workload, server: Running, query: str, other: str = "") -> tuple[int, str]:
        known = workload.environment(workload.container)
        target = f"host={_address(server)} user={known['POSTGRES_USER']} dbname={known['POSTGRES_DB']}"
        (image,) = stand_ins_for([workload.image]).values()
        client = run(
            image,
            {"PGPASSWORD": other or known["POSTGRES_PASSWORD"], "PGCONNECT_TIMEOUT": "10"},
            user="999:999",
            command=["psql", "-AtX", "--set=ON_ERROR_STOP=1", f"--command={query}", target],
        )
        return client.exit_status(), client.logs()

    return ask


def _address(server: Running) -> str:
    server.container.reload()
    (network,) = server.container.attrs["NetworkSettings"]["Networks"].values()
    return str(network["IPAddress"])


def _primaries() -> list[Workload]:
    return [one for one in POSTGRES if not one.init_containers]


@pytest.mark.parametrize("workload", _primaries(), ids=_name)
def test_postgres_runs_as_its_manifest_says(
    cluster: Cluster, sql: Callable[..., tuple[int, str]], workload: Workload
) -> None:
    server = cluster.start(workload)
    _becomes_ready(server, workload)

    version = workload.image.removeprefix("postgres:").partition(".")[0]
    assert sql(workload, server, "SELECT current_setting('server_version_num')::int / 10000") == (0, f"{version}\n")
    known = workload.environment(workload.container)
    assert sql(workload, server, "SELECT current_user, current_database()") == (
        0,
        f"{known['POSTGRES_USER']}|{known['POSTGRES_DB']}\n",
    )
    assert sql(workload, server, "SELECT gen_random_uuid() IS NOT NULL, now() > '2020-01-01'") == (0, "t|t\n")


@pytest.mark.parametrize("workload", _primaries(), ids=_name)
def test_postgres_refuses_a_wrong_password(
    cluster: Cluster, sql: Callable[..., tuple[int, str]], workload: Workload
) -> None:
    server = cluster.start(workload)
    _becomes_ready(server, workload)

    status, shown = sql(workload, server, "SELECT 1", WRONG)

    assert status != 0
    assert "password authentication failed" in shown


@pytest.mark.parametrize("workload", _primaries(), ids=_name)
def test_postgres_keeps_its_data_when_its_pod_is_replaced(
    cluster: Cluster, sql: Callable[..., tuple[int, str]], workload: Workload
) -> None:
    first = cluster.start(workload)
    _becomes_ready(first, workload)
    assert sql(workload, first, "CREATE TABLE kept AS SELECT 'it is here' AS text")[0] == 0
    assert first.stop() == 0

    second = cluster.start(workload)
    _becomes_ready(second, workload)

    assert sql(workload, second, "SELECT text FROM kept") == (0, "it is here\n")
    assert "skipping initialization" not in first.logs()


@pytest.mark.parametrize("workload", [one for one in POSTGRES if one.init_containers], ids=_name)
def test_a_replica_copies_its_primary_and_follows_it(
    cluster: Cluster, sql: Callable[..., tuple[int, str]], workload: Workload
) -> None:
    (primary,) = [one for one in POSTGRES if one.system == workload.system and not one.init_containers]
    server = cluster.start(primary)
    _becomes_ready(server, primary)
    assert sql(primary, server, "CREATE TABLE followed AS SELECT 1 AS number")[0] == 0

    replica = cluster.start(workload)
    _becomes_ready(replica, workload)
    assert sql(primary, server, "INSERT INTO followed VALUES (2)")[0] == 0

    end = time.monotonic() + 30
    while (found := sql(primary, replica, "SELECT sum(number) FROM followed")) != (0, "3\n"):
        assert time.monotonic() < end, f"{found}\n{replica.logs()}\n{server.logs()}"
    status, shown = sql(primary, replica, "INSERT INTO followed VALUES (3)")
    assert status != 0
    assert "read-only transaction" in shown


@pytest.mark.parametrize("version", POSTGRES_VERSIONS)
def test_the_first_start_of_postgres_takes_files_scripts_and_options(
    run: Run, stand_in: StandInNamed, tmp_path: Path, version: str
) -> None:
    (tmp_path / "password").write_text("from a file\n")
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/10-table.sql").write_text("CREATE TABLE made (by text);")
    (tmp_path / "scripts/20-row.sh").write_text(
        'psql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "INSERT INTO made VALUES (\'a script\')"\n'
    )
    environment = {name: text for name, text in FIRST_START.items() if name != "POSTGRES_PASSWORD"}
    server = run(
        stand_in(f"postgres-{version}"),
        {
            **environment,
            "POSTGRES_PASSWORD_FILE": "/run/secrets/password",
            "POSTGRES_INITDB_ARGS": "--data-checksums --auth-host='scram-sha-256'",
        },
        hardened=False,
        volumes=[
            f"{tmp_path}/password:/run/secrets/password:ro",
            f"{tmp_path}/scripts:/docker-entrypoint-initdb.d:ro",
        ],
    )
    target = "host=127.0.0.1 user=shop dbname=orders password='from a file'"
    ask = ["psql", "-AtX", "-c", "SELECT by, current_setting('data_checksums') FROM made", target]

    _eventually(lambda: server.execute(ask), (0, "a script|on\n"), server)

    assert server.execute(["psql", "-AtX", "-c", "SELECT 1", target.replace("from a file", "wrong")])[0] != 0
    assert server.execute(["stat", "-c", "%U", "/var/lib/postgresql/data/PG_VERSION"]) == (0, "postgres\n")
    assert server.execute(["cat", "/proc/1/comm"]) == (0, "postgres\n")


def _eventually(ask: Callable[[], tuple[int, str]], expected: tuple[int, str], server: Running) -> None:
    end = time.monotonic() + 60
    while (found := ask()) != expected:
        assert time.monotonic() < end, f"{found}\n{server.logs()}"
        time.sleep(0.2)


@pytest.mark.parametrize("version", POSTGRES_VERSIONS)
def test_postgres_without_a_password_says_what_is_missing(run: Run, stand_in: StandInNamed, version: str) -> None:
    server = run(stand_in(f"postgres-{version}"), {"POSTGRES_USER": "shop"}, hardened=False)

    assert server.exit_status() == 1
    assert server.logs().splitlines() == [
        "postgres: POSTGRES_PASSWORD is missing: give it or POSTGRES_PASSWORD_FILE, or POSTGRES_HOST_AUTH_METHOD=trust"
    ]


@pytest.fixture
def redis_cli(run: Run) -> Callable[..., str]:
    """Ask a Redis from another container; gives what was printed, errors included."""

    def ask(workload: Workload, server: Running, *words: str, other: str | None = None) -> str:
        known = workload.environment(workload.container).get("REDISCLI_AUTH", "")
        secret = known if other is None else other
        (image,) = stand_ins_for([workload.image]).values()
        command = ["redis-cli", "--no-auth-warning", "-h", _address(server), *words]
        client = run(image, {"REDISCLI_AUTH": secret} if secret else {}, user="999:999", command=command)
        client.exit_status()
        return client.logs()

    return ask


@pytest.mark.parametrize("workload", REDIS, ids=_name)
def test_redis_runs_as_its_manifest_says(cluster: Cluster, redis_cli: Callable[..., str], workload: Workload) -> None:
    server = cluster.start(workload)
    _becomes_ready(server, workload)

    assert redis_cli(workload, server, "SET", "greeting", "hello") == "OK\n"
    assert redis_cli(workload, server, "GET", "greeting") == "hello\n"
    assert redis_cli(workload, server, "INFO", "server").splitlines()[1].startswith("redis_version:7.")
    assert server.stop() == 0


@pytest.mark.parametrize(
    "workload", [one for one in REDIS if "REDISCLI_AUTH" in one.environment(one.container)], ids=_name
)
def test_redis_refuses_a_wrong_password(cluster: Cluster, redis_cli: Callable[..., str], workload: Workload) -> None:
    server = cluster.start(workload)
    _becomes_ready(server, workload)

    assert "NOAUTH" in redis_cli(workload, server, "GET", "greeting", other=WRONG)
    assert "NOAUTH" in redis_cli(workload, server, "GET", "greeting", other="")


@pytest.mark.parametrize("workload", PERSISTENT_REDIS, ids=_name)
def test_redis_keeps_its_data_when_its_pod_is_replaced(
    cluster: Cluster, redis_cli: Callable[..., str], workload: Workload
) -> None:
    first = cluster.start(workload)
    _becomes_ready(first, workload)
    assert redis_cli(workload, first, "XADD", "queue", "*", "task", "1") != ""
    assert first.stop() == 0

    second = cluster.start(workload)
    _becomes_ready(second, workload)

    assert redis_cli(workload, second, "XLEN", "queue") == "1\n"


def test_redis_answers_other_containers_without_being_told(run: Run, stand_in: StandInNamed) -> None:
    server = run(stand_in("redis-7"), hardened=False)
    _eventually(lambda: server.execute(["redis-cli", "ping"]), (0, "PONG\n"), server)

    client = run(stand_in("redis-7"), user="999:999", command=["redis-cli", "-h", _address(server), "ping"])

    assert (client.exit_status(), client.logs()) == (0, "PONG\n")
    assert server.execute(["stat", "-c", "%U", "/proc/1"]) == (0, "redis\n")


def _ask_clickhouse(workload: Workload, server: Running, body: str, **parameters: str) -> Answer:
    known = workload.environment(workload.container)
    identity = {"user": known["CLICKHOUSE_USER"], "password": known["CLICKHOUSE_PASSWORD"]}
    given = {"database": known["CLICKHOUSE_DB"], **identity, **parameters}
    path = f"/?{urlencode(given)}"
    return request("POST", server.url(workload.ports["http"], path), body.encode(), timeout=30)


@pytest.mark.parametrize("workload", CLICKHOUSE, ids=_name)
def test_clickhouse_runs_as_its_manifest_says_and_keeps_its_data(cluster: Cluster, workload: Workload) -> None:
    first = cluster.start(workload)
    _becomes_ready(first, workload)
    table = "CREATE TABLE kept (id UInt64, what String) ENGINE = MergeTree ORDER BY id"
    assert _ask_clickhouse(workload, first, table).status == 200
    assert (
        _ask_clickhouse(
            workload, first, '{"id": 7, "what": "here"}', query="INSERT INTO kept FORMAT JSONEachRow"
        ).status
        == 200
    )
    assert first.stop() == 0

    second = cluster.start(workload)
    _becomes_ready(second, workload)

    assert _ask_clickhouse(workload, second, "SELECT id, what FROM kept").text == "7\there\n"


@pytest.mark.parametrize("workload", CLICKHOUSE, ids=_name)
def test_clickhouse_refuses_a_wrong_password(cluster: Cluster, workload: Workload) -> None:
    server = cluster.start(workload)
    _becomes_ready(server, workload)

    assert _ask_clickhouse(workload, server, "SELECT 1").text == "1\n"
    refused = _ask_clickhouse(workload, server, "SELECT 1", password=WRONG)
    assert refused.status in {401, 403}
    assert "Authentication failed" in refused.text


@pytest.mark.parametrize("workload", [one for one in DEV if one.image.startswith("minio/")], ids=_name)
def test_minio_runs_as_its_manifest_says_and_lets_nobody_in_without_a_key(cluster: Cluster, workload: Workload) -> None:
    server = cluster.start(workload)
    _becomes_ready(server, workload)

    refused = server.wait(workload.ports["s3"], "/", status=403)  # ready before its store is, it answers 503 until then

    assert "AccessDenied" in refused.text
    assert server.stop() == 0


def _output(run: Run, image: str, *command: str, **options: Any) -> str:
    running = run(image, command=[*command], **options)
    assert running.exit_status() == 0, running.logs()
    return running.logs()


def test_python_is_where_the_published_image_has_it(run: Run, stand_in: StandInNamed) -> None:
    shown = _output(
        run,
        stand_in("python"),
        "sh",
        "-euc",
        "for name in python python3 pip; do command -v $name; done\n"
        "python -c 'import ctypes, sqlite3, ssl, sys, zoneinfo; print(sys.version_info[:2])'\n"
        'python -c \'import sysconfig; print(sysconfig.get_path("purelib"), sysconfig.get_path("scripts"))\'\n'
        "python -m venv /tmp/venv; /tmp/venv/bin/python -m pip --version | cut -d' ' -f4",
        user="10001:10001",
    )

    assert shown.splitlines() == [
        "/usr/local/bin/python",
        "/usr/local/bin/python3",
        "/usr/local/bin/pip",
        "(3, 11)",
        "/usr/local/lib/python3.11/site-packages /usr/local/bin",
        "/tmp/venv/lib/python3.11/site-packages/pip",  # noqa: S108 - of the container
    ]


def test_pip_installs_where_dockerfiles_look(run: Run, stand_in: StandInNamed, tmp_path: Path) -> None:
    information = "small-1.dist-info"
    with zipfile.ZipFile(tmp_path / "small-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("small.py", "")
        wheel.writestr(f"{information}/METADATA", "Metadata-Version: 2.1\nName: small\nVersion: 1\n")
        wheel.writestr(f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{information}/RECORD", "")
    install = "pip install -q --no-index --root-user-action=ignore"
    script = (
        f"{install} --prefix=/made/prefix /source/*.whl; {install} --target=/made/target /source/*.whl\n"
        f"find /made -name small.py; {install} /source/*.whl; python -c 'import small; print(small.__file__)'"
    )

    shown = _output(run, stand_in("python"), "sh", "-euc", script, hardened=False, volumes=[f"{tmp_path}:/source:ro"])

    assert sorted(shown.splitlines()) == [
        "/made/prefix/lib/python3.11/site-packages/small.py",
        "/made/target/small.py",
        "/usr/local/lib/python3.11/site-packages/small.py",
    ]


def test_the_bytecode_of_python_holds_whatever_the_times_of_its_sources_are(run: Run, stand_in: StandInNamed) -> None:
    check = (
        "import importlib.util, pathlib\n"
        "paths = [p for p in pathlib.Path('/usr/lib/python3.11').rglob('*.py') if 'lib2to3' not in p.parts]\n"
        "caches = [pathlib.Path(importlib.util.cache_from_source(p)) for p in paths]\n"
        "print(len(caches) > 500, all(c.read_bytes()[4:8] == b'\\x01\\0\\0\\0' for c in caches))"
    )

    assert _output(run, stand_in("python"), "python", "-c", check) == "True True\n"


def test_node_runs_as_its_user(run: Run, stand_in: StandInNamed) -> None:
    shown = _output(
        run,
        stand_in("node"),
        "sh",
        "-euc",
        "node --version | cut -d. -f1; npm --version | cut -d. -f1; npx --version | cut -d. -f1; id -un; id -u\n"
        "node -e 'fetch(\"data:,works\").then((a) => a.text()).then(console.log)'",
        user="node",
        environment={"HOME": "/home/node"},
    )

    assert shown.split() == ["v24", "11", "11", "node", "1000", "works"]


@pytest.mark.parametrize(("name", "suite"), [("debian", "trixie"), ("bookworm", "bookworm")])
def test_a_root_is_a_small_debian_that_keeps_nothing_of_the_machine(
    run: Run, stand_in: StandInNamed, name: str, suite: str
) -> None:
    shown = _output(
        run,
        stand_in(name),
        "sh",
        "-euc",
        ". /etc/os-release; echo $VERSION_CODENAME; grep -c . /etc/apt/sources.list; wc -c < /etc/machine-id\n"
        "find /usr/share/doc -type f ! -name copyright | wc -l; find /var/log -name '*.log' | wc -l\n"
        "find / -xdev -newermt 1980-01-02 ! -path '/dev*' ! -path '/etc*' ! -path '/tmp*' ! -path '/.dockerenv' "
        "! -path / -type f | wc -l\n"
        "grep -c BEGIN /etc/ssl/certs/ca-certificates.crt | awk '{print ($1 > 100)}'",
        user="0:0",
    )

    assert shown.split() == [suite, "3", "0", "0", "0", "0", "1"]
