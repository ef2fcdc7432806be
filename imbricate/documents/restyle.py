"""Structured text: YAML or JSON inside of a string, whose fields are set and which is written again in its own manner.

This is what kustomize's replacements do below a scalar field (api/filters/replacement): JSON comes out compact or
indented as it was, its keys sorted; YAML comes out of go-yaml v3's encoder, which keeps comments, order and styles.
"""

from __future__ import annotations

import json

from imbricate.documents.dump import dump_node
from imbricate.documents.face import BREAKS, fits_a_block, literal, quoted, reads_as_syntax
from imbricate.documents.folded import folded
from imbricate.documents.go_json import go_json
from imbricate.documents.layout import Entry, Layout, type_name
from imbricate.documents.resolve import plain_value
from imbricate.documents.scalars import Value, json_value, scalar_text
from imbricate.errors import DocumentError

_YAML_TAGS = "tag:yaml.org,2002:"
_FLOW_SIGNS = frozenset(",?[]{}:")


class StructuredText:
    """A text and the value that it holds; change the value in place, then ask for the text."""

    def __init__(self, text: str) -> None:
        """Read the first document of a text. Raises DocumentError for what is no YAML and no JSON."""
        self._original = text
        self._layout = Layout(text)

    @property
    def value(self) -> Value:
        """Give the value, made as `read_resources` makes it, with aliases shared and merge keys left as they are."""
        return self._layout.root.value

    def text(self) -> str:
        """Write the value in the manner of the original.

        Raises DocumentError where kustomize would leave the original as it is: a number in JSON that became none.
        """
        if self._original.strip()[:1] in {"{", "["}:
            return self._json()
        lines = [*self._layout.head]
        writer = _Writer(self._layout)
        writer.node(self.value, self._layout.root, "", 0)
        return "\n".join([*lines, *writer.lines, *self._layout.foot]).strip()

    def _json(self) -> str:
        writer = _Writer(self._layout)
        writer.node(self.value, self._layout.root, "", 0)
        compact = go_json(json_value(self.value))
        if "\n" in self._original and "  " in self._original:
            return _indented(json.loads(compact))
        return compact


def _indented(value: Value, pad: str = "") -> str:
    inner = pad + "  "
    if isinstance(value, dict) and value:
        fields = [f"{inner}{go_json(key)}: {_indented(child, inner)}" for key, child in value.items()]
        return "{\n" + ",\n".join(fields) + f"\n{pad}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(inner + _indented(child, inner) for child in value) + f"\n{pad}]"
    return go_json(value)


class _Writer:
    """Writes a value by a layout, line by line; what the layout does not know is written as `dump_node` does."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.lines: list[str] = []

    def node(self, value: Value, entry: Entry, lead: str, indent: int) -> None:
        """Write what follows `lead`, a dash or nothing, on this line and those below."""
        properties = self._properties(entry, value)
        entries = self._layout.entries.get(id(value))
        if entry.alias or not isinstance(value, dict | list) or not value or entry.flow:
            text = self._inline(value, entry, indent, flow=False)
            comment = f" {entry.comment}" if entry.comment else ""
            first, newline, rest = text.partition("\n")
            commented = f"{first}{comment}{newline}{rest}" if entry.style in {"|", ">"} else text + comment
            self.lines += f"{lead}{properties}{commented}".rstrip(" ").split("\n")
        elif entries is None:
            self.lines += (lead + dump_node(value).rstrip("\n").replace("\n", "\n" + " " * indent)).split("\n")
        elif isinstance(value, dict):
            self._map(value, entries, lead, indent)
        else:
            self._list(value, entries, lead, indent)

    def _map(self, mapping: Value, entries: dict[str, Entry], lead: str, indent: int) -> None:
        pad = " " * indent
        for key, value in mapping.items():
            entry = entries.get(key) or Entry(key=Entry(text=key, value=key))
            self._comments(entry.before, pad)
            label = f"{lead}{self._key(key, entry.key)}:"
            if isinstance(value, dict | list) and value and not entry.flow and not entry.alias:
                properties = self._properties(entry, value).rstrip()
                extra = (f" {properties}" if properties else "") + (f" {entry.comment}" if entry.comment else "")
                self.lines.append(label + extra)
                deeper = indent if isinstance(value, list) else indent + 2
                self.node(value, Entry(), " " * deeper, deeper)
            else:
                self.node(value, entry, label + " ", indent + 2)
            self._comments(entry.after, pad)
            lead = pad

    def _list(self, items: Value, entries: dict[int, Entry], lead: str, indent: int) -> None:
        pad = " " * indent
        for position, value in enumerate(items):
            entry = entries.get(position) or Entry()
            self._comments(entry.before, pad)
            self.node(value, entry, f"{lead}- ", indent + 2)
            self._comments(entry.after, pad)
            lead = pad

    def _comments(self, comments: list[str], pad: str) -> None:
        self.lines += [pad + line if line else "" for line in comments]

    @staticmethod
    def _properties(entry: Entry, value: Value) -> str:
        if entry.alias:
            return ""
        anchor = f"&{entry.anchor} " if entry.anchor else ""
        tag = entry.tag
        if tag in {_YAML_TAGS + "map", _YAML_TAGS + "seq"} and isinstance(value, dict | list):
            tag = ""
        return anchor + (_short(tag) + " " if tag else "")

    def _key(self, key: str, entry: Entry | None) -> str:
        if key == "<<" and entry is not None and not entry.style:
            return "!!merge <<"
        if len(key.encode()) > 128 or BREAKS.search(key):
            raise DocumentError("", None, None, f"expected a short map key, found {key[:20]!r}")
        known = entry or Entry(text=key, value=key)
        return self._properties(known, key) + (
            _plain(key, 0, flow=False) if not known.style else _styled(known.style, key, 0)
        )

    def _inline(self, value: Value, entry: Entry, indent: int, *, flow: bool) -> str:
        if entry.alias:
            return f"*{entry.alias}"
        if isinstance(value, dict):
            return "{" + ", ".join(self._flow_pairs(value)) + "}"
        if isinstance(value, list):
            entries = self._layout.entries.get(id(value), {})
            return "[" + ", ".join(self._flow(one, entries.get(at) or Entry()) for at, one in enumerate(value)) + "]"
        return self._scalar(value, entry, indent, flow=flow)

    def _flow_pairs(self, mapping: Value) -> list[str]:
        entries = self._layout.entries.get(id(mapping), {})
        pairs = []
        for key, value in mapping.items():
            entry = entries.get(key) or Entry()
            pairs.append(f"{self._key(key, entry.key)}: {self._flow(value, entry)}")
        return pairs

    def _flow(self, value: Value, entry: Entry) -> str:
        return self._properties(entry, value) + self._inline(value, entry, 0, flow=True)

    def _scalar(self, value: Value, entry: Entry, indent: int, *, flow: bool) -> str:
        unchanged = value is entry.value or (type(value) is type(entry.value) and value == entry.value)
        text = entry.text if unchanged else scalar_text(value)
        if isinstance(entry.value, dict | list) or (entry.value is None and not entry.text and not entry.column):
            return _plain(text, indent, flow=flow) if isinstance(value, str) else text
        if entry.style:
            return _styled("'" if flow and entry.style in "|>" else entry.style, text, indent)
        old, new = self._layout.kind_of(entry), type_name(plain_value(text))
        if entry.tag or old == new:
            return _plain(text, indent, flow=flow) if old == "str" else text
        if old == "str":
            return quoted(text)
        if self._is_json() and (old, new) == ("float", "int"):
            return text
        if self._is_json():
            raise DocumentError(
                "", None, None, f"expected a value of type {old} in place of {entry.text!r}, found {text!r}"
            )
        return f"!!{old} {_plain(text, indent, flow=flow) if new == 'str' else text}"

    def _is_json(self) -> bool:
        return self._layout.root.flow


def _short(tag: str) -> str:
    return "!!" + tag.removeprefix(_YAML_TAGS) if tag.startswith(_YAML_TAGS) else tag


def _plain(text: str, indent: int, *, flow: bool) -> str:
    if flow and (not text or _FLOW_SIGNS & set(text)) and not reads_as_syntax(text or "x"):
        return "'" + text.replace("'", "''") + "'"
    return (
        dump_node(text).rstrip("\n").replace("\n  ", "\n" + " " * indent)
        if "\n" not in text
        else _styled("|", text, indent)
    )


def _styled(style: str, text: str, indent: int) -> str:
    pad = " " * indent
    if style in "|>" and text and fits_a_block(text.replace("\t", "x")):
        return literal(text, pad) if style == "|" else _without_last_break(folded(text, pad), text)
    if style == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if style == "'" and "\t" not in text and fits_a_block(text) and "\n " not in text:
        lines = text.replace("'", "''")
        return "'" + "".join(f"\n{one}" if not one.strip("\n") else one for one in _broken(lines, pad)) + "'"
    return quoted(text)


def _without_last_break(block: str, text: str) -> str:
    return block[:-1] if text.endswith("\n") else block


def _broken(text: str, pad: str) -> list[str]:
    first, *others = text.split("\n")
    parts = [first]
    for number, line in enumerate(others):
        starts_run = number == 0 or others[number - 1] != ""
        parts.append(("\n" if starts_run else "") + "\n" + (pad + line if line else ""))
    return ["".join(parts)]
