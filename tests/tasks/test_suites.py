"""`doit test` and the suites beside the services: run when something changed, left out when a language is missing."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tasks.conftest import Doit

PYTEST = '[tool.pytest.ini_options]\naddopts = ["-p", "no:cacheprovider"]\n'
CART = {
    "images/chassis/python/pyproject.toml": PYTEST,
    "images/chassis/python/requirements-test.txt": "",
    "images/shop/cart/requirements.txt": "",
    "images/shop/cart/cart.py": "def total(prices):\n    return sum(prices)\n",
    "images/shop/cart/tests/test_cart.py": "import cart\n\ndef test_total():\n    assert cart.total([1]) == 1\n",
}
LOCK = (
    '{"name": "web", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "web", "version": "1.0.0"}}}'
)


def _write(project: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)


def _web(engine: str) -> dict[str, str]:
    package = {"name": "web", "version": "1.0.0", "engines": {"node": engine}, "scripts": {"test": "node --test"}}
    return {
        "images/shop/web/package.json": json.dumps(package),
        "images/shop/web/package-lock.json": LOCK,
        "images/shop/web/sum.test.js": "require('node:test')('adds', () => require('assert').equal(1 + 1, 2));\n",
    }


def _told(output: str) -> str:
    return re.sub(r"\d+\.\d+ s", "N s", output)


def test_a_suite_runs_once_and_again_when_a_file_of_it_changes(project: Path, doit: Doit) -> None:
    _write(project, CART)

    first = doit("test", "system=shop")
    second = doit("test", "system=shop")
    _write(project, {"images/shop/cart/cart.py": "def total(prices):\n    return 4\n"})
    third = doit("test", "system=shop")

    assert _told(first[1]) == f"{'shop-cart':28}   N s   passed\n1 passed in N s\n"
    assert second[0] == 0
    assert _told(second[1]) == f"{'shop-cart':28}            up to date\n1 up to date in N s\n"
    assert third[0] == 1
    assert "assert 4 == 1" in third[1]
    assert "images/shop/cart: " in third[1]


def test_a_suite_that_failed_runs_again_though_nothing_changed(project: Path, doit: Doit) -> None:
    _write(project, {**CART, "images/shop/cart/cart.py": "total = str\n"})

    assert doit("test", "system=shop")[0] == 1
    assert doit("test", "system=shop")[0] == 1


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not on PATH")
def test_a_package_of_node_is_installed_from_its_lock_file_and_tested(project: Path, doit: Doit) -> None:
    _write(project, _web(">=18"))

    status, told = doit("test", "system=shop")[:2]

    assert (status, _told(told)) == (0, f"{'shop-web':28}   N s   passed\n1 passed in N s\n")


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not on PATH")
def test_what_needs_a_newer_node_is_left_out_and_said(project: Path, doit: Doit) -> None:
    _write(project, _web(">=999"))

    for _ in range(2):  # left out is not passed: it is looked at each time
        status, told = doit("test", "system=shop")[:2]

        assert status == 0
        assert "left out: it needs node >=999, and " in told


def test_the_suite_of_php_is_left_out_without_phpunit(project: Path, doit: Doit) -> None:
    if shutil.which("phpunit"):
        pytest.skip("phpunit is on PATH")
    _write(project, {"images/shop/mail/tests/MailTest.php": "<?php\n", "images/shop/mail/src/autoload.php": "<?php\n"})

    status, told = doit("test", "system=shop")[:2]

    missing = "left out: it needs phpunit on PATH (Debian: apt-get install phpunit)"
    assert (status, _told(told)) == (0, f"{'shop-mail':28}   N s   {missing}\n1 left out in N s\n")
