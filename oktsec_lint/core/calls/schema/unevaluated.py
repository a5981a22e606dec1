"""`unevaluatedProperties` and `unevaluatedItems`: what no other keyword of the schema has looked at, nor any schema
beside it that allows the value.

What was looked at (a `Cover`) is found anew instead of being noted by every check: few schemas ask, and all calls would
pay. Where it cannot be known, too much counts as looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, TypeAlias

from oktsec_lint.core.model import JsonValue

from .checking import SEVERAL, Check, Fault, Run
from .containers import Below
from .patterns import compiled
from .scalars import Keywords

Token: TypeAlias = str | int
Cover: TypeAlias = Callable[[Any, Run], Iterable[Token]]
"""Which members or items of an object or an array a schema that allows it has looked at."""
Covering: TypeAlias = Callable[[JsonValue], Cover]
"""Compiles the cover of a schema inside of the one that is being compiled."""

_ALL = {
    dict: ("additionalProperties", "unevaluatedProperties"),
    list: ("items", "additionalItems", "unevaluatedItems"),
}
"""Keywords that look at everything that the others leave."""


def limits(schema: Keywords, below: Below, own: Cover) -> Iterator[tuple[tuple[type, ...], Check]]:
    """Both keywords; `own` covers the rest of the schema."""
    for key, kind in (("unevaluatedProperties", dict), ("unevaluatedItems", list)):
        if key in schema and schema[key] is not True:
            yield (kind,), _rest(own, below(schema[key]))


def _rest(own: Cover, rest: Check) -> Check:
    def check(value: Any, run: Run) -> Fault | None:
        seen = frozenset(own(value, run))
        for token in _tokens(value, run):
            fault = None if token in seen else rest(value[token], run)
            if fault is not None:
                return fault.under(token)
        return None

    return check


def _tokens(value: Any, run: Run) -> Iterable[Token]:
    run.spend(len(value))
    return sorted(value) if isinstance(value, dict) else range(len(value))


def everything(value: Any, run: Run) -> Iterable[Token]:
    """The cover of what cannot be read."""
    run.unsure = True
    return _tokens(value, run)


def joined(covers: list[Cover]) -> Cover:
    """What any of them covers."""

    def cover(value: Any, run: Run) -> Iterable[Token]:
        run.enter()
        found = frozenset(chain.from_iterable(one(value, run) for one in covers))
        run.leave()
        return found

    return cover


def covers(schema: Keywords, below: Below, covering: Covering) -> Iterator[Cover]:
    """The covers of a schema's keywords, `$ref` excepted."""
    yield _by_name(schema)
    yield _by_place(schema)
    if "contains" in schema:
        yield _of_matching(below(schema["contains"]))
    for branch in _listed(schema, "allOf"):
        yield covering(branch)
    for branch in (*_listed(schema, "anyOf"), *_listed(schema, "oneOf")):
        yield _where(below(branch), covering(branch))
    if "if" in schema:
        condition, *results = (schema.get(key, True) for key in ("if", "then", "else"))
        yield _where(below(condition), joined([covering(condition), covering(results[0])]), covering(results[1]))
    dependents = schema.get("dependentSchemas")
    for name, item in dependents.items() if isinstance(dependents, dict) else ():
        yield _where_present(name, covering(item))


def _listed(schema: Keywords, key: str) -> list[JsonValue]:
    branches = schema.get(key)
    return branches if isinstance(branches, list) else []


def _by_name(schema: Keywords) -> Cover:
    properties, patterns = schema.get("properties"), schema.get("patternProperties")
    known = frozenset(properties if isinstance(properties, dict) else ())
    searches = [compiled(pattern) for pattern in (patterns if isinstance(patterns, dict) else ())]
    whole = not schema.keys().isdisjoint(_ALL[dict])

    def cover(value: Any, run: Run) -> Iterable[Token]:
        if not isinstance(value, dict):
            return ()
        if None in searches:
            return everything(value, run)
        run.spend(SEVERAL * len(value) * len(searches))
        return [name for name in value if whole or name in known or any(search(name) for search in searches if search)]

    return cover


def _by_place(schema: Keywords) -> Cover:
    items = schema.get("items")
    older = len(items) if isinstance(items, list) and "additionalItems" not in schema else None
    whole = older is None and not schema.keys().isdisjoint(_ALL[list])
    leading = len(_listed(schema, "prefixItems")) if older is None else older

    def cover(value: Any, _run: Run) -> Iterable[Token]:
        if not isinstance(value, list):
            return ()
        return range(len(value)) if whole else range(min(leading, len(value)))

    return cover


def _of_matching(wanted: Check) -> Cover:
    def cover(value: Any, run: Run) -> Iterable[Token]:
        if not isinstance(value, list):
            return ()
        run.spend(len(value))
        return [at for at, item in enumerate(value) if wanted(item, run) is None]

    return cover


def _where(condition: Check, then: Cover, otherwise: Cover | None = None) -> Cover:
    """One cover or the other; an uncertain condition may have looked at what the first one does, so it counts."""

    def cover(value: Any, run: Run) -> Iterable[Token]:
        if condition(value, run) is None:
            return then(value, run)
        return () if otherwise is None else otherwise(value, run)

    return cover


def _where_present(name: str, then: Cover) -> Cover:
    return lambda value, run: then(value, run) if isinstance(value, dict) and name in value else ()
