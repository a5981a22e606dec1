"""Input schemas: what JSON Schema says, on hostile schemas too, and in bounded time."""

from __future__ import annotations

import json
import time
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oktsec_lint.core.calls.schema import Schema, Violation
from oktsec_lint.core.model import JsonValue


def found(schema: JsonValue, value: Any) -> tuple[str, str] | None:
    violation = Schema(schema).violation(value)
    return violation and tuple(violation)


DRAFT_4 = "http://json-schema.org/draft-04/schema#"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
TREE: dict[str, Any] = {"properties": {"left": {"$ref": "#"}, "size": {"type": "integer"}}, "type": "object"}
PERSON: dict[str, Any] = {
    "$defs": {"name": {"$anchor": "named", "type": "string", "minLength": 2}},
    "properties": {"first": {"$ref": "#/$defs/name"}, "last": {"$ref": "#named"}, "at%b": {"$ref": "#/$defs/na%6De"}},
}
CLOSED: dict[str, Any] = {
    "allOf": [{"properties": {"a": True}}],
    "anyOf": [{"properties": {"b": {"type": "string"}}}, {"patternProperties": {"^c": {"type": "null"}}}],
    "unevaluatedProperties": False,
}
PREFIXED: dict[str, Any] = {"patternProperties": {"^x": True}, "additionalProperties": False}
_WITHIN: dict[str, Any] = {"$id": "within", "$defs": {"b": {"$ref": "#/$defs/c"}, "c": {"type": "null"}}}
INNER: dict[str, Any] = {"$ref": "#/$defs/a/$defs/b", "$defs": {"a": _WITHIN, "c": {"type": "string"}}}

# fmt: off
VIOLATIONS: list[tuple[Any, Any, str, str]] = [
    # schema, value, where, what
    ({"type": "string"}, 1, "", "it is not of type string"),
    ({"type": ["string", "null"]}, 1.5, "", "it is not of type string or null"),
    ({"type": "integer"}, True, "", "it is not of type integer"),
    ({"type": "integer"}, 1.5, "", "it is not of type integer"),
    ({"type": "number"}, "1", "", "it is not of type number"),
    ({"minLength": 2}, "é", "", "it is shorter than 2 characters"),
    ({"maxLength": 1}, "ab", "", "it is longer than 1 characters"),
    ({"minimum": 9007199254740993}, 9007199254740992, "", "it is less than 9007199254740993"),
    ({"exclusiveMaximum": 1}, 1.0, "", "it is not less than 1"),
    ({"$schema": DRAFT_4, "minimum": 1, "exclusiveMinimum": True}, 1, "", "it is not more than 1"),
    ({"multipleOf": 0.1}, 0.35, "", "it is no multiple of 0.1"),
    ({"multipleOf": 3}, 10**30, "", "it is no multiple of 3"),
    ({"enum": [1, "a", None, [1]]}, True, "", "it is none of the values that are allowed"),
    ({"const": {"a": 1}}, {"a": True}, "", "it is not the one value that is allowed"),
    ({"pattern": "^/data/"}, "/etc/passwd", "", "it does not match the `pattern`"),
    ({"pattern": r"^\u0041$"}, "B", "", "it does not match the `pattern`"),
    ({"required": ["path"]}, {"Path": 1}, "", "the required `path` is missing"),
    ({"properties": {"a": {"items": {"type": "string"}}}}, {"a": ["", 1]}, "/a/1", "it is not of type string"),
    ({"properties": {}, "additionalProperties": False}, {"b/c": 1}, "/b~1c", "nothing of this name is declared"),
    ({"additionalProperties": {"type": "null"}}, {"b": 1, "a": 2}, "/a", "it is not of type null"),
    ({"patternProperties": {"^x": False}}, {"x1": 1}, "/x1", "nothing may stand here"),
    (PREFIXED, {"x1": 1, "y": 1}, "/y", "nothing of this name is declared"),
    (INNER, 1, "", "it is not of type null"),
    ({"propertyNames": {"maxLength": 3}}, {"long": 1}, "/long", "its name is not allowed"),
    ({"minProperties": 1}, {}, "", "it has fewer than 1 members"),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, "", "the required `b` is missing"),
    ({"dependencies": {"a": {"required": ["b"]}}}, {"a": 1}, "", "the required `b` is missing"),
    ({"prefixItems": [{"type": "string"}], "items": False}, ["a", "b"], "/1", "nothing may stand here"),
    ({"items": [{"type": "string"}], "additionalItems": False}, ["a", "b"], "/1", "nothing may stand here"),
    ({"uniqueItems": True}, [1, True, "1", 1.0], "/3", "it was there before"),
    ({"contains": {"const": 1}, "minContains": 2}, [1, 2], "", "it does not hold enough of the items it should"),
    ({"contains": {"const": 1}, "maxContains": 1}, [1, 1], "", "it holds too many items of one sort"),
    ({"allOf": [True, {"type": "null"}]}, 1, "", "it is not of type null"),
    ({"anyOf": [{"type": "string", "maxLength": 1}, {"type": "null"}]}, "ab", "", "it is longer than 1 characters"),
    ({"anyOf": [{"type": "string"}, {"type": "null"}]}, 1, "", "it has none of the forms that are allowed"),
    ({"oneOf": [{"type": "integer"}, True]}, 3, "", "it has several of the forms of which it should have one"),
    ({"not": {"type": "object"}}, {}, "", "it has a form that is not allowed"),
    ({"if": {"type": "string"}, "then": {"minLength": 1}}, "", "", "it is shorter than 1 characters"),
    ({"if": {"type": "string"}, "else": False}, 1, "", "nothing may stand here"),
    (TREE, {"left": {"left": {"size": "1"}}}, "/left/left/size", "it is not of type integer"),
    (PERSON, {"first": "a"}, "/first", "it is shorter than 2 characters"),
    (PERSON, {"last": "a"}, "/last", "it is shorter than 2 characters"),
    (PERSON, {"at%b": "a"}, "/at%b", "it is shorter than 2 characters"),
    (CLOSED, {"a": 1, "b": "x", "d": 1}, "/d", "nothing may stand here"),
    ({"prefixItems": [True], "unevaluatedItems": False}, [1, 2], "/1", "nothing may stand here"),
    (False, {}, "", "nothing may stand here"),
]
ALLOWED: list[tuple[Any, Any]] = [
    ({"type": "integer"}, 1.0),
    ({"type": "number"}, 10**300),
    ({"multipleOf": 0.1}, 0.3),
    ({"multipleOf": 0.01}, 1e300),
    ({"enum": [1.0]}, 1),
    ({"const": [{"a": 1, "b": 2}]}, [{"b": 2, "a": 1.0}]),
    ({"maxLength": 1}, "\U0001f600"),
    ({"minLength": 5, "minimum": 5, "required": ["a"]}, None),
    ({"format": "email", "contentEncoding": "base64", "description": 1}, "no mail"),
    ({"properties": {"a": {}}}, {"undeclared": 1}),
    ({"pattern": r"^\s$"}, "\u00a0"),
    ({"pattern": "b"}, "abc"),
    ({"$schema": DRAFT_7, "properties": {"a": {"$ref": "#/$defs/x", "type": "null"}}, "$defs": {"x": True}}, {"a": 1}),
    (CLOSED, {"a": 1, "b": "x", "cc": None}),
    ({"prefixItems": [True], "contains": {"type": "string"}, "unevaluatedItems": False}, [1, "x", "y"]),
]
# fmt: on


@pytest.mark.parametrize(("schema", "value", "pointer", "said"), VIOLATIONS)
def test_what_a_schema_does_not_allow_is_told(schema: Any, value: Any, pointer: str, said: str) -> None:
    assert found(schema, value) == (pointer, said)


@pytest.mark.parametrize(("schema", "value"), ALLOWED)
def test_what_a_schema_allows(schema: Any, value: Any) -> None:
    assert found(schema, value) is None


MEMBER, ITEMS, TEXT = {"a": [1, 1]}, ["x", 1], "text"
UNCHECKABLE: list[tuple[Any, Any]] = [
    ({"pattern": "^(?!no)"}, TEXT),
    ({"pattern": r"(a)\1"}, TEXT),
    ({"pattern": 5}, TEXT),
    ({"type": "any"}, TEXT),
    ({"type": {"a": 1}}, TEXT),
    ({"enum": "abc"}, TEXT),
    ({"minimum": "1"}, 5),
    ({"multipleOf": 0}, 5),
    ({"required": True}, MEMBER),
    ({"required": [1]}, MEMBER),
    ({"properties": []}, MEMBER),
    ({"patternProperties": {"(?=x)": False}, "additionalProperties": False}, MEMBER),
    ({"dependentRequired": 1}, MEMBER),
    ({"properties": {"a": {"pattern": 5, "uniqueItems": 1}}}, MEMBER),
    ({"items": 5}, ITEMS),
    ({"uniqueItems": "yes"}, ITEMS),
    ({"contains": True, "minContains": None}, ITEMS),
    ({"contains": {"pattern": "(?=a)", "minimum": 2}}, ITEMS),
    ({"allOf": {}}, 5),
    ({"anyOf": []}, 5),
    ({"$ref": "https://example.com/other.json"}, ITEMS),
    ({"$ref": "#/$defs/absent"}, ITEMS),
    ({"$ref": "other.json#/x"}, MEMBER),
    ({"$ref": 7}, MEMBER),
    ({"$dynamicRef": "#node"}, MEMBER),
    ({"not": 5}, ITEMS),
    ([], MEMBER),
    ("string", 5),
    (None, TEXT),
]


@pytest.mark.parametrize(("part", "value"), UNCHECKABLE)
def test_what_cannot_be_checked_never_restricts(part: Any, value: Any) -> None:
    other = {"type": ["object", "array", "string", "number"]}
    for schema in (
        part,
        {"not": part},
        {"not": {"not": part}},
        {"oneOf": [part, other]},
        {"anyOf": [part, False]},
        {"if": part, "then": False},
        {"if": part, "else": False},
        {"allOf": [part], "unevaluatedProperties": {"type": "array"}},
    ):
        assert Schema(schema).violation(value) is None


def test_a_schema_beside_what_cannot_be_checked_still_holds() -> None:
    schema = {"properties": {"a": {"pattern": "^(?!no)", "maxLength": 3}}}
    assert found(schema, {"a": "long"}) == ("/a", "it is longer than 3 characters")
    assert found({"anyOf": [{"pattern": "(?!x)", "type": "null"}, {"type": "null"}]}, "x") is not None


def test_nothing_of_a_value_is_repeated_and_a_long_name_ends_the_pointer() -> None:
    secret, name = "sk-live-0123456789", "n" * 10_000
    schema = {"properties": {"a": {"properties": {"b": {"enum": ["x"]}}, "additionalProperties": False}}}
    violation = Schema(schema).violation({"a": {"b": secret}})
    assert violation == Violation("/a/b", "it is none of the values that are allowed")
    assert found(schema, {"a": {name: 1}}) == ("/a", "nothing of this name is declared")


def test_the_first_fault_does_not_depend_on_the_order_of_the_members() -> None:
    schema = {"additionalProperties": {"type": "null"}}
    assert found(schema, {"b": 1, "a": 1}) == found(schema, {"a": 1, "b": 1})


TOO_COMPLEX = ("", "it is too complex to be checked")


def _exploding() -> Any:
    """Forty definitions, each three times the one before."""
    defs: dict[str, Any] = {"a0": {"type": "null"}}
    for number in range(1, 40):
        defs[f"a{number}"] = {"anyOf": [{"$ref": f"#/$defs/a{number - 1}"}] * 3}
    return {"$defs": defs, "$ref": "#/$defs/a39"}


def _looking_again(levels: int) -> Any:
    """Each level asks twice what the one below it looks at."""
    if not levels:
        return {"properties": {"a": True}}
    return {"unevaluatedProperties": False, "anyOf": [_looking_again(levels - 1)]}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"$ref": "#"}, {}),
        ({"$schema": DRAFT_7, "$ref": "#"}, {}),
        ({"$schema": DRAFT_7, "$ref": "#", "unevaluatedProperties": False}, {}),
        ({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}, {}),
        (_exploding(), {}),
        (_looking_again(30), {"a": 1}),
        ({"patternProperties": {f"(a|b)*{i}": True for i in range(300)}}, {"ab" * 99 + str(i): 1 for i in range(2000)}),
        ({"anyOf": [{"pattern": f"(a|aa)+{number}$"} for number in range(1000)]}, "a" * 3_000_000),
    ],
)
def test_work_has_an_end(schema: Any, value: Any) -> None:
    compiled = Schema(schema)
    begun = time.process_time()
    assert compiled.violation(value) == TOO_COMPLEX
    assert time.process_time() - begun < 10


_NESTING = """not allOf anyOf oneOf if items contains additionalProperties propertyNames dependentSchemas
    patternProperties unevaluatedProperties unevaluatedItems""".split()


def _inside(keyword: str, schema: Any) -> Any:
    if keyword in {"allOf", "anyOf", "oneOf"}:
        return {keyword: [schema]}
    return {keyword: {"a": schema}} if keyword in {"dependentSchemas", "patternProperties"} else {keyword: schema}


@pytest.mark.parametrize("keyword", _NESTING)
def test_no_depth_of_schema_or_value_ends_in_an_exception(keyword: str) -> None:
    deep: Any = True
    for _ in range(500):
        deep = _inside(keyword, deep)
    endless = {**_inside(keyword, {"$ref": "#"}), "unevaluatedProperties": False}
    for parts in ("{}", "[]"):
        value = json.loads((parts[0] + '"a":' * (parts == "{}")) * 500 + "1" + parts[1] * 500)
        for schema in (deep, endless):
            Schema(schema).violation(value)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-4, 4)
    | st.sampled_from([0.5, 1.0, -2.0, 2.25])
    | st.text("ab1", max_size=3)
)
NAMES = st.sampled_from(["a", "b", "ab", "1"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES, below, max_size=3), max_leaves=8
)
TYPES = st.sampled_from("string integer number boolean null array object".split())
COUNTS = st.integers(0, 3)
NUMBERS = st.integers(-3, 3) | st.sampled_from([0.5, 1.0, -1.5])
PATTERNS = st.sampled_from(["a", "^a", "b$", "^[ab]+$", "a|1", "^$", r"\d"])
PLAIN: dict[str, Any] = {
    "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
    "enum": st.lists(VALUES, min_size=1, max_size=3),
    "const": VALUES,
    "multipleOf": st.sampled_from([1, 2, 3, 0.5, 0.25]),
    "pattern": PATTERNS,
    "uniqueItems": st.booleans(),
    "required": st.lists(NAMES, max_size=2, unique=True),
    "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES, max_size=2, unique=True), max_size=2),
    "format": st.just("email"),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), NUMBERS),
    **dict.fromkeys("minLength maxLength minItems maxItems minProperties maxProperties".split(), COUNTS),
}


def _with_schemas(below: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some, named = st.lists(below, min_size=1, max_size=3), st.dictionaries(NAMES, below, max_size=3)
    keywords: dict[str, Any] = {
        **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), some),
        **dict.fromkeys(("properties", "dependentSchemas"), named),
        "patternProperties": st.dictionaries(PATTERNS, below, max_size=2),
        **dict.fromkeys(
            """not if then else items contains additionalProperties propertyNames unevaluatedProperties
            unevaluatedItems""".split(),
            below,
        ),
        "minContains": COUNTS,
        "maxContains": COUNTS,
        "$ref": st.sampled_from(["#/$defs/x", "#/$defs/y"]),
    }
    return _few({**PLAIN, **keywords})


def _few(keywords: dict[str, Any]) -> st.SearchStrategy[Any]:
    chosen = st.lists(st.sampled_from(sorted(keywords)), min_size=1, max_size=4, unique=True)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: keywords[name] for name in names}))


SCHEMAS: st.SearchStrategy[Any] = st.recursive(st.booleans() | _few(PLAIN), _with_schemas, max_leaves=8)
DOCUMENTS = st.builds(
    lambda schema, one, other: {**(schema if isinstance(schema, dict) else {}), "$defs": {"x": one, "y": other}},
    SCHEMAS,
    _few(PLAIN),
    _few(PLAIN),
)


@given(DOCUMENTS, st.lists(VALUES, min_size=1, max_size=5))
@settings(max_examples=200, deadline=None)
def test_it_agrees_with_the_reference_implementation(schema: Any, values: list[Any]) -> None:
    reference = jsonschema.Draft202012Validator(schema)
    compiled = Schema(schema)
    for value in values:
        assert (compiled.violation(value) is None) == reference.is_valid(value), value


KEYWORDS = st.sampled_from(
    [*PLAIN, *_NESTING, "properties", "$ref", "$schema", "$defs", "$id", "$anchor", "minContains", "x"]
)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    SCALARS | st.floats() | st.sampled_from(["#", "#/$defs", "#/x/0", "%", "#%zz", "\ud800", "[", "object", DRAFT_7]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYWORDS | st.text(max_size=2), below, max_size=4),
    max_leaves=15,
)


@given(ANYTHING, VALUES)
@settings(max_examples=200, deadline=None)
def test_no_schema_is_an_exception(schema: Any, value: Any) -> None:
    violation = Schema(schema).violation(value)
    assert violation is None or violation.said
