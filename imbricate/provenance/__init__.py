"""Which step, of which file and line, made and changed which object and field.

record(path)                     a build that keeps what every step left of every object
explain(path, ref, field)        the chain from the origin of an object or field to its value in the output

Order of the work: recording → reference → fields → tracing → places → explanation → show.
"""

from __future__ import annotations

from imbricate.provenance.explanation import Explainer, ExplainError, Explanation, FieldChange, Link, explain
from imbricate.provenance.recording import History, Recording, record
from imbricate.provenance.reference import NoSuchObjectError, ObjectReferenceError, Reference
from imbricate.provenance.show import as_json, as_map, as_text, json_text
from imbricate.provenance.texts import Place

__all__ = [
    "ExplainError",
    "Explainer",
    "Explanation",
    "FieldChange",
    "History",
    "Link",
    "NoSuchObjectError",
    "ObjectReferenceError",
    "Place",
    "Recording",
    "Reference",
    "as_json",
    "as_map",
    "as_text",
    "explain",
    "json_text",
    "record",
]
