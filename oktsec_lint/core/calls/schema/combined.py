"""Schemas made of schemas: all of them, any, one, none, one if another."""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.model import JsonValue

from .checking import Check, Fault, Run, anything, unchecked
from .containers import Below
from .scalars import EVERY, Keywords

_Limits = Iterator[tuple[tuple[type, ...], Check]]


def every(schema: Keywords, below: Below) -> _Limits:
    """`allOf`."""
    if "allOf" not in schema:
        return
    branches = schema["allOf"]
    if not isinstance(branches, list):
        yield EVERY, unchecked
        return
    for branch in branches:
        yield EVERY, below(branch)


def some(schema: Keywords, below: Below) -> _Limits:
    """`anyOf` and `oneOf`."""
    for key, kind in (("anyOf", _any), ("oneOf", _one)):
        if key in schema:
            branches = schema[key]
            usable = branches if isinstance(branches, list) else []
            yield EVERY, kind([below(branch) for branch in usable]) if usable else unchecked


def _any(branches: list[Check]) -> Check:
    def check(value: JsonValue, run: Run) -> Fault | None:
        run.spend(len(branches))
        faults: list[Fault] = []
        for branch in branches:
            fault, certain = run.tried(branch, value)
            if fault is not None:
                faults.append(fault)
            elif certain:
                return None
        if len(faults) == len(branches):
            return _best(faults)
        run.unsure = True
        return None

    return check


def _one(branches: list[Check]) -> Check:
    def check(value: JsonValue, run: Run) -> Fault | None:
        run.spend(len(branches))
        faults: list[Fault] = []
        certain = possible = 0
        for branch in branches:
            fault, sure = run.tried(branch, value)
            if fault is not None:
                faults.append(fault)
            else:
                certain, possible = certain + sure, possible + 1
        if certain > 1:
            return Fault("it has several of the forms of which it should have one")
        run.unsure = run.unsure or certain != possible
        return None if possible else _best(faults)

    return check


def _best(faults: list[Fault]) -> Fault:
    """The fault of the one branch that is about values of this type, where there is just one."""
    about = [fault for fault in faults if fault.path or not fault.typed]
    return about[0] if len(about) == 1 else Fault("it has none of the forms that are allowed")


def none(schema: Keywords, below: Below) -> _Limits:
    """`not`."""
    if "not" not in schema:
        return
    branch = below(schema["not"])

    def check(value: JsonValue, run: Run) -> Fault | None:
        fault, certain = run.tried(branch, value)
        if fault is None and certain:
            return Fault("it has a form that is not allowed")
        run.unsure = run.unsure or not certain
        return None

    yield EVERY, check


def conditional(schema: Keywords, below: Below) -> _Limits:
    """`if`, `then` and `else`."""
    if "if" not in schema:
        return
    condition = below(schema["if"])
    then, otherwise = (below(schema[key]) if key in schema else anything for key in ("then", "else"))

    def check(value: JsonValue, run: Run) -> Fault | None:
        fault, certain = run.tried(condition, value)
        if not certain:
            run.unsure = True
            return None
        return (then if fault is None else otherwise)(value, run)

    yield EVERY, check
