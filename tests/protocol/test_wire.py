"""The strict wire: nothing that two parsers read differently goes unnoticed, and nothing raises."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.model import JsonValue
from oktsec_lint.protocol.strictjson import MAX_DEPTH, Ambiguity, WireFault
from oktsec_lint.protocol.wire import MAX_BYTES, Decoded, decode, encode

A = Ambiguity


def message(result: str) -> bytes:
    return b'{"jsonrpc":"2.0","id":1,"result":' + result.encode() + b"}"


def kinds(decoded: Decoded) -> set[Ambiguity]:
    return {fault.kind for fault in decoded.faults}


GOOD = [
    b'{"jsonrpc":"2.0","id":1,"method":"ping"}',
    b'{"jsonrpc":"2.0","id":"one","method":"ping","params":{}}\r\n',
    b'{"jsonrpc":"2.0","method":"notifications/initialized"}',
    b' { "jsonrpc" : "2.0", "id" : 1, "result" : {} } ',
    b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}',
    message('{"text":"caf\\u00e9 \\ud83d\\ude00 \u2028 \\" [{"}'),
    message('{"n":[0,-1,1.5,1e3,9007199254740992,0.0,-0,0e5]}'),
]


@pytest.mark.parametrize("line", GOOD)
def test_honest_message_has_no_faults(line: bytes) -> None:
    decoded = decode(line)
    assert decoded == Decoded(json.loads(line))


BAD = [
    (b"", {A.NOT_JSON}),
    (b"Starting up...", {A.NOT_JSON}),
    (b'{"jsonrpc":"2.0","id":1,"result":{}', {A.NOT_JSON}),
    (b"null", {A.NOT_AN_OBJECT}),
    (b"3", {A.NOT_AN_OBJECT}),
    (b'"text"', {A.NOT_AN_OBJECT}),
    (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', {A.BATCH}),
    (b"[1]", {A.BATCH, A.NOT_AN_OBJECT}),
    (b'\xef\xbb\xbf{"jsonrpc":"2.0","id":1,"result":{}}', {A.BYTE_ORDER_MARK}),
    (b'{"jsonrpc":"2.0","id":1,"result":{"a":"caf\xe9"}}', {A.NOT_UTF8}),
    (b'{"jsonrpc":"2.0","id":1,"result":{"a":"\xed\xa0\x80"}}', {A.NOT_UTF8}),
    (message(r'{"a":"\ud800"}'), {A.LONE_SURROGATE}),
    (message(r'{"\uDFFF":1}'), {A.LONE_SURROGATE}),
    (message('{"a":1,"a":1}'), {A.DUPLICATE_KEY}),
    (message('{"a":1,"\\u0061":2}'), {A.DUPLICATE_KEY}),
    (message('{"a":NaN}'), {A.NOT_A_NUMBER}),
    (message('{"a":-Infinity}'), {A.NOT_A_NUMBER}),
    (message('{"a":1e400}'), {A.OVERFLOW}),
    (message('{"a":' + "9" * 5000 + "}"), {A.OVERFLOW}),
    (message('{"a":9007199254740993}'), {A.LOSSY_NUMBER}),
    (message('{"a":1e-400}'), {A.LOSSY_NUMBER}),
    (b'{"jsonrpc":"1.0","id":1,"result":{}}', {A.BAD_VERSION}),
    (b'{"id":1,"result":{}}', {A.BAD_VERSION}),
    (b'{"jsonrpc":2.0,"id":1,"result":{}}', {A.BAD_VERSION}),
    (b'{"jsonrpc":"2.0","id":1.0,"result":{}}', {A.BAD_ID}),
    (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', {A.BAD_ID}),
    (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', {A.BAD_ID}),
    (b'{"jsonrpc":"2.0","id":null,"result":{}}', {A.BAD_ID}),
    (b'{"jsonrpc":"2.0","id":[1],"result":{}}', {A.BAD_ID}),
    (b'{"jsonrpc":"2.0","id":1,"result":{},"Result":{}}', {A.CASE_VARIANT_KEY}),
    (b'{"jsonrpc":"2.0","id":1,"Method":"ping","result":{}}', {A.CASE_VARIANT_KEY}),
    ('{"jsonrpc":"2.0","id":1,"param\u017f":{},"result":{}}'.encode(), {A.CASE_VARIANT_KEY}),
    (b'{"jsonrpc":"2.0","id":1}', {A.BAD_SHAPE}),
    (b'{"jsonrpc":"2.0","id":1,"method":"x","result":{}}', {A.BAD_SHAPE}),
    (b'{"jsonrpc":"2.0","id":1,"error":{},"result":{}}', {A.BAD_SHAPE}),
    (b'{"jsonrpc":"2.0","id":1,"method":7}', {A.BAD_SHAPE}),
    (b'{"jsonrpc":"2.0","id":1,"method":"x","params":[1]}', {A.BAD_SHAPE}),
    (b'{"jsonrpc":"2.0","result":{}}', {A.BAD_SHAPE}),
    (message("[]"), {A.BAD_SHAPE}),
    (b" " * (MAX_BYTES + 2), {A.TOO_LONG}),
]


@pytest.mark.parametrize(("line", "expected"), BAD, ids=[repr(line[:50]) for line, _ in BAD])
def test_ambiguity_is_named(line: bytes, expected: set[Ambiguity]) -> None:
    assert kinds(decode(line)) == expected


def test_every_ambiguity_is_tested() -> None:
    assert set(Ambiguity) == set().union(*(expected for _, expected in BAD)) | {A.TOO_DEEP}


def test_faults_say_where() -> None:
    decoded = decode(message(r'{"tools":[{},{"name":"x","a/b":{"k":1,"k":2},"text":"\ud800"}]}'))
    assert decoded.faults == (
        WireFault(A.DUPLICATE_KEY, "/result/tools/1/a~1b/k", "k"),
        WireFault(A.LONE_SURROGATE, "/result/tools/1/text"),
    )


def test_value_is_the_best_reading() -> None:
    decoded = decode(b'{"jsonrpc":"2.0","id":1,"result":{"n":NaN,"big":1e999,"t":"a\xffb"}}')
    assert decoded.value == {"jsonrpc": "2.0", "id": 1, "result": {"n": "NaN", "big": "1e999", "t": "a\ufffdb"}}


def test_what_repeated_keys_hide_is_kept() -> None:
    decoded = decode(message('{"d":"first","d":"second","d":"third","in":{"x":1,"x":2},"in":3}'))
    readings = [reading["result"] for reading in decoded.shadowed if isinstance(reading, dict)]
    assert readings == [{"d": "first", "in": {"x": 1}}, {"d": "second", "in": 3}]
    assert isinstance(decoded.value, dict)
    assert decoded.value["result"] == {"d": "third", "in": 3}


@pytest.mark.parametrize("text", ['"Result":{"a":1},"result":{"a":2}', '"result":{"a":2},"Result":{"a":1}'])
def test_what_another_spelling_hides_is_kept(text: str) -> None:
    (reading,) = decode(b'{"jsonrpc":"2.0","id":1,' + text.encode() + b"}").shadowed
    assert isinstance(reading, dict)
    assert reading["result"] == {"a": 1}


def nested(depth: int) -> bytes:
    """A message in which brackets nest `depth` deep."""
    inside = depth - 2
    return message('{"a":' + "[" * inside + '"x"' + "]" * inside + "}")


def test_deepest_nesting_is_read() -> None:
    assert decode(nested(MAX_DEPTH)) == Decoded(json.loads(nested(MAX_DEPTH)))


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 2000, 100_000])
def test_deeper_nesting_is_kept_as_text(depth: int) -> None:
    decoded = decode(nested(depth))
    assert kinds(decoded) == {A.TOO_DEEP}
    value = decoded.value
    while isinstance(value, dict | list):
        value = value["a" if "a" in value else "result"] if isinstance(value, dict) else value[0]
    assert isinstance(value, str)
    assert '"x"' in value


@pytest.mark.parametrize("line", [b"[" * 100_000, b'{"a":' * 100_000, nested(2_000_000)])
def test_deep_nonsense_is_refused(line: bytes) -> None:
    decoded = decode(line)
    assert decoded.value is None
    assert A.TOO_DEEP in kinds(decoded)


def test_brackets_in_texts_are_no_nesting() -> None:
    text = '"[' * 2000 + "\\"
    assert decode(encode({"jsonrpc": "2.0", "id": 1, "result": {text: text}})).faults == ()


json_values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=30,
)


@given(json_values)
def test_round_trip(value: JsonValue) -> None:
    sent: JsonValue = {"jsonrpc": "2.0", "id": 1, "result": {"value": value}}
    assert decode(encode(sent)) == Decoded(sent)


_TEXTS = st.sampled_from(
    ['"a"', '"\\u00e9"', '"\\ud83d\\ude00"', '"\\ud800"', '"\\u0061"', '"\u00e9"', '"\\/"', '"\x7f"']
)
_NUMBERS = st.sampled_from(
    ["0", "-0", "1.0", "1.50", "1e5", "1e999", "1e-400", "NaN", "9007199254740993", "12345678901234567"]
)
_SPELLED = st.recursive(
    _TEXTS | _NUMBERS | st.sampled_from(["null", "true"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(_TEXTS, inner), max_size=3).map(
            lambda pairs: "{" + ",".join(f"{key}:{value}" for key, value in pairs) + "}"
        )
        | st.lists(st.tuples(_TEXTS, inner), max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        )
    ),
    max_leaves=8,
)


@given(_SPELLED)
def test_the_quick_reading_is_the_careful_one(result: str) -> None:
    line = '{"jsonrpc": "2.0", "id": 1, "result": {"x": ' + result + "}}"
    assert decode(line.encode()) == decode(b" " + line.encode())  # no encoder writes a space in front
    compact = '{"jsonrpc":"2.0","id":1,"result":{"x":' + result + "}}"
    assert decode(compact.encode()) == decode(b" " + compact.encode())


@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,\\u0dnulltrefalsE-+.19 aN', max_size=200).map(str.encode))
def test_arbitrary_bytes_never_raise(line: bytes) -> None:
    decoded = decode(line)
    assert decoded.faults or isinstance(decoded.value, dict)


@given(st.dictionaries(st.text(), json_values, min_size=1, max_size=5), st.data())
def test_any_repeated_key_is_found(members: dict[str, JsonValue], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(members)))
    pairs = [*members.items(), (key, data.draw(json_values))]
    shuffled = data.draw(st.permutations(pairs))
    text = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in shuffled)
    decoded = decode(message("{" + text + "}"))
    assert [fault.detail for fault in decoded.faults if fault.kind is A.DUPLICATE_KEY] == [key]
    hidden = next(value for name, value in shuffled if name == key)
    (reading,) = decoded.shadowed
    assert isinstance(reading, dict)
    assert isinstance(reading["result"], dict)
    assert reading["result"][key] == hidden
