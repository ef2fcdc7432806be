"""What is said of each field of a kustomization in its reference: one line for each path of the registry in `fields`.

Data for `doit docs` alone: no build reads it. A test holds its keys equal to the fields of the registry.
"""

from __future__ import annotations

from typing import NamedTuple

SUPPORTED = "supported"
DEVIATES = "deviates"
NO_EFFECT = "no effect"


class Note(NamedTuple):
    """What a field does, and whether it does the same as in kustomize."""

    text: str
    status: str = SUPPORTED


def _below(path: str, notes: dict[str, Note]) -> dict[str, Note]:
    return {f"{path}.{name}": note for name, note in notes.items()}


_PATTERN = "a regular expression for the whole {}; empty means any"
_SELECTOR = {
    "group": Note(_PATTERN.format("API group")),
    "version": Note(_PATTERN.format("API version")),
    "kind": Note(_PATTERN.format("kind")),
    "name": Note(_PATTERN.format("name, the original or the current one")),
    "namespace": Note(_PATTERN.format("namespace, the original or the current one")),
    "annotationSelector": Note("as `labelSelector`, of annotations"),
    "labelSelector": Note("`a`, `!a`, `a=b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a>1`, `a<1`, joined by commas"),
}
_PATCH = {
    "path": Note("the file that holds the patch; this or `patch`"),
    "patch": Note("the patch itself; this or `path`"),
    "target": Note("the resources to patch; a JSON 6902 patch needs it, a strategic merge patch names its own"),
    **_below("target", _SELECTOR),
    "options": Note("what the patch may change beyond the content"),
    "options.allowNameChange": Note("the patch may rename the resource"),
    "options.allowKindChange": Note("the patch may change the kind of the resource"),
}
_IMAGE = {
    "name": Note("the image as it stands in manifests, without tag; a regular expression"),
    "newName": Note("the name to put in its place"),
    "tagSuffix": Note("put behind the present tag; in a pod template twice, as in kustomize"),
    "newTag": Note("the tag to put in its place; an old digest goes"),
    "digest": Note("the digest to put in its place; the old tag goes"),
}
_FIELD_OPTIONS = {
    "delimiter": Note("splits the text of the field into parts, of which one is meant"),
    "index": Note("which part, from 0; in a target, a negative one puts the value first, a large one last"),
    "encoding": Note("read and passed over, as in kustomize", NO_EFFECT),
    "create": Note("make the field where it is missing; only targets heed it"),
}
_ID = {
    "group": Note("the exact API group"),
    "version": Note("the exact API version"),
    "kind": Note("the exact kind"),
    "name": Note("the exact name, a former or the current one"),
    "namespace": Note("the exact namespace"),
}
_SOURCE = {
    **_ID,
    "fieldPath": Note("the field, `metadata.name` when absent: `spec.containers.[name=web].image`"),
    "options": Note("which part of the field"),
    **_below("options", _FIELD_OPTIONS),
}
_TARGET = {
    "select": Note("the resources to write to"),
    **_below("select", _SELECTOR),
    "reject": Note("resources among these to leave alone"),
    **_below("reject[]", _SELECTOR),
    "fieldPaths": Note("the fields, `metadata.name` when absent; `*` is every element of a list"),
    "options": Note("which part of the fields, and whether to make them"),
    **_below("options", _FIELD_OPTIONS),
}
_REPLACEMENT = {
    "path": Note("a file with one replacement or a list of them, in place of the fields below"),
    "source": Note("the one resource and field to copy from"),
    **_below("source", _SOURCE),
    "targets": Note("the fields to copy to, also inside of a text that holds YAML or JSON"),
    **_below("targets[]", _TARGET),
    "sourceValue": Note("the value itself, in place of `source`"),
}
_VAR = {
    "name": Note("what stands in `$(NAME)`"),
    "objref": Note("the resource to read from"),
    "objref.apiVersion": Note("its group and version in one; wins over both"),
    **_below("objref", {**_ID, "name": Note("its original name")}),
    "fieldref": Note("the field to read"),
    "fieldref.fieldPath": Note("the field, `metadata.name` when absent"),
}
_OPTIONS = {
    "labels": Note("labels of the generated object"),
    "annotations": Note("annotations of the generated object"),
    "disableNameSuffixHash": Note("leave the hash of the content off the name; what is set for all cannot be unset"),
    "immutable": Note("set `immutable: true`"),
}
_GENERATOR = {
    "namespace": Note("its namespace"),
    "name": Note("its name, to which a hash of the content is added"),
    "behavior": Note("`create`, or `merge` into or `replace` one of a lower layer; anything else means `create`"),
    "literals": Note("entries `key=value`; one pair of quotes around the value is dropped"),
    "files": Note("files, `path` or `key=path`; what is not UTF-8 becomes `binaryData` of a ConfigMap"),
    "envs": Note("files of lines `key=value`; a line without `=` is a key without value, never the environment's"),
    "env": Note("deprecated: use `envs`; one file"),
    "options": Note("options of this one, over `generatorOptions`"),
    **_below("options", _OPTIONS),
}
_HELM_CHART = {
    "name": Note("the chart; a leading `-` is refused, since helm would take it for a flag", DEVIATES),
    "version": Note("the version to pull"),
    "repo": Note("where to pull from, `https://…` or `oci://…`, when the chart is not in `chartHome`"),
    "releaseName": Note(
        "the release, `--generate-name` when absent; a leading `-` is refused, since helm would take it for a flag",
        DEVIATES,
    ),
    "namespace": Note("`--namespace`; that of the kustomization when absent"),
    "additionalValuesFiles": Note("more files of values, `-f`"),
    "valuesFile": Note("the file of values, in place of the chart's own"),
    "valuesInline": Note("values written here"),
    "valuesMerge": Note("`override` (inline values win, the default), `merge` (they complete) or `replace`"),
    "includeCRDs": Note("`--include-crds`"),
    "skipHooks": Note("`--no-hooks`"),
    "apiVersions": Note("`--api-versions`"),
    "kubeVersion": Note("`--kube-version`"),
    "nameTemplate": Note("`--name-template`"),
    "skipTests": Note("`--skip-tests`"),
    "debug": Note("`--debug`"),
    "devel": Note("`--devel`"),
}
_HELM_CHART_ARGS = {
    "chartName": Note("`name`"),
    "chartVersion": Note("`version`"),
    "chartRepoUrl": Note("`repo`"),
    "chartHome": Note("`helmGlobals.chartHome`; that of the last entry counts"),
    "chartRepoName": Note("read and passed over, as in kustomize", NO_EFFECT),
    "helmBin": Note("read and passed over, as in kustomize; `--helm-command` chooses the helm", NO_EFFECT),
    "helmHome": Note("`helmGlobals.configHome`; that of the last entry counts"),
    "values": Note("`valuesFile`"),
    "valuesMerge": Note("`valuesMerge`"),
    "releaseName": Note("`releaseName`"),
    "releaseNamespace": Note("read and passed over, as in kustomize", NO_EFFECT),
    "valuesLocal": Note("`valuesInline`"),
    "extraArgs": Note("read and passed over, as in kustomize", NO_EFFECT),
}
_FIELD_SPEC = {
    "group": Note("the API group it is about; empty means any"),
    "version": Note("the API version it is about; empty means any"),
    "kind": Note("the kind it is about; empty means any"),
    "path": Note("the field, `spec/template/metadata/labels`; `[]` goes through a list"),
    "create": Note("make the field where it is missing"),
}
_PLUGINS = "built-in ones, inline or in files; functions and external ones need the flags that they need in kustomize"
_FETCHED = "; a git repository or a URL needs `--allow-remote`"

NOTES: dict[str, Note] = {
    "apiVersion": Note("`kustomize.config.k8s.io/v1beta1`, of a Component `…/v1alpha1`; may be absent"),
    "kind": Note("`Kustomization` or `Component`; may be absent"),
    "metadata": Note("about the kustomization itself; reaches no resource"),
    "metadata.name": Note("reaches no resource"),
    "metadata.namespace": Note("reaches no resource"),
    "metadata.labels": Note("reaches no resource"),
    "metadata.annotations": Note("reaches no resource; `config.kubernetes.io/local-config` is usual on a Component"),
    "openapi": Note("`path` of an OpenAPI document that says how lists merge, or `version: v1.21.2`, the built-in one"),
    "namePrefix": Note("put before the names of resources, and of references to them"),
    "nameSuffix": Note("put behind the names of resources, and of references to them"),
    "namespace": Note("the namespace of resources that have one, and of what role bindings, CRDs and APIServices name"),
    "commonLabels": Note("deprecated: use `labels`; set on resources, selectors and templates"),
    "labels": Note("labels to set"),
    **_below(
        "labels[]",
        {
            "pairs": Note("the labels"),
            "includeSelectors": Note("also in selectors, and in templates and volume claims"),
            "includeTemplates": Note("also in templates"),
            "includeVolumeClaimTemplates": Note("also in volume claim templates"),
            "fields": Note("more fields to set them in"),
            **_below("fields[]", _FIELD_SPEC),
        },
    ),
    "commonAnnotations": Note("annotations to set on resources and templates"),
    "patchesStrategicMerge": Note("deprecated: use `patches`; strategic merge patches, inline or in files"),
    "patchesJson6902": Note("deprecated: use `patches`; JSON 6902 patches"),
    **_below(
        "patchesJson6902[]",
        {
            **_PATCH,
            "target": Note("the resources to patch; needs a `name`"),
            "options": Note("read and passed over, as in kustomize", NO_EFFECT),
            "options.allowNameChange": Note("read and passed over, as in kustomize", NO_EFFECT),
            "options.allowKindChange": Note("read and passed over, as in kustomize", NO_EFFECT),
        },
    ),
    "patches": Note("strategic merge patches and JSON 6902 patches"),
    **_below("patches[]", _PATCH),
    "images": Note("names, tags and digests of images, in every list of containers"),
    **_below("images[]", _IMAGE),
    "imageTags": Note("deprecated: use `images`"),
    **_below("imageTags[]", _IMAGE),
    "replacements": Note("values copied from field to field"),
    **_below("replacements[]", _REPLACEMENT),
    "replicas": Note("numbers of replicas"),
    **_below(
        "replicas[]",
        {
            "name": Note("the exact name of a resource, a former or the current one; one that is not there is refused"),
            "count": Note("the number of replicas"),
        },
    ),
    "vars": Note("deprecated: use `replacements`; `$(NAME)` becomes the value of a field"),
    **_below("vars[]", _VAR),
    "sortOptions": Note("the order of the output; only that of the kustomization which is built counts"),
    "sortOptions.order": Note("`legacy` (by kind, then name) or `fifo` (as they come)"),
    "sortOptions.legacySortOptions": Note("the order of kinds for `legacy`"),
    "sortOptions.legacySortOptions.orderFirst": Note("the kinds that come first"),
    "sortOptions.legacySortOptions.orderLast": Note("the kinds that come last"),
    "resources": Note(f"files of resources and folders of bases{_FETCHED}", DEVIATES),
    "components": Note(f"folders of Components, which change what is there already{_FETCHED}", DEVIATES),
    "crds": Note("files of OpenAPI definitions that say which fields of custom resources hold names and labels"),
    "bases": Note(f"deprecated: use `resources`{_FETCHED}", DEVIATES),
    "configMapGenerator": Note("ConfigMaps to make"),
    **_below("configMapGenerator[]", _GENERATOR),
    "secretGenerator": Note("Secrets to make"),
    **_below("secretGenerator[]", {**_GENERATOR, "type": Note("its type, `Opaque` when absent")}),
    "helmGlobals": Note("what all charts share"),
    "helmGlobals.chartHome": Note("the folder of unpacked charts, `charts` when absent"),
    "helmGlobals.configHome": Note("`HELM_CONFIG_HOME`, a temporary folder when absent"),
    "helmCharts": Note("charts to inflate by the user's own helm; needs `--enable-helm`"),
    **_below("helmCharts[]", _HELM_CHART),
    "helmChartInflationGenerator": Note("deprecated: use `helmCharts` and `helmGlobals`; its fields count as theirs"),
    **_below("helmChartInflationGenerator[]", _HELM_CHART_ARGS),
    "generatorOptions": Note("options of all generated ConfigMaps and Secrets"),
    **_below("generatorOptions", _OPTIONS),
    "configurations": Note("files of field specs: what prefixes, labels, images, references and the like reach"),
    "generators": Note(f"plugins that make resources: {_PLUGINS}"),
    "transformers": Note(f"plugins that change resources: {_PLUGINS}"),
    "validators": Note(f"plugins that may only refuse: {_PLUGINS}"),
    "buildMetadata": Note(
        "`originAnnotations`, `transformerAnnotations`, `managedByLabel`; only that of the kustomization which is built"
    ),
}
