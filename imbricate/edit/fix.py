"""`fix`: deprecated fields become the ones that stand for them now (kustomize: FixKustomizationPreMarshalling)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imbricate.composition import compose
from imbricate.edit.file import find, read
from imbricate.edit.vars import replace_vars
from imbricate.errors import EditError, ImbricateError
from imbricate.folder import display
from imbricate.write import write_file

if TYPE_CHECKING:
    from pathlib import Path

    from imbricate.edit.canonical import Fields


def fix(folder: Path, *, convert_vars: bool = False) -> list[str]:
    """Replace the deprecated fields of a folder's kustomization; tell line by line what was done.

    With `convert_vars` also `vars`: then `$(NAME)` becomes `NAME_PLACEHOLDER` in the resource files, too. The last line
    is a warning if the kustomization no longer builds what it did. Raises EditError for what cannot be converted, and
    what `read` raises; nothing is written then.
    """
    before = _built(folder)
    edited = read(find(folder))
    done = [*edited.moved, *modernize(edited.fields, folder)]
    has_vars = bool(edited.fields.get("vars"))
    texts = replace_vars(edited.fields, folder) if convert_vars and has_vars else {}
    for path, text in texts.items():
        write_file(path.resolve(), text)
    edited.save()
    lines = [f"Replaced {old} by {new}." for old, new in done]
    if has_vars and convert_vars:
        lines.append("Replaced vars by replacements.")
        lines += [f"Replaced $(NAME) by NAME_PLACEHOLDER in {display(path.resolve())}." for path in texts]
    elif has_vars:
        lines.append("Left vars as it is; `imbricate edit fix --vars` replaces it, and rewrites files that use a var.")
    return [*(lines or ["Found no deprecated field."]), *_warnings(before, _built(folder))]


def _built(folder: Path) -> str | ImbricateError:
    try:
        return compose(folder).text
    except ImbricateError as error:
        return error


def _warnings(before: str | ImbricateError, after: str | ImbricateError) -> list[str]:
    if isinstance(after, ImbricateError):
        still = "still" if isinstance(before, ImbricateError) else "now"
        return [f"Warning: the kustomization {still} fails to build: {after}"]
    if after != before:
        return ["Warning: the kustomization builds something else now; look at the difference before you commit it."]
    return []


def modernize(fields: Fields, folder: Path) -> list[tuple[str, str]]:
    """Replace patchesJson6902, patchesStrategicMerge and commonLabels; give each old name with the new one.

    Raises EditError for a label that is in both commonLabels and labels.
    """
    done = []
    for field, entries in (("patchesJson6902", list), ("patchesStrategicMerge", lambda old: _as_patches(old, folder))):
        old = fields.pop(field, None)
        if old:
            fields["patches"] = [*(fields.get("patches") or ()), *entries(old)]
            done.append((field, "patches"))
    if fields.get("commonLabels"):
        _modernize_labels(fields)
        done.append(("commonLabels", "labels"))
    return done


def _as_patches(patches: list[str], folder: Path) -> list[Fields]:
    """Tell files from texts: what is no file is the patch itself."""
    return [{"path" if os.path.isfile(folder / one) else "patch": one} for one in patches]  # noqa: PTH113 - any text


def _modernize_labels(fields: Fields) -> None:
    common = fields.pop("commonLabels")
    labels = fields.get("labels") or []
    for index, label in enumerate(labels):
        for key in label.get("pairs", {}).keys() & common.keys():
            raise EditError(f"labels[{index}]: {key!r} is in commonLabels, too; remove it from one of them")
    fields["labels"] = [*labels, {"pairs": common, "includeSelectors": True}]
