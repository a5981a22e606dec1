"""The tree of a YAML document: what is written and where, after aliases and merge keys are resolved.

A scalar keeps both its text and its value, because what `on` means depends on the field it is written in. A node that
an alias stands for carries the alias's own position; what is below it stands where it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.values import NamedTuple

from .document import Span, Step, index_of
from .scalars import Scalar


class ScalarNode(NamedTuple):
    """A scalar: what is written, and what it means where nothing says otherwise."""

    span: Span
    raw: str
    """The text after unquoting and folding; what a string-typed field takes, whatever the scalar looks like."""
    value: Scalar
    plain_style: bool
    """True when neither quoted nor tagged, so that its look decides its type."""
    weight: int = 1
    height: int = 0

    def plain(self) -> JsonValue:
        return self.value

    def child(self, _token: str, /) -> Step | None:
        return None


class SequenceNode(NamedTuple):
    """A list."""

    span: Span
    items: tuple[YamlNode, ...]
    weight: int
    """Nodes in the expanded tree, this one included."""
    height: int
    """Levels below this one."""

    def plain(self) -> JsonValue:
        return [item.plain() for item in self.items]

    def child(self, token: str, /) -> Step | None:
        index = index_of(token, len(self.items))
        return None if index is None else Step(None, self.items[index])


class Entry(NamedTuple):
    """One key and its value."""

    key: ScalarNode
    value: YamlNode


class MappingNode(NamedTuple):
    """A mapping by its keys' texts, in reading order, merge keys resolved."""

    span: Span
    entries: Mapping[str, Entry]
    weight: int
    height: int

    def plain(self) -> JsonValue:
        return {name: entry.value.plain() for name, entry in self.entries.items()}

    def child(self, token: str, /) -> Step | None:
        entry = self.entries.get(token)
        return None if entry is None else Step(entry.key.span, entry.value)


YamlNode: TypeAlias = ScalarNode | SequenceNode | MappingNode
