"""A schema as one function: compiled once, keyword by keyword, and asked for every call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TypeAlias

from oktsec_lint.core.model import JsonValue, pointer_to
from oktsec_lint.core.values import NamedTuple

from . import combined, containers, scalars
from .checking import Check, Fault, Run, TooComplexError, anything, nothing, too_deep, unchecked
from .references import Document, home_of
from .scalars import EVERY, Keywords

_LEVELS = 100
"""Schemas inside of schemas that are compiled."""
_LONGEST = 200
"""Characters of a name up to which a pointer leads to its member; otherwise it ends at the object."""

_SCALAR: tuple[Callable[[Keywords], Iterator[tuple[tuple[type, ...], Check]]], ...] = (
    scalars.values,
    scalars.bounds,
    scalars.multiple,
    scalars.matching,
)
_NESTED: tuple[Callable[[Keywords, containers.Below], Iterator[tuple[tuple[type, ...], Check]]], ...] = (
    containers.required,
    containers.members,
    containers.names,
    containers.dependents,
    containers.items,
    containers.unique,
    containers.contains,
    combined.every,
    combined.some,
    combined.none,
    combined.conditional,
)
_UNCHECKED = ("unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef")
"""Keywords that depend on what other schemas have looked at, or on the way to them."""
_BEFORE_2019 = ("draft-03", "draft-04", "draft-06", "draft-07")
"""Dialects in which `$ref` stands alone, whatever is written beside it."""

_Table: TypeAlias = Mapping[type, tuple[Check, ...]]


class Violation(NamedTuple):
    """What a schema does not allow about a value."""

    pointer: str
    """JSON pointer, in the value, of what is wrong."""
    said: str
    """A clause about it, such as `it is longer than 5 characters`; holds nothing of the value."""


class Schema:
    """One compiled schema. Immutable as far as its users can see."""

    def __init__(self, schema: JsonValue) -> None:
        self._check = _Compiler(schema).whole()

    def violation(self, value: JsonValue) -> Violation | None:
        """The first thing wrong with a value, members in the order of their names; None when nothing is known."""
        try:
            fault = self._check(value, Run())
        except TooComplexError:
            return Violation("", "it is too complex to be checked")
        return None if fault is None else Violation(_pointer(fault), fault.said)


def _pointer(fault: Fault) -> str:
    tokens: list[str | int] = []
    for token in reversed(fault.path):
        if isinstance(token, str) and len(token) > _LONGEST:
            break
        tokens.append(token)
    return pointer_to(*tokens)


class _Compiler:
    """Compiles one document. What is referred to is compiled after what refers to it, each once, so that neither
    circles nor long chains matter."""

    def __init__(self, root: JsonValue) -> None:
        self._document = Document(root)
        dialect = root.get("$schema") if isinstance(root, dict) else None
        self._alone = isinstance(dialect, str) and any(name in dialect for name in _BEFORE_2019)
        self._targets: dict[tuple[int, int], list[Check]] = {}
        self._waiting: list[tuple[JsonValue, JsonValue, list[Check]]] = []

    def whole(self) -> Check:
        root = self._document.root
        check = self._schema(root, root, 0)
        while self._waiting:
            schema, home, box = self._waiting.pop()
            box.append(self._schema(schema, home, 0))
        return check

    def _schema(self, schema: JsonValue, home: JsonValue, level: int) -> Check:
        if isinstance(schema, bool):
            return anything if schema else nothing
        if not isinstance(schema, dict):
            return unchecked
        if level > _LEVELS:
            return too_deep
        home = home_of(schema, home)
        if "$ref" in schema and self._alone:
            return self._reference(schema["$ref"], home)
        return self._keywords(schema, home, level)

    def _keywords(self, schema: Keywords, home: JsonValue, level: int) -> Check:
        below = partial(self._schema, home=home, level=level + 1)
        limits = [limit for keyword in _SCALAR for limit in keyword(schema)]
        nested = [limit for keyword in _NESTED for limit in keyword(schema, below)]
        if "$ref" in schema:
            nested.append((EVERY, self._reference(schema["$ref"], home)))
        types, read = scalars.types_of(schema)
        if not read or not schema.keys().isdisjoint(_UNCHECKED):
            limits.append((EVERY, unchecked))
        if not types and not limits and not nested:
            return anything
        table = {kind: _checks_of(kind, types, (*limits, *nested)) for kind in EVERY}
        return _branch(table) if nested else _leaf(table)

    def _reference(self, reference: JsonValue, home: JsonValue) -> Check:
        place = self._document.target(reference, home)
        if place is None:
            return unchecked
        key = (id(place.schema), id(place.home))
        box = self._targets.get(key)
        if box is None:
            box = self._targets[key] = []
            self._waiting.append((place.schema, place.home, box))
        return _following(box)


def _following(box: list[Check]) -> Check:
    """What will be in the box once everything is compiled."""

    def check(value: JsonValue, run: Run) -> Fault | None:
        return box[0](value, run)

    return check


def _checks_of(
    kind: type, types: Mapping[type, Check], limits: tuple[tuple[tuple[type, ...], Check], ...]
) -> tuple[Check, ...]:
    """What is asked about values of one Python type, in the order in which it is reported."""
    own = (check for kinds, check in limits if kind in kinds and check is not anything)
    return (types[kind], *own) if kind in types else tuple(own)


def _leaf(table: _Table) -> Check:
    """A schema without schemas in it."""

    def check(value: JsonValue, run: Run) -> Fault | None:
        for one in table[type(value)]:
            fault = one(value, run)
            if fault is not None:
                return fault
        return None

    return check


def _branch(table: _Table) -> Check:
    def check(value: JsonValue, run: Run) -> Fault | None:
        run.enter()
        for one in table[type(value)]:
            fault = one(value, run)
            if fault is not None:
                run.leave()
                return fault
        run.leave()
        return None

    return check
