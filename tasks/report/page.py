"""The page: its summary and its sections, in their order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tasks.report import sections
from tasks.report.document import document
from tasks.report.facts import CURRENT
from tasks.report.html import Html, element, joined
from tasks.report.images import BEHIND
from tasks.report.talking import talking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.report.facts import Facts
    from tasks.report.images import Row
    from tasks.report.stages import Gap

_SCRIPT = Path(__file__).parent / "page.js"


class Contents(NamedTuple):
    """All that the page shows; `origin` says from what and when it was made."""

    facts: Facts
    images: Sequence[Row]
    gaps: Sequence[Gap]
    origin: str


def page(contents: Contents) -> str:
    """Give the whole page."""
    title = f"What is rendered: {', '.join(contents.facts.environments)}"
    return document(title, *_body(contents), script=_SCRIPT.read_text())


def _body(contents: Contents) -> list[Html]:
    found = _sections(contents)
    links = (element("li", element("a", title, href=f"#{name}")) for name, title, _ in found)
    return [
        element("a", "Skip to the content", href="#content", class_="skip"),
        element(
            "header",
            element("h1", "What is rendered"),
            element("p", contents.origin, class_="quiet"),
            _summary(contents),
            element("nav", element("ul", *links), aria_label="Sections"),
            _filter(),
        ),
        element("main", *(_section(*one) for one in found), id="content", tabindex="-1"),
        element("footer", element("p", "Made by ", element("code", "doit report"), ".")),
    ]


def _sections(contents: Contents) -> list[tuple[str, str, Html]]:
    facts = contents.facts
    images = joined(sections.stages_of_images(facts, contents.images), sections.digests(contents.images))
    return [
        ("state", "State", sections.state(facts, contents.images)),
        ("findings", "Findings", sections.findings(facts)),
        ("images", "Images", images),
        ("differences", "Differences between stages", sections.differences(contents.gaps)),
        ("talks", "Who talks to whom", joined(_legend(), talking(facts))),
        ("times", "Time to render", sections.times(facts)),
    ]


def _section(name: str, title: str, inside: Html) -> Html:
    return element("section", element("h2", title, id=name), inside, aria_labelledby=name)


def _summary(contents: Contents) -> Html:
    facts = contents.facts
    states = list(facts.states.values())
    current = sum(one.status == CURRENT for one in states)
    uses = [use for one in contents.images for step in one.steps if step for use in step.uses]
    pinned = sum(bool(use.version.digest) for use in uses)
    behind = sum(any(step and step.standing == BEHIND for step in one.steps) for one in contents.images)
    tiles = (
        _tile(
            "state", f"{current} of {len(states)}", "units are current", "good" if current == len(states) else "warn"
        ),
        _tile("findings", str(len(facts.findings)), "findings of doit check", "bad" if facts.findings else "good"),
        _tile("images", f"{pinned} of {len(uses)}", "images by digest", "good" if pinned == len(uses) else "warn"),
        _tile("images", str(behind), "images behind in a stage", "note" if behind else "good"),
    )
    return element("ul", *tiles, class_="tiles")


_SIGNS = {"good": "✓", "warn": "!", "bad": "✗", "note": "▼"}


def _tile(section: str, number: str, words: str, style: str) -> Html:
    text = (element("b", sections.mark(style, _SIGNS[style], number)), element("span", words))
    return element("li", element("a", *text, href=f"#{section}"))


def _filter() -> Html:
    return element(
        "form",
        element("label", "Filter ", element("small", "(press / to come here, Escape to clear)"), for_="filter"),
        element("input", id="filter", type="search", autocomplete="off", spellcheck="false"),
        element("output", id="matches", for_="filter", aria_live="polite"),
        id="filtering",
        role="search",
        hidden=True,
    )


def _legend() -> Html:
    kinds = (
        ("route", "a way in: Ingress, or a Service open to the outside"),
        ("names", "named in the configuration: environment, ConfigMap, argument"),
        ("allowed", "only allowed by a NetworkPolicy"),
        ("names refused", "named, but no NetworkPolicy allows it"),
    )
    return element("ul", *(element("li", _sample(style), " ", text) for style, text in kinds), class_="legend")


def _sample(style: str) -> Html:
    cross = element("path", d="M19 1l10 10M29 1l-10 10", class_="cross") if "refused" in style else None
    parts = (element("path", d="M0 6H41", class_="line"), element("path", d="M48 6L41 2V10Z", class_="arrow"), cross)
    inside = element("g", *parts, class_=f"edge {style}")
    return element("svg", inside, class_="graph sample", viewBox="0 0 48 12", width=48, height=12, aria_hidden="true")
