"""What a connection does with a real API server's answers."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING, Any

import pytest

from tasks.connection import ApiServerError, Connection, ImmutableError, RefusedError, connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.gitops_consumers.control_plane import ControlPlane

UNKNOWN = {"apiVersion": "example.com/v1", "kind": "Shoe", "metadata": {"name": "web", "namespace": "default"}}


@pytest.fixture
def connection(plain: ControlPlane) -> Connection:
    return connect("test", str(plain.kubeconfig))


@pytest.fixture
def namespace(plain: ControlPlane) -> Iterator[str]:
    name = f"connection-{time.time_ns()}"
    plain.kubectl("create", "namespace", name)
    yield name
    plain.kubectl("delete", "namespace", name, "--wait=false")


def config_map(namespace: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": namespace}, **fields}


def test_an_object_is_made_changed_and_deleted(connection: Connection, namespace: str) -> None:
    first = config_map(namespace, data={"a": "1"})
    assert connection.get(first) is None
    connection.apply(first)

    applied = connection.apply(config_map(namespace, data={"b": "2"}))

    assert applied["data"] == {"b": "2"}
    assert [entry["manager"] for entry in applied["metadata"]["managedFields"]] == ["imbricate"]
    assert connection.delete(first)
    assert connection.get(first) is None
    assert not connection.delete(first)


def test_a_dry_run_tells_what_would_be_and_changes_nothing(connection: Connection, namespace: str) -> None:
    connection.apply(config_map(namespace, data={"a": "1"}), "somebody")

    shown = connection.apply(config_map(namespace, data={"a": "2"}), "somebody", dry_run=True)

    assert shown["data"] == {"a": "2"}
    assert (connection.get(config_map(namespace)) or {})["data"] == {"a": "1"}


def test_what_an_object_may_not_change_is_told_from_what_is_wrong_with_it(
    connection: Connection, namespace: str
) -> None:
    connection.apply(config_map(namespace, data={"a": "1"}, immutable=True))

    with pytest.raises(ImmutableError) as fixed:
        connection.apply(config_map(namespace, data={"a": "2"}, immutable=True))
    with pytest.raises(RefusedError) as wrong:
        connection.apply({**config_map(namespace), "metadata": {"name": "No Name", "namespace": namespace}})

    assert fixed.value.said.endswith("field is immutable when `immutable` is set")
    assert str(fixed.value) == f"cluster test: applying ConfigMap/web: {fixed.value.said}"
    assert not isinstance(wrong.value, ImmutableError)


def test_the_content_of_a_secret_is_not_in_what_is_said_of_it(connection: Connection, namespace: str) -> None:
    secret = {**config_map(namespace), "kind": "Secret", "stringData": {"hunter2 hunter2": "hunter2"}}

    with pytest.raises(RefusedError) as caught:
        connection.apply(secret)

    assert str(caught.value) == "cluster test: applying Secret/web: 422 Invalid"


def test_a_kind_that_is_not_served_is_nowhere_and_cannot_be_applied(connection: Connection) -> None:
    assert not connection.serves(UNKNOWN)
    assert connection.get(UNKNOWN) is None
    assert not connection.delete(UNKNOWN)
    with pytest.raises(ApiServerError) as caught:
        connection.apply(UNKNOWN)
    assert str(caught.value) == "cluster test does not serve Shoe of example.com/v1"


def test_a_namespace_that_is_not_there_is_named(connection: Connection) -> None:
    with pytest.raises(ApiServerError) as caught:
        connection.apply(config_map("nowhere"))

    assert str(caught.value) == 'cluster test: applying ConfigMap/web: namespaces "nowhere" not found'


def test_a_server_that_does_not_know_the_user_is_one_line(plain: ControlPlane, tmp_path: Path) -> None:
    stranger = tmp_path / "kubeconfig"
    stranger.write_text(plain.kubeconfig.read_text().replace("token: ", "token: not-"))

    with pytest.raises(ApiServerError) as caught:
        connect("test", str(stranger))

    assert str(caught.value).splitlines()[0] == "cluster test cannot be reached: 401"


def test_what_a_cluster_serves_is_kept_where_nobody_else_can_put_it_and_goes_with_the_connection(
    plain: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    found = connect("test", str(plain.kubeconfig))

    (folder,) = tmp_path.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    del found
    gc.collect()
    assert list(tmp_path.iterdir()) == []
