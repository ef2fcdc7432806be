"""What a step is called, and what is to be said of a change: what a name follows, what a value was copied from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imbricate.configuration import DEFAULT
from imbricate.provenance.reference import ids_of

if TYPE_CHECKING:
    from imbricate.kustomization import SourceSelector
    from imbricate.provenance.recording import History, Recording
    from imbricate.provenance.tracing import Change, Step, Trace
    from imbricate.resid import Gvk, ResId
    from imbricate.steps import Cause

_BY_ITSELF = {
    "HashTransformer": "hash of the content",
    "NameReferenceTransformer": "name reference",
    "RefVarTransformer": "vars",
    "LocalConfig": "annotation local-config",
    "SortOrderTransformer": "order",
    "BuildMetadata": "end of the build",
}


def title_of(trace: Trace) -> str:
    """Name an object: `Kind/name in namespace`."""
    identity = trace.history.resource.id
    return f"{identity.gvk.kind}/{identity.name}" + (f" in {identity.namespace}" if identity.namespace else "")


def name_of(cause: Cause) -> str:
    """Name a step: by the field of the kustomization, the plugin and its name, or what a build does by itself."""
    if cause.config is not None:
        return f"{cause.plugin} {cause.config.name}"
    return cause.field or _BY_ITSELF.get(cause.plugin, cause.plugin)


class Source(NamedTuple):
    """Where a value is from that is another object's: in words, and that object, if it is known, with its field."""

    text: str
    history: History | None
    field: str


def sources_of(recording: Recording, referrer: Gvk, cause: Cause, change: Change) -> list[Source]:
    """Say where the value of a change is from when that is another object; none when it is not."""
    if cause.plugin == "NameReferenceTransformer":
        followed = _followed(recording, referrer, change)
        return [Source(f"{one.resource.gvk.kind}/{change.new}", one, "metadata.name") for one in followed]
    if cause.plugin == "ReplacementTransformer" and cause.config is None:
        return _copied_from(recording, cause)
    return []


def template_of(history: History, step: Step) -> str:
    """Name the template of a chart that an object was made from; empty for what comes later, and from elsewhere."""
    return history.template if step.number == 0 else ""


def _copied_from(recording: Recording, cause: Cause) -> list[Source]:
    entries = cause.layer.kustomization.replacements or ()
    index = int(cause.field.partition("[")[2].partition("]")[0])
    source = entries[index].source
    if source is None:
        return []
    field = source.field_path or "metadata.name"
    found = [one for one in recording.histories if any(_is_meant(source, identity) for identity in ids_of(one))]
    history = found[0] if len(found) == 1 else None
    named = "/".join(filter(None, (source.kind or "any kind", source.name)))
    return [Source(f"from {named} {field}", history, field)]


def _is_meant(source: SourceSelector, identity: ResId) -> bool:
    return (
        source.kind in {"", identity.gvk.kind}
        and source.name in {"", identity.name}
        and source.group in {"", identity.gvk.group}
        and source.namespace in {"", identity.namespace, identity.effective_namespace}
    )


def _followed(recording: Recording, referrer: Gvk, change: Change) -> list[History]:
    """Find the objects that are called as the new value says, and were as the old one does."""
    if not isinstance(change.new, str):
        return []
    called = [one for one in recording.histories if one.resource.name == change.new and _was(one, change.old)]
    return [one for one in called if _may_name(referrer, change, one.resource.gvk.kind)] or called


def _was(history: History, name: object) -> bool:
    return any(one.name == name for one in ids_of(history))


def _may_name(referrer: Gvk, change: Change, kind: str) -> bool:
    """Tell whether the field is one that names objects of a kind."""
    path = "/".join(step for step in change.after if isinstance(step, str))
    return any(
        spec.selects(referrer) and spec.path.replace("[]", "") == path
        for reference in DEFAULT.name_reference
        if reference.kind == kind
        for spec in reference.referrers
    )
