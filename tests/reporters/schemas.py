"""The two schemas that machine reports are held to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[2]


def _load(path: str) -> Any:
    return json.loads((ROOT / path).read_text(encoding="utf-8"))


PUBLISHED = _load("docs/report.schema.json")
SARIF_SUBSET = _load("tests/fixtures/sarif-subset.schema.json")
_FINDING = {"$ref": "#/$defs/finding", "$defs": PUBLISHED["$defs"]}


def report_errors(document: Any) -> list[str]:
    """Against the published schema; and, unlike a reader, the writer may have no member the schema does not name."""
    return _errors(PUBLISHED, document) + sorted(set(_members(document)) - set(_named(PUBLISHED)))


def finding_errors(document: Any) -> list[str]:
    return _errors(_FINDING, document)


def sarif_errors(document: Any) -> list[str]:
    return _errors(SARIF_SUBSET, document)


def _errors(schema: Any, document: Any) -> list[str]:
    found = Draft202012Validator(schema).iter_errors(document)
    return [f"{'/'.join(map(str, error.path))}: {error.message[:200]}" for error in found]


def _named(schema: Any) -> Iterator[str]:
    yield from schema.get("properties", {}) if isinstance(schema, dict) else ()
    for item in _children(schema):
        yield from _named(item)


def _members(document: Any) -> Iterator[str]:
    yield from document if isinstance(document, dict) else ()
    for item in _children(document):
        yield from _members(item)


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
