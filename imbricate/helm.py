"""`helmCharts`: charts inflated by the user's own helm, only when that is allowed (kustomize: --enable-helm).

In: a chart entry and the folder of its kustomization. Out: the objects that `helm template` prints. This is the one
stage that runs a program; it gets a list of arguments, never a shell.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from imbricate.documents import read_resources, write_document
from imbricate.errors import DocumentError, LoadError
from imbricate.manifests import read_manifests
from imbricate.merge import strategic_merge
from imbricate.metadata import HELM_GENERATED
from imbricate.resources import Resource, Source
from imbricate.schema import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imbricate.decode import Where
    from imbricate.folder import Folder
    from imbricate.kustomization import HelmChart, HelmChartArgs, HelmGlobals, Kustomization
    from imbricate.options import HelmOptions

_CHART_HOME = "charts"
_VALUES_MERGES = ("", "merge", "override", "replace")
_VERSION = re.compile(r"v?(\d+)(?:\.\d+)+")


class Release(NamedTuple):
    """One chart to inflate, with everything decided that is not helm's to decide."""

    chart: HelmChart
    chart_home: Path
    config_home: str
    folder: Folder
    where: Where
    options: HelmOptions


def charts_of(kustomization: Kustomization) -> tuple[HelmGlobals | None, tuple[HelmChart, ...]]:
    """Give the charts of a kustomization, those of the deprecated field last, and where helm finds them."""
    old = kustomization.helm_chart_inflation_generator or ()
    charts = (*(kustomization.helm_charts or ()), *(_modern(one) for one in old))
    return kustomization.helm_globals or _globals_of(old), charts


def _modern(old: HelmChartArgs) -> HelmChart:
    from imbricate.kustomization import HelmChart  # noqa: PLC0415 - only for the deprecated field

    return HelmChart(
        name=old.chart_name,
        version=old.chart_version,
        repo=old.chart_repo_url,
        release_name=old.release_name,
        values_file=old.values,
        values_inline=old.values_local,
        values_merge=old.values_merge,
    )


def _globals_of(old: tuple[HelmChartArgs, ...]) -> HelmGlobals | None:
    from imbricate.kustomization import HelmGlobals  # noqa: PLC0415 - only for the deprecated field

    homes = HelmGlobals()
    for one in old:
        homes = HelmGlobals(one.chart_home or homes.chart_home, one.helm_home or homes.config_home)
    return homes if any(homes) else None


def inflate(release: Release) -> Iterator[Resource]:
    """Run helm for one chart. Raises KustomizationError when that is not allowed, or helm fails."""
    _check(release)
    release.folder.sources.reach_further()
    with tempfile.TemporaryDirectory(prefix="imbricate-helm-") as scratch:
        helm = _Helm(release, Path(scratch))
        helm.check_version()
        helm.pull_unless_there()
        text = helm.template()
    manifests = _manifests(text, release.where)
    for index, (manifest, template) in enumerate(zip(manifests, _templates(text, len(manifests)), strict=True)):
        metadata = manifest.setdefault("metadata", {})
        annotations = metadata.get("annotations")
        metadata["annotations"] = {**(annotations if isinstance(annotations, dict) else {}), HELM_GENERATED: "true"}
        yield Resource(manifest, Source(release.where.file, index, release.where.field.partition("[")[0], template))


def _check(release: Release) -> None:
    chart, where = release.chart, release.where
    if not release.options.enabled:
        raise where.error("runs helm, which is not allowed; allow it with --enable-helm")
    if not chart.name:
        raise where.at("name").error("expected the name of a chart")
    for field, value in (("name", chart.name), ("releaseName", chart.release_name)):
        if value.startswith("-"):
            raise where.at(field).error(f"must not begin with '-', found {value!r}: helm would take it for a flag")
    if chart.values_merge not in _VALUES_MERGES:
        raise where.at("valuesMerge").error(f"expected merge, override or replace, found {chart.values_merge!r}")


def chart_home_of(chart: HelmChart, homes: HelmGlobals | None, folder: Folder) -> Path:
    """Give the folder that holds, or will hold, the unpacked chart."""
    home = folder.root / ((homes.chart_home if homes else "") or _CHART_HOME)
    return home / f"{chart.name}-{chart.version}" if chart.version and chart.repo else home


class _Helm:
    """The runs of helm for one release."""

    def __init__(self, release: Release, scratch: Path) -> None:
        self._release = release
        self._scratch = scratch
        self._config_home = release.config_home or str(scratch / "helm")

    def _run(self, *arguments: str) -> str:
        release = self._release
        home = self._config_home
        environment = {
            **os.environ,
            "HELM_CONFIG_HOME": home,
            "HELM_CACHE_HOME": f"{home}/.cache",
            "HELM_DATA_HOME": f"{home}/.data",
        }
        try:
            done = subprocess.run(  # noqa: S603 - a list of arguments, checked above
                [release.options.command, *arguments], env=environment, capture_output=True, check=False
            )
        except OSError as error:
            reason = error.strerror or str(error)
            raise release.where.error(f"cannot run {release.options.command}: {reason}; is helm installed?") from None
        if done.returncode:
            said = " ".join(done.stderr.decode(errors="replace").split())
            raise release.where.error(f"{release.options.command} {arguments[0]} failed: {said}")
        return done.stdout.decode("utf-8", "surrogateescape")

    def check_version(self) -> None:
        found = _VERSION.search(self._run("version", "--short"))
        if found is None or found[1] not in {"3", "4"}:
            raise self._release.where.error(f"needs helm 3 or 4, found {found[0] if found else 'no version'}")

    def pull_unless_there(self) -> None:
        chart, home = self._release.chart, self._release.chart_home
        if (home / chart.name).is_dir():
            return
        if not chart.repo:
            missing = home / chart.name
            raise self._release.where.at("repo").error(f"there is no chart {missing} and no repo to pull it from")
        by_repo = () if chart.repo.startswith("oci://") else ("--repo", chart.repo)
        name = chart.name if by_repo else f"{chart.repo.rstrip('/')}/{chart.name}"
        version = ("--version", chart.version) if chart.version else ()
        devel = ("--devel",) if chart.devel else ()
        self._run("pull", "--untar", "--untardir", str(home), *by_repo, name, *version, *devel)

    def template(self) -> str:
        chart, options = self._release.chart, self._release.options
        values = self._scratch / "values.yaml"
        values.write_bytes(self._values())
        more_values = [self._release.folder.locate(path) for path in self._additional_values()]
        return self._run(
            "template",
            chart.release_name or "--generate-name",
            str(self._release.chart_home / chart.name),
            *_flags("--namespace", chart.namespace),
            *_flags("--name-template", chart.name_template),
            *_flags("-f", str(values), *more_values),
            *_flags("--api-versions", *(chart.api_versions or options.api_versions)),
            *_flags("--kube-version", chart.kube_version or options.kube_version),
            *(("--include-crds",) if chart.include_crds else ()),
            *(("--skip-tests",) if chart.skip_tests else ()),
            *(("--no-hooks",) if chart.skip_hooks else ()),
            *(("--debug",) if chart.debug or options.debug else ()),
            *(("--devel",) if chart.devel else ()),
        )

    def _additional_values(self) -> tuple[str, ...]:
        release = self._release
        for index, path in enumerate(release.chart.additional_values_files):
            place = release.where.at("additionalValuesFiles").item(index)
            try:
                release.folder.read(path)
            except LoadError as error:
                raise error.at(place.file, place.field) from None
        return release.chart.additional_values_files

    def _values(self) -> bytes:
        """Give the values: the chart's own or another file, overridden by the inline ones or overriding them."""
        chart = self._release.chart
        if not chart.values_inline:
            return self._values_file()
        inline = chart.values_inline
        if chart.values_merge != "replace":
            inline = self._merged(inline)
        return write_document(inline).encode("utf-8", "surrogatepass")

    def _merged(self, inline: dict[str, Any]) -> dict[str, Any]:
        place = self._release.where.at("valuesFile")
        documents = read_resources(self._values_file(), place.field)
        found = documents[0] if documents else {}
        if not isinstance(found, dict):
            raise place.error("expected a map of values")
        target, patch = (inline, found) if self._release.chart.values_merge == "merge" else (found, inline)
        merged = strategic_merge(target, patch, BUILT_IN)
        return merged if isinstance(merged, dict) else {}

    def _values_file(self) -> bytes:
        release = self._release
        path = release.chart.values_file or str(release.chart_home / release.chart.name / "values.yaml")
        try:
            return release.folder.read(path)
        except LoadError as error:
            raise error.at(release.where.file, f"{release.where.field}.valuesFile") from None


def _flags(flag: str, *values: str) -> tuple[str, ...]:
    return tuple(part for value in values if value for part in (flag, value))


def _templates(text: str, count: int) -> list[str]:
    """Give the template of each object as helm says it in a comment, nothing where that cannot be told."""
    found = re.findall(r"^---\n# Source: (.+)$", text, re.MULTILINE)
    return found if len(found) == count else [""] * count


def _manifests(text: str, where: Where) -> list[dict[str, Any]]:
    """Read what helm printed; messages before the first document are passed over."""
    file = f"{where.file}: {where.field}: the output of helm"
    try:
        return read_manifests(text, file)
    except DocumentError:
        _, separator, rest = text.partition("\n---")
        if not separator:
            raise
        return read_manifests("---" + rest, file)
