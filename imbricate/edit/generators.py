"""`configMapGenerator` and `secretGenerator`: entries added, set and removed.

An entry that is added or set is made once, so that a missing file or a malformed literal is found now and not by the
next build. No value is ever printed.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.decode import Where
from imbricate.edit.change import Change
from imbricate.edit.globs import glob
from imbricate.errors import EditError
from imbricate.fields import CONFIG_MAP_ARGS, SECRET_ARGS
from imbricate.folder import Folder, Sources
from imbricate.generators import config_map, secret
from imbricate.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from imbricate.decode import Shape
    from imbricate.edit.canonical import Fields
    from imbricate.edit.file import EditedFile
    from imbricate.kustomization import GeneratorArgs

_BEHAVIORS = ("create", "merge", "replace")


class Generator(NamedTuple):
    """One of the two generators: its field, and how an entry is read and made."""

    name: str
    field: str
    shape: Shape[GeneratorArgs]
    make: Callable[[GeneratorArgs, Folder, Where], Any]


GENERATORS = {
    "configmap": Generator("configmap", "configMapGenerator", CONFIG_MAP_ARGS, config_map),
    "secret": Generator("secret", "secretGenerator", SECRET_ARGS, secret),
}


class Additions(NamedTuple):
    """What `add configmap` and `add secret` say of an entry."""

    literals: Sequence[str] = ()
    files: Sequence[str] = ()
    env_file: str = ""
    behavior: str = ""
    type: str = ""
    disable_name_suffix_hash: bool = False


def add_entry(edited: EditedFile, generator: Generator, name: str, namespace: str, additions: Additions) -> Change:
    """Add sources to an entry, which is made if there is none.

    Raises EditError for sources that do not go together, and what the generator itself raises.
    """
    files, notes = _expanded(additions.files)
    _check(additions, files, f"add {generator.name}: {name}", notes)
    entries = edited.fields.setdefault(generator.field, [])
    entry = _find(entries, name, namespace)
    if entry is None:
        entry = {"name": name}
        entry.update({key: value for key, value in (("namespace", namespace), ("type", additions.type)) if value})
        entries.append(entry)
    envs = [additions.env_file] if additions.env_file else []
    for key, values in (("literals", additions.literals), ("files", files), ("envs", envs)):
        if values:
            entry[key] = [*entry.get(key, ()), *values]
    if additions.behavior:
        entry["behavior"] = additions.behavior
    if additions.disable_name_suffix_hash:
        entry["options"] = {**entry.get("options", {}), "disableNameSuffixHash": True}
    _complete(edited, generator, entry)
    return Change(notes=notes)


def _check(additions: Additions, files: Sequence[str], what: str, notes: Sequence[str]) -> None:
    for literal in additions.literals:
        _literal(literal, what)
    if not (additions.literals or files or additions.env_file):
        found = "; ".join(notes) or "expected --from-literal, --from-file or --from-env-file, found none"
        raise EditError(f"{what}: {found}")
    if additions.env_file and (additions.literals or files):
        raise EditError(f"{what}: --from-env-file goes with no other source; add them one after the other")
    if additions.behavior not in ("", *_BEHAVIORS):
        raise EditError(f"{what}: --behavior: expected {', '.join(_BEHAVIORS)}, found {additions.behavior!r}")


def _expanded(sources: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Read lists of `[key=]pattern` separated by commas; with a key the pattern must match one file."""
    found: list[str] = []
    notes = []
    for source in next(iter(csv.reader([",".join(sources)])), []):
        key, equals, pattern = source.rpartition("=")
        paths = glob(pattern)
        if key and len(paths) != 1:
            matched = f"{len(paths)} files" if paths else "none"
            raise EditError(f"--from-file: expected one file for the key {key!r}, {pattern!r} matches {matched}")
        if not paths:
            notes.append(f"{pattern!r} matches no file here")
        found += [f"{key}{equals}{path}" for path in paths]
    return found, tuple(notes)


def _find(entries: Sequence[Fields], name: str, namespace: str) -> Fields | None:
    fitting = (one for one in entries if one.get("name", "") == name and _same(one.get("namespace"), namespace))
    return next(fitting, None)


def _same(one: str | None, other: str | None) -> bool:
    return (one or "default") == (other or "default")


def _complete(edited: EditedFile, generator: Generator, entry: Fields) -> None:
    """Write generatorOptions into the entry, as kustomize does, and make it once to see that it can be made."""
    common = edited.fields.get("generatorOptions")
    if common is not None:
        entry["options"] = _with_common(entry.get("options", {}), common)
    place = f"{generator.field}[{edited.fields[generator.field].index(entry)}]"
    where = Where(edited.shown, place)
    folder = Folder(edited.path.parent.resolve(), Sources())
    generator.make(generator.shape(entry, where), folder, where)


def _with_common(options: Fields, common: Fields) -> Fields:
    merged = {**common, **options}
    for name in ("labels", "annotations"):
        if name in common:
            merged[name] = {**common[name], **options.get(name, {})}
    return merged


class Changes(NamedTuple):
    """What `set configmap` and `set secret` change of an entry."""

    literals: Sequence[str] = ()
    namespace: str = ""


def set_entry(edited: EditedFile, generator: Generator, name: str, namespace: str, changes: Changes) -> None:
    """Change literals that an entry has, or its namespace. Raises EditError for an entry or key that is not there."""
    if not any(changes):
        raise EditError(f"set {generator.name}: expected --from-literal or --new-namespace, found neither")
    entries = edited.fields.get(generator.field) or []
    entry = _find(entries, name, namespace)
    if entry is None:
        raise EditError(f"set {generator.name}: {generator.field} has no entry {name!r}{_nearest(name, entries)}")
    if changes.literals:
        entry["literals"] = _with_literals(entry.get("literals", ()), changes.literals, f"set {generator.name}: {name}")
    if changes.namespace:
        entry["namespace"] = changes.namespace
    _complete(edited, generator, entry)


def _nearest(name: str, entries: Sequence[Fields]) -> str:
    """Give the way on when an entry is not found: where one of that name is, the nearest name, or all of them."""
    same = [one["namespace"] for one in entries if one.get("name") == name and "namespace" in one]
    if same:
        return f" in that namespace; there is one in {', '.join(same)}, which --namespace names"
    known = list(dict.fromkeys(one.get("name", "") for one in entries))
    near = nearest(name, known)
    if near and near == name:
        return " in that namespace; there is one without a namespace"
    return f"; did you mean {near}?" if near else f"; there are {', '.join(known)}" if known else ""


def _with_literals(present: Sequence[str], literals: Sequence[str], what: str) -> list[str]:
    values = dict(_literal(one, what) for one in present)
    for one in literals:
        key, value = _literal(one, what)
        if key not in values:
            near = nearest(key, values)
            raise EditError(f"{what} has no literal {key!r}{f'; did you mean {near}?' if near else ''}")
        values[key] = value
    return [f"{key}={value}" for key, value in values.items()]


def _literal(text: str, what: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise EditError(
            f"{what}: expected literals KEY=VALUE, found one without {'a key' if equals else 'an equals sign'}"
        )
    return key, value


def remove_entries(fields: Fields, generator: Generator, names: Sequence[str], namespace: str) -> Change:
    """Remove entries by name. Raises EditError when none of the names is there."""
    entries = fields.get(generator.field) or []
    gone = [one for one in entries if one.get("name", "") in names and _same(one.get("namespace"), namespace)]
    if not gone:
        hint = _nearest(names[0], entries)
        raise EditError(
            f"remove {generator.name}: {generator.field} has no entry {' or '.join(map(repr, names))}{hint}"
        )
    fields[generator.field] = [one for one in entries if not any(one is other for other in gone)]
    found = {one.get("name", "") for one in gone}
    return Change(notes=tuple(f"{generator.field} has no entry {name!r}" for name in names if name not in found))
