"""`doit completion shell=bash|zsh`: the script that a shell reads to complete doit and imbricate."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

from tasks.arguments import choice

_SCRIPTS = Path(__file__).parent / "scripts"
SHELLS = ("bash", "zsh")


def task_completion() -> dict[str, Any]:
    """Print what makes Tab complete doit and imbricate: source <(doit completion) (shell=bash|zsh)."""
    return {"actions": [(completion, [])], "verbosity": 2}


def completion() -> None:
    """Print the script, which knows where this repository is and which Python runs it."""
    print(script(choice("shell", SHELLS), Path.cwd(), sys.executable), end="")


def script(shell: str, root: Path, python: str) -> str:
    """Give the script for a shell; `root` is the folder of dodo.py, `python` an interpreter with doit."""
    text = (_SCRIPTS / f"completion.{shell}").read_text()
    return text.replace("ROOT", shlex.quote(str(root))).replace("PYTHON -P", f"{shlex.quote(python)} -P")
