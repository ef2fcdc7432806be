"""What made an object, or a field of it: the answer to `imbricate explain`.

Order of the work: recorded build → the object that a reference means → its field → steps → lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imbricate.composition import compose
from imbricate.difference import MISSING
from imbricate.errors import ImbricateError
from imbricate.nearest import nearest
from imbricate.options import DEFAULT
from imbricate.provenance.fields import all_fields, find, shown, value_at
from imbricate.provenance.notes import name_of, sources_of, template_of, title_of
from imbricate.provenance.places import Places
from imbricate.provenance.recording import record
from imbricate.provenance.reference import Reference, chosen
from imbricate.provenance.repeated import repeated
from imbricate.provenance.tracing import Trace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path as FilePath

    from imbricate.options import BuildOptions
    from imbricate.provenance.fields import Path
    from imbricate.provenance.notes import Source
    from imbricate.provenance.recording import History, Recording
    from imbricate.provenance.texts import Place
    from imbricate.provenance.tracing import Change, Step
    from imbricate.steps import Observer


class ExplainError(ImbricateError):
    """What is asked about is not there, and never was."""


@dataclass(frozen=True)
class FieldChange:
    """A field that a step set (`old` is MISSING), changed or removed (`new` is MISSING), and the place of the text.

    `note` says what a name follows, or what a value was copied from, and the place of that.
    """

    field: str
    old: Any
    new: Any
    place: Place | None
    note: str = ""


@dataclass(frozen=True)
class Link:
    """A step of the chain: its entry (`patches[2]`, or what a build does by itself), where that stands, what it did."""

    step: str
    entry: Place | None
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True)
class Explanation:
    """How an object, or a field of it, came to be what it is, from its origin to the end.

    `value` is what the build prints, MISSING for what was removed; secrets in it are masked. `field` is empty for the
    whole object.
    """

    title: str
    field: str
    value: Any
    links: tuple[Link, ...]

    @property
    def is_removed(self) -> bool:
        """Tell whether the object or the field is not in the output."""
        return self.value is MISSING


def explain(
    path: FilePath | str, ref: str, field: str | None = None, *, namespace: str = "", options: BuildOptions = DEFAULT
) -> Explanation:
    """Build the kustomization in a folder and explain an object, or a field of it.

    `ref` is Kind/name, Kind.group/name or Kind/name/namespace, with a name that the object has or had; `field` is
    written as `spec.containers[name=web].image`. Raises ImbricateError for what a build raises, and for a reference or
    a field that is not there and never was, or that means several.
    """

    def again(observer: Observer) -> object:
        return compose(path, options, observer)

    return Explainer(record(path, options), again).explain(Reference.of(ref, namespace), field or "")


class Explainer:
    """Explains objects and fields of one recorded build; it reads each file once."""

    def __init__(self, recording: Recording, again: Callable[[Observer], object] | None = None) -> None:
        """Take the recorded build, and what does it again: steps that set a field to what it was are found by that."""
        self.recording = recording
        self._again = again
        self._places = Places(recording)
        self._traces: dict[History, Trace] = {}

    def explain(self, reference: Reference, field: str = "") -> Explanation:
        """Explain an object, or a field of it. Raises ImbricateError as `explain` does."""
        trace = self.trace(chosen(self.recording.histories, reference))
        found = trace.find(field)
        if found is None:
            raise ExplainError(f"{title_of(trace)} has no field {field}, and no layer ever set it{_hint(trace, field)}")
        return self.explain_path(trace, *found)

    def trace(self, history: History) -> Trace:
        """Give the versions of an object as plain values."""
        if history not in self._traces:
            self._traces[history] = Trace(history)
        return self._traces[history]

    def explain_path(self, trace: Trace, number: int, path: Path) -> Explanation:
        """Explain what stands at a path of one version, the last that has it."""
        is_gone = number + 1 < len(trace.history.versions)
        steps = trace.steps(number, path)
        if self._again and steps and not is_gone:
            steps += repeated(self.recording, trace, trace.way(number, path), steps[-1].number, self._again)
        links = tuple(self._link(trace, step) for step in steps)
        value = MISSING if is_gone else value_at(trace.version(number), path)
        return Explanation(title_of(trace), shown(trace.version(number), path), value, links)

    def _link(self, trace: Trace, step: Step) -> Link:
        changes = tuple(self._field_change(trace, step, change) for change in step.changes)
        return Link(name_of(step.cause), self._places.entry(step.cause), changes)

    def _field_change(self, trace: Trace, step: Step, change: Change) -> FieldChange:
        is_gone = change.new is MISSING
        manifest = trace.version(step.number - 1 if is_gone else step.number)
        field = shown(manifest, change.before if is_gone else change.after)
        note = template_of(trace.history, step) or self._note(trace, step, change)
        return FieldChange(field, change.old, change.new, self._places.of(trace, step, change), note)

    def _note(self, trace: Trace, step: Step, change: Change) -> str:
        moment = trace.history.versions[step.number].moment
        sources = sources_of(self.recording, trace.history.resource.gvk, step.cause, change)
        return ", ".join(dict.fromkeys(f"{one.text}{self._behind(one, moment)}" for one in sources))

    def _behind(self, source: Source, moment: int) -> str:
        """Give the place of a value that was copied, as it was at that moment."""
        if source.history is None:
            return ""
        trace = self.trace(source.history)
        number = trace.number_at(moment)
        path = find(trace.version(number), source.field) if number >= 0 else None
        steps = [one for one in trace.steps(number, path) if one.number <= number] if path else []
        place = self._places.of(trace, steps[-1], steps[-1].changes[-1]) if path and steps else None
        return f" ({place})" if place else ""


def _hint(trace: Trace, field: str) -> str:
    manifest = trace.version(trace.last)
    known = [path[:end] for path in all_fields(manifest) for end in range(1, len(path) + 1)]
    near = nearest(field, dict.fromkeys(shown(manifest, path) for path in known))
    return f"; did you mean {near}?" if near else ""
