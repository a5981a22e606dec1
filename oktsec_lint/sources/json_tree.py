"""Where every value of a JSON text stands, found on demand and in linear time.

One pass pairs the brackets; after that an object or list is indexed once, when a pointer first goes through it, and
what it holds is skipped, not read. Only for texts that were parsed before: nothing is validated here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cached_property

from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.values import NamedTuple

from .document import Span, Step, index_of

_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
_STRING_OR_BRACKET = re.compile(rf"{_STRING.pattern}|[\[\]{{}}]")
_WORD = re.compile(r"[^ \t\r\n,\]}]*")
_BLANKS = " \t\r\n"
_SPACE = re.compile(r"[ \t\r\n]*")
_GAP = re.compile(r"[ \t\r\n]*[,:]?[ \t\r\n]*")


class Member(NamedTuple):
    """One key of an object and the offset at which its value starts."""

    key: Span
    value: int


class JsonTree:
    """The positions of one valid JSON text. What was found is remembered; nothing else changes."""

    def __init__(self, text: str, base: int = 0) -> None:
        """`base` is the offset of `text` in its document; offsets here are inside the text, spans in the document."""
        self._text = text
        self._base = base
        self._members: dict[int, Mapping[str, Member]] = {}
        self._items: dict[int, Sequence[int]] = {}

    def start(self) -> int:
        """Where the outermost value starts."""
        return self._after(_SPACE, 0)

    def span(self, start: int) -> Span:
        """The value that starts here, in the document."""
        return self.placed(start, self.end_of(start))

    def placed(self, start: int, end: int) -> Span:
        return Span(self._base + start, self._base + end)

    def end_of(self, start: int) -> int:
        """The end of the value that starts here."""
        first = self._text[start]
        if first in "[{":
            if start == self.start():
                return len(self._text.rstrip(_BLANKS))
            return self._closers[start] + 1
        return self._after(_STRING if first == '"' else _WORD, start)

    def members(self, start: int) -> Mapping[str, Member]:
        """Keys to positions of the object that starts here; of duplicate keys the last."""
        if start not in self._members:
            self._members[start] = dict(self._read_members(start))
        return self._members[start]

    def items(self, start: int) -> Sequence[int]:
        """Where each element starts of the list that starts here."""
        if start not in self._items:
            self._items[start] = self._read_items(start)
        return self._items[start]

    @cached_property
    def _closers(self) -> Mapping[int, int]:
        """Offset of every opening bracket to that of its closing one."""
        closers: dict[int, int] = {}
        opened: list[int] = []
        for match in _STRING_OR_BRACKET.finditer(self._text):
            mark = match.group()
            if mark in ("[", "{"):
                opened.append(match.start())
            elif mark in ("]", "}"):
                closers[opened.pop()] = match.start()
        return closers

    def _read_members(self, start: int) -> list[tuple[str, Member]]:
        members: list[tuple[str, Member]] = []
        at, end = self._after(_SPACE, start + 1), self._closers[start]
        while at < end:
            key_end = self._after(_STRING, at)
            value = self._after(_GAP, key_end)
            members.append((json.loads(self._text[at:key_end]), Member(self.placed(at, key_end), value)))
            at = self._after(_GAP, self.end_of(value))
        return members

    def _read_items(self, start: int) -> list[int]:
        items: list[int] = []
        at, end = self._after(_SPACE, start + 1), self._closers[start]
        while at < end:
            items.append(at)
            at = self._after(_GAP, self.end_of(at))
        return items

    def _after(self, pattern: re.Pattern[str], offset: int) -> int:
        match = pattern.match(self._text, offset)
        return offset if match is None else match.end()


class JsonNode:
    """One value of a JSON text: what it is, and where it starts."""

    __slots__ = ("_start", "_tree", "_value")

    def __init__(self, tree: JsonTree, start: int, value: JsonValue) -> None:
        self._tree = tree
        self._start = start
        self._value = value

    @property
    def span(self) -> Span:
        return self._tree.span(self._start)

    def plain(self) -> JsonValue:
        return self._value

    def child(self, token: str, /) -> Step | None:
        if isinstance(self._value, dict) and token in self._value:
            member = self._tree.members(self._start)[token]
            return Step(member.key, JsonNode(self._tree, member.value, self._value[token]))
        if isinstance(self._value, list) and (index := index_of(token, len(self._value))) is not None:
            return Step(None, JsonNode(self._tree, self._tree.items(self._start)[index], self._value[index]))
        return None
