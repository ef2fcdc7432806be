"""Reader and writer against a real kustomize, on generated documents.

Needs `kustomize` on PATH or in $IMBRICATE_KUSTOMIZE; `IMBRICATE_ORACLE_BATCHES` sets how many batches of 100 objects.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path
from textwrap import indent

import pytest

from imbricate.documents import Quoted, Value, dump_node, go_json, read_config, read_resources, write
from imbricate.documents.restyle import StructuredText
from imbricate.errors import DocumentError

KUSTOMIZE = os.environ.get("IMBRICATE_KUSTOMIZE") or shutil.which("kustomize") or ""
BATCHES = int(os.environ.get("IMBRICATE_ORACLE_BATCHES", "5"))
HEAD = "apiVersion: v1\nkind: Thing\nmetadata:\n  name: a\n"
# fmt: off
WORDS = [
    "a", "b", "key", "true", "yes", "no", "on", "null", "~", "012", "0x1F", "1e3", "1:30", "2001-01-01", "-", "--",
    "---", "...", "#", ":", "?", "&", "*", "!", "|", ">", "%", "@", "`", "'", '"', ",", "[", "]", "{", "}", "==",
    "=", ".", "..", ".5", "+1", "1_000", "é", "☃", "😀", "\u2028", "\x85", "\xa0", "\ufeff", "\\", "/", "word", "a:b",
    "a#b", "N", "0o17", "08", "190:20:30", "<i>", "½", "٣", "ª", "\t", "\r", "\n", "\x1b", "\x7f", "\ufffe", "", " ",
    "lorem", "ipsum", "dolor:", "it's", "antidisestablishment",
]
# fmt: on
NUMBERS = [0, 1, -5, 1.5, 1e20, 1e-7, 2**63, 2**64 - 1, -(2**63), 123456789.5, 0.1, 0.00001]
SNIPPETS = (Path(__file__).parent / "snippets.txt").read_text(encoding="utf-8").split("\n---\n")
DEVIATIONS = {
    "v: [a:, b]": "libyaml refuses a colon before a comma; go-yaml takes it for a part of the scalar",
    'v:\n  "<<": 2\n  "<<": 3': "kyaml drops the first of two quoted merge keys, we drop both",
}
pytestmark = [pytest.mark.oracle, pytest.mark.skipif(not KUSTOMIZE, reason="no kustomize on PATH")]


def build(folder: Path, resources: str, more: str = "") -> str | None:
    """Give what `kustomize build` prints for one resource file, None where it fails."""
    (folder / "kustomization.yaml").write_text("resources: [r.yaml]\nsortOptions: {order: fifo}\n" + more)
    (folder / "r.yaml").write_text(resources, newline="", encoding="utf-8")
    done = subprocess.run([KUSTOMIZE, "build", str(folder)], capture_output=True, check=False)
    return done.stdout.decode() if done.returncode == 0 else None


def ours(resources: str) -> str | None:
    try:
        return write(read_resources(resources, "r.yaml"))
    except DocumentError:
        return None


def some_text(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.5:
        return "".join(chance.choices(WORDS, k=chance.randint(0, 6)))
    if kind < 0.8:
        return " ".join(chance.choices(WORDS[-5:], k=chance.randint(5, 40)))
    lines = [" ".join(chance.choices(WORDS[-12:], k=chance.randint(0, 12))) for _ in range(chance.randint(1, 5))]
    return "\n".join(lines) + "\n" * chance.randint(0, 3)


def some_key(chance: random.Random) -> str:
    # Where letters and numbers mix go-yaml's order is no order, and kustomize's own output is chance.
    name = chance.choice(["a", "b", "name", "Zeta", "x-y", "x.y", "_", "~", "y", "true", "k" * 127, "k" * 130])
    return name + chance.choice(["", "é", "-", " ", ": ", "\n"])


def some_value(chance: random.Random, depth: int = 0) -> Value:
    kind = chance.random()
    if depth < 4 and kind < 0.25:
        return {some_key(chance): some_value(chance, depth + 1) for _ in range(chance.randint(0, 5))}
    if depth < 4 and kind < 0.45:
        return [some_value(chance, depth + 1) for _ in range(chance.randint(0, 4))]
    return some_text(chance) if kind < 0.85 else chance.choice([None, True, False, *NUMBERS])


def as_objects(values: list[Value]) -> str:
    """Write objects that hold the values, half of them as JSON, half as a node with its own styles."""
    objects = [
        {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": f"n{number}"}, "v": value}
        for number, value in enumerate(values)
    ]
    texts = [go_json(one) + "\n" if number % 2 else dump_node(one) for number, one in enumerate(objects)]
    return "---\n".join(texts)


def disagreements(folder: Path, values: list[Value]) -> list[Value]:
    """Give the values on which we and kustomize differ; one that kustomize refuses spoils its batch, so halve that."""
    text = as_objects(values)
    theirs = build(folder, text)
    if theirs == ours(text) and (theirs is not None or len(values) == 1):
        return []
    if len(values) == 1:
        return values
    half = len(values) // 2
    return disagreements(folder, values[:half]) + disagreements(folder, values[half:])


@pytest.mark.parametrize("seed", range(BATCHES))
def test_generated_documents(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a reproducible sample

    assert disagreements(tmp_path, [some_value(chance) for _ in range(100)]) == []


def marked(snippet: str) -> object:
    reason = DEVIATIONS.get(snippet)
    return pytest.param(snippet, marks=pytest.mark.xfail(strict=True, reason=reason)) if reason else snippet


@pytest.mark.parametrize("snippet", [marked(one) for one in SNIPPETS])
def test_snippets(tmp_path: Path, snippet: str) -> None:
    text = f"{HEAD}{snippet}\n"

    assert ours(text) == build(tmp_path, text)


# Of the keys 5 and "5" kustomize takes one or the other from run to run: Go's maps have no order.
RANDOM = {'5: 1\n"5": 2', 'v:\n  1: 1\n  "1": 2'}


@pytest.mark.parametrize("snippet", [marked(one) for one in SNIPPETS if "<<" not in one and one not in RANDOM])
def test_snippets_as_configuration(tmp_path: Path, snippet: str) -> None:
    patch = "- op: add\n  path: /v\n  value:\n    w: 0\n" + indent(snippet, "    ") + "\n"
    (tmp_path / "p.yaml").write_text(patch, newline="", encoding="utf-8")
    theirs = build(tmp_path, HEAD, "patches: [{path: p.yaml, target: {kind: Thing}}]\n")
    try:
        value = read_config(patch, "p.yaml")[0]["value"]
        written = write([{**read_resources(HEAD, "r.yaml")[0], "v": value}])
    except DocumentError:
        written = None

    assert written == theirs


STRUCTURED = (Path(__file__).parent / "structured.txt").read_text(encoding="utf-8").split("\n===\n")


@pytest.mark.parametrize("text", STRUCTURED)
def test_structured_text(tmp_path: Path, text: str) -> None:
    resource = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"t": text}}
    replacement = "replacements: [{sourceValue: NEW, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.t.a]}]}]\n"
    theirs = build(tmp_path, go_json(resource), replacement)
    try:
        structured = StructuredText(text)
        old = structured.value["a"]
        structured.value["a"] = Quoted("NEW") if isinstance(old, Quoted) else "NEW"
        resource["data"] = {"t": structured.text()}
    except DocumentError:
        pass  # then nothing changes

    assert write([resource]) == theirs
