"""What a grammar is made of: keys, the shape of their values, and what a key is worth to this tool.

Data only: the decoder of `oktsec_yaml` reads it, and a JSON Schema can be written from it. A shape says what may be
written; it never says what is done with it.
"""

from __future__ import annotations

from enum import Enum

from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.values import NamedTuple


class Type(Enum):
    """What kind of value a shape accepts; the value is how it is called in a sentence."""

    TEXT = "a string"
    FLAG = "true or false"
    WHOLE = "a whole number"
    NUMBER = "a number"
    LIST = "a list"
    MAP = "a mapping"
    SECTION = "a mapping of known keys"
    ANYTHING = "anything"


class Format(Enum):
    """Texts with an inner form; the value is an example of it."""

    DURATION = "30s"
    """Go's `time.ParseDuration`."""
    DATE_TIME = "2026-01-31T08:00:00Z"
    """RFC 3339."""
    DAY = "2026-01-31"
    SALTED_DIGEST = "sha256:<salt in hex>:<sha256 of salt and token in hex>"


class Shape(NamedTuple):
    """What a value may look like."""

    type: Type
    choices: tuple[str, ...] = ()
    """The only texts allowed; empty means any."""
    format: Format | None = None
    minimum: float | None = None
    maximum: float | None = None
    items: Shape | None = None
    """The elements of a list, or the values of a map with free keys."""
    keys: tuple[Key, ...] = ()
    """Of a section."""

    def key(self, name: str) -> Key | None:
        return next((key for key in self.keys if key.name == name), None)


class Key(NamedTuple):
    """One key of a section."""

    name: str
    shape: Shape
    doc: str = ""
    """Its meaning, with units; one sentence without a full stop."""
    default: JsonValue = None
    """Upstream's default; None when there is none."""
    required: bool = False
    """True when the section means nothing without it."""
    guards: bool = False
    """True when the key restricts something, so that a mistake in it silently weakens protection."""
    note: str = ""
    """Why this tool accepts the key but does not enforce it; empty for what it acts on."""
    complaint: str = ""
    """Upstream's own words for a bad value, with `{value}` and `{owner}` (the named entry around it)."""
    hint: str = ""
    """What to write instead of a wrong value, where that is not obvious."""
    unread: str = ""
    """What a value that cannot be read leads to here, where that is not obvious."""
    other_names: tuple[str, ...] = ()
    """What other tools call the same thing; only for advice."""


def text(*choices: str, form: Format | None = None) -> Shape:
    return Shape(Type.TEXT, choices=choices, format=form)


def flag() -> Shape:
    return Shape(Type.FLAG)


def whole(minimum: int | None = None, maximum: int | None = None) -> Shape:
    return Shape(Type.WHOLE, minimum=minimum, maximum=maximum)


def number(minimum: float | None = None, maximum: float | None = None) -> Shape:
    return Shape(Type.NUMBER, minimum=minimum, maximum=maximum)


def list_of(items: Shape) -> Shape:
    return Shape(Type.LIST, items=items)


def map_of(items: Shape) -> Shape:
    return Shape(Type.MAP, items=items)


def section(*keys: Key) -> Shape:
    return Shape(Type.SECTION, keys=keys)


def anything() -> Shape:
    return Shape(Type.ANYTHING)


def texts() -> Shape:
    return list_of(text())
