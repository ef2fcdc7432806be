"""The database of daa on the cluster: asked in its own pods, backed up, damaged and restored by its own jobs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.e2e.disturbances import manifest, ready_pods, run_job
from tests.e2e.system import eventually

if TYPE_CHECKING:
    from tests.e2e.system import System

PRIMARY, REPLICA = "app.kubernetes.io/name=database-primary", "app.kubernetes.io/name=database-replica"
PRIMARY_POD = "database-primary-0"
REPLICAS = 2
_PSQL = 'psql -h /var/run/postgresql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -AtX -v ON_ERROR_STOP=1 -c "$1"'


def inside(system: System, pod: str, script: str, *words: str) -> str:
    """Run a shell script in a database's container; give what it printed."""
    return system.kubectl("exec", pod, "-c", "postgres", "--", "sh", "-euc", script, "sh", *words).strip()


def sql(system: System, pod: str, statement: str) -> str:
    return inside(system, pod, _PSQL, statement)


def replicas(system: System) -> list[str]:
    return sorted(one["metadata"]["name"] for one in ready_pods(system, REPLICA))


def streaming(system: System, primary: str = PRIMARY_POD) -> int:
    """Give how many replicas follow."""
    return int(sql(system, primary, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"))


def followed(system: System) -> bool:
    """Tell whether all replicas are there and follow the primary."""
    return len(replicas(system)) == REPLICAS and streaming(system) == REPLICAS


def run(system: System, cron_job: str, **variables: str) -> tuple[bool, str]:
    """Run what a CronJob would run, with variables set; give whether it succeeded, and what it said."""
    template = manifest(system, "CronJob", cron_job)["spec"]["jobTemplate"]
    for container in template["spec"]["template"]["spec"]["containers"]:
        known = {one["name"]: one for one in container.get("env", ())}
        changed = {name: {"name": name, "value": value} for name, value in variables.items()}
        container["env"] = list((known | changed).values())
    name = f"{cron_job}-{int(time.time())}"
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": template.get("metadata", {}), "spec": template["spec"]}
    run_job(system, job, name, backoffLimit=0)
    try:
        succeeded = _ended(system, name)
        said = system.kubectl("logs", f"job/{name}", "--tail=20").strip()
    finally:
        system.kubectl("delete", "job", name, "--wait=false")
    print("".join(f"\n  {cron_job} | {line}" for line in said.splitlines()))
    return succeeded, said


def _ended(system: System, name: str) -> bool:
    found: dict[str, Any] = {}

    def is_over() -> bool:
        live = system.connection.get(
            {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": system.namespace}}
        )
        conditions = ((live or {}).get("status") or {}).get("conditions") or ()
        found.update({one["type"]: one for one in conditions if one["status"] == "True"})
        return bool({"Complete", "Failed"} & found.keys())

    eventually(is_over, 240, f"the end of {name}")
    return "Complete" in found


def scale(system: System, name: str, count: int, seconds: float = 120) -> None:
    """Give a StatefulSet so many pods, and wait until it has them and no others."""
    system.kubectl("scale", f"statefulset/{name}", f"--replicas={count}")
    label = f"app.kubernetes.io/name={name}"
    listed = ("get", "pods", "-l", label, "-o", "name")
    eventually(lambda: len(system.kubectl(*listed).split()) == count, seconds, f"{count} pods of {name}")
    eventually(lambda: len(ready_pods(system, label)) == count, seconds, f"{count} ready pods of {name}")


def copy_replicas_anew(system: System) -> None:
    """Let the replicas begin with a new copy of the primary, whose history is another one now."""
    scale(system, "database-replica", 0)
    for number in range(REPLICAS):
        system.kubectl("delete", "pvc", f"data-database-replica-{number}", "--ignore-not-found")
    scale(system, "database-replica", REPLICAS)
    eventually(lambda: followed(system), 60, "replicas that follow")
