"""A build that remembers, of each object, what every step left of it.

In: what the composer tells an `Observer`. Out: a `History` for each object, whose versions share all that is equal
between them: what a step did is found by comparing two of them, when somebody asks.
"""

from __future__ import annotations

from operator import eq
from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.composition import compose
from imbricate.difference.alignment import same
from imbricate.layers import Layer
from imbricate.options import DEFAULT
from imbricate.steps import Cause, Observer
from imbricate.values import COLLECTIONS, copy_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from imbricate.composition import Composition
    from imbricate.options import BuildOptions
    from imbricate.resid import ResId
    from imbricate.resources import ResMap, Resource

    Equality = Callable[[Any, Any], bool]

_CONFIGURATIONS = ("generators", "transformers", "validators")
_LAST_OF_ALL = "LocalConfig"
_MAKES_TEXT = "BuildMetadata"


class Version(NamedTuple):
    """What an object was after a step, None when the step removed it; `moment` counts what an observer was told."""

    cause: Cause
    manifest: dict[str, Any] | None
    moment: int


class History:
    """An object from its file or generator to the end of the build."""

    __slots__ = ("ids", "number", "position", "resource", "template", "versions")

    def __init__(self, resource: Resource, cause: Cause, moment: int, number: int) -> None:
        """Take an object as it was first, and which of all objects it is."""
        self.resource = resource
        self.number = number
        self.position = resource.source.position if resource.source else 0
        self.template = resource.source.template if resource.source else ""
        self.versions = [Version(cause, copy_of(resource.manifest), moment)]
        self.ids: list[ResId] = [resource.id]

    @property
    def origin(self) -> Cause:
        """Give what made the object."""
        return self.versions[0].cause

    @property
    def is_removed(self) -> bool:
        """Tell whether a step removed the object."""
        return self.versions[-1].manifest is None

    def note(self, cause: Cause, moment: int, equal: Equality = eq) -> None:
        """Remember what a step left of the object, if that is something else."""
        before = self.versions[-1].manifest
        after = self.resource.manifest
        if not equal(before, after):
            self.versions.append(Version(cause, _snapshot(before, after, equal), moment))
            if self.ids[-1] != self.resource.id:
                self.ids.append(self.resource.id)

    def close(self, cause: Cause, moment: int) -> None:
        """Remember that a step removed the object."""
        self.versions.append(Version(cause, None, moment))


def _snapshot(before: Any, value: Any, equal: Equality) -> Any:
    """Copy a map or list that steps will change; what is equal to what it was before is shared with that."""
    if isinstance(value, dict):
        known = before if isinstance(before, dict) else {}
        return {
            key: _shared(known.get(key), child, equal) if isinstance(child, COLLECTIONS) else child
            for key, child in value.items()
        }
    former = before if isinstance(before, list) and len(before) == len(value) else [None] * len(value)
    return [
        _shared(one, child, equal) if isinstance(child, COLLECTIONS) else child
        for one, child in zip(former, value, strict=True)
    ]


def _shared(before: Any, value: Any, equal: Equality) -> Any:
    return before if equal(before, value) else _snapshot(before, value, equal)


class Recording(NamedTuple):
    """A build and the histories of its objects: those of the output in its order, then those that were removed.

    `configurations` are those of plugins, `causes` all that an observer was told, in that order.
    """

    composition: Composition
    histories: tuple[History, ...]
    configurations: dict[Resource, History]
    root: Layer
    causes: tuple[Cause, ...]


class Recorder(Observer):
    """Keeps a history of each object of a build."""

    def __init__(self) -> None:
        """Begin with none."""
        self.histories: dict[Resource, History] = {}
        self.causes: list[Cause] = []
        self.root: Layer | None = None
        self._number = 0

    def loaded(self, resource: Resource, cause: Cause) -> None:
        """Begin a history."""
        self.causes.append(cause)
        self._begin(resource, cause)

    def generated(self, resource: Resource, replaced: Resource | None, cause: Cause) -> None:
        """Begin a history, or go on with that of the object that was there."""
        self.causes.append(cause)
        history = self.histories.pop(replaced, None) if replaced else None
        if history is None:
            self._begin(resource, cause)
            return
        history.resource = resource
        self.histories[resource] = history
        history.note(cause, len(self.causes) - 1, same)

    def applied(self, resources: ResMap, touched: Sequence[Resource] | None, cause: Cause) -> None:
        """Remember what the step changed, made and removed."""
        # What sets texts everywhere need not be asked whether a 1 became true; what changes a few objects may do that,
        # and the end of the build makes of an annotation in a folded block one that is none.
        is_quick = touched is None and cause.config is None and cause.plugin != _MAKES_TEXT
        equal: Equality = eq if is_quick else same
        self.causes.append(cause)
        moment = len(self.causes) - 1
        for resource in resources if touched is None else touched:
            history = self.histories.get(resource)
            if history is None:
                self._begin(resource, cause)
            elif touched is not None and resource not in resources:
                history.close(cause, moment)
            else:
                history.note(cause, moment, equal)
        if cause.config is not None or cause.plugin == _LAST_OF_ALL:
            self._close_missing(resources, cause)
        if not cause.field:
            self.root = cause.layer

    def _begin(self, resource: Resource, cause: Cause) -> None:
        self.histories[resource] = History(resource, cause, len(self.causes) - 1, self._number)
        self._number += 1

    def _close_missing(self, resources: ResMap, cause: Cause) -> None:
        below = set(_layers(cause.layer))
        for history in self.histories.values():
            is_below = history.origin.layer in below and not is_configuration(history.origin)
            if is_below and not history.is_removed and history.resource not in resources:
                history.close(cause, len(self.causes) - 1)


def is_configuration(origin: Cause) -> bool:
    """Tell whether an object was read as the configuration of a plugin."""
    return not origin.plugin and origin.field.partition("[")[0] in _CONFIGURATIONS


def _layers(layer: Layer) -> Iterator[Layer]:
    yield layer
    for entries in (layer.resources, layer.components):
        for _, entry in entries:
            if isinstance(entry, Layer):
                yield from _layers(entry)


def record(path: Path | str, options: BuildOptions = DEFAULT) -> Recording:
    """Build the kustomization in a folder and keep the histories of its objects.

    Raises ImbricateError as `compose` does.
    """
    recorder = Recorder()
    composition = compose(path, options, recorder)
    kept = recorder.histories
    last = [kept[resource] for resource in composition.resources]
    removed = [one for one in kept.values() if one.is_removed]
    assert recorder.root is not None  # noqa: S101 - the last steps of every build are those of its root
    return Recording(composition, (*last, *removed), kept, recorder.root, tuple(recorder.causes))
