"""The default field specs, as data: the tables of kustomize's api/internal/konfig/builtinpluginconsts.

`configurations` and `crds` of a kustomization add to them. Kinds that run pods share one set of pod paths, so a table
names the paths below a pod once and where each kind keeps its pod.
"""

from __future__ import annotations

from imbricate.fieldspecs import FieldSpec, FieldSpecs, NameReference

_TEMPLATE = "spec/template"
_JOB_TEMPLATE = "spec/jobTemplate/spec/template"


def _specs(kind: str, *paths: str, group: str = "", version: str = "", create: bool = False) -> FieldSpecs:
    return tuple(FieldSpec(path, create, kind, group, version) for path in paths)


def _below(prefix: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{prefix}/{path}" for path in paths)


NAME_PREFIX: FieldSpecs = (FieldSpec("metadata/name"),)
NAME_SUFFIX: FieldSpecs = NAME_PREFIX

NAMESPACE: FieldSpecs = (
    *_specs("Namespace", "metadata/name", create=True),
    *_specs(
        "CustomResourceDefinition",
        "spec/conversion/webhook/clientConfig/service/namespace",
        group="apiextensions.k8s.io",
    ),
    *_specs("APIService", "spec/service/namespace", group="apiregistration.k8s.io", create=True),
)


def _templates(field: str, stateful_set_group: str) -> FieldSpecs:
    in_template = f"{_TEMPLATE}/metadata/{field}"
    return (
        *_specs("Deployment", in_template, create=True),
        *_specs("StatefulSet", in_template, group=stateful_set_group, create=True),
        *_specs(
            "CronJob",
            f"spec/jobTemplate/metadata/{field}",
            f"{_JOB_TEMPLATE}/metadata/{field}",
            group="batch",
            create=True,
        ),
        *_specs("Job", in_template, group="batch", create=True),
        *_specs("ReplicationController", in_template, version="v1", create=True),
        *_specs("DaemonSet", in_template, create=True),
        *_specs("ReplicaSet", in_template, create=True),
        FieldSpec(f"metadata/{field}", create=True),
    )


COMMON_ANNOTATIONS: FieldSpecs = _templates("annotations", "")
TEMPLATE_LABELS: FieldSpecs = _templates("labels", "apps")
VOLUME_CLAIM_TEMPLATE_LABELS: FieldSpecs = _specs(
    "StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels", group="apps", create=True
)

_SPREAD = _below(
    f"{_TEMPLATE}/spec",
    (
        *(
            f"affinity/{affinity}/{rule}/labelSelector/matchLabels"
            for affinity in ("podAffinity", "podAntiAffinity")
            for rule in (
                "preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm",
                "requiredDuringSchedulingIgnoredDuringExecution",
            )
        ),
        "topologySpreadConstraints/labelSelector/matchLabels",
    ),
)
_MATCH_LABELS = "spec/selector/matchLabels"

COMMON_LABELS: FieldSpecs = (
    *_specs("Service", "spec/selector", version="v1", create=True),
    *_specs("Deployment", *_SPREAD, group="apps"),
    *_specs("Deployment", _MATCH_LABELS, create=True),
    *_specs("StatefulSet", _MATCH_LABELS, group="apps", create=True),
    *VOLUME_CLAIM_TEMPLATE_LABELS,
    *_specs("StatefulSet", *_SPREAD, group="apps"),
    *_specs("CronJob", "spec/jobTemplate/spec/selector/matchLabels", group="batch"),
    *_specs("PodDisruptionBudget", _MATCH_LABELS, group="policy"),
    *_specs("Job", _MATCH_LABELS, group="batch"),
    *_specs(
        "NetworkPolicy",
        "spec/egress/to/podSelector/matchLabels",
        "spec/ingress/from/podSelector/matchLabels",
        "spec/podSelector/matchLabels",
        group="networking.k8s.io",
    ),
    *_specs("ReplicationController", "spec/selector", version="v1", create=True),
    *_specs("DaemonSet", _MATCH_LABELS, create=True),
    *_specs("ReplicaSet", _MATCH_LABELS, create=True),
    *TEMPLATE_LABELS,
)

_VOLUME_IMAGE = "volumes[]/image/reference"
IMAGES: FieldSpecs = (
    *(
        FieldSpec(f"{pod}/{path}", create=True)
        for pod in ("spec", f"{_TEMPLATE}/spec")
        for path in ("containers[]/image", "initContainers[]/image", _VOLUME_IMAGE)
    ),
    FieldSpec(f"{_JOB_TEMPLATE}/spec/{_VOLUME_IMAGE}", create=True),
)

REPLICAS: FieldSpecs = tuple(
    FieldSpec("spec/replicas", create=True, kind=kind)
    for kind in ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")
)

_POD_OWNERS = ("StatefulSet", "Deployment", "ReplicationController", "CronJob", "Job", "DaemonSet")
_CONFIG_OWNERS = ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job", "CronJob")


def _pod_of(kind: str) -> str:
    return f"{_JOB_TEMPLATE}/spec" if kind == "CronJob" else f"{_TEMPLATE}/spec"


def _in_every_pod(*paths: str) -> FieldSpecs:
    return (
        *_specs("Pod", *_below("spec", paths)),
        *(spec for kind in _POD_OWNERS for spec in _specs(kind, *_below(_pod_of(kind), paths))),
    )


def _in_config_pods(*paths: str) -> FieldSpecs:
    return (
        *_specs("Pod", *_below("spec", paths), version="v1"),
        *_specs("PodTemplate", *_below("template/spec", paths)),
        *(spec for kind in _CONFIG_OWNERS for spec in _specs(kind, *_below(_pod_of(kind), paths))),
    )


_RULES = "rules/resourceNames"
_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"


def _scale_target(kind: str) -> NameReference:
    return NameReference(kind, "", "", _specs("HorizontalPodAutoscaler", "spec/scaleTargetRef/name"))


NAME_REFERENCES: tuple[NameReference, ...] = (
    NameReference(
        "StorageClass",
        "storage.k8s.io",
        "v1",
        (
            *_specs("PersistentVolume", "spec/storageClassName"),
            *_specs("PersistentVolumeClaim", "spec/storageClassName"),
            *_specs("StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName"),
        ),
    ),
    NameReference(
        "ServiceAccount",
        "",
        "v1",
        (
            *_specs("RoleBinding", "subjects", group=_RBAC),
            *_specs("ClusterRoleBinding", "subjects", group=_RBAC),
            *_in_every_pod("serviceAccountName"),
        ),
    ),
    NameReference("Role", _RBAC, "", _specs("RoleBinding", "roleRef/name", group=_RBAC)),
    NameReference(
        "ClusterRole",
        _RBAC,
        "",
        (
            *_specs("RoleBinding", "roleRef/name", group=_RBAC),
            *_specs("ClusterRoleBinding", "roleRef/name", group=_RBAC),
        ),
    ),
    NameReference(
        "ConfigMap",
        "",
        "v1",
        (
            *_in_config_pods(
                "volumes/configMap/name",
                "containers/env/valueFrom/configMapKeyRef/name",
                "initContainers/env/valueFrom/configMapKeyRef/name",
                "containers/envFrom/configMapRef/name",
                "initContainers/envFrom/configMapRef/name",
                "volumes/projected/sources/configMap/name",
            ),
            *_specs("Node", "spec/configSource/configMap"),
            *_specs("Role", _RULES),
            *_specs("ClusterRole", _RULES),
            *_specs("Ingress", r"metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap"),
        ),
    ),
    NameReference(
        "Secret",
        "",
        "v1",
        (
            *_in_config_pods(
                "volumes/secret/secretName",
                "containers/env/valueFrom/secretKeyRef/name",
                "initContainers/env/valueFrom/secretKeyRef/name",
                "containers/envFrom/secretRef/name",
                "initContainers/envFrom/secretRef/name",
                "imagePullSecrets/name",
                "volumes/projected/sources/secret/name",
            ),
            *_specs(
                "Ingress",
                "spec/tls/secretName",
                r"metadata/annotations/ingress.kubernetes.io\/auth-secret",
                r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-secret",
                r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-tls-secret",
            ),
            *_specs("ServiceAccount", "imagePullSecrets/name"),
            *_specs(
                "StorageClass",
                "parameters/secretName",
                "parameters/adminSecretName",
                "parameters/userSecretName",
                "parameters/secretRef",
            ),
            *_specs("Role", _RULES),
            *_specs("ClusterRole", _RULES),
            *_specs(
                "Service",
                f"{_TEMPLATE}/spec/containers/env/valueFrom/secretKeyRef/name",
                group="serving.knative.dev",
                version="v1",
            ),
            *_specs("PersistentVolume", "spec/azureFile/secretName"),
        ),
    ),
    NameReference(
        "Service",
        "",
        "v1",
        (
            *_specs("StatefulSet", "spec/serviceName", group="apps"),
            *_specs(
                "Ingress",
                "spec/rules/http/paths/backend/serviceName",
                "spec/backend/serviceName",
                "spec/rules/http/paths/backend/service/name",
                "spec/defaultBackend/service/name",
            ),
            *_specs("APIService", "spec/service/name", group="apiregistration.k8s.io"),
            *_specs("ValidatingWebhookConfiguration", "webhooks/clientConfig/service", group=_ADMISSION),
            *_specs("MutatingWebhookConfiguration", "webhooks/clientConfig/service", group=_ADMISSION),
        ),
    ),
    NameReference("PriorityClass", "scheduling.k8s.io", "v1", _in_every_pod("priorityClassName")),
    NameReference(
        "PersistentVolume",
        "",
        "v1",
        (*_specs("PersistentVolumeClaim", "spec/volumeName"), *_specs("ClusterRole", _RULES)),
    ),
    NameReference("PersistentVolumeClaim", "", "v1", _in_every_pod("volumes/persistentVolumeClaim/claimName")),
    _scale_target("Deployment"),
    _scale_target("StatefulSet"),
    NameReference(
        "ValidatingAdmissionPolicy",
        _ADMISSION,
        "",
        _specs("ValidatingAdmissionPolicyBinding", "spec/policyName", group=_ADMISSION),
    ),
    # kustomize writes the version into the group here, so that no IngressClass ever matches; kept as it is.
    NameReference("IngressClass", "networking.k8s.io/v1", "v1", _specs("Ingress", "spec/ingressClassName")),
    _scale_target("ReplicaSet"),
    _scale_target("ReplicationController"),
)

_VARS_IN_CONTAINERS = tuple(
    f"{containers}/{path}"
    for containers in ("containers", "initContainers")
    for path in ("volumeMounts/mountPath", "env/value", "command", "args")
)
_VARS_IN_POD = (*_VARS_IN_CONTAINERS, "volumes/nfs/server")

VAR_REFERENCES: FieldSpecs = (
    *_specs("Service", "spec/ports/port", "spec/ports/targetPort"),
    *_specs("PersistentVolume", "spec/nfs/server"),
    *_specs("Deployment", *_below(f"{_TEMPLATE}/spec", _VARS_IN_POD), f"{_TEMPLATE}/metadata/annotations"),
    *_specs(
        "StatefulSet", *_below(f"{_TEMPLATE}/spec", _VARS_IN_CONTAINERS), "spec/volumeClaimTemplates/spec/nfs/server"
    ),
    *_specs("CronJob", *_below(f"{_JOB_TEMPLATE}/spec", _VARS_IN_CONTAINERS), f"{_JOB_TEMPLATE}/volumes/nfs/server"),
    *_specs("DaemonSet", *_below(f"{_TEMPLATE}/spec", _VARS_IN_POD)),
    *_specs("Ingress", "spec/tls/secretName", "spec/tls/hosts", "spec/rules/host"),
    *_specs("Job", *_below(f"{_TEMPLATE}/spec", _VARS_IN_POD)),
    *_specs("Pod", *_below("spec", _VARS_IN_POD)),
    *_specs("ReplicaSet", *_below(f"{_TEMPLATE}/spec", _VARS_IN_POD)),
    FieldSpec("metadata/labels"),
    FieldSpec("metadata/annotations"),
)
