"""Pod Security Standards, level restricted (https://kubernetes.io/docs/concepts/security/pod-security-standards/).

What they allow is theirs, as of Kubernetes 1.34; `read-only-root` and `api-token` are ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.checks.findings import Problem
from tasks.checks.objects import Container, Pod, elements, field, mapping, namespace_of
from tasks.checks.registry import unit_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.checks.findings import Path
    from tasks.checks.subject import Subject

_GROUP = "Pod security"
_ENFORCE = "pod-security.kubernetes.io/enforce"
_VOLUMES = frozenset(
    {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected"}
    | {"secret"}
)
_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    }
)
_SELINUX_TYPES = frozenset({"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"})
_PROFILES = frozenset({"RuntimeDefault", "Localhost"})
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_CONTEXT = "securityContext"


def _containers(subject: Subject) -> Iterator[tuple[Pod, Container]]:
    for pod in subject.objects.pods:
        for container in pod.containers:
            yield pod, container


def _contexts(subject: Subject) -> Iterator[tuple[Pod, Path, str, dict[str, Any]]]:
    """Give every security context, of pods and of containers, with its path and whose it is."""
    for pod in subject.objects.pods:
        yield pod, pod.at(_CONTEXT), "the pod", mapping(pod.spec, _CONTEXT)
        for one in pod.containers:
            yield pod, (*one.path, _CONTEXT), f"container {one.name}", mapping(one.value, _CONTEXT)


@unit_rule("pod-namespace", _GROUP, fix=f"label it {_ENFORCE}: restricted")
def pod_namespace(subject: Subject) -> Iterator[Problem]:
    """A Namespace that we make enforces the level restricted.

    The other rules look at what is rendered; the label makes the API server look at what anybody else brings.
    """
    for manifest in subject.objects.of_kind("Namespace"):
        level = field(manifest, "metadata", "labels", _ENFORCE)
        if level != "restricted":
            path = ("metadata", "labels", _ENFORCE)
            yield Problem(f"the namespace enforces {level or 'no level'} of pod security", manifest, path)


@unit_rule("host-namespaces", _GROUP, fix="remove the field")
def host_namespaces(subject: Subject) -> Iterator[Problem]:
    """No pod shares the network, processes or IPC of its node.

    It would see, and could end, what every other pod on the node does.
    """
    for pod in subject.objects.pods:
        for name in ("hostNetwork", "hostPID", "hostIPC"):
            if pod.spec.get(name):
                yield Problem(f"the pod shares its node's namespace by {name}", pod.manifest, pod.at(name))


@unit_rule("privileged", _GROUP, fix="remove the field, and add the one capability that is needed, if any is")
def privileged(subject: Subject) -> Iterator[Problem]:
    """No container is privileged.

    A privileged container is root on its node.
    """
    for pod, one in _containers(subject):
        if field(one.value, _CONTEXT, "privileged"):
            message = f"container {one.name} is privileged"
            yield Problem(message, pod.manifest, (*one.path, _CONTEXT, "privileged"))


@unit_rule("privilege-escalation", _GROUP, fix="set securityContext.allowPrivilegeEscalation: false")
def privilege_escalation(subject: Subject) -> Iterator[Problem]:
    """No container may get more privileges than it starts with.

    Without it a set-uid program in the image makes root of any user.
    """
    for pod, one in _containers(subject):
        if field(one.value, _CONTEXT, "allowPrivilegeEscalation") is not False:
            message = f"container {one.name} may escalate its privileges"
            yield Problem(message, pod.manifest, (*one.path, _CONTEXT, "allowPrivilegeEscalation"))


@unit_rule("capabilities", _GROUP, fix="set securityContext.capabilities to {drop: [ALL]}")
def capabilities(subject: Subject) -> Iterator[Problem]:
    """Every container drops all capabilities, and adds none but NET_BIND_SERVICE.

    Runtimes give about fourteen by default, which a service does not need.
    """
    for pod, one in _containers(subject):
        found, path = mapping(one.value, _CONTEXT, "capabilities"), (*one.path, _CONTEXT, "capabilities")
        if "ALL" not in (found.get("drop") or ()):
            yield Problem(f"container {one.name} does not drop all capabilities", pod.manifest, (*path, "drop"))
        for index, added in enumerate(found.get("add") or ()):
            if added != "NET_BIND_SERVICE":
                message = f"container {one.name} adds the capability {added}"
                yield Problem(message, pod.manifest, (*path, "add", index), fix="remove it")


@unit_rule(
    "volume-types", _GROUP, fix="use a claim, an emptyDir, a ConfigMap or a Secret; for a folder of the node, waive it"
)
def volume_types(subject: Subject) -> Iterator[Problem]:
    """No pod mounts a folder of its node, or any other type of volume that restricted does not allow.

    What is on the node belongs to all its pods, the kubelet's credentials included.
    """
    for pod in subject.objects.pods:
        for path, volume in elements(pod.template, "spec", "volumes"):
            for kind in sorted(volume.keys() - {"name"} - _VOLUMES):
                message = f"volume {volume.get('name')} is of type {kind}"
                yield Problem(message, pod.manifest, (*pod.path, *path, kind))


@unit_rule("host-ports", _GROUP, fix="remove hostPort; a Service makes a port reachable")
def host_ports(subject: Subject) -> Iterator[Problem]:
    """No container takes a port of its node.

    It could be there once on a node, and go around NetworkPolicies.
    """
    for pod, one in _containers(subject):
        for path, port in elements(one.value, "ports"):
            if port.get("hostPort"):
                message = f"container {one.name} takes port {port['hostPort']} of its node"
                yield Problem(message, pod.manifest, (*one.path, *path, "hostPort"))


@unit_rule("run-as-non-root", _GROUP, fix="set securityContext.runAsNonRoot: true for the pod, and a runAsUser over 0")
def run_as_non_root(subject: Subject) -> Iterator[Problem]:
    """No container runs as root.

    Root in a container is root on the node as soon as there is a way out of it.
    """
    for pod, path, who, context in _contexts(subject):
        if context.get("runAsUser") == 0:
            yield Problem(f"{who} runs as user 0", pod.manifest, (*path, "runAsUser"))
        if context.get("runAsNonRoot") is False:
            yield Problem(f"{who} may run as root", pod.manifest, (*path, "runAsNonRoot"))
    for pod, one in _containers(subject):
        own, shared = (field(value, _CONTEXT, "runAsNonRoot") for value in (one.value, pod.spec))
        if own is None and shared is None:
            message = f"container {one.name} does not say that it is not root"
            yield Problem(message, pod.manifest, pod.at(_CONTEXT, "runAsNonRoot"))


@unit_rule("seccomp", _GROUP, fix="set securityContext.seccompProfile.type: RuntimeDefault for the pod")
def seccomp(subject: Subject) -> Iterator[Problem]:
    """Every container's system calls are filtered by the profile of the runtime, or by one of the node's.

    Most ways out of containers went through calls that the profile of the runtime forbids.
    """
    for pod, path, who, context in _contexts(subject):
        found = field(context, "seccompProfile", "type")
        if found is not None and found not in _PROFILES:
            message = f"{who} has the seccomp profile {found}"
            yield Problem(message, pod.manifest, (*path, "seccompProfile", "type"))
    for pod, one in _containers(subject):
        own, shared = (field(value, _CONTEXT, "seccompProfile", "type") for value in (one.value, pod.spec))
        if own is None and shared is None:
            message = f"container {one.name} has no seccomp profile"
            yield Problem(message, pod.manifest, pod.at(_CONTEXT, "seccompProfile"))


@unit_rule("mandatory-access", _GROUP, fix="remove the field: what the runtime chooses is allowed")
def mandatory_access(subject: Subject) -> Iterator[Problem]:
    """No pod weakens AppArmor or SELinux.

    Both hold a container to its own files; unconfined or with a user or role of SELinux it is not held.
    """
    for pod, path, who, context in _contexts(subject):
        if field(context, "appArmorProfile", "type") not in {None, *_PROFILES}:
            yield Problem(f"{who} weakens AppArmor", pod.manifest, (*path, "appArmorProfile", "type"))
        options = mapping(context, "seLinuxOptions")
        if options.get("user") or options.get("role") or options.get("type", "") not in _SELINUX_TYPES:
            yield Problem(f"{who} chooses its own SELinux context", pod.manifest, (*path, "seLinuxOptions"))
    for pod in subject.objects.pods:
        for key, value in mapping(pod.template, "metadata", "annotations").items():
            if key.startswith(_APPARMOR) and value != "runtime/default" and not str(value).startswith("localhost/"):
                yield Problem("the pod weakens AppArmor", pod.manifest, (*pod.path, "metadata", "annotations", key))


@unit_rule("proc-mount", _GROUP, fix="remove the field")
def proc_mount(subject: Subject) -> Iterator[Problem]:
    """No container sees more of /proc than the default mount shows.

    What the runtime hides there tells of, and changes, the node.
    """
    for pod, one in _containers(subject):
        if field(one.value, _CONTEXT, "procMount") not in {None, "Default"}:
            message = f"container {one.name} has another mount of /proc than the default"
            yield Problem(message, pod.manifest, (*one.path, _CONTEXT, "procMount"))


@unit_rule("sysctls", _GROUP, fix="remove it, or set it on the node")
def sysctls(subject: Subject) -> Iterator[Problem]:
    """No pod sets a kernel parameter that is not known to be its own.

    Others hold for the whole node.
    """
    for pod in subject.objects.pods:
        for path, one in elements(pod.template, "spec", _CONTEXT, "sysctls"):
            if one.get("name") not in _SYSCTLS:
                message = f"the pod sets the kernel parameter {one.get('name')}"
                yield Problem(message, pod.manifest, (*pod.path, *path, "name"))


@unit_rule("host-probes", _GROUP, fix="remove host: the kubelet asks the pod itself then")
def host_probes(subject: Subject) -> Iterator[Problem]:
    """No probe or lifecycle hook names a host.

    The kubelet would send the request from the node to wherever the name leads.
    """
    hooks: list[tuple[str, ...]] = [(probe,) for probe in ("livenessProbe", "readinessProbe", "startupProbe")]
    hooks += [("lifecycle", hook) for hook in ("postStart", "preStop")]
    for pod, one in _containers(subject):
        for hook in hooks:
            for action in ("httpGet", "tcpSocket"):
                if field(one.value, *hook, action, "host"):
                    message = f"container {one.name} names a host in {'.'.join(hook)}"
                    yield Problem(message, pod.manifest, (*one.path, *hook, action, "host"))


@unit_rule(
    "read-only-root", _GROUP, fix="set securityContext.readOnlyRootFilesystem: true; mount an emptyDir where it writes"
)
def read_only_root(subject: Subject) -> Iterator[Problem]:
    """No container can write to its image's file system.

    Nobody can put a program there then, and what a service writes is known by its mounts.
    """
    for pod, one in _containers(subject):
        if field(one.value, _CONTEXT, "readOnlyRootFilesystem") is not True:
            message = f"container {one.name} can write to its root file system"
            yield Problem(message, pod.manifest, (*one.path, _CONTEXT, "readOnlyRootFilesystem"))


@unit_rule(
    "api-token",
    _GROUP,
    fix="set automountServiceAccountToken: false, or bind its ServiceAccount to the role that it needs",
)
def api_token(subject: Subject) -> Iterator[Problem]:
    """No pod has a token of the API server that it does not need.

    A ServiceAccount to which a role of the unit is bound is taken to need it.
    """
    bound = {
        (one.get("namespace") or namespace_of(binding), one.get("name"))
        for binding in subject.objects.of_kind("RoleBinding", "ClusterRoleBinding")
        for _, one in elements(binding, "subjects")
    }
    for pod in subject.objects.pods:
        account = pod.spec.get("serviceAccountName") or "default"
        own = subject.objects.get("ServiceAccount", account, pod.namespace)
        mounts = pod.spec.get("automountServiceAccountToken", field(own, "automountServiceAccountToken"))
        if mounts is not False and (pod.namespace, account) not in bound:
            message = f"the pod gets a token of ServiceAccount {account}, to which no role is bound"
            yield Problem(message, pod.manifest, pod.at("automountServiceAccountToken"))
