"""A rule as plain JSON and back: the form in which the built-in rules are read at every start.

It trusts what it reads: our own program wrote it, from documents that `ruleparse` had accepted. Field by field it is
the `Rule` itself, without its examples and without whatever has its default, so nothing is parsed or checked twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .findings import Confidence, Severity
from .rules import Pattern, PatternType, Rule

_LEFT_OUT = frozenset({"examples", "origin"})


def plain(rule: Rule) -> dict[str, Any]:
    """What `json.dumps` takes: field name to value, tuples for lists."""
    return _changed(rule._replace(patterns=_rows(rule.patterns), exclude_patterns=_rows(rule.exclude_patterns)))


def rule_of(row: Mapping[str, Any]) -> Rule:
    """The rule that `plain` was given, after a way through JSON. Raises TypeError, ValueError, KeyError or
    AttributeError for what `plain` never wrote."""
    return Rule(**{name: _READERS[name](value) if name in _READERS else value for name, value in row.items()})


def _rows(patterns: tuple[Pattern, ...]) -> Any:
    return tuple(map(_changed, patterns))


def _changed(value: Rule | Pattern) -> dict[str, Any]:
    defaults = value._field_defaults
    return {
        name: item
        for name, item in value._asdict().items()
        if name not in _LEFT_OUT and (name not in defaults or item != defaults[name])
    }


def _pattern(row: Mapping[str, Any]) -> Pattern:
    words = tuple(map(tuple, row.get("words", ())))
    return Pattern(_TYPES[row["type"]], row["value"], words, **{name: row[name] for name in row if name not in _READ})


def _patterns(rows: list[Mapping[str, Any]]) -> tuple[Pattern, ...]:
    return tuple(map(_pattern, rows))


def _taxa(row: Mapping[str, list[str]]) -> Mapping[str, tuple[str, ...]]:
    return {name: tuple(ids) for name, ids in row.items()}


_READ = frozenset({"type", "value", "words"})
_TYPES = {kind.value: kind for kind in PatternType}
_SEVERITIES, _CONFIDENCES = tuple(Severity), tuple(Confidence)
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "severity": _SEVERITIES.__getitem__,
    "confidence": _CONFIDENCES.__getitem__,
    "applies_to": tuple,
    "views": tuple,
    "patterns": _patterns,
    "exclude_patterns": _patterns,
    "references": tuple,
    "taxa": _taxa,
    "parts": tuple,
    "tags": tuple,
}
