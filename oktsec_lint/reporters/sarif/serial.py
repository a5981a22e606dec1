"""`sarif_om` objects to plain JSON values.

A member that is None or has its default is left out, but `level` never is: a result without one takes the level of its
rule, so leaving out the default `warning` would turn a warning under an `error` rule into an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oktsec_lint.core.model import JsonValue

_ALWAYS = "level"
_FIELDS = "__attrs_attrs__"
"""Where attrs, with which the model is written, keeps a class's fields."""


def to_json(value: object) -> JsonValue:
    """Objects of the model, lists, string-keyed dicts and scalars; anything else is a TypeError."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if not hasattr(value, _FIELDS):
        raise TypeError(f"{type(value).__name__} has no place in SARIF")
    return {name: to_json(item) for name, item in _members(value)}


def _members(value: Any) -> Iterator[tuple[str, object]]:
    for field in getattr(value, _FIELDS):
        item = getattr(value, field.name)
        name = field.metadata["schema_property_name"]
        if item is not None and (name == _ALWAYS or item != _default(field.default)):
            yield name, item


def _default(declared: Any) -> object:
    """The default itself: attrs wraps a list in a factory, so that instances do not share it."""
    return declared.factory() if hasattr(declared, "factory") else declared
