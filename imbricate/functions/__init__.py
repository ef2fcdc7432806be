"""Generators, transformers and validators that are programs: KRM functions and the older exec plugins.

In: the configuration of a plugin that is not built in, and what the user allows. Out: something to run, with the
outcome of kustomize's fnplugin and execplugin. Imported only by builds that name such a plugin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imbricate.decode import Where
from imbricate.functions.exec_plugin import ExecPlugin
from imbricate.functions.krm import Function
from imbricate.functions.spec import check_mounts, read_spec

if TYPE_CHECKING:
    from imbricate.folder import Folder
    from imbricate.options import PluginOptions
    from imbricate.resources import Resource

__all__ = ["load"]


def load(config: Resource, folder: Folder, options: PluginOptions) -> Function | ExecPlugin:
    """Make what runs for a configuration, in the folder of the kustomization that names it.

    Raises KustomizationError when the user does not allow it, when it does not fit, or there is no such program.
    """
    where = Where(config.source.file if config.source else "", str(config))
    if not options.enabled:
        raise where.error("is no built-in plugin; others run programs: allow that with --enable-alpha-plugins")
    folder.sources.reach_further()
    spec = read_spec(config, where)
    if spec is None:
        return ExecPlugin(config, folder, where)
    check_mounts(spec, where)
    return Function(config, spec, folder, options, where)
