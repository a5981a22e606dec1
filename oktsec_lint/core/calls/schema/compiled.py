"""A schema as one function: compiled once, keyword by keyword, and asked for every call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeAlias, TypeVar, cast

from oktsec_lint.core.model import JsonValue, pointer_to
from oktsec_lint.core.values import NamedTuple

from . import combined, containers, scalars, unevaluated
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
_UNEVALUATED = frozenset({"unevaluatedProperties", "unevaluatedItems"})
_UNCHECKED = ("$dynamicRef", "$recursiveRef")
"""Keywords whose meaning depends on the way that led to them."""
_BEFORE_2019 = ("draft-03", "draft-04", "draft-06", "draft-07")
"""Dialects in which `$ref` stands alone, whatever is written beside it."""

_Table: TypeAlias = Mapping[type, tuple[Check, ...]]
_Compiled = TypeVar("_Compiled", bound=Callable[..., Any])
_Compile: TypeAlias = Callable[[JsonValue, JsonValue, int], _Compiled]
"""Compiles a schema that stands in some home, so many levels below what was begun with."""


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
    """Compiles one document, each schema in it once. What is referred to is compiled after what refers to it, so that
    neither circles nor long chains matter."""

    def __init__(self, root: JsonValue) -> None:
        self._document = Document(root)
        dialect = root.get("$schema") if isinstance(root, dict) else None
        self._alone = isinstance(dialect, str) and any(name in dialect for name in _BEFORE_2019)
        self._checks: dict[tuple[int, int], Check] = {}
        self._covers: dict[tuple[int, int], unevaluated.Cover] = {}
        self._waiting: list[Callable[[], None]] = []

    def whole(self) -> Check:
        root = self._document.root
        check = self._schema(root, root, 0)
        while self._waiting:
            self._waiting.pop()()
        return check

    def _schema(self, schema: JsonValue, home: JsonValue, level: int) -> Check:
        if isinstance(schema, bool):
            return anything if schema else nothing
        if not isinstance(schema, dict):
            return unchecked
        if level > _LEVELS:
            return too_deep
        home = home_of(schema, home)
        key = (id(schema), id(home))
        if key not in self._checks:
            self._checks[key] = self._keywords(schema, home, level)
        return self._checks[key]

    def _keywords(self, schema: Keywords, home: JsonValue, level: int) -> Check:
        if "$ref" in schema and self._alone:
            target = self._reference(schema["$ref"], home, self._schema) or unchecked
            return _branch(dict.fromkeys(EVERY, (target,)))
        below = partial(self._schema, home=home, level=level + 1)
        limits = [limit for keyword in _SCALAR for limit in keyword(schema)]
        nested = [limit for keyword in _NESTED for limit in keyword(schema, below)]
        if "$ref" in schema:
            nested.append((EVERY, self._reference(schema["$ref"], home, self._schema) or unchecked))
        if not _UNEVALUATED.isdisjoint(schema):
            rest = {key: value for key, value in schema.items() if key not in _UNEVALUATED}
            nested += unevaluated.limits(schema, below, self._covered(rest, home, level))
        types, read = scalars.types_of(schema)
        if not read or not schema.keys().isdisjoint(_UNCHECKED):
            limits.append((EVERY, unchecked))
        if not types and not limits and not nested:
            return anything
        table = {kind: _checks_of(kind, types, (*limits, *nested)) for kind in EVERY}
        return _branch(table) if nested else _leaf(table)

    def _cover(self, schema: JsonValue, home: JsonValue, level: int) -> unevaluated.Cover:
        if not isinstance(schema, dict):
            return unevaluated.joined([])
        if level > _LEVELS:
            return too_deep
        home = home_of(schema, home)
        key = (id(schema), id(home))
        if key not in self._covers:
            self._covers[key] = self._covered(schema, home, level)
        return self._covers[key]

    def _covered(self, schema: Keywords, home: JsonValue, level: int) -> unevaluated.Cover:
        """The cover of a schema with all its keywords."""
        below = partial(self._schema, home=home, level=level + 1)
        covering = partial(self._cover, home=home, level=level + 1)
        covers = [] if "$ref" in schema and self._alone else list(unevaluated.covers(schema, below, covering))
        if not schema.keys().isdisjoint(_UNCHECKED):
            covers.append(unevaluated.everything)
        if "$ref" in schema:
            covers.append(self._reference(schema["$ref"], home, self._cover) or unevaluated.everything)
        return unevaluated.joined(covers)

    def _reference(self, reference: JsonValue, home: JsonValue, how: _Compile[_Compiled]) -> _Compiled | None:
        """What the target will have been compiled to; None when it is not in the document."""
        place = self._document.target(reference, home)
        if place is None:
            return None
        box: list[_Compiled] = []
        self._waiting.append(lambda: box.append(how(place.schema, place.home, 0)))
        return _following(box)


def _following(box: list[_Compiled]) -> _Compiled:
    def follow(value: JsonValue, run: Run) -> Any:
        return box[0](value, run)

    return cast("_Compiled", follow)


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
