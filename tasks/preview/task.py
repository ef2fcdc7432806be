"""`doit preview pr=123 [system=] [days=3]`, `doit preview pr=123 close=yes`, `doit preview close=expired`."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from doit.exceptions import TaskFailed

from tasks.arguments import Selection, checked
from tasks.units import OVERLAYS, PREVIEW, TIME, ConfigurationError, Unit, previews, stages, units

if TYPE_CHECKING:
    from pathlib import Path

_PREFIX = "pr-"
_DAYS = 3
_MOST_DAYS = 30


def task_preview() -> dict[str, Any]:
    """Derive an environment for a pull request (pr=, system=, days=), or end it (close=yes, close=expired)."""
    return {"actions": [(preview, [])], "verbosity": 2}


def preview() -> TaskFailed | None:
    """Write, end or list previews."""
    from imbricate import ImbricateError  # noqa: PLC0415 - `doit list` needs no engine
    from tasks.ledger import OwnershipError  # noqa: PLC0415
    from tasks.preview.deriving import PreviewError  # noqa: PLC0415

    try:
        return _act(checked())
    except (ConfigurationError, ImbricateError, OwnershipError, PreviewError) as error:
        return TaskFailed(str(error))


def _act(arguments: dict[str, str]) -> TaskFailed | None:
    from tasks.preview.deriving import PreviewError  # noqa: PLC0415 - as above

    close, number = arguments.get("close", ""), arguments.get("pr", "")
    if close not in {"", "yes", "expired"}:
        raise PreviewError(f"close={close}: expected yes, with the number of a pull request, or expired")
    if number and not (number.isascii() and number.isdecimal()):
        raise PreviewError(f"pr={number}: expected the number of a pull request")
    if close == "yes" and not number:
        raise PreviewError("close=yes: expected pr=, the number of the pull request whose preview is to end")
    if number and not close:
        return _open(f"{_PREFIX}{int(number)}", arguments)
    if close:
        _close([name for name, end in _there().items() if _is_over(end) or close == "yes"], number)
    else:
        _list()
    return None


def _is_over(end: datetime) -> bool:
    return end <= datetime.now(UTC)


def _there() -> dict[str, datetime]:
    """Give each preview that there is, and when it ends."""
    return {name: datetime.strptime(end, TIME).replace(tzinfo=UTC) for name, end in previews().items()}


def _list() -> None:
    for name, expires in _there().items():
        names = ", ".join(unit.system for unit in units() if unit.environment == name)
        over = " (over: doit preview close=expired)" if _is_over(expires) else ""
        print(f"{name}: {names}; until {expires.strftime(TIME)}{over}")
    print(f"{len(_there())} preview{'' if len(_there()) == 1 else 's'}")


def _open(name: str, arguments: dict[str, str]) -> TaskFailed | None:
    """Write the overlays of a preview, those that there are already anew, and render them."""
    from imbricate import compose  # noqa: PLC0415 - as above
    from imbricate.write import write_file  # noqa: PLC0415
    from tasks.preview.deriving import COMPONENT, derived  # noqa: PLC0415

    first = stages()[0].name
    expires = (datetime.now(UTC) + timedelta(days=_days(arguments))).strftime(TIME)
    has_component = (OVERLAYS.parent / COMPONENT / "kustomization.yaml").is_file()
    texts = {}
    for unit in _meant(first, arguments):
        resources = compose(unit.overlay).resources
        texts[unit.system] = derived(unit.name, resources, name, expires, has_component=has_component)
    for system, text in texts.items():
        overlay = Unit(name, system).overlay
        overlay.mkdir(parents=True, exist_ok=True)
        write_file(overlay / "kustomization.yaml", text)
    write_file(OVERLAYS / name / PREVIEW, f"of: {first}\nexpires: {expires}\n")
    return _rendered(name)


def _meant(first: str, arguments: dict[str, str]) -> list[Unit]:
    """Find the units to derive from: those named, or all that have a namespace of their own."""
    found = {unit.system: unit for unit in units() if unit.environment == first}
    if "system" in arguments:
        return [found[name] for name in _named(arguments["system"], found)]
    return [unit for unit in found.values() if _has_namespace(unit)]


def _named(text: str, found: dict[str, Unit]) -> list[str]:
    from tasks.preview.deriving import PreviewError  # noqa: PLC0415 - as above

    names = [name.strip() for name in text.split(",")]
    unknown = next((name for name in names if name not in found), None)
    if unknown is not None:
        raise PreviewError(f"system={text}: there is no system {unknown!r}; known: {', '.join(found)}")
    return names


def _has_namespace(unit: Unit) -> bool:
    """Tell whether a system brings a namespace; what delivers the others does not."""
    from imbricate import compose  # noqa: PLC0415 - as above

    return any(one.gvk.kind == "Namespace" for one in compose(unit.overlay).resources)


def _days(arguments: dict[str, str]) -> int:
    from tasks.preview.deriving import PreviewError  # noqa: PLC0415 - as above

    text = arguments.get("days", str(_DAYS))
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= _MOST_DAYS):
        raise PreviewError(f"days={text}: expected a number from 1 to {_MOST_DAYS}")
    return int(text)


def _rendered(name: str) -> TaskFailed | None:
    from tasks.ledger import settle  # noqa: PLC0415 - as above
    from tasks.render import render  # noqa: PLC0415

    mine = tuple(unit for unit in units() if unit.environment == name)
    for unit in mine:
        done = render(unit)
        if isinstance(done, TaskFailed):
            return done
        print(f"{unit.manifests}: {done['line']}")
    settle(Selection(mine, (name,), tuple(unit.system for unit in mine), is_all=False))
    return None


def _close(found: list[str], number: str) -> None:
    """Take out the overlays of previews, of one if there is a number, and what they were rendered to."""
    from tasks.ledger import settle  # noqa: PLC0415 - as above

    names = [name for name in found if not number or name == f"{_PREFIX}{int(number)}"]
    for name in names:
        systems = tuple(unit.system for unit in units() if unit.environment == name)
        _remove(OVERLAYS / name, systems)
        for path in settle(Selection((), (name,), systems, is_all=False)):
            print(f"{path} removed")
        print(f"{name} closed")
    if not names:
        print("nothing to close")


def _remove(folder: Path, systems: tuple[str, ...]) -> None:
    for system in systems:
        shutil.rmtree(folder / system)
    (folder / PREVIEW).unlink()
    if not any(folder.iterdir()):
        folder.rmdir()
