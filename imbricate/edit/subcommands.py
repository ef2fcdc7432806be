"""What each subcommand of `imbricate edit` does, from its arguments: between command line and edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imbricate.edit import generators, images, lists, metadata, patches, values
from imbricate.edit.change import Change
from imbricate.errors import EditError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from imbricate.edit.canonical import Fields
    from imbricate.edit.file import EditedFile

    Run = Callable[[EditedFile, argparse.Namespace], Change | None]

TARGET_FLAGS = ("group", "version", "kind", "name", "namespace", "annotation-selector", "label-selector")


def set_image(edited: EditedFile, options: argparse.Namespace) -> None:
    images.change_images(edited.fields, [images.parse_image(one) for one in options.arguments])


def set_replicas(edited: EditedFile, options: argparse.Namespace) -> None:
    values.set_replicas(edited.fields, [values.parse_replicas(one) for one in options.arguments])


def set_value(field: str) -> Run:
    def run(edited: EditedFile, options: argparse.Namespace) -> None:
        values.set_value(edited.fields, field, options.arguments[0])

    return run


def set_pairs(kind: str) -> Run:
    def run(edited: EditedFile, options: argparse.Namespace) -> None:
        metadata.set_pairs(edited.fields, kind, metadata.read_pairs(options.arguments, f"set {kind}"))

    return run


def add_pairs(kind: str) -> Run:
    def run(edited: EditedFile, options: argparse.Namespace) -> None:
        pairs = metadata.read_pairs(options.arguments, f"add {kind}")
        metadata.add_pairs(edited.fields, kind, pairs, force=options.force)

    return run


def add_label(edited: EditedFile, options: argparse.Namespace) -> None:
    if options.include_templates and not options.without_selector:
        raise EditError("add label: --include-templates needs --without-selector")
    if not options.without_selector:
        add_pairs("label")(edited, options)
        return
    pairs = metadata.read_pairs(options.arguments, "add label")
    metadata.add_labels(edited.fields, pairs, include_templates=options.include_templates, force=options.force)


def remove_pairs(kind: str) -> Run:
    def run(edited: EditedFile, options: argparse.Namespace) -> None:
        keys = options.arguments[0].split(",")
        metadata.remove_pairs(edited.fields, kind, keys, lenient=options.ignore_non_existence)

    return run


def add_existing(field: str) -> Run:
    def run(edited: EditedFile, options: argparse.Namespace) -> Change:
        unseen = getattr(options, "no_verify", False)
        paths = options.arguments if unseen else lists.existing(options.arguments)
        return lists.add_paths(edited.fields, field, paths, edited.name)

    return run


def add_matching(field: str) -> Run:
    def run(edited: EditedFile, options: argparse.Namespace) -> Change:
        paths, notes = lists.matching(options.arguments)
        if not paths:
            return Change(is_made=False, notes=notes)
        added = lists.add_paths(edited.fields, field, paths)
        return added._replace(notes=notes + added.notes)

    return run


def remove_paths(field: str) -> Run:
    def run(edited: EditedFile, options: argparse.Namespace) -> Change:
        return lists.remove_paths(edited.fields, field, options.arguments)

    return run


def add_base(edited: EditedFile, options: argparse.Namespace) -> None:
    lists.add_bases(edited.fields, options.arguments[0].split(","))


def add_build_metadata(edited: EditedFile, options: argparse.Namespace) -> None:
    lists.add_build_metadata(edited.fields, lists.build_metadata_options(options.arguments[0]))


def set_build_metadata(edited: EditedFile, options: argparse.Namespace) -> None:
    edited.fields["buildMetadata"] = lists.build_metadata_options(options.arguments[0])


def remove_build_metadata(edited: EditedFile, options: argparse.Namespace) -> None:
    lists.remove_build_metadata(edited.fields, lists.build_metadata_options(options.arguments[0]))


def _patch_of(options: argparse.Namespace) -> Fields:
    target = {_camel(flag): getattr(options, flag.replace("-", "_")) for flag in TARGET_FLAGS}
    return patches.patch_entry(options.path, options.patch, target)


def _camel(flag: str) -> str:
    first, *rest = flag.split("-")
    return first + "".join(part.capitalize() for part in rest)


def add_patch(edited: EditedFile, options: argparse.Namespace) -> Change:
    return patches.add_patch(edited.fields, _patch_of(options))


def remove_patch(edited: EditedFile, options: argparse.Namespace) -> Change:
    return patches.remove_patch(edited.fields, _patch_of(options))


def add_generator(kind: str) -> Run:
    def run(edited: EditedFile, options: argparse.Namespace) -> Change:
        additions = generators.Additions(
            options.from_literal,
            options.from_file,
            options.from_env_file,
            getattr(options, "behavior", ""),
            getattr(options, "type", ""),
            options.disableNameSuffixHash,
        )
        generator = generators.GENERATORS[kind]
        return generators.add_entry(edited, generator, options.arguments[0], options.namespace, additions)

    return run


def set_generator(kind: str) -> Run:
    def run(edited: EditedFile, options: argparse.Namespace) -> None:
        generator, name = generators.GENERATORS[kind], options.arguments[0]
        changes = generators.Changes(options.from_literal, options.new_namespace)
        generators.set_entry(edited, generator, name, options.namespace, changes)

    return run


def remove_generator(kind: str) -> Run:
    def run(edited: EditedFile, options: argparse.Namespace) -> Change:
        names = options.arguments[0].split(",")
        return generators.remove_entries(edited.fields, generators.GENERATORS[kind], names, options.namespace)

    return run
