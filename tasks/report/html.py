"""HTML from pieces: every text is escaped unless it was made here."""

from __future__ import annotations

from html import escape

from tasks.diff.lines import visible

_VOID = frozenset({"br", "input", "link", "meta"})


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Content = str | None


def element(name: str, /, *content: Content, **attributes: str | int | bool | None) -> Html:
    """Make an element; an attribute that is None or False is left out, one that is True has no value.

    `class_` stands for `class`, `data_filter` for `data-filter`. Content that is no Html is escaped; None is nothing.
    """
    inside = "".join(map(_escaped, content))
    start = f"<{name}{''.join(_attribute(one, value) for one, value in attributes.items())}>"
    return Html(start if name in _VOID else f"{start}{inside}</{name}>")


def joined(*content: Content) -> Html:
    """Put pieces one after another."""
    return Html("".join(map(_escaped, content)))


def _escaped(content: Content) -> str:
    if content is None or isinstance(content, Html):
        return content or ""
    return escape(visible(content))


def _attribute(name: str, value: str | int | bool | None) -> str:  # noqa: FBT001 - that is what HTML has
    name = name.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(visible(str(value)))}"'
