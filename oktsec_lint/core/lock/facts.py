"""A JSON value as facts: JSON pointer to leaf, one line each in the lock, and back.

A leaf is a scalar or an empty container. Members of objects come in the order of their keys, so that a value has one
sequence of facts. Containers are not named: children `0` to `n-1` make a list. An object that has just such keys is
announced by a fact of its own, `{}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from oktsec_lint.core.model import JsonValue, escaped, unescaped

Facts: TypeAlias = dict[str, JsonValue]


def facts_of(root: JsonValue) -> Facts:
    """The facts of a value. Iterative: a hostile schema nests as deep as it likes."""
    facts: Facts = {}
    stack: list[tuple[str, JsonValue]] = [("", root)]
    while stack:
        pointer, value = stack.pop()
        if isinstance(value, dict) and value:
            if _numbered(value):
                facts[pointer] = {}
            stack += [(f"{pointer}/{escaped(key)}", value[key]) for key in sorted(value, reverse=True)]
        elif isinstance(value, list) and value:
            stack += [(f"{pointer}/{index}", value[index]) for index in range(len(value) - 1, -1, -1)]
        else:
            facts[pointer] = value
    return facts


def value_of(facts: Mapping[str, JsonValue]) -> JsonValue:
    """The value with these facts, its members in their order. Raises ValueError, with the pointer, for facts that
    contradict each other."""
    if list(facts) == [""]:
        return facts[""]
    building = _Building()
    for pointer, leaf in facts.items():
        building.add(pointer, leaf)
    return building.value()


class _Building:
    """Containers by pointer, all as objects until the whole is known."""

    def __init__(self) -> None:
        self._nodes: dict[str, dict[str, JsonValue]] = {"": {}}
        self._objects: set[str] = set()

    def add(self, pointer: str, leaf: JsonValue) -> None:
        if pointer.count("/") > _DEEPEST or _BROKEN.search(pointer):
            raise ValueError(pointer)
        if leaf == {} and isinstance(leaf, dict):
            self._objects.add(pointer)
            self._node(pointer)
            return
        parent, slash, token = pointer.rpartition("/")
        if not slash:
            raise ValueError(pointer)
        holder = self._node(parent)
        if token in holder:
            raise ValueError(pointer)
        holder[token] = leaf

    def _node(self, pointer: str) -> dict[str, JsonValue]:
        missing: list[str] = []
        known = pointer
        while known not in self._nodes:
            missing.append(known)
            known, slash, _ = known.rpartition("/")
            if not slash:
                raise ValueError(pointer)
        node = self._nodes[known]
        for below in reversed(missing):
            token = below.rpartition("/")[2]
            if token in node:
                raise ValueError(pointer)
            child = self._nodes[below] = dict[str, JsonValue]()
            node[token] = child
            node = child
        return node

    def value(self) -> JsonValue:
        """Children were made after their parents, so going backwards every child is ready before its parent."""
        ready: dict[int, JsonValue] = {}
        top: JsonValue = {}
        for pointer, node in reversed(self._nodes.items()):
            for token, item in node.items():
                if id(item) in ready:
                    node[token] = ready[id(item)]
            top = self._finished(pointer, node)
            ready[id(node)] = top
        return top

    def _finished(self, pointer: str, node: dict[str, JsonValue]) -> JsonValue:
        announced = pointer in self._objects
        numbered = _numbered(node)
        if node and announced and not numbered:
            raise ValueError(pointer)
        if numbered and not announced:
            return [node[str(index)] for index in range(len(node))]
        if not any("~" in token for token in node):
            return node
        return {unescaped(token): item for token, item in node.items()}


def _numbered(value: Mapping[str, JsonValue]) -> bool:
    return "0" in value and all(str(index) in value for index in range(len(value)))


_DEEPEST = 700
"""Levels of one value; no message that a server sends has more than 512."""
_BROKEN = re.compile("~(?![01])")
_SHORT = 40
_END = re.compile("[.!?;] |[\u3002\uff01\uff1f]")


def pieces(text: str) -> Sequence[str]:
    """A text as the lines it has in the lock; together they are the text. One piece for a short text.

    Broken after every line feed and after the end of every sentence, so that a changed word changes a line that can be
    read, and an added sentence adds one.
    """
    found = [piece for line in text.split("\n") for piece in _sentences(line + "\n")]
    found[-1] = found[-1][:-1]
    return [piece for piece in found if piece] or [""]


def _sentences(line: str) -> list[str]:
    if len(line) <= _SHORT:
        return [line]
    cuts = [0, *(match.end() for match in _END.finditer(line)), len(line)]
    return [line[start:end] for start, end in pairwise(cuts) if start < end]
