"""The grammar of `oktsec.yaml` as a JSON Schema, so that an editor completes keys and explains them.

An editor shall not mark what a scan accepts. So a schema is as generous as the decoder: any scalar is text where text
is wanted, an empty value is the default, `x-` keys are places for anchors. What it cannot say, such as a name that no
server has, a scan says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from oktsec_lint.core.model import JsonValue
from oktsec_lint.sources.forms import form_of
from oktsec_lint.sources.grammar import ROOT, Key, Shape, Type

ID = "https://raw.githubusercontent.com/oktsec/oktsec-lint/main/docs/oktsec.schema.json"

_Schema = dict[str, JsonValue]
_TEXT: JsonValue = ["string", "number", "boolean", "null"]
"""What YAML makes of a plain scalar that stands where text is wanted."""
_NUMERIC: Mapping[Type, str] = {Type.WHOLE: "integer", Type.NUMBER: "number"}
_FLAGS: JsonValue = [True, False, None, *"yes Yes YES no No NO on On ON off Off OFF y Y n N".split()]
"""YAML 1.1's words, which upstream's reader takes where a boolean is wanted; an editor reads most of them as text."""


def schema() -> _Schema:
    """The whole grammar, in draft 7, which every editor knows."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": ID,
        "title": "oktsec.yaml",
        "description": "Agents, MCP servers and the policy between them, for oktsec and oktsec-lint",
        **_of(ROOT),
    }


def _of(shape: Shape) -> _Schema:
    return _WRITERS[shape.type](shape)


def _text(shape: Shape) -> _Schema:
    if shape.choices:
        return {"enum": [*shape.choices, None]}
    if shape.format:
        return {"type": _TEXT, "pattern": f"^(?:{form_of(shape.format)})?$", "examples": [shape.format.value]}
    return {"type": _TEXT}


def _flag(_: Shape) -> _Schema:
    return {"enum": _FLAGS}


def _number(shape: Shape) -> _Schema:
    bounds: _Schema = {"type": [_NUMERIC[shape.type], "null"]}
    if shape.minimum is not None:
        bounds["minimum"] = shape.minimum
    if shape.maximum is not None:
        bounds["maximum"] = shape.maximum
    return bounds


def _list(shape: Shape) -> _Schema:
    return {"type": ["array", "null"], "items": _of(shape.items) if shape.items else {}}


def _map(shape: Shape) -> _Schema:
    return {"type": ["object", "null"], "additionalProperties": _of(shape.items) if shape.items else {}}


def _section(shape: Shape) -> _Schema:
    written: _Schema = {
        "type": ["object", "null"],
        "properties": {key.name: _described(key) for key in shape.keys},
        "patternProperties": {"^x-": {}},
        "additionalProperties": False,
    }
    required: JsonValue = [key.name for key in shape.keys if key.required]
    return {**written, "required": required} if required else written


def _anything(_: Shape) -> _Schema:
    return {}


def _described(key: Key) -> _Schema:
    told = [f"{key.doc}." if key.doc else "", f"Not enforced by oktsec-lint: {key.note}." if key.note else ""]
    about: _Schema = {"description": " ".join(filter(None, told))} if any(told) else {}
    return {**about, **_of(key.shape), **({"default": key.default} if key.default is not None else {})}


_WRITERS: Mapping[Type, Callable[[Shape], _Schema]] = {
    Type.TEXT: _text,
    Type.FLAG: _flag,
    Type.WHOLE: _number,
    Type.NUMBER: _number,
    Type.LIST: _list,
    Type.MAP: _map,
    Type.SECTION: _section,
    Type.ANYTHING: _anything,
}
