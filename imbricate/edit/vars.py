"""`fix --vars`: each var becomes a replacement, each `$(NAME)` in a resource file a placeholder for it to replace.

The files are those that the kustomization and its bases list under `resources`, and their patches in files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.documents import read_resources
from imbricate.edit.file import find, read
from imbricate.errors import DocumentError, EditError
from imbricate.filepath import joined
from imbricate.resid import gvk_of
from imbricate.values import is_scalar, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from imbricate.edit.canonical import Fields


class _File(NamedTuple):
    """A file that may use vars; `patch` is the entry of `patches` that names it."""

    name: str
    patch: Fields | None = None


class _Use(NamedTuple):
    """A field that uses a var, and the part of it that the var is."""

    field_path: str
    options: Fields


def replace_vars(fields: Fields, folder: Path) -> dict[Path, str]:
    """Move `vars` to `replacements`; give the files that use them with their new texts.

    Raises EditError for a var in the middle of a text that nothing delimits.
    """
    files = _files(fields, folder, "", set())
    texts = {file.name: text for file in files if (text := _text_of(folder / file.name)) is not None}
    before = dict(texts)
    replacements = list(fields.get("replacements") or ())
    for var in fields.pop("vars"):
        name = var["name"]
        targets = [target for file in files if file.name in texts for target in _targets(file, texts[file.name], name)]
        replacements.append({"source": _source(var), **({"targets": targets} if targets else {})})
        texts = {file: text.replace(f"$({name})", f"{name}_PLACEHOLDER") for file, text in texts.items()}
    fields["replacements"] = replacements
    return {folder / file: text for file, text in texts.items() if text != before[file]}


def _files(fields: Fields, folder: Path, base: str, visited: set[Path]) -> list[_File]:
    found = []
    for path in fields.get("resources") or ():
        name = joined(base, path)
        below = folder / name
        if below.is_dir() and below.resolve() not in visited:
            visited.add(below.resolve())
            found += _files(read(find(below)).fields, folder, name, visited)
        found.append(_File(name))
    patches = fields.get("patches") or ()
    return found + [_File(joined(base, patch["path"]), patch) for patch in patches if "path" in patch]


def _text_of(path: Path) -> str | None:
    try:
        return path.read_bytes().decode() if path.is_file() else None
    except (OSError, UnicodeDecodeError):
        return None


def _source(var: Fields) -> Fields:
    reference = var["objref"]
    group, version, _ = gvk_of(reference.get("apiVersion", ""), "")
    named = {"group": group, "version": version, "fieldPath": var["fieldref"].get("fieldPath", "")}
    named |= {name: reference.get(name, "") for name in ("kind", "name", "namespace")}
    return {name: value for name, value in named.items() if value}


def _targets(file: _File, text: str, name: str) -> Iterator[Fields]:
    try:
        documents = read_resources(text, file.name)
    except DocumentError:
        return
    for document in _unwrapped(documents):
        for use in _uses(document, f"$({name})", (), file.name):
            options = {"options": use.options} if use.options else {}
            yield {"select": _selector(document, file.patch), "fieldPaths": [use.field_path], **options}


def _unwrapped(documents: list[Any]) -> list[Any]:
    """Open a List that is alone in its file."""
    only = documents[0] if len(documents) == 1 else None
    if isinstance(only, dict) and text_of(only.get("kind", "")) == "List" and isinstance(only.get("items"), list):
        return only["items"]  # type: ignore[no-any-return]  # checked just before
    return documents


def _selector(document: Any, patch: Fields | None) -> Fields:
    """Say which objects a document is about: itself, or for a patch what it is applied to."""
    identity = _identity(document)
    if patch is None:
        return identity
    options = patch.get("options", {})
    if options.get("allowNameChange") and options.get("allowKindChange"):
        return identity
    selector = dict(patch.get("target", {}))
    changed = [part for part in ("name", "kind") if options.get(f"allow{part.capitalize()}Change")]
    selector |= {part: identity.get(part, "") for part in changed}
    selector |= {"namespace": identity["namespace"]} if "namespace" in identity else {}
    return {part: value for part, value in selector.items() if value}


def _identity(document: Any) -> Fields:
    document = document if isinstance(document, dict) else {}
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    group, version, kind = gvk_of(_text(document, "apiVersion"), _text(document, "kind"))
    parts = {"group": group, "version": version, "kind": kind}
    parts |= {part: _text(metadata, part) for part in ("name", "namespace")}
    return {part: value for part, value in parts.items() if value}


def _text(mapping: Fields, key: str) -> str:
    value = mapping.get(key)
    return str(text_of(value)) if value is not None and is_scalar(value) else ""


def _uses(value: Any, var: str, path: tuple[str, ...], file: str) -> Iterator[_Use]:
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from _uses(one, var, (*path, str(index)), file)
    elif isinstance(value, dict):
        for key, one in value.items():
            name = str(text_of(key)).strip()
            yield from _uses(one, var, (*path, f"[{name}]" if "." in name else name), file)
    elif var in text_of(value):
        where = ".".join(path)
        yield _Use(where, _part(str(text_of(value)), var, f"{file}: {where}"))


def _part(text: str, var: str, where: str) -> Fields:
    """Say which part of a text is the var: between equal signs, or at one end (kustomize: constructFieldOptions)."""
    if text == var:
        return {}
    at, end = text.index(var), text.index(var) + len(var)
    if at == 0:
        return {"delimiter": text[end]}
    delimiter = text[at - 1]
    parts = text.split(delimiter)
    if end == len(text):
        index = len(parts) - 1
    elif text[end] == delimiter and var in parts:
        index = parts.index(var)
    else:
        raise EditError(f"{where}: {var} cannot become a replacement: expected the same sign before and after it")
    return {"delimiter": delimiter, **({"index": index} if index else {})}
