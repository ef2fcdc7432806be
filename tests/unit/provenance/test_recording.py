"""What is recorded beside a build: it changes nothing, and it ends where the build ends, for every field."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import imbricate
from imbricate import cli
from imbricate.difference import MISSING, Masked, masked
from imbricate.difference.alignment import same
from imbricate.documents import json_value
from imbricate.flags import options_of
from imbricate.provenance import Explainer, record
from imbricate.provenance.fields import all_fields, find, shown, value_at
from tests.conformance.harness import _programs_of, case_files, program_files, read_case, write_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imbricate.provenance import Explanation, FieldChange, Recording

ROOT = Path(__file__).parents[3]
UNITS = sorted(path.parent for path in (ROOT / "overlays").glob("*/*/kustomization.yaml"))
# Their output is not kustomize's, for reasons that test_cases.py gives.
OTHERS = {"function-generates-with-hash-of-a-kind-of-its-own"}


def _explanations(recording: Recording) -> Iterator[tuple[Any, Explanation]]:
    """Explain every field of every object of the output; each comes with the value that it has there."""
    explainer = Explainer(recording)
    for history in recording.histories:
        trace = explainer.trace(history)
        if history.is_removed:
            assert explainer.explain_path(trace, trace.last, ()).is_removed
            continue
        final = masked(json_value(history.resource.manifest))
        assert same(trace.version(trace.last), final)
        for path in all_fields(final):
            assert find(final, shown(final, path)) == path
            yield value_at(final, path), explainer.explain_path(trace, trace.last, path)


def _ends_with(explanation: Explanation, value: Any) -> bool:
    """Tell whether a chain ends with a value; a map or list may also be empty for what was taken out of it."""
    last = explanation.links[-1].changes[-1]
    return same(last.new, value) or (last.new is MISSING and value in ({}, []))


def _check(recording: Recording) -> int:
    count = 0
    for value, explanation in _explanations(recording):
        assert same(explanation.value, value)
        assert _ends_with(explanation, value), explanation
        for one, other in zip(explanation.links, explanation.links[1:], strict=False):
            if not isinstance(value, dict | list):
                assert same(one.changes[-1].new, other.changes[0].old), explanation
        count += 1
    return count


def _built_cases() -> list[Path]:
    found = []
    for path in (*case_files(), *program_files()):
        outcome = read_case(path.read_text(encoding="utf-8")).outcome
        if outcome is not None and outcome.kind == "expected" and path.stem not in OTHERS:
            found.append(path)
    return found


@pytest.mark.parametrize("path", _built_cases(), ids=lambda path: path.stem)
def test_a_recorded_build_of_a_case_is_the_build(path: Path, tmp_path: Path) -> None:
    case = read_case(path.read_text(encoding="utf-8"))
    folder = write_files(tmp_path, case.files)
    flags = cli._parser().parse_args(["build", *case.flags])

    with _programs_of(folder), contextlib.chdir(folder):
        recording = record(flags.directory, options_of(flags))
        _check(recording)

    assert case.outcome is not None
    assert recording.composition.text == case.outcome.text


def _names_it(line: str, explanation: Explanation, change: FieldChange) -> bool:
    """Tell whether a line holds the key of a field, its value, or something that became a part of that."""
    line = line.lower()
    new = "" if isinstance(change.new, Masked) else str(change.new).lower()
    words = [one.strip("\"'- ,") for one in line.split(": ")]
    key = _last_key(explanation.field).lower()
    names = (key, new, _dotted(explanation.field).lower())
    return any(name and name in line for name in names) or any(
        word in new if word else change.new == "" for word in words
    )


def _dotted(field: str) -> str:
    """Give an element of a list as a replacement names it: `spec.hosts.0`."""
    return re.sub(r"\[(\d+)\]$", r".\1", field) if field.endswith("]") else ""


def _last_key(field: str) -> str:
    """Give the last name of a field, nothing for an element of a list."""
    if field.endswith('"]'):
        return field.rpartition('["')[2][:-2]
    return "" if field.endswith("]") else field.rpartition(".")[2]


_ENTRY_ALONE = ("apiVersion", "kind")  # which no line of a generator's entry gives
_BLOCK = "- |"


@pytest.mark.parametrize("folder", UNITS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_field_of_our_units_is_explained_by_lines_that_name_it(folder: Path) -> None:
    with contextlib.chdir(ROOT):
        unit = folder.relative_to(ROOT)
        recording = record(unit)
        text = imbricate.build(unit)

        assert recording.composition.text == text
        assert _check(recording) > 50
        for _, explanation in _explanations(recording):
            for link in explanation.links:
                for change in link.changes:
                    _check_line(explanation, link.step, change)


def _check_line(explanation: Explanation, step: str, change: FieldChange) -> None:
    if change.place is None:
        assert step == "name reference"
        assert change.note
        return
    assert change.place.line is not None
    line = Path(change.place.file).read_text(encoding="utf-8").splitlines()[change.place.line - 1]
    is_bare = step.startswith("configMapGenerator") and explanation.field in _ENTRY_ALONE
    is_hash = step == "hash of the content"
    assert is_bare or is_hash or _BLOCK in line or _names_it(line, explanation, change), (explanation, line)


_WORD = st.sampled_from(["a", "b", "c1", "web", "x-y"])
_PAIRS = st.dictionaries(_WORD, _WORD, min_size=1, max_size=3)
_CONTAINERS = st.lists(
    st.fixed_dictionaries({"name": _WORD, "image": _WORD}, optional={"env": st.lists(_WORD, max_size=2)}),
    unique_by=lambda one: one["name"],
    max_size=3,
)
_SPECS = st.fixed_dictionaries({"containers": _CONTAINERS}, optional={"labels": _PAIRS, "replicas": st.integers(0, 9)})


def _deployment(spec: dict[str, Any]) -> dict[str, Any]:
    containers = [
        {**one, "env": [{"name": f"N{index}", "value": value} for index, value in enumerate(one.get("env", ()))]}
        for one in spec["containers"]
    ]
    made: dict[str, Any] = {"template": {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": containers}}}
    if "replicas" in spec:
        made["replicas"] = spec["replicas"]
    metadata = {"name": "d", **({"labels": spec["labels"]} if "labels" in spec else {})}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": made}


_STEPS = st.fixed_dictionaries(
    {},
    optional={
        "namePrefix": _WORD,
        "nameSuffix": _WORD,
        "namespace": _WORD,
        "commonAnnotations": _PAIRS,
        "labels": st.lists(st.fixed_dictionaries({"pairs": _PAIRS, "includeTemplates": st.booleans()}), max_size=2),
        "images": st.lists(st.fixed_dictionaries({"name": _WORD, "newTag": _WORD}), max_size=2),
        "replicas": st.just([{"name": "d", "count": 3}]),
        "patch": _SPECS,
        "operations": st.lists(st.sampled_from(["/metadata/labels", "/spec/replicas", "/spec/template"]), max_size=2),
    },
)


def _kustomization(steps: dict[str, Any], resources: list[str]) -> dict[str, Any]:
    found = {"resources": resources, **{name: value for name, value in steps.items() if name.islower() or "e" in name}}
    patches: list[dict[str, Any]] = []
    if "patch" in steps:
        patches.append({"patch": _json(_deployment(found.pop("patch")))})
    for path in found.pop("operations", ()):
        value = {"a": "added"} if path.endswith("labels") else 4
        if not path.endswith("template"):
            operations = [{"op": "add", "path": path, "value": value}]
            patches.append({"target": {"kind": "Deployment"}, "patch": _json(operations)})
    return {**found, "patches": patches} if patches else found


def _json(value: Any) -> str:
    import json

    return json.dumps(value)


@settings(max_examples=120, deadline=None)
@given(_SPECS, st.lists(_STEPS, min_size=1, max_size=3))
def test_the_chain_of_every_field_ends_with_what_is_built(
    tmp_path_factory: pytest.TempPathFactory, spec: dict[str, Any], layers: list[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    (folder / "d.yaml").write_text(_json(_deployment(spec)))
    for number, steps in enumerate(layers):
        layer = folder / str(number)
        layer.mkdir()
        (layer / "d.yaml").write_text(_json(_deployment(spec)))
        resources = ["d.yaml"] if number == 0 else [f"../{number - 1}"]
        (layer / "kustomization.yaml").write_text(_json(_kustomization(steps, resources)))
    top = folder / str(len(layers) - 1)

    text = _built(top)
    if text is None:
        with pytest.raises(imbricate.ImbricateError):
            record(top)
        return
    recording = record(top)

    assert recording.composition.text == text
    assert _check(recording) >= 3


def _built(folder: Path) -> str | None:
    """Build; None for a patch or a number of replicas that has no place to go."""
    try:
        return imbricate.build(folder)
    except imbricate.ImbricateError:
        return None


def _counted(recording: Recording, wanted: Callable[[str], bool]) -> set[str]:
    return {
        history.resource.name
        for history in recording.histories
        for version in history.versions
        if wanted(version.cause.field)
    }


def test_a_recording_tells_which_objects_an_entry_reaches(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "kustomization.yaml": "resources: [two.yaml]\nreplicas: [{name: a, count: 2}]\nnamePrefix: x-\n",
            "two.yaml": "".join(
                f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\n---\n" for name in "ab"
            ),
        },
    )
    recording = record(tmp_path)

    assert _counted(recording, lambda field: field == "replicas[0]") == {"x-a"}
    assert _counted(recording, lambda field: field == "namePrefix") == {"x-a", "x-b"}
    assert _counted(recording, lambda field: field == "resources[0]") == {"x-a", "x-b"}


def test_versions_share_what_a_step_left_alone(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "kustomization.yaml": "resources: [a.yaml]\nnamePrefix: x-\n",
            "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n",
        },
    )
    (history,) = record(tmp_path).histories
    first, last = (version.manifest for version in history.versions)

    assert first is not None
    assert last is not None
    assert first["metadata"] == {"name": "a"}
    assert last["metadata"] == {"name": "x-a"}
    assert first["data"] is last["data"]
    assert last["data"] is not history.resource.manifest["data"]


def test_true_in_place_of_one_is_a_change(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "kustomization.yaml": "resources: [a.yaml]\npatches: [{path: patch.yaml}]\n",
            "patch.yaml": "{apiVersion: v1, kind: A, metadata: {name: a}, spec: {x: true, y: {z: 1}}}\n",
            "a.yaml": "{apiVersion: v1, kind: A, metadata: {name: a}, spec: {x: 1, y: {z: 1}}}\n",
        },
    )

    (link, other) = imbricate.explain(tmp_path, "A/a", "spec.x").links

    assert [(one.changes[0].old, one.changes[0].new) for one in (link, other)] == [(MISSING, 1), (1, True)]
    assert [type(one.changes[0].new) for one in (link, other)] == [int, bool]
