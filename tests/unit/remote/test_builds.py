"""Builds of remote bases and files: what they give, what they are locked to, what they refuse."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from imbricate.cli import main
from imbricate.composition import compose
from imbricate.errors import ImbricateError
from imbricate.options import BuildOptions, RemoteOptions
from tests.unit.remote.conftest import git

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.remote.conftest import Repository, Server, Write

    Make = Callable[[str], Repository]

ALLOWED = RemoteOptions(allowed=True)
LOCKED = RemoteOptions(allowed=True, locked=True)


def config_map(name: str, **data: str) -> str:
    lines = "".join(f"  {key}: {value}\n" for key, value in data.items())
    return ("data:\n" + lines if lines else "") + f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n"


def resources(*entries: str) -> str:
    return "resources:\n" + "".join(f"- {one}\n" for one in entries)


BASE = {"base/kustomization.yaml": resources("c.yaml"), "base/c.yaml": config_map("c", v="one")}


def built(folder: str = "overlay", remote: RemoteOptions = ALLOWED) -> str:
    return compose(folder, BuildOptions(remote=remote)).text


def error_of(folder: str = "overlay", remote: RemoteOptions = ALLOWED) -> str:
    with pytest.raises(ImbricateError) as caught:
        built(folder, remote)
    return str(caught.value)


def lock_of(folder: Path) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads((folder / "imbricate.lock").read_text())["entries"]
    return found


@pytest.fixture
def shop(repository: Make, write: Write) -> Repository:
    """Make a repository with a base, and an overlay that names its branch."""
    found = repository("shop")
    found.commit(BASE)
    write("overlay/kustomization.yaml", resources(f"{found.url}//base?ref=main"))
    return found


@pytest.mark.parametrize("field", ["resources", "bases", "components", "generators", "transformers", "validators"])
def test_remote_entries_are_off_unless_allowed(field: str, write: Write) -> None:
    write("overlay/kustomization.yaml", f"{field}:\n- https://example.com/org/repo//base?ref=v1\n")

    assert error_of(remote=RemoteOptions()) == (
        f"overlay/kustomization.yaml: {field}[0]: 'https://example.com/org/repo//base?ref=v1' is remote, which is off: "
        "allow it with --allow-remote, or bring it into the repository and name its path"
    )


URL = "https://example.com/f.yaml"


@pytest.mark.parametrize(
    ("kustomization", "field"),
    [
        (f"openapi: {{path: {URL}}}", "openapi.path"),
        (f"crds: [{URL}]", "crds[0]"),
        (f"configurations: [{URL}]", "configurations[0]"),
        (f"patches: [{{path: {URL}}}]", "patches[0].path"),
        (f"replacements: [{{path: {URL}}}]", "replacements[0]"),
        (f"configMapGenerator: [{{name: g, files: [{URL}]}}]", "configMapGenerator[0].files[0]"),
        (f"configMapGenerator: [{{name: g, envs: [{URL}]}}]", "configMapGenerator[0].envs[0]"),
    ],
)
def test_files_at_urls_are_off_in_every_field_that_takes_them(kustomization: str, field: str, write: Write) -> None:
    write("overlay/kustomization.yaml", kustomization)

    assert error_of(remote=RemoteOptions()) == (
        f"overlay/kustomization.yaml: {field}: 'https://example.com/f.yaml' is remote, which is off: "
        "allow it with --allow-remote, or bring it into the repository and name its path"
    )


def test_an_environment_variable_allows_remote_entries(
    shop: Repository, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert shop.folder.is_dir()
    assert main(["build", "overlay"]) == 1
    monkeypatch.setenv("IMBRICATE_ALLOW_REMOTE", "1")

    assert main(["build", "overlay"]) == 0
    assert b"v: one" in capfdbinary.readouterr().out


def test_the_first_build_locks_and_later_ones_do_not_move(shop: Repository, tmp_path: Path) -> None:
    first = shop.commit({})
    assert "v: one" in built()
    shop.commit({"base/c.yaml": config_map("c", v="two")})

    assert "v: one" in built()
    assert [one["commit"] for one in lock_of(tmp_path / "overlay").values()] == [first]


def test_a_locked_commit_is_fetched_again_when_the_cache_is_gone(shop: Repository, at_home: Path) -> None:
    built()
    shop.commit({"base/c.yaml": config_map("c", v="two")})
    shutil.rmtree(at_home)

    assert "v: one" in built(remote=LOCKED)


def test_imbricate_lock_updates(shop: Repository, tmp_path: Path) -> None:
    built()
    second = shop.commit({"base/c.yaml": config_map("c", v="two")})

    assert main(["lock", "overlay"]) == 0
    assert lock_of(tmp_path / "overlay")[f"{shop.url}//base?ref=main"]["commit"] != second
    assert main(["lock", "overlay", "--update"]) == 0
    assert lock_of(tmp_path / "overlay")[f"{shop.url}//base?ref=main"]["commit"] == second
    assert "v: two" in built(remote=LOCKED)


def test_imbricate_lock_drops_what_is_named_no_more(shop: Repository, write: Write, tmp_path: Path) -> None:
    built()
    write("overlay/kustomization.yaml", resources(f"{shop.url}//base"))

    assert main(["lock", "overlay"]) == 0
    assert list(lock_of(tmp_path / "overlay")) == [f"{shop.url}//base"]


def test_a_shared_lock_keeps_the_entries_of_others(shop: Repository, write: Write, tmp_path: Path) -> None:
    write("other/kustomization.yaml", resources(f"{shop.url}//base"))

    assert main(["lock", "overlay", "--lock", "."]) == 0
    assert main(["lock", "other", "--lock", "."]) == 0
    assert set(lock_of(tmp_path)) == {f"{shop.url}//base", f"{shop.url}//base?ref=main"}
    assert not (tmp_path / "overlay" / "imbricate.lock").exists()


def test_another_path_of_a_locked_ref_is_of_the_same_commit(shop: Repository, write: Write, tmp_path: Path) -> None:
    shop.commit({"more/kustomization.yaml": resources("m.yaml"), "more/m.yaml": config_map("m", v="one")})
    built()
    shop.commit({"more/m.yaml": config_map("m", v="two")})
    write("overlay/kustomization.yaml", resources(f"{shop.url}//base?ref=main", f"{shop.url}//more?ref=main"))

    assert "v: two" not in built()
    assert len({one["commit"] for one in lock_of(tmp_path / "overlay").values()}) == 1


def test_locked_refuses_what_the_lock_does_not_have(shop: Repository, write: Write, tmp_path: Path) -> None:
    built()
    write("overlay/kustomization.yaml", resources(f"{shop.url}//base?ref=mian"))
    before = (tmp_path / "overlay/imbricate.lock").read_bytes()

    assert error_of(remote=LOCKED) == (
        f"overlay/kustomization.yaml: resources[0]: '{shop.url}//base?ref=mian' is not in imbricate.lock "
        f"(it has '{shop.url}//base?ref=main'), which --locked asks for; add it: imbricate lock"
    )
    assert (tmp_path / "overlay/imbricate.lock").read_bytes() == before


def test_what_is_locked_and_cached_needs_no_network_and_no_git(
    repository: Make, write: Write, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository("shop").commit(BASE)
    url = server.answer("/f.yaml", config_map("f"))
    write("overlay/kustomization.yaml", resources(f"{server.url}/shop//base?ref=main", url))
    expected = built()
    asked = len(server.asked)
    monkeypatch.setenv("PATH", "/nowhere")

    assert built(remote=LOCKED) == built() == expected
    assert len(server.asked) == asked


def test_a_build_that_fails_locks_nothing(shop: Repository, write: Write, tmp_path: Path) -> None:
    write("overlay/kustomization.yaml", resources(f"{shop.url}//base", "gone.yaml"))

    assert error_of() == "overlay/kustomization.yaml: resources[1]: 'gone.yaml' does not exist"
    assert not (tmp_path / "overlay/imbricate.lock").exists()


def test_a_locked_commit_that_is_gone_is_named(shop: Repository, tmp_path: Path) -> None:
    built()
    lock = tmp_path / "overlay/imbricate.lock"
    commit = lock_of(lock.parent)[f"{shop.url}//base?ref=main"]["commit"]
    lock.write_text(lock.read_text().replace(commit, "0" * 40))

    assert error_of(remote=LOCKED) == (
        f"overlay/kustomization.yaml: resources[0]: '{shop.url} at main' has no commit {'0' * 40}, "
        "which imbricate.lock names; renew it: imbricate lock --update"
    )


def test_a_commit_that_holds_something_else_than_was_locked_is_refused(shop: Repository, tmp_path: Path) -> None:
    commit = shop.commit({})
    built()
    lock = tmp_path / "overlay/imbricate.lock"
    digest = lock_of(lock.parent)[f"{shop.url}//base?ref=main"]["digest"]
    lock.write_text(lock.read_text().replace(digest, "0" * 64))

    assert error_of() == (
        f"overlay/kustomization.yaml: resources[0]: '{shop.url}//base?ref=main' commit {commit[:7]} does not hold "
        "what imbricate.lock says; look why, then: imbricate lock --update"
    )


def test_a_changed_file_is_refused_until_the_lock_is_renewed(write: Write, server: Server, at_home: Path) -> None:
    url = server.answer("/f.yaml", config_map("f", v="one"))
    write("overlay/kustomization.yaml", resources(url))
    built()
    server.answer("/f.yaml", config_map("f", v="two"))
    assert "v: one" in built()
    shutil.rmtree(at_home)

    message = error_of()
    assert message.startswith(f"overlay/kustomization.yaml: resources[0]: '{url}' has changed since it was locked: ")
    assert message.endswith("; renew it: imbricate lock --update")
    assert main(["lock", "overlay", "--update"]) == 0
    assert "v: two" in built(remote=LOCKED)


def test_files_at_urls_are_read_wherever_a_path_may_stand(write: Write, server: Server) -> None:
    patch = server.answer("/p.yaml", config_map("f", patched="at-url"))
    env = server.answer("/e.env", "A=b\n")
    text = server.answer("/t.txt", "text")
    write("overlay/f.yaml", config_map("f"))
    write(
        "overlay/kustomization.yaml",
        f"{resources('f.yaml')}patches: [{{path: {patch}}}]\n"
        f"configMapGenerator: [{{name: g, envs: [{env}], files: [{text}]}}]\n",
    )

    assert "patched: at-url" in built()
    assert "  A: b\n  t.txt: text\n" in built(remote=LOCKED)


def test_what_is_no_file_of_resources_is_taken_for_a_repository(
    repository: Make, write: Write, server: Server, tmp_path: Path
) -> None:
    repository("org/shop").commit(BASE)
    url = server.answer("/org/shop/base", "<html><p>a page: of html</p></html>")
    write("overlay/kustomization.yaml", resources(url))

    assert "name: c" in built()
    assert set(lock_of(tmp_path / "overlay")[url]) == {"commit", "digest", "ref", "repository"}
    asked = server.asked.count(("/org/shop/base", ""))
    built()
    assert server.asked.count(("/org/shop/base", "")) == asked


def test_neither_a_file_nor_a_repository_says_both(write: Write, server: Server) -> None:
    write("overlay/kustomization.yaml", resources(f"{server.url}/org/none/x.yaml"))

    message = error_of()
    assert message.startswith(
        f"overlay/kustomization.yaml: resources[0]: '{server.url}/org/none/x.yaml' cannot be fetched: git fetch: "
    )
    assert message.endswith("; nor is it a file of resources: gives status 404 (Not Found)")


def test_a_url_that_can_be_no_repository_gives_its_own_error(write: Write, server: Server) -> None:
    write("overlay/kustomization.yaml", resources(f"{server.url}/x.yaml"))

    assert error_of() == (
        f"overlay/kustomization.yaml: resources[0]: '{server.url}/x.yaml' gives status 404 (Not Found)"
    )


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"base/kustomization.yaml": resources("../../outside")},
            "{repo}@{commit}//base/kustomization.yaml: resources[0]: '../../outside' does not exist",
        ),
        (
            {"base/kustomization.yaml": resources("../../../../../../../../outside")},
            (
                "{repo}@{commit}//base/kustomization.yaml: resources[0]: '../../../../../../../../outside' "
                "leads out of the repository that it is in"
            ),
        ),
        (
            {"base/kustomization.yaml": resources("../c.yaml"), "c.yaml": config_map("c")},
            (
                "{repo}@{commit}//base/kustomization.yaml: resources[0]: '../c.yaml' is not in or below the "
                "kustomization's folder (--load-restrictor)"
            ),
        ),
        (
            {"README": ""},
            "overlay/kustomization.yaml: resources[0]: '{repo}//base?ref=main' has no 'base' at commit {commit}",
        ),
        (
            {"base": "text"},
            (
                "overlay/kustomization.yaml: resources[0]: '{repo}//base?ref=main' 'base' is a file, expected a folder "
                "at commit {commit}"
            ),
        ),
        (
            {"base/README": ""},
            (
                "overlay/kustomization.yaml: resources[0]: '{repo}@{commit}//base' holds no kustomization: expected "
                "one of kustomization.yaml, kustomization.yml, Kustomization"
            ),
        ),
        (
            {"base/kustomization.yaml": resources("{repo}//base?ref=main")},
            (
                "{repo}@{commit}//base/kustomization.yaml: resources[0]: '{repo}//base?ref=main' is a cycle: it leads "
                "to '{repo}//base?ref=main', which is being built"
            ),
        ),
        (
            {"base/kustomization.yaml": resources("{repo}//base?ref=main&x=other-spelling")},
            (
                "{repo}@{commit}//base/kustomization.yaml: resources[0]: '{repo}//base?ref=main&x=other-spelling' is a "
                "cycle: it leads to '{repo}//base?ref=main', which is being built"
            ),
        ),
    ],
)
def test_a_repository_keeps_to_itself(
    files: dict[str, str], message: str, repository: Make, write: Write, tmp_path: Path
) -> None:
    found = repository("shop")
    commit = found.commit({name: text.replace("{repo}", found.url) for name, text in files.items()})
    write("outside/kustomization.yaml", resources("c.yaml"))
    write("overlay/kustomization.yaml", resources(f"{found.url}//base?ref=main"))
    depth = len(tmp_path.parts) + 6
    if "leads out" in message:
        up = "../" * depth + str(tmp_path / "outside").lstrip("/")
        long = "../../../../../../../../outside"
        commit = found.commit({"base/kustomization.yaml": resources(up)})
        message = message.replace(long, up)

    assert error_of(remote=RemoteOptions(allowed=True)) == message.format(repo=found.url, commit=commit[:7])


@pytest.mark.parametrize("link", ["base/c.yaml", "base"])
def test_links_out_of_a_repository_are_refused(link: str, repository: Make, write: Write, tmp_path: Path) -> None:
    found = repository("shop")
    write("outside/kustomization.yaml", resources("c.yaml"))
    target = write("outside/c.yaml", config_map("secret"))
    found.commit({"base/kustomization.yaml": resources("c.yaml"), "more/kustomization.yaml": resources("../base")})
    if link == "base":
        shutil.rmtree(found.folder / "base")
        target = target.parent
    (found.folder / link).symlink_to(target)
    commit = found.commit({})
    write("overlay/kustomization.yaml", resources(f"{found.url}//base"))
    write("more/kustomization.yaml", resources(f"{found.url}//more"))

    assert tmp_path.joinpath("outside/c.yaml").is_file()
    if link == "base":
        assert error_of() == (
            f"overlay/kustomization.yaml: resources[0]: '{found.url}//base' 'base' leads out of the repository "
            f"at commit {commit[:7]}"
        )
        assert error_of("more") == (
            f"{found.url}@{commit[:7]}//more/kustomization.yaml: resources[0]: '../base' leads out of the repository "
            "that it is in"
        )
    else:
        assert error_of() == (
            f"{found.url}@{commit[:7]}//base/kustomization.yaml: resources[0]: 'c.yaml' is not in or below the "
            "kustomization's folder (--load-restrictor)"
        )


def test_a_repository_from_elsewhere_cannot_name_one_on_this_machine(
    shop: Repository, repository: Make, write: Write, server: Server
) -> None:
    commit = repository("far").commit({"kustomization.yaml": resources(f"{shop.url}//base")})
    write("overlay/kustomization.yaml", resources(f"{server.url}/far//"))

    assert error_of() == (
        f"{server.url}/far@{commit[:7]}//kustomization.yaml: resources[0]: '{shop.url}//base' is a repository on this "
        "machine, named by one from elsewhere"
    )


def test_submodules_come_along_unless_declined(repository: Make, write: Write, server: Server) -> None:
    repository("inner").commit(BASE)
    outer = repository("outer")
    outer.commit({"kustomization.yaml": resources("sub/base")})
    git(outer.folder, "submodule", "--quiet", "add", f"{server.url}/inner", "sub")
    commit = outer.commit({})
    write("overlay/kustomization.yaml", resources(f"{server.url}/outer//"))
    write("without/kustomization.yaml", resources(f"{server.url}/outer//?submodules=false"))

    assert "name: c" in built()
    assert error_of("without") == (
        f"{server.url}/outer@{commit[:7]}//kustomization.yaml: resources[0]: 'sub/base' does not exist"
    )


def test_passwords_are_neither_shown_nor_kept(
    repository: Make, write: Write, server: Server, tmp_path: Path, at_home: Path
) -> None:
    repository("shop").commit(
        {"kustomization.yaml": "buildMetadata: [originAnnotations]\n" + resources("base"), **BASE}
    )
    server.answer("/f.yaml", config_map("f"))
    host = server.url.removeprefix("http://")
    shop, file = f"http://me:hunter2@{host}/shop//", f"http://me:hunter2@{host}/f.yaml?token=hunter2"
    server.answer("/f.yaml?token=hunter2", config_map("f"))
    write("overlay/kustomization.yaml", "buildMetadata: [originAnnotations]\n" + resources(shop, file))

    assert "hunter2" not in built()
    assert "hunter2" not in (tmp_path / "overlay/imbricate.lock").read_text()
    assert all(b"hunter2" not in one.read_bytes() for one in at_home.rglob("*") if one.is_file())
    assert ("/f.yaml?token=hunter2", "Basic bWU6aHVudGVyMg==") in server.asked
    write("overlay/kustomization.yaml", resources(f"http://me:hunter2@{host}/org/none//x"))
    assert "hunter2" not in error_of()


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("ssh://-oProxyCommand=touch${IFS}pwned/org/repo", "strange hostname"),
        ("git@-oProxyCommand=touch${IFS}pwned:org/repo", "Could not read from remote repository"),
        ("{url}//base?ref=--upload-pack=touch${IFS}pwned", "couldn't find remote ref"),
    ],
)
def test_an_entry_cannot_pass_git_an_option(
    entry: str, reason: str, shop: Repository, write: Write, tmp_path: Path
) -> None:
    write("overlay/kustomization.yaml", resources(json.dumps(entry.replace("{url}", shop.url))))

    message = error_of()
    assert reason in message
    assert "\n" not in message
    assert not list(tmp_path.rglob("pwned"))


def test_hooks_of_the_user_do_not_run(shop: Repository, tmp_path: Path, write: Write) -> None:
    hook = write("home/hooks/post-checkout", "#!/bin/sh\ntouch $HOME/ran\n")
    hook.chmod(0o755)
    write("home/.gitconfig", f"[core]\nhooksPath = {hook.parent}\n[init]\ntemplateDir = {hook.parent.parent}\n")

    assert f"{shop.url}//base?ref=main" in error_of(remote=LOCKED)
    assert "name: c" in built()
    assert not (tmp_path / "home/ran").exists()


def test_git_that_takes_too_long_is_ended(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ssh = write("ssh", "#!/bin/sh\nsleep 60\n")
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
    write("overlay/kustomization.yaml", resources("git@example.com:org/repo?timeout=300ms"))

    assert tmp_path.is_dir()
    assert error_of() == (
        "overlay/kustomization.yaml: resources[0]: 'git@example.com:org/repo' cannot be fetched: git took more than "
        "0.3 s; give it longer with ?timeout=120"
    )


def test_without_git_the_error_says_so(shop: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert error_of() == (
        f"overlay/kustomization.yaml: resources[0]: '{shop.url} at main' needs git, which cannot be run: "
        "No such file or directory; is it installed?"
    )


def test_the_target_itself_may_be_remote(shop: Repository) -> None:
    target = f"{shop.url}//base?ref=main"

    assert "name: c" in built(target)
    assert error_of(target, RemoteOptions()) == (
        f"'{target}' is remote, which is off: allow it with --allow-remote, or bring it into the repository and name "
        "its path"
    )


def test_a_remote_target_has_no_place_for_a_lock(shop: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    target = f"{shop.url}//base"

    assert main(["lock", target]) == 1
    assert capsys.readouterr().err == f"Error: '{target}' is no folder to put imbricate.lock in; use --lock PATH\n"


def test_a_cache_that_cannot_be_made_is_named(
    shop: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(shop.folder / "base/c.yaml"))

    assert error_of() == (
        "repositories/shop/base/c.yaml/imbricate/remote cannot be written: Not a directory; "
        "the cache of remote bases is at $XDG_CACHE_HOME"
    )
    assert not (tmp_path / "overlay/imbricate.lock").exists()


def test_a_lock_of_a_newer_version_is_refused(shop: Repository, write: Write) -> None:
    lock = write("overlay/imbricate.lock", '{"version": 2, "entries": {}}')
    before = lock.read_bytes()

    assert error_of() == ("overlay/imbricate.lock: is of version 2, expected 1: a newer imbricate wrote it; use that")
    assert shop.folder.is_dir()
    assert lock.read_bytes() == before
