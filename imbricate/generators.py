"""configMapGenerator and secretGenerator: from literals, files and env files to ConfigMaps and Secrets.

In: an entry and the folder that its files lie in. Out: a Resource with its behaviour, not yet hashed.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from imbricate.errors import KustomizationError, LoadError
from imbricate.resources import Resource, encode_base64

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate.decode import Where
    from imbricate.folder import Folder
    from imbricate.kustomization import GeneratorArgs, GeneratorOptions


def config_map(args: GeneratorArgs, folder: Folder, where: Where) -> Resource:
    """Make a ConfigMap. Raises KustomizationError for an entry that cannot be read, LoadError for a file."""
    manifest = _base("ConfigMap", args, where)
    for key, content in sorted(_data(args, folder, where).items()):
        try:
            field, value = "data", content.decode()
        except UnicodeDecodeError:
            field, value = "binaryData", encode_base64(content)
        manifest.setdefault(field, {})[key] = value
    return _resource(manifest, args)


def secret(args: GeneratorArgs, folder: Folder, where: Where) -> Resource:
    """Make a Secret, its data in base64. Raises as `config_map` does."""
    manifest = _base("Secret", args, where)
    manifest["type"] = args.type or "Opaque"
    manifest["data"] = {key: encode_base64(content) for key, content in sorted(_data(args, folder, where).items())}
    return _resource(manifest, args)


def _base(kind: str, args: GeneratorArgs, where: Where) -> dict[str, Any]:
    if not args.name:
        raise where.at("name").error(f"a {kind} needs a name")
    metadata: dict[str, Any] = {"name": args.name}
    if args.namespace:
        metadata["namespace"] = args.namespace
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata}


def _resource(manifest: dict[str, Any], args: GeneratorArgs) -> Resource:
    options = args.options
    if options is not None:
        _apply_options(manifest, options)
    resource = Resource(manifest)
    resource.needs_hash = options is None or not options.disable_name_suffix_hash
    resource.behavior = args.behavior or "unspecified"
    return resource


def _apply_options(manifest: dict[str, Any], options: GeneratorOptions) -> None:
    for field, values in (("labels", options.labels), ("annotations", options.annotations)):
        if values:
            manifest["metadata"][field] = dict(sorted(values.items()))
    if options.immutable:
        manifest["immutable"] = True


def _data(args: GeneratorArgs, folder: Folder, where: Where) -> dict[str, bytes]:
    data: dict[str, bytes] = {}
    for place, key, content in (
        *_from_envs(args, folder, where),
        *_from_literals(args, where),
        *_from_files(args, folder, where),
    ):
        if key in data:
            raise place.error(f"the key {key!r} of {args.name} is there already")
        data[key] = content
    return data


def _from_envs(args: GeneratorArgs, folder: Folder, where: Where) -> Iterator[tuple[Where, str, bytes]]:
    for index, path in enumerate(args.env_sources):
        place = where.at("envs").item(index)
        for number, line in enumerate(_lines(_read(folder, path, place)), 1):
            try:
                text = line.decode().lstrip()
            except UnicodeDecodeError:
                raise place.error(f"line {number} of {path} is not UTF-8") from None
            key, _, value = text.partition("=")
            if key and not text.startswith("#"):
                yield place, key, value.encode()


def _lines(content: bytes) -> list[bytes]:
    """Split as Go's bufio.Scanner does: at newlines, one carriage return before them dropped."""
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [line.removesuffix(b"\r") for line in lines]


def _from_literals(args: GeneratorArgs, where: Where) -> Iterator[tuple[Where, str, bytes]]:
    for index, literal in enumerate(args.literals):
        place = where.at("literals").item(index)
        key, equals, value = literal.partition("=")
        if not key or not equals:
            raise place.error(f"expected key=value, found {literal!r}")
        yield place, key, _unquoted(value).encode("utf-8", "surrogateescape")


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value


def _from_files(args: GeneratorArgs, folder: Folder, where: Where) -> Iterator[tuple[Where, str, bytes]]:
    for index, source in enumerate(args.files):
        place = where.at("files").item(index)
        key, path = file_source(source, place)
        yield place, key, _read(folder, path, place)


def file_source(source: str, where: Where) -> tuple[str, str]:
    """Split `key=path`; without a key the base name of the path is it. Raises KustomizationError when one is empty."""
    key, equals, path = source.partition("=")
    if not equals:
        return PurePosixPath(source).name, source
    if not key or not path or "=" in path:
        raise where.error(f"expected a path or key=path, found {source!r}")
    return key, path


def _read(folder: Folder, path: str, where: Where) -> bytes:
    try:
        return folder.read(path)
    except LoadError as error:
        raise KustomizationError(where.file, where.field, error.message) from None
