"""What builds gave: kept in the user's cache folder, and found again while all that they read is the same.

A build follows from its options, from this installation, and from what it asked of the disk: what is in a file, that
there is none, where a folder is. So its questions are kept beside its result, and asked again. A build that used the
network or ran a program is not kept, nor is one whose result holds a Secret with anything in it.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imbricate.cache_folder import CacheFolder, installation
from imbricate.errors import LoadError
from imbricate.folder import Folder, Sources
from imbricate.options import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imbricate.composition import Composition
    from imbricate.options import BuildOptions

MOST_BYTES = 256 * 1024 * 1024
_DIGEST_BYTES = 32
_READ, _ENTER, _ROOT = "r", "e", "="


class Result(NamedTuple):
    """What a build gives: the bytes of `kustomize build`, its warnings, and its composition unless it was found."""

    content: bytes
    warnings: tuple[str, ...]
    composition: Composition | None = None


class Journal(Sources):
    """Sources that remember what a build asked of the disk, each question once, with one digest of all answers."""

    def __init__(self) -> None:
        """Start with no question."""
        super().__init__()
        self.questions: dict[tuple[str, str, str], None] = {}
        self.is_whole = True
        self._digest = blake2b(digest_size=_DIGEST_BYTES)

    def reach_further(self) -> None:
        """Note that a build depends on more than what is on the disk."""
        self.is_whole = False

    def read_in(self, root: Path, path: str, content: bytes | None, reason: str = "") -> None:
        """Note what a file holds, or why it cannot be read."""
        if content is None:
            self._answer((str(root), _READ, path), b"-", reason.encode())
        else:
            self._answer((str(root), _READ, path), b"+", content)

    def entered(self, root: Path, path: str, found: Path) -> None:
        """Note where a folder is."""
        self._answer((str(root), _ENTER, path), b"/", os.fsencode(found))

    def _answer(self, question: tuple[str, str, str], kind: bytes, answer: bytes) -> None:
        if question not in self.questions:
            self.questions[question] = None
            self._digest.update(b"%b%d:" % (kind, len(answer)))
            self._digest.update(answer)

    @property
    def digest(self) -> str:
        """Give the digest of all answers."""
        return self._digest.hexdigest()


def result_of(path: Path | str, options: BuildOptions = DEFAULT) -> Result:
    """Build the kustomization in a folder, or find what that gave before where `options.cache` says so.

    Raises ImbricateError with the file and field at fault.
    """
    entries = None if options.cache is None else CacheFolder(options.cache / "results", MOST_BYTES)
    key = _key_of(path, options) if entries else ""
    found = _found(entries.load(key), options) if entries and key else None
    if found is not None:
        return found
    from imbricate.cache import holds_secret  # noqa: PLC0415 - what is found needs no engine
    from imbricate.composition import compose  # noqa: PLC0415

    journal = Journal() if key else None
    composition = compose(path, options, sources=journal)
    result = Result(composition.text.encode("utf-8", "surrogatepass"), composition.warnings, composition)
    may_be_kept = not any(holds_secret(resource.manifest) for resource in composition.resources)
    if entries and journal and journal.is_whole and may_be_kept:
        entries.store(key, _packed(journal, result))
    return result


def _key_of(path: Path | str, options: BuildOptions) -> str:
    """Tell a build from others. Gives nothing for one that is not kept."""
    try:
        root = Path(path).resolve(strict=True)
        here = Path.cwd()  # warnings name files as seen from there
        code = installation()
    except (OSError, RuntimeError, ValueError):
        return ""
    build = repr((code, str(root), str(here), options._replace(cache=None)))
    return blake2b(build.encode("utf-8", "surrogateescape"), digest_size=_DIGEST_BYTES).hexdigest()


def _packed(journal: Journal, result: Result) -> bytes:
    parts = [journal.digest, str(len(result.warnings)), *result.warnings]
    last = ""
    for root, kind, path in journal.questions:
        if root != last:
            parts.append(_ROOT + root)
        parts.append(kind + path)
        last = root
    head = "\0".join(parts).encode("utf-8", "surrogatepass")
    return len(head).to_bytes(8, "big") + head + result.content


def _found(entry: bytes | None, options: BuildOptions) -> Result | None:
    """Unpack a result whose questions have the same answers still."""
    if entry is None:
        return None
    end = 8 + int.from_bytes(entry[:8], "big")
    digest, count, *rest = entry[8:end].decode("utf-8", "surrogatepass").split("\0")
    warnings, questions = rest[: int(count)], rest[int(count) :]
    if _asked_again(questions, root_only=options.root_only) != digest:
        return None
    return Result(entry[end:], tuple(warnings))


def _asked_again(questions: Iterable[str], *, root_only: bool) -> str:
    journal = Journal()
    folders: dict[str, Folder] = {}
    folder = Folder(Path(), journal)
    for question in questions:
        kind, text = question[0], question[1:]
        if kind == _ROOT:
            folder = folders.setdefault(text, Folder(Path(text), journal, root_only=root_only))
            continue
        try:
            if kind == _READ:
                folder.read(text)
            else:
                folder.enter(text)
        except LoadError:
            continue  # of a file, the journal knows; a folder that is gone leaves its answer out
    return journal.digest
