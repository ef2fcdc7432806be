"""What a user can cause while deploying; the text is one line, and what the cluster says of it below."""


class DeploymentError(Exception):
    """A cluster that cannot be reached, an object that it refuses, or workloads that do not become ready."""


class ImmutableError(DeploymentError):
    """An object with a change that the cluster takes only for a new one."""
