"""Input that wants to hang, to fill the memory, to read elsewhere, or to end in a traceback: refused, or built quickly.

IMBRICATE_MUTATIONS sets how many damaged cases are built; a failure names its seed, from which it can be made again.
"""

from __future__ import annotations

import itertools
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from imbricate.errors import ImbricateError
from tests.conformance.harness import build, ours
from tests.unit.mutations import KINDS, mutant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parent.parent.parent
SECONDS = 1.0
MEBIBYTES = 200
MUTATIONS = int(os.environ.get("IMBRICATE_MUTATIONS", "300"))
HANGS_AFTER = 5
SHARE = 100

RESOURCES = "resources:\n- a.yaml\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
RUN = """\
import re, sys, time
from imbricate.cli import main
status = main(["build"])
peak = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())
sys.stderr.write(f"{status} {time.process_time()} {int(peak[1]) / 1024}")
"""


class Run(NamedTuple):
    """A build in a process of its own: what it said, and what it cost."""

    status: int
    error: str
    bytes_out: int
    seconds: float
    mebibytes: float


def run(folder: Path, *, limit: int = 10) -> Run:
    """Build a folder in a process that may take so many seconds of a processor."""

    def keep_limits() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        preexec_fn=keep_limits,
    )
    error, _, costs = done.stderr.decode().rpartition("\n")
    assert done.returncode == 0, f"ended with {done.returncode}: {done.stderr.decode()[-2000:]}"
    status, seconds, mebibytes = costs.split()
    return Run(int(status), error, len(done.stdout), float(seconds), float(mebibytes))


def folder_of(tmp_path: Path, content: str, kustomization: str = RESOURCES) -> Path:
    (tmp_path / "kustomization.yaml").write_text(kustomization, encoding="utf-8")
    (tmp_path / "a.yaml").write_text(content, encoding="utf-8")
    return tmp_path


def tower(line: Callable[[str, str], str], first: str, levels: int = 12) -> str:
    """Write anchors a, b, c … of which each names the one before it several times."""
    names = "abcdefghijklmnopqrstuvwxyz"[: levels + 1]
    return first + "".join(line(upper, lower) for lower, upper in itertools.pairwise(names))


OUT_OF_PROPORTION = "grows out of proportion when its aliases are replaced by what they stand for"
TOO_DEEP = "is nested more than 200 levels deep"
LISTS = tower(lambda one, other: f"{one}: &{one} [{', '.join([f'*{other}'] * 9)}]\n", "a: &a [x, x, x]\n")
FLOW = "spec: {" + tower(
    lambda one, other: f", {one}: &{one} {{" + ", ".join(f"k{index}: *{other}" for index in range(9)) + "}",
    "a: &a {x: 1, y: 2}",
)
MERGE_KEYS = "spec:\n" + tower(
    lambda one, other: f"  {one}: &{one}\n    <<: [*{other}, *{other}]\n    x{one}: *{other}\n    y{one}: *{other}\n",
    "  a: &a {x: 1}\n",
    levels=20,
)


@pytest.mark.parametrize(
    ("content", "kustomization", "message"),
    [
        pytest.param(CONFIG_MAP + LISTS, RESOURCES, f"a.yaml:9:32: {OUT_OF_PROPORTION}", id="a bomb of aliases"),
        pytest.param("", LISTS + RESOURCES, f"kustomization.yaml:6:32: {OUT_OF_PROPORTION}", id="a bomb that is read"),
        pytest.param(CONFIG_MAP + FLOW + "}\n", RESOURCES, f"a.yaml:4:423: {OUT_OF_PROPORTION}", id="laughs in flow"),
        pytest.param(CONFIG_MAP + MERGE_KEYS, RESOURCES, f"a.yaml:45:9: {OUT_OF_PROPORTION}", id="merge keys"),
        pytest.param(
            CONFIG_MAP + f"data: {{a: &a {'x' * 1_000_000}, b: [{', '.join(['*a'] * 1000)}]}}\n",
            RESOURCES,
            f"a.yaml:4:1000104: {OUT_OF_PROPORTION}",
            id="a long text a thousand times",
        ),
        pytest.param(
            CONFIG_MAP + "spec: &s\n  a: *s\n",
            RESOURCES,
            "a.yaml:5:6: found the alias *s inside of what &s names",
            id="an alias of itself",
        ),
        pytest.param(
            CONFIG_MAP + "spec:\n" + "".join(" " * (depth + 1) + "a:\n" for depth in range(1000)),
            RESOURCES,
            f"a.yaml:204:201: {TOO_DEEP}",
            id="deep maps",
        ),
        pytest.param(
            CONFIG_MAP + "spec:\n" + "- " * 50_000 + "a\n", RESOURCES, f"a.yaml:5:399: {TOO_DEEP}", id="deep lists"
        ),
        pytest.param(
            CONFIG_MAP + "spec: " + "[" * 100_000, RESOURCES, f"a.yaml:4:206: {TOO_DEEP}", id="deep lists in flow"
        ),
        pytest.param(
            CONFIG_MAP + "spec: " + "{a: " * 50_000, RESOURCES, f"a.yaml:4:803: {TOO_DEEP}", id="deep maps in flow"
        ),
        pytest.param(
            "", "resources: " + "[" * 100_000, f"kustomization.yaml:1:211: {TOO_DEEP}", id="a deep kustomization"
        ),
        pytest.param(
            CONFIG_MAP,
            f"{RESOURCES}patches:\n- target: {{kind: ConfigMap}}\n  patch: '{'[' * 100_000}'\n",
            "kustomization.yaml: patches[0]: is no strategic merge patch and no JSON 6902 patch: "
            "kustomization.yaml: patches[0].patch: is nested too deeply",
            id="a deep patch in JSON",
        ),
        pytest.param(
            CONFIG_MAP + f"data:\n  ? {'x' * 5_000_000}\n  : a\n",
            RESOURCES,
            "data: expected a map key of at most 1024 characters in JSON, found one of 5000000",
            id="a key of 5 MB",
        ),
        pytest.param(
            CONFIG_MAP,
            f"{RESOURCES}replicas:\n- name: c\n  count: {'9' * 400}\n",
            f"kustomization.yaml: replicas[0].count: expected a whole number, found a string: '{'9' * 400}'",
            id="a count of 400 digits",
        ),
    ],
)
def test_what_would_not_end_is_refused(tmp_path: Path, content: str, kustomization: str, message: str) -> None:
    done = run(folder_of(tmp_path, content, kustomization))

    assert done.error == f"Error: {message}"
    assert done.status == 1
    assert done.bytes_out == 0
    assert done.seconds < SECONDS
    assert done.mebibytes < MEBIBYTES


@pytest.mark.parametrize(
    ("content", "least"),
    [
        pytest.param(CONFIG_MAP + f"data:\n  a: {'x' * 5_000_000}\n", 5_000_000, id="a plain text of 5 MB"),
        pytest.param(CONFIG_MAP + f'data:\n  a: "{"x y " * 1_250_000}"\n', 5_000_000, id="a quoted text of 5 MB"),
        pytest.param(
            CONFIG_MAP + "data:\n  a: |\n" + "    a line of a text\n" * 250_000, 5_000_000, id="a block of 5 MB"
        ),
        pytest.param(CONFIG_MAP + 'data:\n  a: "' + "\\u00e9\\x01 " * 300_000 + '"\n', 900_000, id="escapes"),
        pytest.param("---\n" * 100_000, 0, id="100,000 documents"),
        pytest.param(
            "".join(f"---\n{CONFIG_MAP.replace('c}', f'c{number}}}')}" for number in range(5_000)),
            250_000,
            id="5,000 objects",
        ),
        pytest.param(
            CONFIG_MAP + "data:\n" + "".join(f"  k{number}: v\n" for number in range(20_000)), 200_000, id="20,000 keys"
        ),
        pytest.param(CONFIG_MAP + f"spec:\n  a: {'9' * 20_000}\n", 20_000, id="a number of 20,000 digits"),
        pytest.param(CONFIG_MAP + "spec:\n  a: 1e999999999\n", 60, id="a number with a large exponent"),
        pytest.param(CONFIG_MAP + f"spec:\n  a: {'1:' * 200_000}1\n", 400_000, id="a number to the base of 60"),
    ],
)
def test_what_is_only_large_is_built_quickly(tmp_path: Path, content: str, least: int) -> None:
    done = run(folder_of(tmp_path, content))

    assert done.error == ""
    assert done.status == 0
    assert done.bytes_out >= least
    assert done.seconds < SECONDS
    assert done.mebibytes < MEBIBYTES


def _backtracks(folder: Path) -> Path:
    patch = '[{"op": "remove", "path": "/data"}]'
    content = CONFIG_MAP.replace("{name: c}", f"{{name: {'a' * 40}b}}")
    return folder_of(folder, content, f"{RESOURCES}patches: [{{target: {{name: '(a+)+'}}, patch: '{patch}'}}]\n")


def _image_backtracks(folder: Path) -> Path:
    pod = f"{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{image: '{'a' * 40}!'}}]}}}}\n"
    return folder_of(folder, pod, RESOURCES + "images: [{name: (a+)+, newTag: x}]\n")


def _doubles(folder: Path) -> Path:
    for level in range(1, 25):
        base = folder_of(_made(folder / f"base{level}"), "", f"resources: [../base{level - 1}, ../base{level - 1}]\n")
        (base / "a.yaml").unlink()
    folder_of(_made(folder / "base0"), CONFIG_MAP)
    return folder / "base24"


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(_backtracks, id="a pattern of a target"),
        pytest.param(_image_backtracks, id="a pattern of an image"),
        pytest.param(_doubles, id="bases named twice, 24 levels deep"),
    ],
)
def test_what_kustomize_ends_quickly_ends_quickly(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    done = run(make(tmp_path), limit=1)

    assert done.seconds < SECONDS


def _link(folder: Path, target: str) -> None:
    (folder / "a.yaml").unlink()
    (folder / "a.yaml").symlink_to(target)


def _pipe(folder: Path) -> None:
    (folder / "a.yaml").unlink()
    os.mkfifo(folder / "a.yaml")


def _huge(folder: Path) -> None:
    with (folder / "a.yaml").open("wb") as opened:
        opened.truncate(20 * 1024**3)


def _bytes(content: bytes) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "a.yaml").write_bytes(content)

    return write


OUTSIDE = "is not in or below the kustomization's folder (--load-restrictor)"
FIRST = "kustomization.yaml: resources[0]:"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            lambda folder: _link(folder, "a.yaml"), f"{FIRST} 'a.yaml' is a loop of symbolic links", id="loop"
        ),
        pytest.param(lambda folder: _link(folder, "/etc/passwd"), f"{FIRST} 'a.yaml' {OUTSIDE}", id="link out"),
        pytest.param(lambda folder: _link(folder, "/dev/zero"), f"{FIRST} 'a.yaml' {OUTSIDE}", id="link to a device"),
        pytest.param(
            lambda folder: _link(folder, "."),
            f"{FIRST} 'a.yaml' is a cycle: it holds ., which is being built",
            id="link to the folder",
        ),
        pytest.param(_pipe, f"{FIRST} 'a.yaml' is not a regular file", id="pipe"),
        pytest.param(_huge, f"{FIRST} 'a.yaml' is larger than 64 MiB", id="20 GiB"),
        pytest.param(_bytes(b"a: caf\xe9\n"), "a.yaml:1:7: expected UTF-8 text, found byte 0xe9", id="Latin-1"),
        pytest.param(
            _bytes(CONFIG_MAP.encode("utf-16")), "a.yaml:1:1: expected UTF-8 text, found byte 0xff", id="UTF-16"
        ),
        pytest.param(_bytes(b"a: x\0y\n"), "a.yaml:1:5: expected text, found the character U+0000", id="NUL"),
        pytest.param(
            _bytes(b'a: "\\ud800"\n'),
            "a.yaml:1:7: expected YAML: found invalid Unicode character escape code",
            id="D800",
        ),
    ],
)
def test_files_that_must_not_be_read(tmp_path: Path, change: Callable[[Path], None], message: str) -> None:
    change(folder_of(tmp_path, CONFIG_MAP))

    with in_time(), pytest.raises(ImbricateError) as caught:
        build(tmp_path)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("kustomization", "message"),
    [
        ("resources: [/etc/passwd]", f"{FIRST} '/etc/passwd' {OUTSIDE}"),
        (f"resources: [{'../' * 40}etc/passwd]", f"{FIRST} '{'../' * 40}etc/passwd' {OUTSIDE}"),
        ("resources: [/dev/zero]", f"{FIRST} '/dev/zero' {OUTSIDE}"),
        ("resources: [/]", f"{FIRST} '/' is absolute, expected a folder relative to the kustomization"),
        (
            "components: [/]",
            "kustomization.yaml: components[0]: '/' is absolute, expected a folder relative to",
        ),
        ("resources: [.]", f"{FIRST} '.' is a cycle: it holds ., which is being built"),
        ("resources: [..]", f"{FIRST} '..' is a cycle: it holds ., which is being built"),
        ('resources: ["a\\0.yaml"]', f"{FIRST} 'a\\x00.yaml' is no path: embedded null byte"),
        (f"resources: [{'a' * 5000}]", f"{FIRST} '{'a' * 5000}' cannot be read: File name too long"),
        ("crds: [/etc/passwd]", f"kustomization.yaml: crds[0]: '/etc/passwd' {OUTSIDE}"),
        ("configurations: [/etc/passwd]", f"kustomization.yaml: configurations[0]: '/etc/passwd' {OUTSIDE}"),
        ("patches: [{path: /etc/passwd}]", f"kustomization.yaml: patches[0].path: '/etc/passwd' {OUTSIDE}"),
        ("replacements: [{path: /etc/passwd}]", f"kustomization.yaml: replacements[0]: '/etc/passwd' {OUTSIDE}"),
        ("openapi: {path: /etc/passwd}", f"kustomization.yaml: openapi.path: '/etc/passwd' {OUTSIDE}"),
        (
            "configMapGenerator: [{name: c, files: [/etc/passwd]}]",
            f"kustomization.yaml: configMapGenerator[0].files[0]: '/etc/passwd' {OUTSIDE}",
        ),
        (
            "secretGenerator: [{name: c, envs: [/etc/../etc/passwd]}]",
            f"kustomization.yaml: secretGenerator[0].envs[0]: '/etc/../etc/passwd' {OUTSIDE}",
        ),
    ],
)
def test_paths_that_lead_out(tmp_path: Path, kustomization: str, message: str) -> None:
    folder_of(tmp_path, CONFIG_MAP, kustomization + "\n")

    with in_time(), pytest.raises(ImbricateError) as caught:
        build(tmp_path)

    assert re.sub(r" \(in .*", "", str(caught.value)).startswith(message)


def test_bases_that_name_each_other(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        (_made(tmp_path / name) / "kustomization.yaml").write_text(f"resources: [../{other}]\n")

    with pytest.raises(ImbricateError) as caught:
        build(tmp_path, "a")

    message = "c/kustomization.yaml: resources[0]: '../a' is a cycle: it holds a, which is being built"
    assert str(caught.value) == message


def test_a_tower_of_bases(tmp_path: Path) -> None:
    for level in range(1, 200):
        (_made(tmp_path / f"b{level}") / "kustomization.yaml").write_text(f"resources: [../b{level - 1}]\n")
    folder_of(_made(tmp_path / "b0"), CONFIG_MAP)

    assert build(tmp_path, "b100") == "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n"
    with in_time(), pytest.raises(ImbricateError) as caught:
        build(tmp_path, "b199")

    message = "b50/kustomization.yaml: resources[0]: '../b49' is more than 150 layers deep"
    assert str(caught.value) == message


class _HangError(BaseException):
    """A build took longer than it may; no `except Exception` swallows it."""


class in_time:  # noqa: N801 - read as a statement
    """Raise when a block hangs."""

    def __enter__(self) -> None:
        def ring(*_: object) -> None:
            raise _HangError

        self._before = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, HANGS_AFTER)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)


def _shares() -> Iterator[range]:
    for start in range(0, MUTATIONS, SHARE):
        yield range(start, min(start + SHARE, MUTATIONS))


@pytest.mark.parametrize("seeds", list(_shares()), ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_damaged_files_never_hang_and_never_crash(tmp_path: Path, seeds: range) -> None:
    """Every failure of a share is collected: the label holds the seed and what was damaged."""
    failures = []
    for seed in seeds:
        damaged = mutant(seed)
        root = damaged.write(tmp_path / str(seed))
        try:
            with in_time():
                outcome = ours(root, damaged.flags)
        except BaseException as error:  # noqa: BLE001 - this is what must not happen
            failures.append(f"{damaged.label}: {error!r}")
            continue
        if outcome.kind == "error" and outcome.text.count("\n") != 1:
            failures.append(f"{damaged.label}: more than one line: {outcome.text}")

    assert failures == []


def test_mutations_are_of_every_kind_and_made_again_from_the_seed() -> None:
    mutants = [mutant(seed) for seed in range(100)]

    assert {one.label.rpartition(": ")[2] for one in mutants} == set(KINDS)
    assert mutants[:10] == [mutant(seed) for seed in range(10)]


def test_a_hang_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "HANGS_AFTER", 0.05)
    with pytest.raises(_HangError), in_time():
        time.sleep(2)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            "patches:\n- target: {kind: A}\n  patch: |\n"
            + "".join(f"    - {{op: copy, from: /spec, path: /spec/c{number}}}\n" for number in range(60)),
            "kustomization.yaml: patches[0]: A/a: operation 19: copy /spec/c19: copies more than 1000000 values",
        ),
        (
            "replacements:\n"
            + "".join(
                f"- source: {{kind: A, fieldPath: spec}}\n"
                f"  targets: [{{select: {{kind: A}}, fieldPaths: [spec.c{number}], options: {{create: true}}}}]\n"
                for number in range(60)
            ),
            (
                "kustomization.yaml: replacements[19].targets[0].fieldPaths: A/a: spec.c19: "
                "copies more than 1000000 values"
            ),
        ),
    ],
    ids=["JSON patches", "replacements"],
)
def test_what_copies_itself_into_itself_is_stopped(tmp_path: Path, more: str, message: str) -> None:
    folder_of(tmp_path, "kind: A\nmetadata: {name: a}\nspec: {x: 1}\n", f"{RESOURCES}{more}")

    with pytest.raises(ImbricateError) as caught:
        build(tmp_path)

    assert str(caught.value) == message
