"""The cluster that an environment is deployed to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tasks.cluster.kind import KUBECONFIG, NAME
from tasks.connection import Connection, connect
from tasks.deployment.errors import DeploymentError

if TYPE_CHECKING:
    from tasks.units import Environment


def cluster_of(environment: Environment) -> Connection:
    """Connect to an environment's cluster: the context that environments.yaml names, or the kind cluster.

    Raises DeploymentError where there is neither, so that nothing lands in whatever cluster happens to be the current,
    and ApiServerError.
    """
    if environment.context:
        return connect(environment.context)
    if not environment.is_kind:
        raise DeploymentError(
            f"overlays/environments.yaml: {environment.name} has no context: name the one of the kubeconfig that its "
            "cluster is reached by"
        )
    if not Path(KUBECONFIG).is_file():
        raise DeploymentError("there is no kind cluster: run `doit cluster_up`")
    return connect(f"kind-{NAME}", str(KUBECONFIG))
