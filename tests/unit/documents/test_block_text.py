"""The quick reader gives what the careful one gives, or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imbricate.documents import config_text, resource_text
from imbricate.documents.block_text import read_block
from imbricate.documents.config_events import read_document as read_config_carefully
from imbricate.documents.resource_events import read_document as read_resource_carefully

RESOURCE = resource_text._DIALECT
CONFIG = config_text._DIALECT


def quick(text: str) -> Any:
    return read_block(text, RESOURCE)


def exact(value: Any) -> Any:
    """Give a value with the types of all its parts."""
    if isinstance(value, dict):
        return "map", [(exact(key), exact(child)) for key, child in value.items()]
    if isinstance(value, list):
        return "list", [exact(child) for child in value]
    return type(value).__name__, repr(value)


READ = [
    "a: 1\n",
    "---\na: 1\n",
    "# first\na: 1  # one\n\nb: two words   \n",
    "a:\nb:\n  c:\n",
    "a:\n- x\n- w: 1\n  z: 2\nb: 3\n",
    "a:\n  - x\n  -   w: 1\n      z: 2\n",
    "a:\n- b:\n  - c:\n    - d\n",
    "a: 'it''s'\nb: \"x: y # z\"\nc: '5' # five\n",
    'a: "x\\ty"\nb: "one\n  two"\n',
    "a: 'one\n\n  two'\n",
    "a: |\n  x\n    y\n\nb: |-\n  z\nc: |+\n  w\n\n",
    "a:\n- |\n  x\n- y\n",
    "a: one\n  two\n  three\nb: 1\n",
    "a: {}\nb: []\nc: [a, 1.50, 'x', \"y\"]\nd: {k: v, n: 1, l: [], m: {o: p}}\n",
    "a: [a, b] # two\nb: {a: 'x, y'}\n",
    'a: ["--x", "y: z"]\n',
    "a.b/c-d: 0x1F\n'q': 1\n\"r\": ~\n",
    "a: -1\nb: --flag\nc: http://x/y:80\nd: 10:20\ne: (x)\n",
    "a: é\n",
    "- a\n- b: 1\n  c: 2\n",
]
LEFT = [
    "",
    "# nothing\n",
    "a\n",
    "a: 1\na: 2\n",
    "a: &x 1\nb: *x\n",
    "<<: {a: 1}\n",
    "a: <<\n",
    "a: !!str 1\n",
    "a:\t1\n",
    "a: >\n  x\n",
    "a: |2\n   x\n",
    "a: |\n",
    "a: |\n  x",
    "a: |\n\n    x\n  y\n",
    "a: b: c\n",
    "a: b:\n",
    "a: x\n  b: y\n",
    "a: x\n\n  y\n",
    "a: 'x\n",
    "a: 'x' y\n",
    "a: 'x\ny'\n",
    "a: [a\n",
    "a: [a], [b]\n",
    "a: [a] b]\n",
    "a: []]\n",
    "a: []], [[]\n",
    "a: {}, {}\n",
    "a: @x\n",
    "a: ? x\n",
    " a: 1\nb: 2\n",
    "a:\n  b: 1\n c: 2\n",
    "a:\n- - b\n",
    "a:\n-\n",
    "? a\n: b\n",
    "true: 1\n",
    "1: 2\n",
    "a: 1\n---\nb: 2\n",
    "a: 1\n...\n",
    "%YAML 1.1\n---\na: 1\n",
    "\ufeffa: 1\n",
    "a: \x07\n",
]


READ += [
    "a:\n- b\n  - c\n",
    "a: x\n  {key,value} in\n  \"quoted\" 'words'\n  == 1 && *y > z\nb: 1\n",
    "a: 1\n  2\n",
    "a: null\n  - b\n  ? c\n",
    "- x\n  @y\n- a: b\n    %c\n",
    ".a: 1\nb: \nc:  \n  d: 1\n",
]


@pytest.mark.parametrize("text", READ)
def test_what_most_files_hold_is_read_quickly(text: str) -> None:
    assert exact(quick(text)) == exact(read_resource_carefully(text, "", 0))
    assert exact(read_block(text, CONFIG)) == exact(read_config_carefully(text, ""))


@pytest.mark.parametrize("text", LEFT)
def test_the_rest_is_left_to_the_careful_reader(text: str) -> None:
    assert quick(text) is None


def test_a_deep_nest_is_left_to_the_careful_reader() -> None:
    assert quick("".join(f"{' ' * level}a:\n" for level in range(60))) is None
    assert quick("a: " + "[" * 30 + "]" * 30 + "\n") == {"a": read_resource_carefully("[" * 30 + "]" * 30, "", 0)}


PIECES = st.sampled_from(
    [
        *(
            "a",
            "b: ",
            "c:",
            "- ",
            "-",
            "  ",
            " ",
            "\n",
            "\n  ",
            "\n- ",
            "\n    ",
            "x",
            "1",
            "1.50",
            "~",
            "null",
            "true",
        ),
        *(
            '"',
            "'",
            '"q"',
            "'q'",
            "\\n",
            "|",
            "|-",
            "|+",
            ">",
            "[",
            "]",
            "]]",
            "{",
            "}",
            "}}",
            ", ",
            ",",
            ":",
            "#",
            " # note",
            "?",
        ),
        *("&x", "*x", "!t ", "<<", "@", "%", "---", "...", "\t", "é", "\r", "= ", "0x1F", "2001-01-01", "012", "yes"),
    ]
)


@settings(max_examples=1500, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_what_is_read_quickly_is_what_is_read_carefully(text: str) -> None:
    found, config = quick(text), read_block(text, CONFIG)

    assert found is None or exact(found) == exact(read_resource_carefully(text, "", 0))
    assert config is None or exact(config) == exact(read_config_carefully(text, ""))


LINES = st.sampled_from(
    [
        *("a: 1", "b:", "c: x y", "- a", "- b: 1", "  d: 2", "  - e", "    f: 'g'", "", "# note", "  # note", "g: |"),
        *("  text", "    more", "h: {a: b}", "i: [a, 'b']", "  continued", 'j: "k', '  l"', "m: |-", "n: 'o", "  p'"),
        *("  {x} y", '    "quoted" z', "  = 1", "  *x", "  &y z", "  !a", "  % b", "  @c", "  > d", "  | e", "  ? f"),
        *("  - - g", "o: 5 # note", ".k: l", "r: ", "s:  ", "  'u' v", "  [w", "  - ", "- *x", "t: &y", "...", "- > z"),
    ]
)


@settings(max_examples=1500, deadline=None)
@given(text=st.lists(LINES, max_size=9).map("\n".join), ends=st.booleans())
def test_lines_in_any_order(text: str, *, ends: bool) -> None:
    text += "\n" if ends else ""
    found = quick(text)

    assert found is None or exact(found) == exact(read_resource_carefully(text, "", 0))
