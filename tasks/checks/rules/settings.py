"""Settings: the variables that a container of one of our images gets have the names that its sources read."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.checks.findings import Problem, Related
from tasks.checks.objects import elements, field
from tasks.checks.registry import rule
from tasks.checks.rules.images import name_of_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.checks.findings import Manifest
    from tasks.checks.findings import Path as FieldPath
    from tasks.checks.objects import Container, Objects, Pod
    from tasks.checks.subject import Subject

_IMAGES = Path("images")
_SHARED = "chassis"
_WORD = re.compile(r"\b[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+\b")  # of several words: others are too common
_UNREAD = frozenset({"node_modules", "dist", "tests", "test", "__pycache__"})
_LARGEST = 256 * 1024
_TYPING_ERROR = 2
_SHORTEST = 6


@rule("setting", "References", fix="correct the name, here or in the sources")
def setting(subject: Subject) -> Iterator[Problem]:
    """No variable that a container of ours gets is called nearly, but not quite, like one that its sources read.

    A typing error in a key of a ConfigMap is no error to anybody: the service goes on with its default.
    """
    for pod in subject.objects.pods:
        for one in pod.containers:
            known = _names(name_of_image(str(one.value.get("image") or "")))
            given = list(_given(subject.objects, pod, one)) if known else []
            names = {name for name, _, _ in given}
            for name, manifest, path in given:
                near = "" if name in known else _meant(name, known - names)
                if near:
                    related = (Related(f"it is given to container {one.name}", pod.manifest, one.path),)
                    message = f"the sources of {name_of_image(str(one.value['image']))} read no {name}"
                    yield Problem(f"{message}; did you mean {near}?", manifest, path, related=related)


def _given(objects: Objects, pod: Pod, container: Container) -> Iterator[tuple[str, Manifest, FieldPath]]:
    """Give the variables of a container, each with the object and field that names it."""
    for path, entry in elements(container.value, "env"):
        yield str(entry.get("name")), pod.manifest, (*container.path, *path, "name")
    for _, source in elements(container.value, "envFrom"):
        found = objects.get("ConfigMap", str(field(source, "configMapRef", "name")), pod.namespace)
        for key in (field(found, "data") or {}) if not source.get("prefix") else ():
            yield str(key), found or {}, ("data", key)


def _meant(name: str, known: Iterable[str]) -> str:
    """Give the name that differs by a typing error, one or two letters; an empty text when there is none."""
    near = (one for one in known if abs(len(one) - len(name)) <= _TYPING_ERROR and len(name) >= _SHORTEST)
    return next((one for one in sorted(near) if distance(name, one) <= _TYPING_ERROR), "")


def distance(one: str, other: str) -> int:
    """Give Levenshtein's distance: how many letters are to be changed, put in or taken out."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        above, row[0] = row[0], number
        for column, right in enumerate(other, 1):
            above, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, above + (letter != right))
    return row[-1]


def _names(image: str) -> frozenset[str]:
    """Give all names in the sources of an image's system; none for another's image."""
    return _names_of(image.partition("/")[0]) if image and (_IMAGES / image).is_dir() else frozenset()


@lru_cache
def _names_of(system: str) -> frozenset[str]:
    """Give all names of several words in the sources of a system, in capitals."""
    files = (file for top in (system, _SHARED) for file in sorted((_IMAGES / top).rglob("*")))
    return frozenset(
        word.upper() for file in files if _is_read(file) for word in _WORD.findall(file.read_text(errors="replace"))
    )


def _is_read(file: Path) -> bool:
    return not _UNREAD & set(file.parts) and file.is_file() and file.stat().st_size <= _LARGEST
