"""A pytest plugin, `-p tests.proof --proof=FOLDER`: shows what each test printed, keeps it as JSON and as a page."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from imbricate.write import write_file
from tasks.proof.page import page
from tasks.proof.run import FAILED, LEFT_OUT, PASSED, Outcome, Run, as_json

if TYPE_CHECKING:
    import pytest

_OUTCOMES = {"passed": PASSED, "failed": FAILED, "skipped": LEFT_OUT}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--proof", type=Path, help="the folder for report.json and index.html")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--proof"):
        config.pluginmanager.register(Collected(config), "proof-of-a-run")


class Collected:
    """Listens to the reports of tests."""

    def __init__(self, config: pytest.Config) -> None:
        self._config, self._tests = config, dict[str, Outcome]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        before = self._tests.get(report.nodeid, Outcome(report.nodeid, PASSED, 0))
        said = tuple(line for line in report.capstdout.splitlines() if line.strip())
        new = said[len(before.said) :]  # a later phase's report has what was printed in the earlier ones too
        terminal = self._config.get_terminal_writer()
        for line in new:
            terminal.line(f"    {line}")
        outcome = before.outcome if report.outcome == "passed" else _OUTCOMES[report.outcome]
        reason = before.reason or _reason(report)
        self._tests[report.nodeid] = Outcome(
            report.nodeid, outcome, before.seconds + report.duration, before.said + new, reason
        )

    def pytest_sessionfinish(self) -> None:
        run = Run(tuple(self._tests.values()), _of())
        folder: Path = self._config.getoption("--proof")
        folder.mkdir(parents=True, exist_ok=True)
        write_file(folder / "report.json", json.dumps(as_json(run), indent=1) + "\n")
        write_file(folder / "index.html", page(run))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.write_line(f"what was proven: {self._config.getoption('--proof')}/index.html")


def _reason(report: pytest.TestReport) -> str:
    if report.outcome == "skipped" and isinstance(report.longrepr, tuple):
        return str(report.longrepr[2])
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message) if crash and report.outcome == "failed" else ""


def _of() -> dict[str, str]:
    head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {"commit": head.stdout.strip(), "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"}
