"""What scalars are: plain Python ones, `Scalar` for a spelling that must be kept, `Quoted` for a quoted string."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from imbricate.documents.floats import float_text

if TYPE_CHECKING:
    from collections.abc import Callable

Value = Any
Plain = str | int | float | bool | None


class Scalar:
    """A plain scalar whose text is not the canonical spelling of its value: 0x1F, 1_000, 1.50, True, ~ ..."""

    __slots__ = ("text", "value")

    text: str
    value: Plain

    def __init__(self, text: str, value: Plain) -> None:
        """Take the text as it stands in the file and the value that it is read as."""
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "value", value)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: scalars are shared."""
        raise AttributeError(f"cannot set {name} to {value!r}: a Scalar is immutable")

    def __delattr__(self, name: str) -> None:
        """Refuse: scalars are shared."""
        raise AttributeError(f"cannot delete {name}: a Scalar is immutable")

    def __eq__(self, other: object) -> bool:
        """Compare text and value; the values 1, 1.0 and True differ."""
        if type(other) is not Scalar:
            return NotImplemented
        return self.text == other.text and repr(self.value) == repr(other.value)

    def __hash__(self) -> int:
        """Hash by text."""
        return hash((Scalar, self.text))

    def __repr__(self) -> str:
        """Give the expression that makes an equal one."""
        return f"Scalar({self.text!r}, {self.value!r})"

    def __reduce__(self) -> tuple[Callable[..., Scalar], tuple[Any, ...]]:
        """Make pickles go through the constructor; there is but one EMPTY_IN_FLOW."""
        return (empty_in_flow, ()) if self is EMPTY_IN_FLOW else (Scalar, (self.text, self.value))

    def __copy__(self) -> Scalar:
        """Give itself."""
        return self

    def __deepcopy__(self, _memo: dict[int, object]) -> Scalar:
        """Give itself."""
        return self


# A value within braces or brackets of which nothing is written: a null until kustomize prints it, as an empty string.
EMPTY_IN_FLOW = Scalar("", None)


def empty_in_flow() -> Scalar:
    """Give EMPTY_IN_FLOW."""
    return EMPTY_IN_FLOW


class Quoted(str):
    """A string that was quoted although it need not be; in every other way the plain string."""

    __slots__ = ()


class Folded(Quoted):
    """A string from a folded block (>). As long as nothing replaces it, it is printed as `written`."""

    __slots__ = ("written",)

    written: str

    def __new__(cls, text: str, written: str) -> Self:
        """Take the text, and what becomes of it when kustomize writes it and reads it again."""
        new = super().__new__(cls, text)
        new.written = written
        return new

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        """Make pickles and copies go through the constructor."""
        return str(self), self.written


def scalar_text(value: Value) -> str:
    """Give the text that a scalar has in a file, quotes aside: that of a Scalar, else the canonical spelling.

    A None is "null", as it is where kyaml makes one.
    """
    if isinstance(value, str):
        return value
    if type(value) is Scalar:
        return value.text
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return float_text(value) if isinstance(value, float) else str(value)


def json_value(value: Value) -> Value:
    """Replace the Scalars in a value, all the way down, by what they are in JSON: None, bool, int, float or str."""
    if isinstance(value, dict):
        return {scalar_text(key): json_value(child) for key, child in value.items()}
    if isinstance(value, list):
        return [json_value(child) for child in value]
    if type(value) is Scalar:
        return "" if value is EMPTY_IN_FLOW else value.value
    if isinstance(value, Quoted):
        return value.written if isinstance(value, Folded) else str(value)
    return value
