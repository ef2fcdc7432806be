"""Running a program: pipes that do not block, limits, ends, and what the user is told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from imbricate.decode import Where
from imbricate.errors import KustomizationError
from imbricate.folder import display
from imbricate.functions import process
from imbricate.functions.process import Command, run

WHERE = Where("fn.yaml", "Fn/fn")
MEGABYTE = 1024 * 1024


def _python(folder: Path, code: str, *, is_quiet: bool = False, **environment: str) -> Command:
    return Command((sys.executable, "-c", code), folder, environment, is_quiet=is_quiet)


def _message(command: Command, request: bytes = b"") -> str:
    with pytest.raises(KustomizationError) as failed:
        run(command, request, WHERE)
    return str(failed.value).replace(display(Path(sys.executable)), "python")


def test_input_and_output_larger_than_a_pipe_pass_at_once(tmp_path: Path) -> None:
    request = os.urandom(5 * MEGABYTE)
    echo = "import sys\nfor part in iter(lambda: sys.stdin.buffer.read(4096), b''): sys.stdout.buffer.write(part)"

    assert run(_python(tmp_path, echo), request, WHERE) == request


def test_a_program_need_not_read_its_input(tmp_path: Path) -> None:
    assert run(_python(tmp_path, "print('done')"), b"x" * 5 * MEGABYTE, WHERE) == b"done\n"


def test_a_program_without_input_meets_the_end_at_once(tmp_path: Path) -> None:
    assert run(_python(tmp_path, "import sys; print(len(sys.stdin.read()))"), b"", WHERE) == b"0\n"


def test_a_program_runs_in_its_folder_with_the_environment_and_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INHERITED", "1")
    code = "import os; print(os.getcwd(), os.environ['INHERITED'], os.environ['ADDED'])"

    assert run(_python(tmp_path, code, ADDED="2"), b"", WHERE).decode() == f"{tmp_path.resolve()} 1 2\n"


def test_what_a_program_says_goes_to_the_user(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(_python(tmp_path, "import sys; sys.stderr.write('careful\\n')"), b"", WHERE)

    assert capfd.readouterr().err == "careful\n"


def test_a_quiet_program_is_heard_only_when_it_fails(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(_python(tmp_path, "import sys; sys.stderr.write('careful\\n')", is_quiet=True), b"", WHERE)
    failing = _python(tmp_path, "import sys; sys.exit('no   such\\nthing')", is_quiet=True)

    assert _message(failing) == "fn.yaml: Fn/fn: python failed with exit status 1: no such thing"
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise SystemExit(7)", "fn.yaml: Fn/fn: python failed with exit status 7"),
        ("import os; os.kill(os.getpid(), 15)", "fn.yaml: Fn/fn: python was ended by SIGTERM"),
        ("import os; os.kill(os.getpid(), 34)", "fn.yaml: Fn/fn: python was ended by SIGRTMIN"),
        ("import os; os.kill(os.getpid(), 40)", "fn.yaml: Fn/fn: python was ended by signal 40"),
    ],
)
def test_a_failure_tells_how_the_program_ended(tmp_path: Path, code: str, message: str) -> None:
    assert _message(_python(tmp_path, code)) == message


def test_a_program_that_prints_without_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MAX_OUTPUT_BYTES", 3 * MEGABYTE)
    endless = "import sys\nwhile True: sys.stdout.write('x' * 4096)"

    assert _message(_python(tmp_path, endless), b"x" * MEGABYTE) == "fn.yaml: Fn/fn: python printed more than 3 MiB"


def test_an_interrupted_build_ends_its_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    def interrupted(program: object, _request: bytes) -> bytes:
        started.append(program)
        raise KeyboardInterrupt

    monkeypatch.setattr(process, "_exchange", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(_python(tmp_path, "import time; time.sleep(60)"), b"", WHERE)

    assert [program.returncode for program in started] == [-9]


def test_a_program_is_looked_for_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path / "bin" / "found")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")

    assert run(Command(("found",), tmp_path, {}), b"", WHERE) == b"found\n"


def test_a_relative_entry_of_path_leads_to_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path / "bin" / "found")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "bin:/usr/bin:/bin")

    assert _message(Command(("found",), tmp_path, {})) == (
        "fn.yaml: Fn/fn: there is no program 'found' on PATH; one beside the kustomization is written './found'"
    )


@pytest.mark.parametrize(
    ("argv", "folder", "message"),
    [
        (("./none",), "", "fn.yaml: Fn/fn: cannot run ./none: No such file or directory"),
        (("./found", "a\0b"), "", "fn.yaml: Fn/fn: cannot run ./found: embedded null byte"),
        (
            ("./found",),
            "/",
            "fn.yaml: Fn/fn: runs a program, which is not done in the folder /; move the kustomization into a folder",
        ),
    ],
)
def test_a_program_that_cannot_run_is_named(tmp_path: Path, argv: tuple[str, ...], folder: str, message: str) -> None:
    _program(tmp_path / "found")

    assert _message(Command(argv, tmp_path / folder, {})) == message


def _program(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\necho found\n")
    path.chmod(0o755)
