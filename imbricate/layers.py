"""From a folder to the tree of its layers. All reading is here; what comes after works on what was read.

In: the path of a kustomization. Out: `Layer`: its kustomization, the bases, components and files it names, in order.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imbricate.documents import read_config
from imbricate.errors import DocumentError, KustomizationError, LoadError
from imbricate.fields import FILE_NAMES, from_value
from imbricate.filepath import joined
from imbricate.folder import Folder, Sources, display
from imbricate.manifests import Manifests, read_manifests
from imbricate.options import RemoteOptions
from imbricate.remote import OFF, UnreadableError, is_url, redacted, spec_of

if TYPE_CHECKING:
    from typing import Self

    from imbricate.cache import Batch
    from imbricate.kustomization import Kustomization
    from imbricate.remote.access import Checkout, Remotes
    from imbricate.remote.spec import RepoSpec

_MAX_LAYERS = 150
_MANY_LAYERS = 1000
_MOST_LAYERS = 50_000
# To read fewer bytes takes no longer than to look for what was read.
_LEAST_CACHED = 64 * 1024
_MAX_CLONES = 50


class Origin(NamedTuple):
    """Where something lies: a path from the outermost kustomization, or from the root of a repository at a ref."""

    path: str = ""
    repo: str = ""
    ref: str = ""


class ResourceFile(NamedTuple):
    """A file of resources: the path as written, the path as shown, and its objects."""

    path: str
    file: str
    manifests: Manifests


class Layer:
    """One kustomization or component with everything it names."""

    __slots__ = (
        "clones",
        "components",
        "file",
        "folder",
        "generators",
        "kustomization",
        "origin",
        "resources",
        "transformers",
        "validators",
    )

    def __init__(
        self,
        folder: Folder,
        file: str,
        kustomization: Kustomization,
        origin: Origin,
        clones: tuple[Checkout, ...] = (),
    ) -> None:
        """Take what was read of the kustomization file itself, and the clones that led to it, the innermost last.

        The rest is filled in by `load`.
        """
        self.folder = folder
        self.file = file
        self.kustomization = kustomization
        self.origin = origin
        self.clones = clones
        self.resources: Entries = ()
        self.generators: Entries = ()
        self.transformers: Entries = ()
        self.validators: Entries = ()
        self.components: tuple[tuple[str, Layer], ...] = ()

    @property
    def file_name(self) -> str:
        """Give the name of the kustomization file alone."""
        return self.file.rpartition("/")[2]

    def origin_of(self, path: str) -> Origin:
        """Give the origin of what an entry of this layer names (kustomize: Origin.Append)."""
        spec = spec_of(path)
        if spec is None:
            return self.origin._replace(path=joined(self.origin.path, redacted(path)))
        return Origin(spec.origin_path, redacted(spec.repository), spec.ref)

    def shown(self, path: str) -> str:
        """Give the path of a file of this layer as a message shows it."""
        if is_url(path):
            return redacted(path)
        if path[:1] in {"", "/", "."} or "/." in path or "//" in path:
            place = Path(os.path.normpath(self.folder.root / path))
            return self.clones[-1].shown(place) if self.clones else display(self.folder.root / path)
        return self.file.removesuffix(self.file_name) + path


Entries = tuple[tuple[str, ResourceFile | Layer], ...]


def _read_alone(_: str, content: bytes, file: str) -> Manifests:
    return read_manifests(content, file)


class Loader:
    """Loads layers; one for each build, since it remembers what was read."""

    def __init__(
        self,
        sources: Sources,
        *,
        root_only: bool = True,
        remote: RemoteOptions | None = None,
        cache: Path | None = None,
    ) -> None:
        """Take where to record the files that are read, what may be reached, and where documents are kept."""
        self.sources = sources
        self._root_only = root_only
        self._cache = cache
        self._loaded = 0
        self._options = remote or RemoteOptions()
        self._home: Path | None = None
        self._opened: Remotes | None = None

    def __enter__(self) -> Self:
        """Give itself; at the end of a build without error, the lock records what was remote."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Let go of what was remote."""
        if self._opened is not None:
            try:
                if kind is None:
                    self._opened.record()
            finally:
                self._opened.close()

    def load(self, path: Path | str) -> Layer:
        """Load the tree of layers below a folder.

        Raises KustomizationError, LoadError or DocumentError with the file and field that is at fault.
        """
        spec = spec_of(str(path))
        if spec is not None:
            try:
                return self._clone(str(path), spec, ())
            except LoadError as error:
                raise KustomizationError("", "", error.message) from None
        self._home = root = Path(path).resolve()
        if not root.is_dir():
            found = "is a file" if root.exists() else "does not exist"
            raise KustomizationError("", "", f"{str(path)!r} {found}, expected the folder of a kustomization")
        return self._layer(root, (), Origin())

    def _layer(self, root: Path, below: tuple[Path, ...], origin: Origin, clones: tuple[Checkout, ...] = ()) -> Layer:
        self._loaded += 1
        folder = Folder(root, self.sources, root_only=self._root_only or bool(clones), fetch=self._fetch)
        try:
            name, content = _kustomization_file(folder)
        except LoadError as error:
            raise (LoadError(clones[-1].shown(root), root, error.reason) if clones else error) from None
        file = clones[-1].shown(root / name) if clones else display(root / name)
        kustomization = from_value(read_config(content, file), file)
        layer = Layer(folder, file, kustomization, origin, clones)
        named = [("resources", path) for path in kustomization.resources or ()]
        named += [("bases", path) for path in kustomization.bases or ()]
        layer.resources = self.entries(layer, named, (*below, root))
        for field in ("generators", "transformers", "validators"):
            setattr(layer, field, self._plugins(layer, field, (*below, root)))
        layer.components = tuple(self._component(layer, *one, (*below, root)) for one in _numbered(layer, "components"))
        return layer

    def _plugins(self, layer: Layer, field: str, below: tuple[Path, ...]) -> Entries:
        """Load configurations of plugins: those written in the kustomization itself come before those in files."""
        inline, named = [], []
        for place, text in _numbered(layer, field):
            try:
                manifests = read_manifests(text, f"{layer.file}: {place}")
            except DocumentError:
                named.append((place, text))
            else:
                inline.append((place, ResourceFile("", layer.file, manifests)))
        return (*inline, *((place, self._entry(layer, place, path, below)) for place, path in named))

    def entries(self, layer: Layer, named: list[tuple[str, str]], below: tuple[Path, ...]) -> Entries:
        """Load entries of a list field, each a file or a folder; each comes with its field, `resources[1]`."""
        counts: dict[str, int] = {}
        loaded: list[tuple[str, ResourceFile | Layer]] = []
        batch = self._batch(layer, named)
        for field, path in named:
            index = counts.get(field, 0)
            counts[field] = index + 1
            loaded.append((f"{field}[{index}]", self._entry(layer, f"{field}[{index}]", path, below, batch)))
            if self._loaded > _MANY_LAYERS:
                self._check_growth(layer, f"{field}[{index}]", path, loaded)
        if batch is not None:
            batch.keep()
        return tuple(loaded)

    def _check_growth(
        self, layer: Layer, field: str, path: str, loaded: list[tuple[str, ResourceFile | Layer]]
    ) -> None:
        """Refuse bases that are named twice on level after level: their number doubles each time."""
        roots = [entry.folder.root for _, entry in loaded if isinstance(entry, Layer)]
        if len(roots) > len(set(roots)):
            raise LoadError(path, layer.folder.root, "is named twice").at(layer.file, field)
        if self._loaded > _MOST_LAYERS:
            raise LoadError(path, layer.folder.root, f"makes more than {_MOST_LAYERS} layers").at(layer.file, field)

    def _batch(self, layer: Layer, named: list[tuple[str, str]]) -> Batch | None:
        """Look for what the files gave before, if they are large enough for that to be worth it."""
        if self._cache is None:
            return None
        folder = layer.folder
        try:
            contents = {path: folder.read(path) for _, path in named if not is_url(path) and folder.is_plain_file(path)}
        except LoadError:
            return None  # reading the file by itself tells which entry names it
        if sum(map(len, contents.values())) < _LEAST_CACHED:
            return None
        from imbricate.cache import Batch, DocumentCache  # noqa: PLC0415 - it takes longer to load than small files

        return Batch(DocumentCache(self._cache), contents)

    def _entry(
        self, layer: Layer, field: str, path: str, below: tuple[Path, ...], batch: Batch | None = None
    ) -> ResourceFile | Layer:
        if not path:
            raise LoadError(path, layer.folder.root, "is empty, expected a file or a folder").at(layer.file, field)
        if is_url(path):
            return self._file_or_clone(layer, field, path)
        if layer.folder.is_folder(path) or (spec_of(path) and not (layer.folder.root / path).is_file()):
            return self._base(layer, field, path, below)
        try:
            content = layer.folder.read(path)
        except LoadError as error:
            raise error.at(layer.file, field) from None
        file = layer.shown(path)
        return ResourceFile(path, file, (batch.read if batch else _read_alone)(path, content, file))

    def _file_or_clone(self, layer: Layer, field: str, url: str) -> ResourceFile | Layer:
        """Read a URL as kustomize does: a file when it gives resources, else a repository when it can be one."""
        spec, shown = spec_of(url), redacted(url)
        try:
            if spec is None or not self._remotes(url).is_locked_repository(url):
                try:
                    return ResourceFile(url, shown, read_manifests(self._fetch(url), shown))
                except (DocumentError, UnreadableError) as error:
                    self._instead_of_file(url, spec, error)
            return self._base(layer, field, url, ())
        except LoadError as error:
            raise error.at(layer.file, field) from None

    def _instead_of_file(self, url: str, spec: RepoSpec | None, error: DocumentError | UnreadableError) -> None:
        """Check out what is no file; raise the error of the file when it is no repository either."""
        if spec is None:
            raise error
        remotes = self._remotes(url)
        remotes.forget(url)
        said = error.message if isinstance(error, DocumentError) else error.reason
        try:
            remotes.checkout(url, spec)
        except LoadError as second:
            reason = f"{second.reason}; nor is it a file of resources: {said}"
            raise LoadError(redacted(url), Path.cwd(), reason) from None

    def _fetch(self, url: str) -> bytes:
        return self._remotes(url).file(url)[1]

    def _remotes(self, path: str) -> Remotes:
        """Give what reaches further than the disk. Raises LoadError unless that is allowed."""
        if not self._options.allowed:
            raise LoadError(redacted(path), Path.cwd(), OFF)
        self.sources.reach_further()
        if self._opened is None:
            from imbricate.remote.access import Remotes  # noqa: PLC0415 - most builds are local

            self._opened = Remotes(self._options, self._home)
        return self._opened

    def _open(self, layer: Layer, path: str, below: tuple[Path, ...]) -> Layer:
        spec = spec_of(path)
        if spec is not None:
            return self._clone(path, spec, layer.clones)
        root = self._root_of(layer, path, below)
        return self._layer(root, below, layer.origin_of(path), layer.clones)

    def _clone(self, path: str, spec: RepoSpec, clones: tuple[Checkout, ...]) -> Layer:
        """Load a base out of a repository; the one that names it may be out of another (kustomize: errIfRepoCycle)."""
        if spec.is_local and clones and not clones[-1].spec.is_local:
            raise LoadError(redacted(path), Path.cwd(), "is a repository on this machine, named by one from elsewhere")
        cycle = next((one for one in clones if one.entry.startswith(path)), None)
        found = self._remotes(path).checkout(path, spec) if cycle is None else None
        root = found.root if found else Path()
        cycle = cycle or next((one for one in clones if one.root == root), None)
        if cycle is not None or found is None:
            named = f": it leads to {redacted(cycle.entry)!r}, which is being built" if cycle else ""
            raise LoadError(redacted(path), Path.cwd(), f"is a cycle{named}")
        if len(clones) >= _MAX_CLONES:
            raise LoadError(redacted(path), Path.cwd(), f"is more than {_MAX_CLONES} repositories deep")
        origin = Origin(spec.origin_path, redacted(spec.repository), spec.ref) if clones or self._home else Origin()
        return self._layer(root, (), origin, (*clones, found))

    def _base(self, layer: Layer, field: str, path: str, below: tuple[Path, ...]) -> Layer:
        try:
            base = self._open(layer, path, below)
        except LoadError as error:
            raise error.at(layer.file, field) from None
        if base.kustomization.is_component:
            raise LoadError(path, layer.folder.root, "is a Component; list it under components").at(layer.file, field)
        return base

    def _component(self, layer: Layer, field: str, path: str, below: tuple[Path, ...]) -> tuple[str, Layer]:
        try:
            component = self._open(layer, path, below)
        except LoadError as error:
            raise error.at(layer.file, field) from None
        if not component.kustomization.is_component:
            raise LoadError(path, layer.folder.root, "is no Component; list it under resources").at(layer.file, field)
        return field, component

    def _root_of(self, layer: Layer, path: str, below: tuple[Path, ...]) -> Path:
        """Find the folder of a base; it must not be, or hold, one that is being built."""
        if not path:
            raise LoadError(path, layer.folder.root, "is empty, expected a folder")
        if path.startswith("/"):
            raise LoadError(path, layer.folder.root, "is absolute, expected a folder relative to the kustomization")
        if any(".." in part and part != ".." for part in path.split("/")):
            raise LoadError(
                path, layer.folder.root, "has '..' inside of a name; two entries of a list may have run together"
            )
        if len(below) >= _MAX_LAYERS:
            raise LoadError(path, layer.folder.root, f"is more than {_MAX_LAYERS} layers deep")
        root = layer.folder.enter(path)
        if layer.clones and not root.is_relative_to(layer.clones[-1].tree):
            raise LoadError(path, layer.folder.root, "leads out of the repository that it is in")
        cycle = next((one for one in reversed(below) if one.is_relative_to(root)), None)
        if cycle is not None:
            held = layer.clones[-1].shown(cycle) if layer.clones else display(cycle)
            raise LoadError(path, layer.folder.root, f"is a cycle: it holds {held}, which is being built")
        return root


def _numbered(layer: Layer, field: str) -> list[tuple[str, str]]:
    return [(f"{field}[{index}]", path) for index, path in enumerate(getattr(layer.kustomization, field) or ())]


def _kustomization_file(folder: Folder) -> tuple[str, bytes]:
    found = []
    for name in FILE_NAMES:
        try:
            found.append((name, folder.read(name)))
        except LoadError as error:
            if error.reason not in {"does not exist", "is a folder, expected a file"}:
                raise
    if not found:
        raise LoadError("", folder.root, f"holds no kustomization: expected one of {', '.join(FILE_NAMES)}")
    if len(found) > 1:
        names = " and ".join(name for name, _ in found)
        raise LoadError("", folder.root, f"holds several kustomizations ({names}): expected one")
    return found[0]
