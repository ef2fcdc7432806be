"""doit bench: its inputs, its arguments, what it shows and keeps. How long something takes is no matter of tests."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from doit.exceptions import InvalidTask

import imbricate
from tasks.bench import arguments, contenders, record, table
from tasks.bench.chart import chart
from tasks.bench.errors import BenchError
from tasks.bench.measure import measure
from tasks.bench.profiler import profile
from tasks.bench.shapes import SHAPES, UNITS, inputs, write
from tasks.bench.task import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tasks.conftest import Doit

KUSTOMIZE = os.environ.get("IMBRICATE_KUSTOMIZE") or shutil.which("kustomize")
MADE = {"apps": 3, "layers": 2, "diamonds": 2, "crds": 1, "patches": 12, "replacements": 12, "configmaps": 11}
SVG = "{http://www.w3.org/2000/svg}"


def _program(path: Path, text: str) -> str:
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def _record(shape: str, size: int, *, seconds: float = 1.0, kustomize: bool = True) -> record.Record:
    times = {"median": seconds, "min": seconds, "max": seconds, "peak": 25.0}
    found = {"imbricate": times, "library": {**times, "median": seconds / 2}}
    return {
        "date": "2026-01-02T03:04:05+00:00",
        "machine": {"processor": "Abacus", "cores": 2, "load": 0.5},
        "python": "3.11.7",
        "versions": {"imbricate": "0.1.0"},
        "commit": "abc1234",
        "seed": 1,
        "repeat": 3,
        "shape": shape,
        "n": size,
        "output": 100,
        "equal": kustomize,
        "contenders": {**found, "kustomize": {**times, "median": seconds * 4, "peak": 50.0}} if kustomize else found,
    }


@pytest.fixture
def no_kustomize(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("IMBRICATE_KUSTOMIZE", raising=False)
    monkeypatch.setenv("PATH", str(project / "nothing"))
    return project


def test_every_shape_that_is_made_is_tested() -> None:
    assert {*MADE, UNITS} == set(SHAPES)


@pytest.mark.parametrize("shape", MADE)
def test_the_same_seed_gives_the_same_bytes(shape: str) -> None:
    assert inputs(shape, MADE[shape], 1) == inputs(shape, MADE[shape], 1)
    assert inputs(shape, MADE[shape], 1) != inputs(shape, MADE[shape], 2)


@pytest.mark.parametrize(
    ("shape", "objects"),
    [
        ("apps", 3 * 3),
        ("layers", 3 * 30),
        ("diamonds", 2 * 3 * 3),
        ("crds", 1),
        ("patches", 3 * 1),
        ("replacements", 3 * 1 + 1),
        ("configmaps", 11 + 2),
    ],
)
def test_a_shape_builds_to_as_many_objects_as_it_should(tmp_path: Path, shape: str, objects: int) -> None:
    [unit] = write(inputs(shape, MADE[shape], 1), tmp_path)

    assert len(list(imbricate.load(unit))) == objects


@pytest.mark.parametrize("shape", ["apps", "layers", "diamonds", "patches", "replacements"])
def test_every_entry_of_a_shape_has_an_effect(tmp_path: Path, shape: str) -> None:
    [unit] = write(inputs(shape, 40, 1), tmp_path)

    assert imbricate.compose(unit).unmatched == ()


def test_25_definitions_are_10_to_12_megabytes() -> None:
    sizes = [len(text) for text in inputs("crds", 2, 1).files.values()][:2]

    assert 10e6 < sum(sizes) / 2 * 25 < 12e6


@pytest.mark.oracle
@pytest.mark.skipif(KUSTOMIZE is None, reason="no kustomize on PATH or in IMBRICATE_KUSTOMIZE")
@pytest.mark.parametrize("shape", MADE)
def test_kustomize_prints_the_same(project: Path, shape: str) -> None:
    assert project.is_dir()
    found = contenders.found()

    measured = measure(shape, MADE[shape], 1, 1, found.contenders)

    assert {"imbricate", "library", "kustomize"} <= set(measured.summaries)
    assert measured.compared
    assert ("helm" in measured.summaries) == (shape == "apps" and shutil.which("helm") is not None)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"shap": "apps"},
            (
                "shap=apps: there is no argument 'shap'; did you mean shape? "
                "known: shape, sizes, repeat, seed, plot, profile, n"
            ),
        ),
        (
            {"env": "prod"},
            "env=prod: there is no argument 'env'; known: shape, sizes, repeat, seed, plot, profile, n",
        ),
        (
            {"shape": "apps,layer"},
            (
                "shape=apps,layer: there is no shape 'layer'; did you mean layers? known: "
                "apps, layers, diamonds, crds, patches, replacements, configmaps, units, all"
            ),
        ),
        ({"sizes": "10,x"}, "sizes=x: expected a whole number from 1 to 1000000"),
        ({"sizes": "0"}, "sizes=0: expected a whole number from 1 to 1000000"),
        ({"sizes": "²"}, "sizes=²: expected a whole number from 1 to 1000000"),
        ({"repeat": "-1"}, "repeat=-1: expected a whole number from 1 to 1000000"),
        ({"seed": ""}, "seed=: expected a whole number from 0 to 1000000"),
        ({"plot": "ja"}, "plot=ja: there is no answer 'ja'; known: yes, no"),
        ({"n": "5"}, "n=5: n goes with profile=yes; sizes=5 chooses what is measured"),
        (
            {"shape": "units", "sizes": "5"},
            "sizes=5: the units of the repository are as many as they are",
        ),
        (
            {"shape": "units", "profile": "yes", "n": "5"},
            "n=5: the units of the repository are as many as they are",
        ),
        ({"shape": "apps,crds", "profile": "yes"}, "shape=apps,crds: a profile is of one shape, found 2"),
    ],
)
def test_an_argument_that_makes_no_sense_is_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidTask) as caught:
        arguments.read(given)

    assert str(caught.value) == message


def test_arguments_have_defaults() -> None:
    asked = arguments.read({})

    assert asked == (("apps",), (), 3, 1, True, False, 1000)
    assert asked.sizes_of("apps") == (10, 100, 300, 1000)
    assert arguments.read({"shape": "all", "sizes": "20,5,5"}).sizes_of("layers") == (5, 20)


def test_without_kustomize_it_says_so_and_measures_us_alone(
    no_kustomize: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments.read({"sizes": "2,3", "repeat": "2"})) is None

    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "kustomize is not measured: expected v5.8.2, found none on PATH, and IMBRICATE_KUSTOMIZE is not set",
        "helm is not measured: none on PATH",
    ]
    assert [re.sub(r"\d+\.\d\d s|\d+ MB", "#", line).split() for line in lines[3:5]] == [
        ["apps", "2", "#", "(#", "cached)", "#", "-", "-", "-", "-", "#", "-"],
        ["apps", "3", "#", "(#", "cached)", "#", "-", "-", "-", "-", "#", "-"],
    ]
    folder = no_kustomize / "docs/benchmarks"
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "apps.svg", "records.jsonl"]
    kept = record.read()
    assert [(one["shape"], one["n"], one["equal"]) for one in kept] == [("apps", 2, False), ("apps", 3, False)]
    assert kept[0]["contenders"]["imbricate"]["min"] > 0


def test_another_version_of_kustomize_is_not_measured(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = _program(project / "other", "print('v5.0.0')\n")
    monkeypatch.setenv("IMBRICATE_KUSTOMIZE", other)

    found = contenders.found()

    assert f"kustomize is not measured: expected v5.8.2, found {other} is v5.0.0" in found.remarks
    assert "kustomize" not in [one.name for one in found.contenders]


def test_a_cache_is_measured_with_and_without(tmp_path: Path) -> None:
    names = [one.name for one in contenders.found().contenders]
    made = inputs("crds", 1, 1)
    units = tuple(write(made, tmp_path / "input"))

    (tmp_path / "caches/imbricate/builds/results").mkdir(parents=True)
    kept = {}
    for one in contenders.found().contenders[:2]:
        one.run(contenders.Place(units, None, tmp_path, tmp_path / "caches"))
        kept[one.name] = len(list((tmp_path / "caches/imbricate/builds/results").iterdir()))

    assert names[:2] == ["imbricate", "imbricate, cached"]
    assert kept == {"imbricate": 0, "imbricate, cached": 1}


def test_a_kustomize_that_is_not_there_is_an_error(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMBRICATE_KUSTOMIZE", str(project / "gone"))

    with pytest.raises(BenchError, match=f"^{re.escape(str(project))}/gone cannot be run: No such file or directory$"):
        contenders.found()


@pytest.mark.parametrize(
    ("printed", "message"),
    [
        ("import sys; sys.exit('no mood for it')", r"exit status 1: no mood for it"),
        ("print('kind: Shoe')", r"overlay: line 1: imbricate prints 'apiVersion: v1', kustomize 'kind: Shoe'"),
        ("pass", r"overlay: imbricate prints \d+ lines, kustomize 0"),
    ],
)
def test_a_kustomize_that_fails_or_differs_fails_the_run(
    project: Path, monkeypatch: pytest.MonkeyPatch, printed: str, message: str
) -> None:
    text = f"import sys\nif sys.argv[1] == 'version':\n    print('v5.8.2')\nelse:\n    {printed}\n"
    monkeypatch.setenv("IMBRICATE_KUSTOMIZE", _program(project / "kustomize", text))

    failed = run(arguments.read({"sizes": "2", "repeat": "1"}))

    assert failed is not None
    assert re.search(f"{message}$", failed.get_msg().strip())
    assert not (project / "docs").exists()


def test_the_memory_of_whoever_measures_is_not_counted(project: Path) -> None:
    ballast = b"x" * 200_000_000

    measured = measure("apps", 1, 1, 1, [one for one in contenders.found().contenders if one.name == "imbricate"])

    assert len(ballast) == 200_000_000
    assert project.is_dir()
    assert 5e6 < measured.summaries["imbricate"].peak < 100e6


def test_what_is_kept_is_read_again(project: Path) -> None:
    assert record.read() == []
    made = [_record("apps", 10), _record("crds", 5)]

    record.append(made[:1])
    record.append(made[1:])

    assert record.read() == made
    assert (project / "docs/benchmarks/records.jsonl").read_text().count("\n") == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "docs/benchmarks/records.jsonl:2: expected a record as JSON, found '{'"),
        ("[]", "docs/benchmarks/records.jsonl:2: a record lacks all fields"),
        (
            json.dumps({name: 1 for name in _record("apps", 1) if name not in {"n", "equal"}}),
            "docs/benchmarks/records.jsonl:2: a record lacks equal, n",
        ),
    ],
)
def test_a_record_that_is_none_is_an_error(project: Path, line: str, message: str) -> None:
    record.append([_record("apps", 10)])
    with (project / record.RECORDS).open("a") as file:
        file.write(f"{line}\n")

    with pytest.raises(BenchError) as caught:
        record.read()

    assert str(caught.value) == message


def test_the_newest_of_each_shape_and_size_counts() -> None:
    old, new = _record("apps", 100, seconds=9), _record("apps", 100)
    crds, small, gone = _record("crds", 5), _record("apps", 10), _record("a shape of old", 5)

    assert table.newest([crds, old, gone, new, small]) == [small, new, crds]


def test_the_table_shows_medians_and_ratios() -> None:
    assert (
        table.table([_record("apps", 10), _record("crds", 5, kustomize=False)])
        == """\
| shape | N | imbricate | library | kustomize | helm | kustomize/imbricate | kustomize/library | imbricate peak | \
kustomize peak |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| apps | 10 | 1.00 s | 0.50 s | 4.00 s | - | 4.0x | 8.0x | 25 MB | 50 MB |
| crds | 5 | 1.00 s | 0.50 s | - | - | - | - | 25 MB | - |

- `apps`: N applications: Deployment, Service, generated ConfigMap
- `crds`: N CustomResourceDefinitions of about 450 kB

- apps: 2026-01-02T03:04Z, commit abc1234: 2 cores of Abacus (load 0.5 at the start); Python 3.11.7, imbricate 0.1.0; \
medians of 3; outputs equal
- crds: 2026-01-02T03:04Z, commit abc1234: 2 cores of Abacus (load 0.5 at the start); Python 3.11.7, imbricate 0.1.0; \
medians of 3; not compared with kustomize
"""
    )


def test_only_the_table_of_the_readme_is_renewed(project: Path) -> None:
    readme = project / table.README
    readme.parent.mkdir(parents=True)
    readme.write_text("# Ours\n\n<!-- table: made by `doit bench` -->\nold\n<!-- end of table -->\n\nAfter.\n")

    table.write_readme([_record("apps", 10)])

    text = readme.read_text()
    assert (text[:8], text[-32:]) == ("# Ours\n\n", "\n\n<!-- end of table -->\n\nAfter.\n")
    assert "| apps | 10 |" in text
    assert "old" not in text


def test_a_readme_without_a_place_for_the_table_is_left_alone(project: Path) -> None:
    readme = project / table.README
    readme.parent.mkdir(parents=True)
    readme.write_text("# Ours\n")

    with pytest.raises(BenchError, match=r"README\.md: expected the lines <!-- table"):
        table.write_readme([_record("apps", 10)])

    assert readme.read_text() == "# Ours\n"


def test_the_chart_is_xml_with_a_line_for_each_contender() -> None:
    drawn = chart("apps & more", "of <things>", [_record("apps", 1000, seconds=9), _record("apps", 10)])

    root = ET.fromstring(drawn)  # noqa: S314 - our own text
    lines = {
        group.find(f"{SVG}text").text: group.find(f"{SVG}polyline").get("points")  # type: ignore[union-attr]
        for group in root.iter(f"{SVG}g")
    }
    places = {name: [tuple(map(float, point.split(","))) for point in path.split()] for name, path in lines.items()}
    texts = [one.text for one in root.iter(f"{SVG}text")]
    assert set(places) == {"imbricate", "library", "kustomize"}
    assert all(len(points) == 2 for points in places.values())
    assert places["kustomize"][0][1] < places["imbricate"][0][1] < places["library"][0][1]
    assert places["imbricate"][0][0] < places["imbricate"][1][0]
    assert {"10", "1000", "apps & more", "N of <things>"} <= set(texts)


def test_equal_distances_on_the_chart_are_equal_ratios() -> None:
    drawn = chart("apps", "things", [_record("apps", size, seconds=size / 10) for size in (10, 100, 1000)])

    path = re.search(r'points="([^"]+)"', drawn)
    assert path
    [(x1, y1), (x2, y2), (x3, y3)] = [tuple(map(float, point.split(","))) for point in path[1].split()]
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.2)
    assert y2 - y1 == pytest.approx(y3 - y2, abs=0.2)


def test_labels_of_lines_that_end_together_do_not_touch() -> None:
    drawn = chart("apps", "things", [_record("apps", 10), _record("apps", 20, seconds=1.01)])

    root = ET.fromstring(drawn)  # noqa: S314 - our own text
    heights = sorted(float(group.find(f"{SVG}text").get("y")) for group in root.iter(f"{SVG}g"))  # type: ignore[union-attr, arg-type]
    assert all(below - above >= 16.9 for above, below in itertools.pairwise(heights))


def test_a_profile_names_modules_and_functions_and_no_folder_of_this_machine(project: Path) -> None:
    page = profile("apps", 3, 1, "Measured today.")

    assert page.startswith(
        "# Profile\n\n`apps`, N = 3 applications: Deployment, Service, generated ConfigMap. Measured"
    )
    assert re.search(r"^\| imbricate\.composition \| `compose:\d+` \| 1 \|", page, re.MULTILINE)
    assert str(project) not in page
    assert "/" not in re.sub(r"`[^`]*`", "", page)


def test_a_profile_is_written_where_it_belongs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments.read({"profile": "yes", "n": "2"})) is None

    assert capsys.readouterr().out == "docs/benchmarks/profile.md\n"
    assert "N = 2 applications" in (project / "docs/benchmarks/profile.md").read_text()


def test_bench_is_a_task_with_a_line_of_help(doit: Doit) -> None:
    assert re.search(r"^bench +Time us beside kustomize on made inputs", doit("list")[1], re.MULTILINE)


def test_the_launcher_needs_nothing_of_this_repository(tmp_path: Path) -> None:
    printed = subprocess.run(
        [sys.executable, "-I", "-S", contenders._LAUNCH, tmp_path / "out", sys.executable, "-c", "print(6 * 7)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    used = json.loads(printed.stdout)
    assert used["status"] == 0
    assert used["peak"] > 1e6
    assert (tmp_path / "out").read_text() == "42\n"
