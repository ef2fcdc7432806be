"""What a user can cause around the cluster; the text is what is shown."""


class ClusterError(Exception):
    """A cluster, or a part of one, that cannot be had: one line, and the last output of a failed program."""
