"""Which steps set a field to what it was already: no version tells them from those that left it alone.

The object is built once more. Where the field came to be what it is, another value is put in its place; a step that
brings the first one back has set it. So a line that is named last is one whose change is seen in the output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imbricate.difference.alignment import same
from imbricate.errors import ImbricateError
from imbricate.provenance.fields import value_at
from imbricate.provenance.places import PATCHES
from imbricate.provenance.recording import Recorder
from imbricate.provenance.tracing import Change, Step
from imbricate.values import COLLECTIONS, is_null

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from imbricate.provenance.fields import Path
    from imbricate.provenance.recording import Recording
    from imbricate.provenance.tracing import Trace
    from imbricate.resources import ResMap, Resource
    from imbricate.steps import Cause, Observer

_WHAT_IT_IS = frozenset({("apiVersion",), ("kind",)})
_NAMES_IT = frozenset({("metadata", "name"), ("metadata", "namespace")})  # in a patch: whom it is for


def repeated(
    recording: Recording, trace: Trace, way: dict[int, Path], since: int, build: Callable[[Observer], object]
) -> list[Step]:
    """Give the steps after the version `since` that set a field anew; `way` is its path in each version.

    `build` does again what was recorded. What cannot be built with another value in it has none.
    """
    value = value_at(trace.history.versions[since].manifest, way[since])
    if isinstance(value, COLLECTIONS) or is_null(value) or way[since] in _WHAT_IT_IS:
        return []
    probe = _Probe(trace, way, since, value)
    try:
        build(probe)
    except ImbricateError:
        return []
    return [_step(recording, trace, way, moment) for moment in probe.found]


def _step(recording: Recording, trace: Trace, way: dict[int, Path], moment: int) -> Step:
    number = trace.number_at(moment)
    path = way[number]
    value = value_at(trace.version(number), path)
    return Step(recording.causes[moment], number, (Change(path, path, value, value),))


class _Probe(Recorder):
    """Changes the field when it has come to be what it is, and again whenever a step has brought its value back."""

    def __init__(self, trace: Trace, way: dict[int, Path], since: int, value: Any) -> None:
        super().__init__()
        self._trace, self._way, self._value = trace, way, value
        self._since = trace.history.versions[since].moment
        self.found: list[int] = []

    def loaded(self, resource: Resource, cause: Cause) -> None:
        super().loaded(resource, cause)
        self._look()

    def generated(self, resource: Resource, replaced: Resource | None, cause: Cause) -> None:
        super().generated(resource, replaced, cause)
        self._look()

    def applied(self, resources: ResMap, touched: Sequence[Resource] | None, cause: Cause) -> None:
        super().applied(resources, touched, cause)
        self._look()

    def _look(self) -> None:
        moment = len(self.causes) - 1
        if moment < self._since:
            return
        number = self._trace.history.number
        resource = next(one.resource for one in self.histories.values() if one.number == number)
        *place, last = self._way[self._trace.number_at(moment)]
        container = value_at(resource.manifest, tuple(place))
        if same(value_at(container, (last,)), self._value):
            container[last] = _another(self._value)
            names_it = (*place, last) in _NAMES_IT and self.causes[-1].plugin in PATCHES
            if moment > self._since and not names_it:
                self.found.append(moment)


def _another(value: Any) -> Any:
    """Give another scalar of the same type."""
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int | float) else f"{value}-another"
