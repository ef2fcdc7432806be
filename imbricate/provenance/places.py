"""Where the text stands that made a change.

In: a step and one of its changes. Out: the `Place` of the value, and that of the entry in the kustomization.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imbricate.layers import ResourceFile
from imbricate.provenance.entries import line_in_entry
from imbricate.provenance.generated import generated_place
from imbricate.provenance.patched import FIELDS_OF_PATCHES, patch_place, patch_texts
from imbricate.provenance.replaced import replaced_place
from imbricate.provenance.texts import Place, Texts, field_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate.documents.located import Located
    from imbricate.layers import Layer
    from imbricate.provenance.fields import Path
    from imbricate.provenance.recording import Recording
    from imbricate.provenance.tracing import Change, Step, Trace
    from imbricate.steps import Cause

PATCHES = frozenset({"PatchTransformer", "PatchStrategicMergeTransformer", "PatchJson6902Transformer"})
_GENERATORS = frozenset({"ConfigMapGenerator", "SecretGenerator"})
_OPAQUE = frozenset({"HelmChartInflationGenerator"})
_REPLACEMENTS = "ReplacementTransformer"


class Places:
    """Finds the places of the changes of one recording."""

    def __init__(self, recording: Recording) -> None:
        """Take the recording."""
        self._recording = recording
        self.texts = Texts()

    def entry(self, cause: Cause) -> Place | None:
        """Give the place of the entry that caused a step, None for what a build does by itself."""
        if cause.config is not None:
            origin = self._recording.configurations.get(cause.config)
            return self.entry(origin.origin) if origin else None
        if not cause.field:
            return None
        found = self.texts.entry(cause.layer, cause.field)
        return Place(cause.layer.file, found[0] if found else None)

    def of(self, trace: Trace, step: Step, change: Change) -> Place | None:
        """Give the place of the text that made a change: that of the entry if there is none more exact."""
        cause = step.cause
        if cause.config is not None:
            return self._in_configuration(trace, step, change)
        if not cause.field:
            return self._of_the_build(trace, cause, change)
        if not cause.plugin:
            return self._in_file(cause, trace.history.position, change.after)
        return self._in_entry(trace, step, change)

    def _in_entry(self, trace: Trace, step: Step, change: Change) -> Place | None:
        cause = step.cause
        entry = self.texts.entry(cause.layer, cause.field)
        if entry is None or cause.plugin in _OPAQUE:
            return self.entry(cause)
        if cause.plugin in PATCHES:
            patches = list(patch_texts(self.texts, cause.layer, cause.layer.file, entry[1]))
            return patch_place(patches, trace, step, change) or self.entry(cause)
        if cause.plugin in _GENERATORS:
            return generated_place(self.texts, cause.layer, cause.layer.file, entry, change)
        if cause.plugin == _REPLACEMENTS:
            return replaced_place(self.texts, cause.layer, cause.layer.file, entry, change)
        return Place(cause.layer.file, line_in_entry(entry, change))

    def _of_the_build(self, trace: Trace, cause: Cause, change: Change) -> Place | None:
        """Find what made a build do something at its end: the generator of a hash, the entry of a var."""
        if cause.plugin == "HashTransformer":
            return self.entry(trace.history.origin)
        if cause.plugin == "RefVarTransformer" and isinstance(change.old, str):
            return next(self._vars(cause.layer, change.old), None)
        is_asked = cause.plugin == "BuildMetadata" and cause.layer.kustomization.build_metadata
        return self.entry(cause._replace(field="buildMetadata")) if is_asked else None

    def _vars(self, layer: Layer, text: str) -> Iterator[Place]:
        for index, one in enumerate(layer.kustomization.vars or ()):
            if f"$({one.name})" in text:
                found = self.texts.entry(layer, f"vars[{index}]")
                yield Place(layer.file, found[0] if found else None)
        for _, entry in (*layer.resources, *layer.components):
            if not isinstance(entry, ResourceFile):
                yield from self._vars(entry, text)

    def _in_configuration(self, trace: Trace, step: Step, change: Change) -> Place | None:
        cause = step.cause
        history = self._recording.configurations.get(cause.config) if cause.config else None
        if history is None:
            return None
        file, node = self._object(history.origin, history.position)
        if node is None:
            return self.entry(history.origin)
        if cause.plugin in PATCHES:
            patches = list(patch_texts(self.texts, cause.layer, file, node))
            named = next(filter(None, (field_of(node, name) for name in FIELDS_OF_PATCHES)), (node.line, node))
            return patch_place(patches, trace, step, change) or Place(file, named[0])
        if cause.plugin == _REPLACEMENTS:
            return replaced_place(self.texts, cause.layer, file, (node.line, node), change)
        if cause.plugin in _GENERATORS:
            return generated_place(self.texts, cause.layer, file, (node.line, node), change)
        return Place(file, line_in_entry((node.line, node), change))

    def _in_file(self, cause: Cause, position: int, path: Path) -> Place:
        file, node = self._object(cause, position)
        found = node.at(path) if node else None
        return Place(file, found[0] if found else None)

    def _object(self, cause: Cause, position: int) -> tuple[str, Located | None]:
        """Find an object that was read: in a file, or in the text of a field."""
        text = self.texts.file(cause.layer, cause.path) if cause.path else self.texts.inline(cause.layer, cause.field)
        if text is None:
            return cause.layer.file, None
        return text.file, text.objects[position] if position < len(text.objects) else None
