"""Settings: the variables that a container of one of our images gets have the names that its sources read."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.checks.findings import Problem, Related
from tasks.checks.objects import elements, field
from tasks.checks.registry import rule
from tasks.checks.rules.images import name_of_image
from tasks.memory import names, tree

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


def _sources(subject: Subject) -> Iterator[str]:
    """Give what the rule reads of images/."""
    yield names(f"{_IMAGES}/*/*")
    for system in {_SHARED, *(one.partition("/")[0] for one in _images(subject.objects))}:
        yield tree(f"{_IMAGES}/{system}")


def _images(objects: Objects) -> Iterator[str]:
    for pod in objects.pods:
        for one in pod.containers:
            name = name_of_image(str(one.value.get("image") or ""))
            if name and (_IMAGES / name).is_dir():
                yield name


@rule("setting", "References", fix="correct the name, here or in the sources", reads=_sources)
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
    letters = set(name)  # an edit changes two of them at most
    alike = (one for one in near if len(letters.symmetric_difference(one)) <= 2 * _TYPING_ERROR)
    return next((one for one in sorted(alike) if distance(name, one) <= _TYPING_ERROR), "")


@lru_cache(maxsize=65536)
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


def _names_of(system: str) -> frozenset[str]:
    """Give all names of several words in the sources of a system, in capitals."""
    return _names_below(Path.cwd() / _IMAGES / system) | _names_below(Path.cwd() / _IMAGES / _SHARED)


@lru_cache
def _names_below(top: Path) -> frozenset[str]:
    found: set[str] = set()
    for folder, folders, files in os.walk(top):
        folders[:] = [one for one in folders if one not in _UNREAD]
        for name in files:
            if name not in _UNREAD and _is_read(f"{folder}/{name}"):
                found.update(_WORD.findall(Path(folder, name).read_text(errors="replace")))
    return frozenset(map(str.upper, found))


def _is_read(file: str) -> bool:
    return os.path.isfile(file) and os.path.getsize(file) <= _LARGEST  # noqa: PTH113, PTH202 - of all files of images/
