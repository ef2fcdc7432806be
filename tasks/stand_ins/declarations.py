"""Which stand-ins there are, and what each of them stands in for.

In: images/stand-ins/stand-ins.yaml. Out: `StandIn`s, in the order in which they are made.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml

from tasks.images.dockerfile import BASE
from tasks.images.errors import ImageError
from tasks.images.folders import IMAGES, STAND_INS

FOLDER = IMAGES / STAND_INS
DECLARATIONS = FOLDER / "stand-ins.yaml"
_LIST = "stand-ins"
_FIELDS = ("name", "suite", "for")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_REGISTRY = "docker.io"
_LIBRARY = "library"
_LATEST = "latest"


class StandIn(NamedTuple):
    """One stand-in: `suite` is the Debian that it is the root of, empty for one that a Dockerfile makes."""

    name: str
    suite: str
    replaces: tuple[str, ...]

    @property
    def arguments(self) -> tuple[str, ...]:
        """Give the arguments of Dockerfiles whose image it is."""
        return tuple(one for one in self.replaces if one.endswith(BASE))

    def is_for(self, reference: str) -> bool:
        """Tell whether it stands in for a public image, as a manifest names it."""
        return any(_covers(one, reference) for one in self.replaces if not one.endswith(BASE))


def declared() -> tuple[StandIn, ...]:
    """Read the stand-ins; no file means none. Raises ImageError with file and field."""
    try:
        found = yaml.safe_load(DECLARATIONS.read_text())
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ImageError(f"{DECLARATIONS} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ImageError(f"{DECLARATIONS} is no YAML: {' '.join(str(error).split())}") from None
    entries = found.get(_LIST) if isinstance(found, dict) else None
    if not isinstance(entries, list):
        raise ImageError(f"{DECLARATIONS}: {_LIST}: expected a list of stand-ins")
    read = tuple(_stand_in(entry, f"{DECLARATIONS}: {_LIST}[{index}]") for index, entry in enumerate(entries))
    _check_unique([one.name for one in read])
    _check_unique([name for one in read for name in one.replaces])
    return read


def undeclared() -> tuple[StandIn, ...]:
    """Find the folders whose image stands in for nothing yet."""
    names = {one.name for one in declared()}
    found = sorted(path.parent.name for path in FOLDER.glob("*/Dockerfile"))
    return tuple(StandIn(name, "", ()) for name in found if name not in names)


def _stand_in(entry: Any, where: str) -> StandIn:
    if not isinstance(entry, dict):
        raise ImageError(f"{where}: expected a map, found {entry!r}")
    unknown = sorted(str(name) for name in entry.keys() - set(_FIELDS))
    if unknown:
        raise ImageError(f"{where}.{unknown[0]}: unknown field; known are {', '.join(_FIELDS)}")
    name, suite, replaces = entry.get("name"), entry.get("suite", ""), entry.get("for")
    if not isinstance(name, str) or not _NAME.match(name):
        raise ImageError(f"{where}.name: expected lower-case letters, digits and dashes, found {name!r}")
    if not isinstance(suite, str) or (suite and not _NAME.match(suite)):
        raise ImageError(f"{where}.suite: expected a suite of Debian, found {suite!r}")
    if not isinstance(replaces, list) or not replaces or not all(isinstance(one, str) and one for one in replaces):
        raise ImageError(f"{where}.for: expected a list of arguments and images, found {replaces!r}")
    return StandIn(name, suite, tuple(replaces))


def _check_unique(names: list[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ImageError(f"{DECLARATIONS}: {_LIST}: {twice} is there twice")


def full_name(reference: str) -> str:
    """Give a reference with registry and tag, without digest: `postgres` → `docker.io/library/postgres:latest`."""
    repository, tag = _parts(reference)
    return f"{repository}:{tag or _LATEST}"


def _parts(reference: str) -> tuple[str, str]:
    """Take a reference apart into its repository, registry included, and its tag, empty if it has none."""
    path, _, last = reference.partition("@")[0].rpartition("/")
    name, _, tag = last.partition(":")
    parts = [*filter(None, path.split("/")), name]
    is_registry = len(parts) > 1 and ("." in parts[0] or ":" in parts[0] or parts[0] == "localhost")
    if not is_registry:
        parts = [_REGISTRY, *([_LIBRARY] if len(parts) == 1 else []), *parts]
    return "/".join(parts), tag


def _covers(declaration: str, reference: str) -> bool:
    """Tell whether `postgres:17` is said of a reference: of 17, 17.6 and 17-trixie, not of 170."""
    (repository, version), (found, tag) = _parts(declaration), _parts(reference)
    return repository == found and (not version or bool(re.match(rf"{re.escape(version)}(?:[.-]|\Z)", tag)))
