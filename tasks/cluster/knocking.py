"""Whether something in the cluster takes connections, as seen from a node: no policy of the pods stands between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.cluster.kind import nodes_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docker import DockerClient

_SCRIPT = """\
for one; do timeout 3 bash -c 'exec 3<>"/dev/tcp/${0%:*}/${0##*:}"' "$one" 2>/dev/null || echo "$one"; done
"""


def refused(client: DockerClient, addresses: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """Give those addresses that take no connection; nothing is sent to the others."""
    asked = [f"{host}:{port}" for host, port in sorted(addresses)]
    if not asked:
        return set()
    output = nodes_of(client)[0].exec_run(["bash", "-c", _SCRIPT, "-", *asked]).output
    said = output.decode() if isinstance(output, bytes) else ""
    found = (line.rpartition(":") for line in said.split())
    return {(host, int(port)) for host, _, port in found}
