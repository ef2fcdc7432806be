"""What somebody wants of a task list who says it in ordinary words; no model, the same answer every time.

The rules are tried in the order of the table, on the message without its courtesies.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from pakaura.lines import one_line

Wish = Literal[
    "add", "list", "complete", "complete_all", "reopen", "delete", "delete_all", "rename", "help", "thanks", "unknown"
]


class Intent(NamedTuple):
    """What is wanted, of which task; `title` is a new title, `status` which tasks to list or delete."""

    wish: Wish
    task: str = ""
    title: str = ""
    status: Literal["open", "done", "all"] = "open"


_COURTESY = re.compile(
    r"^(?:please|hey|hi|hello|ok(?:ay)?|so|and|now|then|well|just|let'?s|(?:can|could|would|will) you"
    r"|(?:i want|i'?d like|i would like|i need) you to|i(?:'?d| would) like to)\b[\s,:!]*",
    re.IGNORECASE,
)
_AFTERTHOUGHT = re.compile(r"[\s,]*\b(?:please|thanks|thank you|for me|now|yet)$", re.IGNORECASE)
_DONE = r"(?:done|complete|completed|finished)"
_LIST = r"(?:(?:my|the) )?(?:(?:to-?do|task) )?(?:list|tasks|to-?dos)"

_ITEM = r"(?:task|to-?do|item|reminder)"
_ITEMS = rf"{_ITEM}s?"
_ALL = rf"(?:everything|all(?: of)?(?: (?:my|the|them|open))*(?: {_ITEMS})?)"

_RULES: tuple[tuple[Wish, str], ...] = (
    ("help", r"(?:help|hi|hello|hey|what can (?:you|i) do|how does this work|what do you do)"),
    ("thanks", r"(?:thanks|thank you|great|cool|nice|perfect)(?: (?:a lot|very much|so much|you))?"),
    # What is new.
    ("add", (
        r"(?:add|create|make|new|write(?: down)?|note|schedule|set up)(?: me)?(?: (?:a|an|another|one))?(?: new)?"
        rf" {_ITEM}\b(?: (?:called|named|titled|saying|that says|for|to|about)\b)?\s*[:,-]?\s*(?P<task>.*)"
    )),
    ("add", rf"(?:add|put|write|note)(?: down)? (?P<task>.+?) (?:to|on|onto|in) {_LIST}"),
    ("add", r"(?:remind me|remember|don't (?:let me )?forget) (?:to|about|that|of) (?P<task>.+)"),
    ("add", r"(?:i|we) (?:(?:need|have|ought) to|must|should|gotta) (?P<task>.+)"),
    ("add", rf"{_ITEM}\s*: (?P<task>.+)"),
    ("add", r"add\b\s*(?P<task>.*)"),
    # What is not done after all; before "done", which it contains.
    ("reopen", r"(?:mark|set) (?P<task>.+?) (?:as )?(?:not (?:yet )?done|undone|open|incomplete|unfinished|to ?do)"),
    ("reopen", rf"(?:reopen|re-open|uncheck|untick|unmark|undo) (?P<task>.+?)(?: as {_DONE})?"),
    ("reopen", rf"(?P<task>.+?) (?:is not|isn't|was not|wasn't) (?:really )?{_DONE}"),
    # What there is.
    ("list", rf"(?:what|which|how many|whats)\b.*\b(?:{_DONE}|did|to ?do|list|open|left|pending|{_ITEMS}|have)\b.*"),
    ("list", (
        r"(?:show|list|display|see|view|read|give|tell|print|get)\b"
        rf"(?: me\b)?(?:.* )?\b(?:{_ITEMS}|list|to ?do|everything|all|open|left|{_DONE})\b.*"
    )),
    ("list", rf"(?:(?:my|the|all) )*(?:(?:{_DONE}|open|pending|remaining) )?(?:tasks|to-?dos|(?:to-?do )?list)|show"),
    ("list", r"(?:do i have|have i got|is there|are there)\b.*\b(?:tasks?|to-?dos?|list|anything|left|to do)\b.*"),
    # What is done.
    ("complete_all", rf"(?:mark|set) {_ALL} (?:as )?{_DONE}|(?:complete|finish|(?:check|tick|cross) off) {_ALL}"),
    ("complete", rf"(?:mark|set|tick|check|cross) (?P<task>.+?) (?:(?:as|to) )?(?:{_DONE}|off|out)"),
    ("complete", r"(?:complete|finish|close|tick off|tick|check off|check|cross off|cross out)\b\s*(?P<task>.*)"),
    ("complete", rf"(?:i|we)(?:'m|'ve| am| have)?(?: (?:just|already))? (?:{_DONE}|did)(?: with)? (?P<task>.+)"),
    ("complete", r"(?:done|finished)(?: with)?\s*:? (?P<task>.+)"),
    ("complete", rf"(?P<task>.+?) (?:is|are|was|were) (?:(?:now|already|all) )?{_DONE}"),
    # What is to go.
    ("delete_all", (
        r"(?:delete|remove|clear|erase|drop|discard|get rid of) (?:everything|(?:my|the) (?:(?:to-?do|task) )?list"
        rf"|(?:(?:all|every)(?: of)? )?(?:(?:my|the) )?(?:{_DONE} )?(?:tasks|to-?dos|ones|items))"
    )),
    ("delete", (
        r"(?:delete|remove|drop|cancel|erase|discard|clear|scratch|get rid of|forget(?: about)?|throw away)\b"
        r"\s*(?P<task>.*)"
    )),
    ("rename", r"(?:rename|change|edit|update|reword) (?P<task>.+?) (?:to|into|as) (?P<title>.+)"),
)  # fmt: skip
_COMPILED = tuple((wish, re.compile(pattern, re.IGNORECASE)) for wish, pattern in _RULES)

_APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
_QUOTES = "\"'“”«»`"
_BEFORE = re.compile(
    rf"(?:(?:the|my|that|this) )?(?:{_ITEM}\b(?! ?#?\d))?(?: ?\b(?:called|named|titled)\b)?[ :]*(?=\S)", re.IGNORECASE
)
_BEHIND = re.compile(rf"(?: {_ITEM})? (?:from|off|on|in) {_LIST}$| {_ITEM}$", re.IGNORECASE)
_LOOKS_BACK = re.compile(rf"\b(?:{_DONE}|did)\b", re.IGNORECASE)
_LOOKS_AT_ALL = re.compile(r"\b(?:all|every|everything)\b", re.IGNORECASE)


def understand(message: str) -> Intent:
    """Tell what a message asks for."""
    said = _plain(message)
    for wish, pattern in _COMPILED:
        match = pattern.fullmatch(said)
        if match:
            return _intent(wish, said, match.groupdict(""))
    return Intent("unknown")


def _plain(message: str) -> str:
    """Leave out courtesies and what ends a sentence, unless nothing would be left."""
    said = one_line(message).replace(_APOSTROPHE, "'").rstrip(" .!?,;")
    while True:
        shorter = _AFTERTHOUGHT.sub("", _COURTESY.sub("", said)).rstrip(" .!?,;")
        if not shorter or shorter == said:
            return said
        said = shorter


def _intent(wish: Wish, said: str, found: dict[str, str]) -> Intent:
    if wish in {"list", "delete_all"}:
        back, whole = _LOOKS_BACK.search(said), _LOOKS_AT_ALL.search(said) or wish == "delete_all"
        return Intent(wish, status="done" if back else "all" if whole else "open")
    task = found.get("task", "").strip()
    return Intent(wish, _unquoted(task) if wish == "add" else _meant(task), _unquoted(found.get("title", "")))


def _meant(task: str) -> str:
    """Leave of `the task "buy milk" from my list` what names the task."""
    shorter = _unquoted(_BEHIND.sub("", _BEFORE.sub("", task, count=1)))
    return shorter or task


def _unquoted(text: str) -> str:
    return text.strip().strip(_QUOTES).strip()
