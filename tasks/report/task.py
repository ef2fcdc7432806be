"""`doit report`: one HTML file about what is rendered (build/report/index.html, or output=PATH)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit.exceptions import TaskFailed

from tasks.arguments import checked, selection

if TYPE_CHECKING:
    from tasks.arguments import Selection

OUTPUT = Path("build/report/index.html")


def task_report() -> dict[str, Any]:
    """Write a page about state, findings, images, differences and topology (env=, system=, output=PATH)."""
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
    """Give the page, and what it says in a line."""
    from tasks.images.lock import locked  # noqa: PLC0415 - as in `report`
    from tasks.report.facts import gather  # noqa: PLC0415
    from tasks.report.images import rows  # noqa: PLC0415
    from tasks.report.page import Contents, page  # noqa: PLC0415
    from tasks.report.sections import plural  # noqa: PLC0415
    from tasks.report.stages import gaps  # noqa: PLC0415

    facts = gather(chosen)
    images = rows(facts, locked())
    text = page(Contents(facts, images, gaps(facts), origin()))
    units, findings = plural(len(facts.states), "unit"), plural(len(facts.findings), "finding")
    return text, f"{units}, {findings}, {plural(len(images), 'image')}, {len(text.encode()) // 1024} KiB"


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
