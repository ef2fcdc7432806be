"""The structure that CONTRIBUTING.md promises, read off the code itself."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted([*(ROOT / "imbricate").rglob("*.py"), *(ROOT / "tasks").rglob("*.py"), ROOT / "dodo.py"])
NAMES = {".".join(one.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for one in MODULES}
LAYERS = {"imbricate": 0, "tasks": 1, "dodo": 2}


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def _imports(path: Path) -> frozenset[str]:
    """Give what a module imports, inside of functions and for types, too."""
    found: set[str] = set()
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found & NAMES)


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_imports_go_from_dodo_to_tasks_to_imbricate(path: Path) -> None:
    own = LAYERS[_name(path).partition(".")[0]]

    assert {one for one in _imports(path) if LAYERS[one.partition(".")[0]] > own} == set()


def test_no_module_imports_itself_through_others() -> None:
    graph = {_name(path): _imports(path) - {_name(path)} for path in MODULES}
    facades = {name for name in graph if any(other.startswith(f"{name}.") for other in graph)}
    while leaves := {name for name, needed in graph.items() if not (needed - facades) & graph.keys()}:
        graph = {name: needed for name, needed in graph.items() if name not in leaves}

    assert graph == {}


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_stays_under_400_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 400


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(_parsed(path))
