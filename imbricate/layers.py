"""From a folder to the tree of its layers. All reading is here; what comes after works on what was read.

In: the path of a kustomization. Out: `Layer`: its kustomization, the bases, components and files it names, in order.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imbricate.documents import read_config
from imbricate.errors import DocumentError, KustomizationError, LoadError
from imbricate.fields import FILE_NAMES, from_value
from imbricate.folder import Folder, Sources, display, joined
from imbricate.manifests import read_manifests
from imbricate.remote import is_remote, refuse_remote

if TYPE_CHECKING:
    from typing import Any

    from imbricate.kustomization import Kustomization

_MAX_LAYERS = 150


class ResourceFile(NamedTuple):
    """A file of resources: the path as written, the path as shown, and its objects."""

    path: str
    file: str
    manifests: list[dict[str, Any]]


class Layer:
    """One kustomization or component with everything it names."""

    __slots__ = (
        "components",
        "file",
        "folder",
        "generators",
        "kustomization",
        "origin_path",
        "resources",
        "transformers",
        "validators",
    )

    def __init__(self, folder: Folder, file: str, kustomization: Kustomization, origin_path: str) -> None:
        """Take what was read of the kustomization file itself; the rest is filled in by `load`."""
        self.folder = folder
        self.file = file
        self.kustomization = kustomization
        self.origin_path = origin_path
        self.resources: Entries = ()
        self.generators: Entries = ()
        self.transformers: Entries = ()
        self.validators: Entries = ()
        self.components: tuple[tuple[str, Layer], ...] = ()

    @property
    def file_name(self) -> str:
        """Give the name of the kustomization file alone."""
        return self.file.rpartition("/")[2]

    def shown(self, path: str) -> str:
        """Give the path of a file of this layer as a message shows it."""
        if path[:1] in {"", "/", "."} or "/." in path or "//" in path:
            return display(self.folder.root / path)
        return self.file.removesuffix(self.file_name) + path


Entries = tuple[tuple[str, ResourceFile | Layer], ...]


class Loader:
    """Loads layers; one for each build, since it remembers what was read."""

    def __init__(self, sources: Sources, *, root_only: bool = True, remote: bool = False) -> None:
        """Take where to record the files that are read, and what may be reached."""
        self.sources = sources
        self._root_only = root_only
        self._remote = remote

    def load(self, path: Path | str) -> Layer:
        """Load the tree of layers below a folder.

        Raises KustomizationError, LoadError or DocumentError with the file and field that is at fault.
        """
        if is_remote(str(path)):
            refuse_remote(str(path))
        root = Path(path).resolve()
        if not root.is_dir():
            found = "is a file" if root.exists() else "does not exist"
            raise KustomizationError("", "", f"{str(path)!r} {found}, expected the folder of a kustomization")
        return self._layer(root, (), "")

    def _layer(self, root: Path, below: tuple[Path, ...], origin_path: str) -> Layer:
        folder = Folder(root, self.sources, root_only=self._root_only)
        name, content = _kustomization_file(folder)
        file = display(root / name)
        kustomization = from_value(read_config(content, file), file)
        layer = Layer(folder, file, kustomization, origin_path)
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
        loaded = []
        for field, path in named:
            index = counts.get(field, 0)
            counts[field] = index + 1
            loaded.append((f"{field}[{index}]", self._entry(layer, f"{field}[{index}]", path, below)))
        return tuple(loaded)

    def _entry(self, layer: Layer, field: str, path: str, below: tuple[Path, ...]) -> ResourceFile | Layer:
        if is_remote(path):
            refuse_remote(path, layer.file, field)
        if not path:
            raise LoadError(path, layer.folder.root, "is empty, expected a file or a folder").at(layer.file, field)
        if layer.folder.is_folder(path):
            return self._base(layer, field, path, below)
        try:
            content = layer.folder.read(path)
        except LoadError as error:
            raise error.at(layer.file, field) from None
        file = layer.shown(path)
        return ResourceFile(path, file, read_manifests(content, file))

    def _base(self, layer: Layer, field: str, path: str, below: tuple[Path, ...]) -> Layer:
        try:
            root = self._root_of(layer, path, below)
            base = self._layer(root, below, joined(layer.origin_path, path))
        except LoadError as error:
            raise error.at(layer.file, field) from None
        if base.kustomization.is_component:
            raise LoadError(path, layer.folder.root, "is a Component; list it under components").at(layer.file, field)
        return base

    def _component(self, layer: Layer, field: str, path: str, below: tuple[Path, ...]) -> tuple[str, Layer]:
        if is_remote(path):
            refuse_remote(path, layer.file, field)
        try:
            root = self._root_of(layer, path, below)
            component = self._layer(root, below, joined(layer.origin_path, path))
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
        cycle = next((one for one in reversed(below) if one.is_relative_to(root)), None)
        if cycle is not None:
            raise LoadError(path, layer.folder.root, f"is a cycle: it holds {display(cycle)}, which is being built")
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
