"""KRM functions: a container or an executable that reads a ResourceList and prints one (kustomize: fnplugin)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imbricate.bookkeeping import annotated
from imbricate.functions import returned
from imbricate.functions.commands import command_of
from imbricate.functions.process import run
from imbricate.functions.wire import local, received, request_of

if TYPE_CHECKING:
    from imbricate.decode import Where
    from imbricate.folder import Folder
    from imbricate.functions.spec import FunctionSpec
    from imbricate.options import PluginOptions
    from imbricate.resources import ResMap, Resource


class Function:
    """A function, ready to run in the folder of the kustomization that names it."""

    def __init__(
        self, config: Resource, spec: FunctionSpec, folder: Folder, options: PluginOptions, where: Where
    ) -> None:
        """Take its configuration. Raises KustomizationError for what the user does not allow."""
        self.where = where
        self._config = local(annotated(config))
        self._command = command_of(spec, folder.root, options, where)
        self.warning = "" if self._command else f"{where.file}: {where.field}: {_why_not(spec)}; it is passed over"

    def generate(self) -> list[Resource]:
        """Run it without resources."""
        resources = returned.resources_of(self._run([]), self.where)
        return returned.generated(resources, self.where)

    def transform(self, resources: ResMap) -> None:
        """Run it over all resources: what it prints takes their place."""
        if self._command is not None:
            returned.take(resources, self._returned(resources), self.where)

    def validate(self, resources: ResMap) -> None:
        """Run it over all resources, which it must leave as they are."""
        if self._command is not None:
            returned.check_unchanged(resources, self._returned(resources), self.where)

    def _returned(self, resources: ResMap) -> list[Resource]:
        printed = self._run([returned.identified(resource) for resource in resources])
        return returned.resources_of(map(returned.without_id, printed), self.where)

    def _run(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Give what it prints for items; where there are none, its configuration is one, which no build prints."""
        items = items or [self._config]
        if self._command is None:
            return items
        output = run(self._command, request_of(items, self._config, self.where), self.where)
        return [received(one, items, self.where) for one in returned.manifests_of(output, self.where)]


def _why_not(spec: FunctionSpec) -> str:
    if spec.exec.path:
        return f"runs {spec.exec.path}, which is not allowed; allow it with --enable-exec"
    return "names neither container.image nor exec.path"
