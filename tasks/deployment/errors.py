"""What a user can cause while deploying; the text is one line, and what the cluster says of it below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Path = tuple[str | int, ...]


class DeploymentError(Exception):
    """What keeps a system from being deployed: something that is not there, or workloads that do not become ready."""


class Reason(NamedTuple):
    """Why something does not work, as the cluster says it; `path`: the field of the rendered object behind it."""

    text: str
    path: Path = ()


class Unready(NamedTuple):
    """An object that does not work: a line on it, the object as it is rendered, and why."""

    head: str
    manifest: dict[str, Any]
    reasons: tuple[Reason, ...]


class NotReadyError(DeploymentError):
    """Objects that do not work."""

    def __init__(self, found: Sequence[Unready], place: Callable[[dict[str, Any], Path], str] | None = None) -> None:
        """Take the objects, and what gives a field and the line of the source that made it what it is."""
        super().__init__("\n".join(line for one in found for line in _lines(one, place)))
        self.found = found


def _lines(one: Unready, place: Callable[[dict[str, Any], Path], str] | None) -> Iterator[str]:
    yield one.head
    yield from (f"  {text}" for text in dict.fromkeys(reason.text for reason in one.reasons))
    if place:
        paths = dict.fromkeys(reason.path for reason in one.reasons if reason.path)
        yield from (f"  {place(one.manifest, path)}" for path in paths)
