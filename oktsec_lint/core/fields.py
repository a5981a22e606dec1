"""A configuration value after decoding, with its address: what the checks and the builder read instead of YAML.

Reading a field never fails. A value that was missing, empty or of the wrong type answers with the default it is asked
for; that it was wrong was reported when it was decoded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.model import EMPTY, JsonValue, Kind, Place, Subject, pointer_to, tokens_of, unescaped
from oktsec_lint.core.values import NamedTuple

_LONGEST_INDEX = 6


class Address(NamedTuple):
    """Where a value stands, for machines (pointer) and for people (dotted key)."""

    path: str
    pointer: str = ""
    dotted: str = ""
    owner: str = ""
    """The nearest name around it that the user chose: an agent, a server, a rule id."""
    inert: bool = False
    """True inside a section that this tool does not act on."""

    @property
    def name(self) -> str:
        """The key that holds it, as written, or the index."""
        return unescaped(self.pointer.rpartition("/")[2])

    def key(self, name: str) -> Address:
        dotted = f"{self.dotted}.{name}" if self.dotted else name
        return Address(self.path, self.pointer + pointer_to(name), dotted, self.owner, self.inert)

    def item(self, number: int) -> Address:
        pointer, dotted = f"{self.pointer}/{number}", f"{self.dotted}[{number}]"
        return Address(self.path, pointer, dotted, self.owner, self.inert)

    def place(self, *, at_key: bool = False) -> Place:
        return Place(self.path, self.pointer, at_key)

    def hit(
        self,
        rule: str,
        message: str,
        fix: str = "",
        *,
        at_key: bool = False,
        severity: Severity | None = None,
    ) -> Hit:
        """Something wrong here. `fix` is what to type next; empty keeps the rule's own advice."""
        subject = Subject("", Kind.CONFIG, self.dotted)
        return Hit(rule, message, subject, self.pointer, self.place(at_key=at_key), severity=severity, help=fix)


def address_of(path: str, pointer: str) -> Address:
    """The address of a pointer whose tokens are read without the document: a number is taken for an index."""
    at = Address(path)
    for name in tokens_of(pointer):
        is_index = name.isascii() and name.isdigit() and len(name) <= _LONGEST_INDEX
        at = at.item(int(name)) if is_index else at.key(name)
    return at


class Field:
    """One decoded value."""

    __slots__ = ("at", "broken", "items", "members", "value", "written")

    def __init__(
        self,
        at: Address,
        value: JsonValue = None,
        members: Mapping[str, Field] = EMPTY,
        items: tuple[Field, ...] = (),
        *,
        written: bool = True,
        broken: bool = False,
    ) -> None:
        self.at = at
        self.value = value
        """As plain values; None when nothing usable is written."""
        self.members = members
        """Of a section or map, by key."""
        self.items = items
        """The usable elements of a list; each knows its own index."""
        self.written = written
        """False when the key is not in the file at all."""
        self.broken = broken
        """True when something that is written could not be used."""

    def with_value(self, value: JsonValue) -> Field:
        """The same field with another value."""
        return Field(self.at, value, self.members, self.items, written=self.written, broken=self.broken)

    def as_broken(self) -> Field:
        """The same field, counted as one that could not be used."""
        return Field(self.at, self.value, self.members, self.items, written=self.written, broken=True)

    def __getitem__(self, name: str) -> Field:
        """The value of a key; an unwritten field when there is none."""
        return self.members.get(name) or Field(self.at.key(name), written=False)

    def __iter__(self) -> Iterator[Field]:
        """The elements of a list, or the values of a map."""
        return iter(self.items or self.members.values())

    @property
    def name(self) -> str:
        return self.at.name

    def text(self, default: str = "") -> str:
        return self.value if isinstance(self.value, str) else default

    def flag(self, *, default: bool = False, broken: bool = False) -> bool:
        """The boolean written; `broken` is what a boolean that could not be read counts as."""
        if isinstance(self.value, bool):
            return self.value
        return broken if self.broken else default

    def whole(self, default: int) -> int:
        return self.value if isinstance(self.value, int) and not isinstance(self.value, bool) else default

    def texts(self) -> tuple[str, ...]:
        return tuple(item.text() for item in self.items)

    def text_map(self) -> dict[str, str]:
        return {name: member.text() for name, member in self.members.items()}


_DEEPEST = 16
"""Levels below which nothing of a manifest is read."""


def field_of(value: JsonValue, at: Address, depth: int = _DEEPEST) -> Field:
    """A plain value as a field, whatever it is: for formats that are read leniently. Nothing is read below `depth`."""
    if isinstance(value, dict) and depth:
        members = {name: field_of(item, at.key(name), depth - 1) for name, item in value.items()}
        return Field(at, value, members=members)
    if isinstance(value, list) and depth:
        return Field(at, value, items=tuple(field_of(item, at.item(i), depth - 1) for i, item in enumerate(value)))
    return Field(at, value)
