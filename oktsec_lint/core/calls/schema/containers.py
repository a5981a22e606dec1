"""What a schema says about the members of an object and the items of an array."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from oktsec_lint.core.display import quoted
from oktsec_lint.core.model import JsonValue

from .checking import SEVERAL, TEXT, Check, Fault, Run, anything, unchecked
from .patterns import compiled
from .scalars import Keywords, identity, is_number

Below: TypeAlias = Callable[[JsonValue], Check]
"""Compiles a schema inside of the one that is being compiled."""
_OBJECT, _ARRAY = (dict,), (list,)

_Limits: TypeAlias = "Iterator[tuple[tuple[type, ...], Check]]"


def required(schema: Keywords, _below: Below) -> _Limits:
    """`required`."""
    if "required" not in schema:
        return
    names = schema["required"]
    listed = names if isinstance(names, list) else []
    yield _OBJECT, _needs(listed)
    if listed is not names or not all(isinstance(name, str) for name in listed):
        yield _OBJECT, unchecked


def _needs(names: list[JsonValue]) -> Check:
    """The members that have to be there; what is no text names none."""
    texts = tuple(name for name in names if isinstance(name, str))

    def check(value: Any, _run: Run) -> Fault | None:
        for name in texts:
            if name not in value:
                return Fault(f"the required {quoted(name)} is missing")
        return None

    return check


def members(schema: Keywords, below: Below) -> _Limits:
    """`properties`, `patternProperties` and `additionalProperties`, which is about all that the others are not."""
    if schema.keys().isdisjoint({"properties", "patternProperties", "additionalProperties"}):
        return
    properties, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    if not isinstance(properties, dict) or not isinstance(patterns, dict):
        yield _OBJECT, unchecked
        properties = properties if isinstance(properties, dict) else {}
        patterns = patterns if isinstance(patterns, dict) else {}
    known = {name: below(item) for name, item in properties.items()}
    searched = [(compiled(pattern), below(item)) for pattern, item in patterns.items()]
    more = schema.get("additionalProperties", True)
    rest = _undeclared if more is False else below(more)
    if searched:
        yield _OBJECT, _each_member(_by_pattern(known, searched, rest))
    elif rest is anything:
        yield _OBJECT, _each_known(known)
    else:
        yield _OBJECT, _each_member(lambda name, value, run: known.get(name, rest)(value, run))


def _undeclared(_value: JsonValue, _run: Run) -> Fault:
    return Fault("nothing of this name is declared")


def _each_known(known: Mapping[str, Check]) -> Check:
    """In the order of the names, so that the first fault does not depend on that of the members."""

    def check(value: Any, run: Run) -> Fault | None:
        run.spend(len(value))
        for name in sorted(value):
            one = known.get(name)
            if one is not None:
                fault = one(value[name], run)
                if fault is not None:
                    return fault.under(name)
        return None

    return check


def _each_member(judge: Callable[[str, JsonValue, Run], Fault | None]) -> Check:
    def check(value: Any, run: Run) -> Fault | None:
        run.spend(len(value))
        for name in sorted(value):
            fault = judge(name, value[name], run)
            if fault is not None:
                return fault.under(name)
        return None

    return check


def _by_pattern(
    known: Mapping[str, Check], searched: list[tuple[Callable[[str], bool] | None, Check]], rest: Check
) -> Callable[[str, JsonValue, Run], Fault | None]:
    """A pattern that cannot be searched for may be about any member, so it may also take it from `rest`."""
    unknown = any(search is None for search, _ in searched)
    usable = [(search, item) for search, item in searched if search is not None]

    def judge(name: str, value: JsonValue, run: Run) -> Fault | None:
        run.spend((SEVERAL + len(name) // TEXT) * len(searched))
        checks = [item for search, item in usable if search(name)]
        if name in known:
            checks.append(known[name])
        if unknown:
            run.unsure = True
        elif not checks:
            checks.append(rest)
        return next(filter(None, (one(value, run) for one in checks)), None)

    return judge


def names(schema: Keywords, below: Below) -> _Limits:
    """`propertyNames`. What is wrong with a name is reported at its member."""
    if "propertyNames" not in schema:
        return
    named = below(schema["propertyNames"])
    yield _OBJECT, _each_member(lambda name, _value, run: _renamed(named(name, run)))


def _renamed(fault: Fault | None) -> Fault | None:
    return None if fault is None else Fault("its name is not allowed")


def dependents(schema: Keywords, below: Below) -> _Limits:
    """`dependentRequired` and `dependentSchemas`, and `dependencies`, which was both."""
    for key in ("dependentRequired", "dependentSchemas", "dependencies"):
        if key not in schema:
            continue
        entries = schema[key]
        if not isinstance(entries, dict):
            yield _OBJECT, unchecked
            continue
        checks = {name: _needs(item) if isinstance(item, list) else below(item) for name, item in entries.items()}
        yield _OBJECT, _where_present(checks)


def _where_present(checks: Mapping[str, Check]) -> Check:
    def check(value: Any, run: Run) -> Fault | None:
        run.spend(len(checks))
        present = (one for name, one in checks.items() if name in value)
        return next(filter(None, (one(value, run) for one in present)), None)

    return check


def items(schema: Keywords, below: Below) -> _Limits:
    """`prefixItems` and `items`; the older list in `items` with `additionalItems` means the same."""
    first, rest = schema.get("prefixItems", []), schema.get("items", True)
    if isinstance(rest, list):
        first, rest = rest, schema.get("additionalItems", True)
    if not isinstance(first, list):
        yield _ARRAY, unchecked
        first = []
    leading, following = [below(item) for item in first], below(rest)
    if leading or following is not anything:
        yield _ARRAY, _each_item(leading, following)


def _each_item(leading: list[Check], following: Check) -> Check:
    count = len(leading)

    def check(value: Any, run: Run) -> Fault | None:
        run.spend(len(value))
        for at, item in enumerate(value):
            fault = (leading[at] if at < count else following)(item, run)
            if fault is not None:
                return fault.under(at)
        return None

    return check


def unique(schema: Keywords, _below: Below) -> _Limits:
    """`uniqueItems`."""
    if schema.get("uniqueItems", False) is not False:
        yield _ARRAY, _unique if schema["uniqueItems"] is True else unchecked


def _unique(value: Any, run: Run) -> Fault | None:
    run.spend(len(value))
    seen = set()
    for at, item in enumerate(value):
        known = identity(item, run)
        if known in seen:
            return Fault("it was there before").under(at)
        seen.add(known)
    return None


def contains(schema: Keywords, below: Below) -> _Limits:
    """`contains` with `minContains` and `maxContains`."""
    if "contains" not in schema:
        return
    least, most = schema.get("minContains", 1), schema.get("maxContains", float("inf"))
    if not is_number(least) or not (is_number(most) or "maxContains" not in schema):
        yield _ARRAY, unchecked
        return
    yield _ARRAY, _counted(below(schema["contains"]), least, most)


def _counted(wanted: Check, least: Any, most: Any) -> Check:
    def check(value: Any, run: Run) -> Fault | None:
        run.spend(len(value))
        found = [certain for fault, certain in (run.tried(wanted, item) for item in value) if fault is None]
        if len(found) < least:
            return Fault("it does not hold enough of the items it should")
        if sum(found) > most:
            return Fault("it holds too many items of one sort")
        run.unsure = run.unsure or not (sum(found) >= least and len(found) <= most)
        return None

    return check
