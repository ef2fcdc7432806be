"""Records as a table in Markdown, and its place in docs/benchmarks/README.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imbricate.write import write_file
from tasks.bench.contenders import CACHED, HELM, KUSTOMIZE, LIBRARY, OURS
from tasks.bench.errors import BenchError
from tasks.bench.record import FOLDER
from tasks.bench.shapes import SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.bench.record import Record

README = FOLDER / "README.md"
COLUMNS = (
    "shape",
    "N",
    "imbricate",
    "library",
    "kustomize",
    "helm",
    "kustomize/imbricate",
    "kustomize/library",
    "imbricate peak",
    "kustomize peak",
)
_BEGIN, _END = "<!-- table: made by `doit bench` -->", "<!-- end of table -->"


def newest(records: Iterable[Record]) -> list[Record]:
    """Give the newest record of each shape and size, in the order of the shapes."""
    shapes = list(SHAPES)
    last = {(one["shape"], one["n"]): one for one in records if one["shape"] in shapes}
    return sorted(last.values(), key=lambda one: (shapes.index(one["shape"]), one["n"]))


def write_readme(records: Iterable[Record]) -> None:
    """Put the table of records into README.md, between its two marks. Raises BenchError when they are not there."""
    text = README.read_text(encoding="utf-8") if README.is_file() else f"# Benchmarks\n\n{_BEGIN}\n{_END}\n"
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise BenchError(f"{README}: expected the lines {_BEGIN} and {_END}, between which the table goes")
    write_file(README, f"{before}{_BEGIN}\n\n{table(records)}\n{_END}{after}")


def table(records: Iterable[Record]) -> str:
    """Give records as a Markdown table, with what they have in common below it."""
    found = list(records)
    rows = [COLUMNS, ["---", *["---:"] * (len(COLUMNS) - 1)], *(row(one) for one in found)]
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    counts = [f"- `{name}`: N {SHAPES[name].counts}" for name in dict.fromkeys(one["shape"] for one in found)]
    runs: dict[str, list[str]] = {}
    for one in found:
        shapes = runs.setdefault(_run(one), [])
        if one["shape"] not in shapes:
            shapes.append(one["shape"])
    told = [f"- {', '.join(shapes)}: {run}" for run, shapes in runs.items()]
    return "\n".join([*lines, "", *counts, "", *told, ""])


def row(one: Record) -> list[str]:
    """Give the cells of a record: medians, how many times as long kustomize takes, and peaks of memory."""
    contenders = one["contenders"]
    return [
        one["shape"],
        str(one["n"]),
        _seconds(contenders, OURS) + (f" ({_seconds(contenders, CACHED)} cached)" if CACHED in contenders else ""),
        _seconds(contenders, LIBRARY),
        _seconds(contenders, KUSTOMIZE),
        _seconds(contenders, HELM),
        _ratio(contenders, OURS),
        _ratio(contenders, LIBRARY),
        _peak(contenders, OURS),
        _peak(contenders, KUSTOMIZE),
    ]


def _seconds(contenders: Record, name: str) -> str:
    return f"{contenders[name]['median']:.2f} s" if name in contenders else "-"


def _ratio(contenders: Record, ours: str) -> str:
    if KUSTOMIZE not in contenders:
        return "-"
    return f"{contenders[KUSTOMIZE]['median'] / contenders[ours]['median']:.1f}x"


def _peak(contenders: Record, name: str) -> str:
    return f"{contenders[name]['peak']:.0f} MB" if name in contenders else "-"


def _run(one: Record) -> str:
    machine = one["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in one["versions"].items())
    where = f"{machine['cores']} cores of {machine['processor']} (load {machine['load']} at the start)"
    agreed = "outputs equal" if one["equal"] else "not compared with kustomize"
    return (
        f"{one['date'][:16]}Z, commit {one['commit'] or 'unknown'}: {where}; "
        f"Python {one['python']}, {versions}; medians of {one['repeat']}; {agreed}"
    )
