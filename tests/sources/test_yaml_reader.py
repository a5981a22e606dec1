"""YAML with positions: values, spans, and every way to hurt a reader, each of which ends in one error at one place."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import JsonValue
from oktsec_lint.sources.document import Document, Oddity
from oktsec_lint.sources.yaml_reader import MAX_DEPTH, MAX_EVENTS, MAX_SIZE, read_yaml


@pytest.fixture(autouse=True, params=["libyaml", "pure"])
def either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything here holds with and without libyaml."""
    if request.param == "pure":
        monkeypatch.setattr(yaml, "__with_libyaml__", False)
    elif not yaml.__with_libyaml__:
        pytest.skip("PyYAML was built without libyaml")


def read(text: str) -> Document:
    return read_yaml("f.yaml", text)


def value_of(text: str) -> JsonValue:
    return read(text).value()


def at(document: Document, pointer: str, *, key: bool = False) -> str:
    where = document.locate(pointer, at_key=key)
    start = document.lines.bounds(where.line)[0] + where.column - 1
    end = document.lines.bounds(where.end_line)[0] + where.end_column - 1
    return document.text[start:end]


VALUES: list[tuple[str, object]] = [
    ("a: 1\nb: [x, 'y', \"z\", 0o17]", {"a": 1, "b": ["x", "y", "z", 15]}),
    ("a: '1'\nb: \"true\"\nc: |\n  7\n", {"a": "1", "b": "true", "c": "7\n"}),
    ("a: yes\nb: ~\nc:\nd: ''", {"a": "yes", "b": None, "c": None, "d": ""}),
    ("1: a\ntrue: b\n~: c", {"1": "a", "true": "b", "~": "c"}),
    ("a: !!str 1\nb: !!int '0x10'\nc: !!float 1\nd: !!bool 'true'\ne: !!null ''\nf: ! 1",
     {"a": "1", "b": 16, "c": 1.0, "d": True, "e": None, "f": 1}),
    ("!!map {a: !!seq [1]}", {"a": [1]}),
    ("- - 1\n- {a: b}", [[1], {"a": "b"}]),
    ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
    ("&k a: 1\nb: *k", {"a": 1, "b": "a"}),
    ("a: &x 1\nb: &x 2\nc: *x", {"a": 1, "b": 2, "c": 2}),
    ("a: &a {x: 1, y: 2}\nb: {x: 0, <<: *a}", {"a": {"x": 1, "y": 2}, "b": {"x": 0, "y": 2}}),
    ("b: {<<: [{x: 1}, {x: 2, y: 3}]}", {"b": {"x": 1, "y": 3}}),
    ("b: {'<<': {x: 1}}", {"b": {"<<": {"x": 1}}}),
    ("%YAML 1.1\n---\na: 1\n...\n", {"a": 1}),
    ("a: 1\r\nb: 2\rc: 3\n", {"a": 1, "b": 2, "c": 3}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_values(text: str, value: object) -> None:
    assert value_of(text) == value


def test_infinity_is_kept() -> None:
    assert value_of("a: .inf") == {"a": math.inf}


SPANS = [
    ("a: {b: [x, \"y z\"]}", "/a/b/1", False, '"y z"'),
    ("a: {b: [x, y]}", "/a/b", False, "[x, y]"),
    ("a: {b: [x, y]}", "/a/b", True, "b"),
    ("a:\n  b: 1\n  c:\n    - d\n    - e\n\n\n# end\nf: 1\n", "/a", False, "b: 1\n  c:\n    - d\n    - e"),
    ("a:\n- x\n- y\nb: 1", "/a", False, "- x\n- y"),
    ("a: |\n  one\n  two\n\n\nb: 1", "/a", False, "|\n  one\n  two"),
    ("a: >-\n  one\n\n# c\nb: 1", "/a", False, ">-\n  one"),
    ("é: ü # x", "/é", False, "ü"),
    ("a: !!str x", "/a", False, "!!str x"),
    ("a: &x [1]\nb: *x", "/b", False, "*x"),
    ("a: &x [1]\nb: *x", "/b/0", False, "1"),
    ("a: &x {k: v}\nb: {<<: *x}", "/b/k", False, "v"),
    ("a:\nb: 1", "/a", False, "a"),
    ("a: 1\na: 22", "/a", False, "22"),
    ("a/b: {c~d: 1}", "/a~1b/c~0d", False, "1"),
    ("a: [x]", "/a/7/b", False, "[x]"),
    ("a: {b: 1}", "/a/c", True, "a"),
    ("a: x", "/a/0", False, "x"),
    ("a: [x, y]", "/a/01", False, "[x, y]"),
    ("a: 1", "", False, "a: 1"),
    ("\U0001f600: [\U0001f600, z]", "/\U0001f600/1", False, "z"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "pointer", "key", "characters"), SPANS)
def test_a_pointer_leads_to_the_very_characters(text: str, pointer: str, characters: str, *, key: bool) -> None:
    assert at(read(text), pointer, key=key) == characters


@pytest.mark.parametrize("odd", ["\u2028", "\u2029", "\x85"])
def test_only_real_line_ends_count_as_lines(odd: str) -> None:
    document = read(f'a: "x{odd}{odd}y"\nb: "é{odd}" \nc: z')
    where = document.locate("/c")
    assert (where.line, where.column, where.snippet) == (3, 4, "c: z")
    assert document.locate("/b").line == 2


def test_duplicate_keys_are_kept_with_every_place() -> None:
    document = read("a: 1\nb:\n  - {c: 1, d: 2, c: 3}\na: 2\na: 3\n")
    found = [(item.oddity, item.pointer, [document.location(span).line for span in item.spans])
             for item in document.anomalies]  # fmt: skip
    assert found == [(Oddity.DUPLICATE_KEY, "/a", [1, 4, 5]), (Oddity.DUPLICATE_KEY, "/b/0/c", [3, 3])]
    assert document.value() == {"a": 3, "b": [{"c": 3, "d": 2}]}


def test_duplicates_inside_a_merged_mapping_are_not_lost() -> None:
    (found,) = read("a: {<<: {x: 1, x: 2}}").anomalies
    assert found.pointer == "/a/x"


def laughs(levels: int, width: int) -> str:
    lines = ["l0: &l0 [" + ", ".join(["lol"] * width) + "]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines)


def merges(levels: int) -> str:
    lines = ["m0: &m0 {" + ", ".join(f"k{n}: 1" for n in range(500)) + "}"]
    lines += [f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}]}}" for n in range(1, levels)]
    return "\n".join(lines)


REFUSED: list[tuple[str, str, str, int, int]] = [
    ("nine laughs", laughs(9, 9), "aliases stand for more", 5, 0),
    ("many merges", merges(60), "aliases stand for more", 0, 0),
    ("wide aliases", "a: &a [" + "x, " * 5000 + "]\nb: [*a,\n *a,\n *a]", "aliases stand for more", 3, 2),
    ("deep flow", "a: " + "[" * 500, "nested deeper", 1, 4 + MAX_DEPTH - 1),
    ("deep mappings", "{a: " * 500, "nested deeper", 1, 0),
    ("deep blocks", "- " * 500, "nested deeper", 1, 0),
    ("deep by alias", "a: &a " + "[" * 40 + "]" * 40 + "\nb: " + "[" * 40 + "*a" + "]" * 40, "nested deeper", 2, 44),
    ("many values", "- x\n" * (MAX_EVENTS + 10), "more than 50,000", 0, 0),
    ("two megabytes", "a: " + "x" * (2 * MAX_SIZE), "larger than", 0, 0),
    ("a megabyte and an error", "# " + "x" * 400_000 + "\na: [\n" + "x " * 200_000, "not valid YAML", 0, 0),
    ("self", "a: &a [*a]", "contains itself", 1, 8),
    ("no such anchor", "a: 1\nb: *nope", "not defined", 2, 4),
    ("two documents", "a: 1\n---\nb: 2", "second YAML document", 2, 1),
    ("python tag", "a: !!python/object/apply:os.system [id]", "not supported", 1, 4),
    ("env tag", "a: 1\nb: !env HOME", "not supported", 2, 4),
    ("binary", "a: !!binary aGk=", "not supported", 1, 4),
    ("wrong core tag", "a: !!int x", "not supported", 1, 4),
    ("tag of the wrong kind", "a: !!map [x]", "not supported", 1, 4),
    ("bad merge", "a: {<<: 7}", "mapping", 1, 9),
    ("bad merge list", "a: {<<: [{a: 1}, x]}", "mapping", 1, 18),
    ("list as key", "? [a]\n: b", "key", 1, 3),
    ("bell", 'a: "x\x07"', "U+0007", 1, 6),
    ("nul", "a: 1\n\x00", "U+0000", 2, 1),
    ("c1", "é: \x9b31m", "U+009B", 1, 4),
    ("inner byte order mark", "a: \ufeffb", "U+FEFF", 1, 4),
    ("half a character", 'a: "\\ud800"', "", 1, 0),
    ("tab", "a:\n\tb: 1", "spaces, not tabs", 2, 1),
    ("unclosed", "a: [1, 2\nb: 3", "not valid YAML", 0, 0),
    ("reference in braces", "a: {b: ${X}}", "in quotes", 1, 0),
    ("empty", "", "empty", 0, 0),
    ("only comments", "# a\n# b\n", "empty", 0, 0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words", "line", "column"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_what_is_refused_is_refused_once_and_says_where(text: str, words: str, line: int, column: int) -> None:
    with pytest.raises(SourceError) as caught:
        read(text)
    error = caught.value
    assert words in str(error)
    assert error.path == "f.yaml"
    assert line in (0, error.line)
    assert column in (0, error.column)
    assert len(str(error)) < 300


def test_what_is_just_within_the_limits_is_read() -> None:
    assert read("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert read("a: &a [" + "x, " * 3000 + "]\nb: [*a, *a, *a]")
    assert read("a: " + "x" * (MAX_SIZE - 3))


words = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\ufeff"), max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@given(value=json_values.filter(lambda value: isinstance(value, dict) and value), flow=st.booleans())
@example(value={"a": {"b": ["no", "1_0", "", "~"]}}, flow=True)
def test_what_yaml_writes_is_read_back(*, value: dict[str, Any], flow: bool) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow, default_style='"', allow_unicode=True, sort_keys=False)
    assert value_of(text) == value


@given(st.text(alphabet=st.sampled_from("ab:-?#&*!|>'\"%@`{}[],\n\t ~<1.\r\u2028é"), max_size=60))
@example("a: &a\n<<: *a")
@example("? - a\n: b")
def test_any_text_ends_in_a_document_or_an_error(text: str) -> None:
    lines = text.count("\n") + text.count("\r") + 1
    try:
        document = read(text)
    except SourceError as error:
        refused = error
    else:
        _every_pointer_is_inside(document)
        return
    assert refused.line <= lines


def _every_pointer_is_inside(document: Document) -> None:
    stack: list[tuple[str, JsonValue]] = [("", document.value())]
    while stack:
        pointer, value = stack.pop()
        for at_key in (True, False):
            where = document.locate(pointer, at_key=at_key)
            assert 1 <= where.line <= where.end_line <= len(document.lines)
            assert (where.line, where.column) <= (where.end_line, where.end_column)
        if isinstance(value, list):
            stack += [(f"{pointer}/{index}", item) for index, item in enumerate(value)]
        elif isinstance(value, dict):
            stack += [(pointer + "/" + key.replace("~", "~0").replace("/", "~1"), item) for key, item in value.items()]
