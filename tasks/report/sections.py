"""The sections of the page that are tables and lists: state, findings, images, differences, times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.diff.text import unit_lines
from tasks.report import images
from tasks.report.facts import BROKEN, CURRENT, MISSING, STALE
from tasks.report.html import Html, element, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tasks.diff.lines import Line
    from tasks.report.facts import Facts, Finding, State
    from tasks.report.html import Content
    from tasks.report.images import Row, Step, Use, Version
    from tasks.report.stages import Gap

_STATES = {CURRENT: ("good", "✓"), STALE: ("warn", "≠"), MISSING: ("warn", "○"), BROKEN: ("bad", "✗")}
_STANDINGS = {
    images.SAME: ("good", "=", "same as"),
    images.AHEAD: ("warn", "▲", "ahead of"),
    images.BEHIND: ("note", "▼", "behind"),
    images.DIFFERS: ("warn", "≠", "unlike"),
}
_CHANGES = {"+": "plus", "-": "minus", "@": "place"}
MOST_LINES = 300
_ALL_LINES = 8000
_FEWEST_LINES = 20
_FIELD = " " * 6
_LONGEST_LINE = 400
_BAR = 160
_SHORT_DIGEST = 12


def mark(style: str, sign: str, text: str) -> Html:
    """Give a mark: a sign and words, so that colour is never all that tells."""
    return element("span", element("span", sign, class_="sign", aria_hidden="true"), f" {text}", class_=f"mark {style}")


def table(caption: str, heads: Sequence[str], rows: Iterable[Html]) -> Html:
    """Give a table that scrolls within itself, and can be reached by keyboard to do so."""
    head = element("tr", *(element("th", one, scope="col") for one in heads))
    inside = element(
        "table", element("caption", element("span", caption)), element("thead", head), element("tbody", *rows)
    )
    return element("div", inside, class_="scroll", tabindex="0", role="region", aria_label=caption)


def row(*cells: Content) -> Html:
    """Give a row that the filter can hide; the first cell is its head."""
    head, *rest = cells
    return element("tr", element("th", head, scope="row"), *(element("td", one) for one in rest), data_item=True)


def anchor(system: str, environment: str = "") -> str:
    """Give the id of a place in the page; names of folders may hold what an id may not."""
    name = f"{environment}-{system}" if environment else system
    return "".join(one if one.isalnum() or one in "-_" else f"_{ord(one):x}" for one in name)


def breakable(name: str) -> Html:
    """Give a name that may be broken after each slash."""
    first, *rest = name.split("/")
    return joined(first, *(part for one in rest for part in (Html("/<wbr>"), one)))


def plural(number: int, what: str) -> str:
    """Give a number with its noun."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def state(facts: Facts, found: Sequence[Row]) -> Html:
    """Give the table of systems and environments."""
    rows = (
        row(
            element("a", system, href=f"#talks-{anchor(system)}"),
            *(_state(facts.state(environment, system), found) for environment in facts.environments),
        )
        for system in facts.systems
    )
    caption = "Each system in each environment: is gitops/ what its overlay renders?"
    return table(caption, ["System", *facts.environments], rows)


def _state(state: State | None, found: Sequence[Row]) -> Html:
    if state is None:
        return element("span", "—", element("span", " none", class_="unseen"), class_="quiet")
    style, sign = _STATES[state.status]
    steps = [
        step
        for one in found
        if one.system == state.unit.system
        for step in one.steps
        if step and step.stage == state.unit.environment
    ]
    pinned = sum(all(use.version.digest for use in step.uses) for step in steps)
    images = f"{pinned} of {plural(len(steps), 'image')} by digest" if steps else "no images"
    about = f"{plural(len(state.manifests), 'object')}, {images}"
    count = plural(len(state.findings), "finding")
    link = element("a", count, href=f"#findings-{anchor(*reversed(state.unit))}") if state.findings else None
    return joined(mark(style, sign, state.status), element("small", about), element("small", link) if link else None)


def findings(facts: Facts) -> Html:
    """Give the table of what `doit check` finds."""
    if not facts.findings:
        return element("p", mark("good", "✓", "doit check finds nothing."))
    rows: list[Html] = []
    for unit, state in facts.states.items():
        rows += _finding_rows(state.findings, f"findings-{anchor(*reversed(unit))}")
    rows += _finding_rows(facts.leftovers, "findings-leftovers")
    return table("What doit check finds, with the file and line to go to", ["Unit", "Where", "Finding"], rows)


def _finding_rows(found: Iterable[Finding], name: str) -> list[Html]:
    rows = []
    for number, one in enumerate(found):
        where = element("code", str(one.place)) if one.place else element("span", "—", class_="quiet")
        more = _folded(one.lines, "What differs", "doit diff", MOST_LINES) if one.lines else None
        unit = joined(element("span", id=name) if number == 0 else None, one.unit or "gitops")
        rows.append(row(unit, where, joined(mark("bad", "✗", ""), one.text, more)))
    return rows


def _folded(lines: Sequence[Line], summary: str, command: str, most: int) -> Html:
    return element("details", element("summary", summary), changed_lines(lines, command, most))


def changed_lines(lines: Sequence[Line], command: str, most: int) -> Html:
    """Give the lines of a difference; of a long one some of each object, and the command that shows all."""
    kept = _kept(lines, most)
    shown = [element("span", _short(line.text), Html("\n"), class_=_CHANGES.get(line.mark)) for line in kept]
    left = len(lines) - len(kept)
    note = element("p", f"{plural(left, 'more line')}: ", element("code", command), class_="cut") if left else None
    return joined(element("pre", element("code", *shown), tabindex="0", role="region", aria_label="Differences"), note)


def _kept(lines: Sequence[Line], most: int) -> list[Line]:
    """Cut each object's lines to its share, then all of them; an object's title is not indented as its fields are."""
    titles = sum(not line.text.startswith(_FIELD) for line in lines)
    share = max(_FEWEST_LINES, most // max(1, titles)) if len(lines) > most else len(lines)
    kept: list[Line] = []
    since_title = 0
    for line in lines:
        since_title = since_title + 1 if line.text.startswith(_FIELD) else 0
        if since_title < share:
            kept.append(line)
    return kept[:most]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]}… ({len(text)} characters)"


def stages_of_images(facts: Facts, found: Sequence[Row]) -> Html:
    """Give the table of images and the version that each stage has."""
    if not found:
        return element("p", "No unit in gitops/ has an image.", class_="quiet")
    rows = (
        row(
            joined(breakable(one.name), element("small", one.system)),
            _version(one.built) if one.built else element("span", "—", class_="quiet"),
            *(_step(step) for step in one.steps),
        )
        for one in found
    )
    caption = "The version of each image in each stage, and how it stands to the stage before"
    return table(caption, ["Image", "Built last", *facts.environments], rows)


def _step(step: Step | None) -> Html:
    if step is None:
        return element("span", "—", element("span", " not there", class_="unseen"), class_="quiet")
    versions = joined(*(_version(use.version) for use in step.uses))
    if step.standing not in _STANDINGS:
        return versions
    style, sign, words = _STANDINGS[step.standing]
    return joined(versions, element("small", mark(style, sign, f"{words} {step.than}")))


def _version(version: Version) -> Html:
    tag = element("code", version.tag or "(no tag)")
    if not version.digest:
        return element("div", tag, element("small", mark("warn", "!", "no digest")))
    return element(
        "div", tag, element("small", element("code", version.digest.removeprefix("sha256:")[:_SHORT_DIGEST]))
    )


def digests(found: Sequence[Row]) -> Html:
    """Give the table of every version, with all of its digest and the workloads that run it."""
    rows = [
        row(breakable(one.name), *_place_of(version, uses))
        for one in found
        for version, uses in _by_version(one).items()
    ]
    heads = ["Image", "Tag and digest", "Stages", "Workloads"]
    return table("Where each digest is", heads, rows) if rows else Html("")


def _by_version(found: Row) -> dict[Version, list[tuple[str, Use]]]:
    versions: dict[Version, list[tuple[str, Use]]] = {}
    for step in filter(None, found.steps):
        for use in step.uses:
            versions.setdefault(use.version, []).append((step.stage, use))
    return versions


def _place_of(version: Version, uses: Sequence[tuple[str, Use]]) -> tuple[Html, str, str]:
    workloads = dict.fromkeys(one for _, use in uses for one in use.workloads)
    registries = dict.fromkeys(use.registry for _, use in uses if use.registry)
    parts = [element("code", version.tag), element("code", version.digest or "no digest", class_="whole")]
    where = element("small", f"in {', '.join(registries)}") if registries else None
    return joined(*parts, where), ", ".join(dict.fromkeys(stage for stage, _ in uses)), ", ".join(workloads)


def differences(found: Sequence[Gap]) -> Html:
    """Give a folded block for each pair of neighbouring stages of a system; a long one is cut."""
    if not found:
        return element("p", "There is but one stage: nothing to compare.", class_="quiet")
    most = min(MOST_LINES, max(_FEWEST_LINES, _ALL_LINES // len(found)))
    return joined(*(_gap(gap, most) for gap in found))


def _gap(gap: Gap, most: int) -> Html:
    unit = gap.change.unit
    pair = f"{gap.before} → {gap.after}"
    title = joined(element("b", unit.system), f" {pair}: ")
    if not gap.change.differs:
        return element("p", title, mark("good", "=", "no differences"), class_="gap", data_item=True)
    lines = tuple(unit_lines(gap.change))[1:]
    command = f"doit diff env={gap.after} against={gap.before} system={unit.system}"
    summary = element("summary", title, mark("note", "≠", gap.change.summary))
    return element("details", summary, changed_lines(lines, command, most), class_="gap", data_item=True)


def times(facts: Facts) -> Html:
    """Give the time that each unit took to render, the slowest first."""
    measured = [(one.seconds, unit.name) for unit, one in facts.states.items() if one.seconds is not None]
    if not measured:
        return element("p", "Nothing could be rendered.", class_="quiet")
    slowest = max(seconds for seconds, _ in measured)
    rows = (
        row(breakable(name), f"{seconds * 1000:.0f}\u00a0ms", _bar(seconds / slowest))
        for seconds, name in sorted(measured, key=lambda one: (-one[0], one[1]))
    )
    total = sum(seconds for seconds, _ in measured)
    caption = f"From the overlay to its text, when it was last checked anew: {total:.2f} s in all"
    return table(caption, ["Unit", "Time", "Beside the slowest"], rows)


def _bar(share: float) -> Html:
    size = {"width": _BAR, "height": 10}
    inside = element("rect", width=f"{max(1.0, _BAR * share):.0f}", height=10)
    return element("svg", inside, class_="bar", viewBox=f"0 0 {_BAR} 10", aria_hidden="true", **size)
