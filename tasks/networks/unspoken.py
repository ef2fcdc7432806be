"""Who talks to whom by the manifests themselves, and is not in dependencies.yaml.

An Ingress leads to pods, a monitor to metrics, an environment variable or an argument names a Service: then somebody
calls, and a dependency which nobody declared would be cut off. What many pods get from one ConfigMap is no such sign:
not all of them use it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.networks.declared import Declared
from tasks.networks.findings import Finding
from tasks.networks.pods import pods_of, title
from tasks.networks.reading import EGRESS
from tasks.networks.scraped import unreached
from tasks.report.talks import NAMES, ROUTE, graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.networks.layers import Dependencies

Manifest = dict[str, Any]
_OWN = ("env ", "an argument")  # how `graph` gives a container's own configuration as a reason


def unspoken(objects: list[Manifest], secrets: list[Manifest], dependencies: Dependencies) -> Iterator[Finding]:
    """Find routes and names of Services that no declaration knows."""
    pods = pods_of(objects, dependencies)
    declared = Declared(dependencies, pods)
    by_title = {pod.title: pod for pod in pods}
    owners = {title(one): one for one in objects}
    for talk in graph([*objects, *secrets]).talks:
        source, target = by_title.get(talk.source), by_title.get(talk.target)
        if target is None:
            continue
        if talk.kind == ROUTE and not declared.ports_for_outside(target):
            message = f"leads to {talk.target}, which nobody outside may call"
            fix = f"declare who comes this way (called_by) in {declared.file_of(target)}"
            yield Finding(message, owners[talk.source], ("spec",), "", fix)
        reasons = [one for one in talk.reasons if one.startswith(_OWN)]
        if talk.kind == NAMES and source and reasons and not declared.ports(source, EGRESS, target):
            message = f"{reasons[0]}: names {talk.target}, which it may not call"
            fix = f"declare it (calls) in {declared.file_of(source)}"
            yield Finding(message, owners[talk.source], ("spec",), "", fix)

    yield from unreached(objects, pods, declared)
