"""JSON with positions on demand: the span of every pointer holds exactly the text of that value."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import JsonValue, pointer_to
from oktsec_lint.sources.document import Document, Oddity, Span
from oktsec_lint.sources.json_reader import first_reading, parse, read_json
from oktsec_lint.sources.json_walk import NotJsonError, walk

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
spaces = st.text(" \t\r\n", max_size=3)


@st.composite
def written(draw: st.DrawFn) -> tuple[JsonValue, str]:
    """A value and one of the many ways to write it: any space, any escaping."""
    value = draw(values)
    return value, "".join(_tokens(draw, value))


def _tokens(draw: st.DrawFn, value: JsonValue) -> Iterator[str]:
    yield draw(spaces)
    if isinstance(value, dict):
        yield "{"
        for index, (key, item) in enumerate(value.items()):
            yield ("," if index else "") + draw(spaces) + json.dumps(key, ensure_ascii=draw(st.booleans()))
            yield draw(spaces) + ":"
            yield from _tokens(draw, item)
        yield (draw(spaces) if not value else "") + "}"
    elif isinstance(value, list):
        yield "["
        for index, item in enumerate(value):
            yield "," if index else ""
            yield from _tokens(draw, item)
        yield (draw(spaces) if not value else "") + "]"
    else:
        yield json.dumps(value, ensure_ascii=draw(st.booleans()))
    yield draw(spaces)


def every_pointer(value: JsonValue) -> Iterator[tuple[str, str | None, JsonValue]]:
    """Pointer, key (None in a list and at the root) and value of everything inside."""
    stack: list[tuple[str, str | None, JsonValue]] = [("", None, value)]
    while stack:
        pointer, key, item = stack.pop()
        yield pointer, key, item
        if isinstance(item, dict):
            stack += [(pointer + pointer_to(name), name, inner) for name, inner in item.items()]
        elif isinstance(item, list):
            stack += [(f"{pointer}/{index}", None, inner) for index, inner in enumerate(item)]


def cut(document: Document, pointer: str, *, at_key: bool = False) -> str:
    where = document.locate(pointer, at_key=at_key)
    start = document.lines.bounds(where.line)[0] + where.column - 1
    end = document.lines.bounds(where.end_line)[0] + where.end_column - 1
    return document.text[start:end]


@given(written())
@example(({'a"b': ["\\", "]", "{"], "": {"": [[], {}]}}, '{"a\\"b":["\\\\","]","{"],"":{"":[[],{}]}}'))
def test_every_pointer_leads_to_its_own_text(case: tuple[JsonValue, str]) -> None:
    value, text = case
    document = read_json("f.json", text)
    assert document.value() == value
    assert document.anomalies == ()
    for pointer, key, item in every_pointer(value):
        assert json.loads(cut(document, pointer)) == item
        if key is not None:
            assert json.loads(cut(document, pointer, at_key=True)) == key


@given(written())
def test_both_parsers_agree_on_json(case: tuple[JsonValue, str]) -> None:
    value, text = case
    assert walk(text) == (value, ())
    assert first_reading(text) == value


broken_texts = st.one_of(
    st.text(st.sampled_from('{}[]",:\\u0159-.eEtruefalsnN \n\t\x00/*a'), max_size=30),
    st.builds(lambda case, at, junk: case[1][: at % (len(case[1]) + 1)] + junk + case[1][at % (len(case[1]) + 1) :],
              written(), st.integers(0, 200), st.sampled_from(["", ",", '"', "\\", "}", "]", "1", "\x01", "-", "0"])),
)  # fmt: skip


@given(broken_texts)
@example("01")
@example("[1.]")
@example('{"a" 1}')
@example("[1,]")
@example('"\t"')
@example('"\\x"')
@example("nul")
@example("-")
@example("NaN")
@example("[1] 2")
def test_both_parsers_refuse_the_same_texts(text: str) -> None:
    def no_constants(word: str) -> None:
        raise ValueError(word)

    try:
        expected = json.loads(text, parse_constant=no_constants)
    except ValueError:
        with pytest.raises(NotJsonError) as found:
            walk(text)
        assert 0 <= found.value.offset <= len(text)
        with pytest.raises(SourceError):
            parse("f", text)
        return
    value, _ = walk(text)
    assert repr(value) == repr(expected)
    assert repr(parse("f", text)[0]) == repr(expected)


REFUSED = [
    ('{"a": 1\n "b": 2}', 2, 2),
    ('{"a": NaN}', 1, 7),
    ("[1,\n-Infinity]", 2, 1),
    ("[1, // no\n2]", 1, 5),
    ("[1,]", 1, 4),
    ('["\x01"]', 1, 0),
    ("", 1, 1),
    ('{"é": tru}', 1, 7),
    ("[" * 10_001, 1, 10_001),
    ('{"a":' * 10_001, 1, 0),
    ("{} {}", 1, 4),
]


@pytest.mark.parametrize(("text", "line", "column"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_json_is_refused_at_its_character(text: str, line: int, column: int) -> None:
    with pytest.raises(SourceError) as caught:
        read_json("f.json", text)
    assert (caught.value.path, caught.value.line) == ("f.json", line)
    assert column in (0, caught.value.column)


@pytest.mark.parametrize("depth", [500, 1_100, 9_999])
def test_any_depth_is_read_and_located(depth: int) -> None:
    document = read_json("f.json", "[" * depth + '"x"' + "]" * depth)
    assert cut(document, "/0" * depth) == '"x"'
    value = document.value()
    for _ in range(depth):
        assert isinstance(value, list)
        (value,) = value
    assert value == "x"


def anomalies(text: str) -> list[tuple[Oddity, str, list[str]]]:
    found = read_json("f.json", text).anomalies
    return [(item.oddity, item.pointer, [text[span.start : span.end] for span in item.spans]) for item in found]


ODD = [
    ('{"a": 1, "b": {"a": 2}, "a": 3}', [(Oddity.DUPLICATE_KEY, "/a", ['"a"', '"a"'])]),
    ('[{"x/y": 1, "x\\/y": 2}]', [(Oddity.DUPLICATE_KEY, "/0/x~1y", ['"x/y"', '"x\\/y"'])]),
    ('{"a": ["\\ud83d"]}', [(Oddity.LONE_SURROGATE, "/a/0", ['"\\ud83d"'])]),
    ('{"\\udc00": 1}', [(Oddity.LONE_SURROGATE, "/\udc00", ['"\\udc00"'])]),
    ('["\\ud83d\\ude00"]', []),
    ("[1e400, -1e400]", [(Oddity.LOSSY_NUMBER, "/0", ["1e400"]), (Oddity.LOSSY_NUMBER, "/1", ["-1e400"])]),
    ("[" + "9" * 5000 + "]", [(Oddity.LOSSY_NUMBER, "/0", ["9" * 5000])]),
    ("[18446744073709551615, 1.0e10]", []),
    ('{"a": {"b": 1, "b": 2}, "a": 0}',
     [(Oddity.DUPLICATE_KEY, "/a", ['"a"', '"a"']), (Oddity.DUPLICATE_KEY, "/a/b", ['"b"', '"b"'])]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), ODD, ids=range(len(ODD)))
def test_ambiguities_are_reported_and_not_raised(text: str, expected: list[tuple[Oddity, str, list[str]]]) -> None:
    assert anomalies(text) == expected


def test_of_duplicate_keys_the_last_is_read_and_the_first_can_be() -> None:
    text = '{"a": {"b": 1}, "a": {"b": 2}}'
    document = read_json("f.json", text)
    assert document.value() == {"a": {"b": 2}}
    assert first_reading(text) == {"a": {"b": 1}}
    assert document.locate("/a/b").column == text.index("2") + 1
    assert document.locate("/a", at_key=True).column == text.rindex('"a"') + 1


def test_ambiguities_are_bounded() -> None:
    document = read_json("f.json", "[" + ",".join(['{"a":1,"a":2}'] * 5_000) + "]")
    assert len(document.anomalies) == 100


def test_numbers_out_of_range_are_infinite() -> None:
    assert read_json("f.json", "[1e999, -1e999]").value() == [math.inf, -math.inf]


WITH_COMMENTS = """{
  // a "comment" with } and ,
  "url": "https://a//b", /* two
  lines */ "list": [1, 2, /* x */ ], // end
  "text": "/* no */ // no",
  "deep": {"a": [ {"b": 1,}, ],},
} // the end"""


def test_comments_and_trailing_commas_are_read_where_they_are_allowed() -> None:
    document = read_json("f.json", WITH_COMMENTS, comments=True)
    expected = {
        "url": "https://a//b", "list": [1, 2], "text": "/* no */ // no", "deep": {"a": [{"b": 1}]},
    }  # fmt: skip
    assert document.value() == expected
    for pointer, _, item in every_pointer(expected):
        if not isinstance(item, list | dict):
            assert json.loads(cut(document, pointer)) == item
    assert document.locate("/list/1").snippet == '  lines */ "list": [1, 2, /* x */ ], // end'
    with pytest.raises(SourceError):
        read_json("f.json", WITH_COMMENTS)


@pytest.mark.parametrize("text", ["[1 /*", "[1] //", '["a', "/**/", "[1, /* ] */", '{"a": "\\"', "/*/ 1 */", "//*\n"])
def test_unfinished_comments_and_strings_are_errors(text: str) -> None:
    if text == "[1] //":
        assert read_json("f", text, comments=True).value() == [1]
        return
    with pytest.raises(SourceError):
        read_json("f", text, comments=True)


def test_hidden_line_separators_do_not_shift_lines() -> None:
    document = read_json("f.json", '{"a": "x\u2028y",\n"b": "\u0085",\r\n"c": 1}')
    assert [document.locate(pointer).line for pointer in ("/a", "/b", "/c")] == [1, 2, 3]
    assert document.locate("/c").snippet == '"c": 1}'


def test_a_pointer_beyond_the_tree_gives_the_nearest_ancestor() -> None:
    document = read_json("f.json", '{"a": [10, {"b": 2}]}')
    assert cut(document, "/a/1/c/d") == '{"b": 2}'
    assert cut(document, "/a/-1") == '[10, {"b": 2}]'
    assert cut(document, "/nope") == document.text
    assert document.span("/a/0") == Span(7, 9)
