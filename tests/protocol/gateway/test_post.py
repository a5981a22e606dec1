"""What a POST says: both eras, the checks of the official conformance suite, and bodies that two readers read twice."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.model import JsonValue
from oktsec_lint.protocol.gateway.post import (
    Posted,
    Rejected,
    http_status,
    param_mismatch,
    read_post,
    routing_headers,
)
from oktsec_lint.protocol.wire import MAX_BYTES, decode
from tests.protocol.gateway.posting import (
    CAPABILITIES,
    META,
    MODERN,
    USUAL,
    VERSION,
    modern,
    post,
    refused,
    request,
    routed,
    taken,
)

PROTOCOL = "MCP-Protocol-Version"
CALL = modern("tools/call", name="echo", arguments={})
NOTE: dict[str, JsonValue] = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
RESPONSE: dict[str, JsonValue] = {"jsonrpc": "2.0", "id": 1, "result": {}}


def kind(*pairs: tuple[str, str]) -> tuple[int, int]:
    answer = read_post(pairs, b'{"jsonrpc":"2.0","id":1,"method":"ping"}')
    return (answer.status, answer.code) if isinstance(answer, Rejected) else (200, 0)


# What it is sent as


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("APPLICATION/JSON ; charset=UTF-8", 200),
        ('application/json;charset="utf-8"', 200),
        ("application/json; charset=utf-16", 415),
        ("application/json; charset=utf-8; charset=utf-7", 415),
        ("application/json, text/plain", 415),
        ("application/jsonp", 415),
        ("text/plain", 415),
        ("", 415),
    ],
)
def test_a_body_is_json_or_nothing(content_type: str, status: int) -> None:
    assert kind(("content-type", content_type), USUAL[1])[0] == status


def test_a_body_that_names_no_type_or_two_is_refused() -> None:
    assert kind(USUAL[1])[0] == 415
    assert kind(*USUAL, ("Content-Type", "application/json"))[0] == 415


@pytest.mark.parametrize(("coding", "status"), [("identity", 200), ("", 200), ("gzip", 415), ("identity, br", 415)])
def test_no_body_is_unpacked(coding: str, status: int) -> None:
    assert kind(*USUAL, ("Content-Encoding", coding))[0] == status


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (["application/json, text/event-stream"], 200),
        (["application/json", "text/event-stream"], 200),
        (["*/*"], 200),
        (["application/*;q=0.1 , TEXT/*; q=1.000"], 200),
        (["text/event-stream;q=0.5, application/json;q=0.001"], 200),
        (["text/event-stream, application/json;charset=utf-8"], 200),
        (["application/json"], 406),
        (["text/event-stream"], 406),
        (["*/*, application/json;q=0"], 406),
        (["*/*, text/*;q=0.0"], 406),
        (["text/*;q=0, text/event-stream, application/*"], 200),
        (["application/json, text/event-stream;q=2"], 406),
        (["application/json, text/event-stream;q=nan"], 406),
        ([""], 406),
        ([], 406),
    ],
)
def test_both_kinds_of_answer_have_to_be_welcome(accept: list[str], status: int) -> None:
    assert kind(USUAL[0], *(("Accept", value) for value in accept))[0] == status


# What it says


@pytest.mark.parametrize(
    ("body", "code", "why"),
    [
        (b"", -32700, "not JSON"),
        (b"{", -32700, "not JSON"),
        (b'{"jsonrpc":"2.0","id":1,"method":"\xff"}', -32700, "invalid UTF-8"),
        ('{"jsonrpc":"2.0","id":1,"method":"a"}'.encode("utf-16"), -32700, "invalid UTF-8"),
        (b'\xef\xbb\xbf{"jsonrpc":"2.0","id":1,"method":"a"}', -32600, "byte order mark"),
        (b'{"jsonrpc":"2.0","id":1,"method":"a"}{"jsonrpc":"2.0","id":2,"method":"b"}', -32700, "not JSON"),
        (b'{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}', -32600, "duplicate key"),
        (b'{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":{"y":1,"y":2}}}', -32600, "at /params/x/y"),
        (b'{"jsonrpc":"2.0","id":1,"method":"a","Method":"b"}', -32600, "key in another spelling"),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"Name":"b"}}', -32600, "at /params/Name"),
        (b'{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":"\\ud800"}}', -32600, "lone surrogate"),
        (b'{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":NaN}}', -32600, "NaN"),
        (b'{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":1e400}}', -32600, "beyond a double"),
        (b'{"jsonrpc":"2.0","id":1,"method":"a","params":' + b'{"x":' * 600 + b"1" + b"}" * 601, -32600, "too deep"),
        (b'{"jsonrpc":"2.0","id":null,"method":"a"}', -32600, "id is neither"),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"a"}', -32600, "id is neither"),
        (b'{"jsonrpc":"1.0","id":1,"method":"a"}', -32600, "jsonrpc is not 2.0"),
        (b'{"jsonrpc":"2.0","id":1,"method":"a","params":[]}', -32600, "neither request"),
        (b"[]", -32600, "a batch of 0 messages"),
        (b'"text"', -32600, "not an object"),
    ],
)
def test_a_body_that_is_read_in_two_ways_is_refused(body: bytes, code: int, why: str) -> None:
    answer = refused(body)
    assert (answer.status, answer.code) == (400, code)
    assert why in answer.message


def test_who_asked_is_told_by_his_own_id() -> None:
    assert refused(b'{"jsonrpc":"2.0","id":"x","method":"a","a":NaN}').message_id == "x"
    assert refused(b'{"jsonrpc":"2.0","id":true,"method":"a"}').message_id is None
    assert refused(b'{"jsonrpc":"2.0","id":3,"result":{"a":NaN}}').message_id is None
    assert refused(CALL).message_id == 7
    assert refused({**NOTE, "params": {"_meta": META}}).message_id is None


def test_too_much_is_refused_unread() -> None:
    assert refused(b" " * (MAX_BYTES + 1)).status == 413
    assert refused(b"[" + b"1," * 100_000 + b"1]").status == 413


def test_a_long_integer_keeps_its_digits() -> None:
    long = 123456789012345678901234567890
    assert str(long).encode() in taken(request("ping", n=long)).line


@pytest.mark.parametrize("indent", [1, "\t", None])
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_printed_body_becomes_one_line_of_the_same_meaning(indent: int | str | None, end: str) -> None:
    message = request("ping", text="a\nb\u2028", n=1.5)
    text = json.dumps(message, indent=indent) + end
    line = taken(text.replace("\n", "\r\n").encode()).line
    assert not {b"\n", b"\r"} & {bytes([byte]) for byte in line}
    assert decode(line).value == message


def test_a_body_on_one_line_goes_on_as_it_came() -> None:
    body = b'{"jsonrpc": "2.0",\t"id":1 , "method":"ping", "params":{"x":"\\u0041","n":1.10}}'
    assert taken(body).line == body


# Which revision it speaks


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_the_older_era_says_its_revision_in_a_header_alone(revision: str) -> None:
    for message in (request("tools/list"), NOTE, RESPONSE, request("initialize", protocolVersion="2025-11-25")):
        posted = taken(message, (PROTOCOL, revision), ("Mcp-Session-Id", "s1"))
        assert (posted.modern, posted.revision, posted.session) == (False, revision, "s1")
        assert posted.message == message


def test_an_absent_header_means_the_revision_that_had_none() -> None:
    assert taken(request("tools/list")).revision == "2025-03-26"
    assert taken(NOTE).revision == "2025-03-26"
    assert taken(request("initialize", protocolVersion="2025-11-25")).revision == ""


def test_only_one_revision_has_batches() -> None:
    batch: JsonValue = [request("tools/list"), NOTE, RESPONSE]
    for headers in ((), ((PROTOCOL, "2025-03-26"),)):
        posted = taken(batch, *headers, ("Mcp-Session-Id", "s1"))
        assert (posted.message, list(posted.batch), posted.revision) == ({}, batch, "2025-03-26")
        assert posted.session == "s1"
    for revision in ("2024-11-05", "2025-06-18", "2025-11-25", MODERN):
        assert refused(batch, (PROTOCOL, revision)).code == -32600


@pytest.mark.parametrize(
    ("batch", "code"),
    [([request("initialize")], -32600), ([CALL], -32600), ([request("ping"), 1], -32600), ([{"id": 1}], -32600)],
)
def test_what_no_batch_may_hold(batch: JsonValue, code: int) -> None:
    assert refused(batch).code == code


def test_a_batch_has_no_method_that_a_header_could_repeat() -> None:
    assert refused([request("ping")], ("Mcp-Method", "ping")).code == -32020


def test_a_modern_message_says_everything_itself() -> None:
    posted = taken(CALL, *routed("tools/call", ("Mcp-Name", "echo"), ("Mcp-Session-Id", "stale")))
    assert (posted.modern, posted.revision, posted.session) == (True, MODERN, "")


@pytest.mark.parametrize(
    ("meta", "named"),
    [
        (None, (VERSION, CAPABILITIES)),
        ({}, (VERSION, CAPABILITIES)),
        ({CAPABILITIES: {}}, (VERSION,)),
        ({VERSION: MODERN}, (CAPABILITIES,)),
        ({VERSION: MODERN, CAPABILITIES: []}, (CAPABILITIES,)),
    ],
)
def test_a_modern_header_wants_the_envelope(meta: dict[str, JsonValue] | None, named: tuple[str, ...]) -> None:
    message = request("server/discover") if meta is None else request("server/discover", _meta=meta)
    answer = refused(message, *routed("server/discover"))
    assert answer[:2] == (400, -32602)
    assert answer.message_id == 7
    assert [key for key in (VERSION, CAPABILITIES) if key in answer.message] == list(named)
    without = {key: value for key, value in message.items() if key != "params"}
    assert refused(without, *routed("server/discover")).code == -32602


@pytest.mark.parametrize("header", ["2025-11-25", "v999.0.0", "", None])
@pytest.mark.parametrize("version", [MODERN, "2027-01-01", None, 5, {}])
def test_header_and_envelope_name_one_revision(header: str | None, version: JsonValue) -> None:
    message = request("server/discover", _meta={**META, VERSION: version})
    named = () if header is None else ((PROTOCOL, header),)
    assert refused(message, *named, ("Mcp-Method", "server/discover"))[:2] == (400, -32020)


def test_a_revision_that_is_not_spoken_is_told_which_are() -> None:
    strange = request("server/discover", _meta={**META, VERSION: "v999.0.0"})
    for message in (strange, request("tools/list"), NOTE, RESPONSE):
        answer = refused(
            message, (PROTOCOL, "v999.0.0"), *((("Mcp-Method", "server/discover"),) * (message is strange))
        )
        assert answer[:2] == (400, -32022)
        assert answer.data == {"supported": [MODERN], "requested": "v999.0.0"}


def test_an_older_revision_has_no_envelope() -> None:
    message = request("tools/list", _meta={**META, VERSION: "2025-11-25"})
    assert refused(message, (PROTOCOL, "2025-11-25")).code == -32022
    half = request("tools/list", _meta={CAPABILITIES: {}})
    for headers in ((), ((PROTOCOL, "2025-11-25"),)):
        assert refused(half, *headers)[:2] == (400, -32602)


def test_nobody_posts_answers_in_the_modern_era() -> None:
    assert refused(RESPONSE, (PROTOCOL, MODERN))[:2] == (400, -32600)
    assert taken(NOTE, (PROTOCOL, MODERN)).modern
    assert refused(NOTE, (PROTOCOL, MODERN), ("Mcp-Method", "tools/list")).code == -32020


# What is said twice


@pytest.mark.parametrize(
    ("message", "headers", "code"),
    [
        (CALL, routed("tools/call", ("Mcp-Name", "echo")), 0),
        (CALL, routed("tools/call", ("MCP-NAME", " \techo  ")), 0),
        (CALL, routed("tools/call", ("mcp-name", "=?base64?ZWNobw==?=")), 0),
        (CALL, routed("tools/call"), -32020),
        (CALL, routed("tools/call", ("Mcp-Name", "other")), -32020),
        (CALL, routed("tools/call", ("Mcp-Name", "Echo")), -32020),
        (CALL, routed("tools/call", ("Mcp-Name", "=?base64?ZWNobw?=")), -32020),
        (CALL, routed("tools/call", ("Mcp-Name", "=?BASE64?ZWNobw==?=")), -32020),
        (CALL, routed("tools/call", ("Mcp-Name", "echo"), ("mcp-name", "echo")), -32020),
        (CALL, routed("TOOLS/CALL", ("Mcp-Name", "echo")), -32020),
        (CALL, ((PROTOCOL, MODERN), ("Mcp-Name", "echo")), -32020),
        (CALL, ((PROTOCOL, MODERN), *routed("tools/call", ("Mcp-Name", "echo"))), -32020),
        (CALL, (("mcp-method", "tools/call"), *routed("tools/call", ("Mcp-Name", "echo"))), -32020),
        (modern("tools/call", name="é"), routed("tools/call", ("Mcp-Name", "é")), -32020),
        (modern("tools/call", name="é"), routed("tools/call", ("Mcp-Name", "=?base64?w6k=?=")), 0),
        (modern("tools/call", name="=?base64?x"), routed("tools/call", ("Mcp-Name", "=?base64?x")), 0),
        (modern("tools/call", name=""), routed("tools/call", ("Mcp-Name", "")), 0),
        (modern("tools/call", name=""), routed("tools/call"), -32020),
        (modern("tools/call"), routed("tools/call"), 0),
        (modern("tools/call"), routed("tools/call", ("Mcp-Name", "echo")), -32020),
        (modern("tools/call", name=["echo"]), routed("tools/call", ("Mcp-Name", "echo")), -32020),
        (modern("resources/read", uri="file:///a b"), routed("resources/read", ("Mcp-Name", "file:///a b")), 0),
        (modern("resources/read", uri="file:///a"), routed("resources/read"), -32020),
        (modern("prompts/get", name="p"), routed("prompts/get", ("Mcp-Name", "q")), -32020),
        (modern("tools/list"), routed("tools/list"), 0),
        (modern("é"), routed("é"), -32020),
        (modern("tools/list"), routed("tools/list", ("Mcp-Name", "echo")), -32020),
        (modern("tasks/get", taskId="t"), routed("tasks/get"), 0),
        (modern("tasks/get", taskId="t"), routed("tasks/get", ("Mcp-Name", "t")), 0),
        (modern("tasks/get", taskId="t"), routed("tasks/get", ("Mcp-Name", "u")), -32020),
    ],
)
def test_headers_say_what_the_body_says(message: JsonValue, headers: tuple[tuple[str, str], ...], code: int) -> None:
    answer = post(message, *headers)
    assert (answer.code if isinstance(answer, Rejected) else 0) == code


def test_the_older_era_may_not_lie_in_headers_it_does_not_have() -> None:
    call = request("tools/call", name="echo")
    assert taken(call, ("Mcp-Method", "tools/call"), ("Mcp-Name", "echo")).revision == "2025-03-26"
    for header in (("Mcp-Method", "tools/list"), ("Mcp-Name", "other")):
        assert refused(call, header).code == -32020
    assert refused(RESPONSE, ("Mcp-Method", "tools/list")).code == -32020
    assert refused(call, ("Mcp-Session-Id", "a"), ("mcp-session-id", "b")).code == -32020


def test_what_is_refused_is_not_repeated() -> None:
    secret = "sk-" + "7" * 40
    schema: JsonValue = {"properties": {"key": {"type": "string", "x-mcp-header": "Key"}}}
    assert secret not in str(refused(CALL, *routed(secret)))
    assert secret not in str(refused(CALL, *routed("tools/call", ("Mcp-Name", secret))))
    posted = taken(CALL, *routed("tools/call", ("Mcp-Name", "echo"), ("Mcp-Param-Key", secret)))
    assert secret not in str(param_mismatch(posted, schema))


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (-32601, 404),
        *((code, 400) for code in (-32700, -32600, -32602, -32020, -32021, -32022)),
        *((code, 200) for code in (-32603, -32001, -32002, 0, 7)),
    ],
)
def test_the_status_of_an_error(code: int, status: int) -> None:
    assert http_status(code) == status


HEADERS = st.lists(
    st.tuples(
        st.sampled_from([PROTOCOL, "mcp-method", "Mcp-Name", "Mcp-Session-Id", "Mcp-Param-Region", "Accept", "X"]),
        st.sampled_from([MODERN, "2025-03-26", "tools/call", "echo", "=?base64?ZWNobw==?=", ""]) | st.text(max_size=9),
    ),
    max_size=5,
)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
MESSAGES = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0")},
    optional={
        "id": st.sampled_from([1, "a", None]),
        "method": st.sampled_from(["tools/call", "initialize", "resources/read", "notifications/x"]),
        "params": st.fixed_dictionaries({}, optional={"name": TREES, "uri": TREES, "_meta": st.just(META) | TREES}),
        "result": TREES,
    },
)
BODIES = st.binary(max_size=40) | (MESSAGES | st.lists(MESSAGES, max_size=2) | TREES).map(json.dumps).map(str.encode)


@given(HEADERS, BODIES, TREES)
def test_nothing_raises(headers: list[tuple[str, str]], body: bytes, schema: JsonValue) -> None:
    answer = read_post((*USUAL, *headers), body)
    if isinstance(answer, Rejected):
        assert answer.status in {400, 406, 413, 415}
        assert json.dumps(answer.data)
        return
    assert param_mismatch(answer, schema) is None or isinstance(schema, dict)
    assert b"\n" not in answer.line
    assert decode(answer.line).value == (list(answer.batch) or answer.message)
    assert answer.modern == (answer.revision == MODERN)


NAMES = st.text(max_size=12) | st.sampled_from(
    ["=?base64?x?=", "=?base64??=", " a", "a\t", "é", "=?base64?=", "a\r\nb"]
)


@given(st.sampled_from([("tools/call", "name"), ("prompts/get", "name"), ("resources/read", "uri")]), NAMES, NAMES)
def test_what_we_send_is_what_we_take_and_nothing_else(named: tuple[str, str], name: str, other: str) -> None:
    method, member = named
    headers = routing_headers(modern(method, **{member: name}), MODERN)
    assert all(value.isascii() and value.isprintable() for value in headers.values())
    answer = post(modern(method, **{member: other}), *headers.items())
    assert isinstance(answer, Posted) == (name == other)


@given(HEADERS, MESSAGES)
def test_the_case_of_names_and_blanks_around_values_decide_nothing(
    headers: list[tuple[str, str]], message: JsonValue
) -> None:
    dressed = [(name.upper(), f" {value}\t") for name, value in headers]
    assert str(post(message, *headers)) == str(post(message, *dressed))


def test_older_servers_are_told_the_revision_alone() -> None:
    assert routing_headers(CALL, "2025-11-25") == {PROTOCOL: "2025-11-25"}
    assert routing_headers(request("initialize"), "") == {}
    assert routing_headers(RESPONSE, MODERN) == {PROTOCOL: MODERN}
    assert routing_headers(modern("tasks/get", taskId="t"), MODERN)["Mcp-Name"] == "t"
