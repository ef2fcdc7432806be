"""`doit report`: one HTML file about what is rendered (build/report/index.html, or output=PATH)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit.exceptions import TaskFailed

from tasks.arguments import checked, choice, selection

if TYPE_CHECKING:
    from tasks.arguments import Selection
    from tasks.checks.gate import Verdict

OUTPUT = Path("build/report/index.html")
_ORIGIN = "\0"  # in a page that is remembered: no text that is read has it


def task_report() -> dict[str, Any]:
    """Write a page about state, findings, images, differences and topology (env=, system=, output=PATH, cache=no)."""
    return {"actions": [(report, [selection()])], "verbosity": 2}


def report(chosen: Selection) -> TaskFailed | None:
    """Gather, write the page whole or not at all, and say where it is."""
    from imbricate import ImbricateError  # noqa: PLC0415 - `doit list` needs none of it
    from imbricate.write import write_file  # noqa: PLC0415
    from tasks.images.errors import ImageError  # noqa: PLC0415
    from tasks.units import ConfigurationError  # noqa: PLC0415

    output = Path(checked().get("output") or OUTPUT)
    if output.is_dir():
        return TaskFailed(f"output={output} is a folder; name a file in it, such as {output / 'index.html'}")
    try:
        text, summary = _made(chosen)
        output.parent.mkdir(parents=True, exist_ok=True)
        write_file(output, text)
    except (ImbricateError, ConfigurationError, ImageError) as error:
        return TaskFailed(str(error))
    except OSError as error:
        return TaskFailed(f"{error.filename or output}: {error.strerror}")
    print(f"{output}: {summary}")
    return None


def _made(chosen: Selection) -> tuple[str, str]:
    """Give the page, and what it says in a line: as they are remembered, if nothing has changed."""
    from tasks.checks.gate import judge  # noqa: PLC0415 - as in `report`
    from tasks.memory import Memory, digest_of, of_user  # noqa: PLC0415

    memory = of_user() if choice("cache", ("yes", "no")) == "yes" else Memory(None)
    verdict = judge(chosen, memory=memory)
    name, said = f"report {[unit.name for unit in chosen.units]}", digest_of(repr(verdict).encode())
    known = memory.recall(name)
    if known is None or known["verdict"] != said:
        from tasks.report.facts import IS_NOT_CURRENT  # noqa: PLC0415 - what it needs is much

        text, summary = _page(chosen, verdict)
        known = {"verdict": said, "text": text, "summary": summary}
        if not any(one.rule in IS_NOT_CURRENT for one in verdict.findings):
            memory.keep(name, known, _sources(chosen))
    text = known["text"].replace(_ORIGIN, origin())
    return text, f"{known['summary']}, {len(text.encode()) // 1024} KiB"


def _page(chosen: Selection, verdict: Verdict) -> tuple[str, str]:
    """Give the page without its origin, and what it says in a line."""
    from tasks.images.lock import locked  # noqa: PLC0415 - as in `report`
    from tasks.report.facts import gather  # noqa: PLC0415
    from tasks.report.html import Html  # noqa: PLC0415
    from tasks.report.images import rows  # noqa: PLC0415
    from tasks.report.page import Contents, page  # noqa: PLC0415
    from tasks.report.sections import plural  # noqa: PLC0415
    from tasks.report.stages import gaps  # noqa: PLC0415

    facts = gather(chosen, verdict)
    images = rows(facts, locked())
    text = page(Contents(facts, images, gaps(facts), Html(_ORIGIN)))
    units, findings = plural(len(facts.states), "unit"), plural(len(facts.findings), "finding")
    return text, f"{units}, {findings}, {plural(len(images), 'image')}"


def _sources(chosen: Selection) -> list[str]:
    """Give what the page is made of beside the verdict, while all units are current."""
    from tasks.images.lock import LOCK  # noqa: PLC0415 - as in `report`
    from tasks.promotion.pins import file_of  # noqa: PLC0415
    from tasks.units import ENVIRONMENTS, secret_folder  # noqa: PLC0415

    of_units = [path for unit in chosen.units for path in (unit.manifests, file_of(unit), secret_folder(unit.system))]
    return [str(path) for path in (*of_units, LOCK, ENVIRONMENTS)]


def origin() -> str:
    """Say from which commit, and when, the page is made."""
    from tasks.git import GitError, commit, uncommitted  # noqa: PLC0415 - as in `report`

    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    try:
        head, changed = commit("HEAD"), len(uncommitted())
    except GitError:
        return f"Made {now} from files that no commit has."
    with_changes = f" and {changed} uncommitted change{'' if changed == 1 else 's'}" if changed else ""
    return f"Made {now} from commit {head.id[:10]}{with_changes}."
