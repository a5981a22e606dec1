"""What one era says in the words of the other: nothing of an envelope leaks, nothing else is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.protocol.gateway.eras import Client, client_in, named, needs, to_client, to_server
from oktsec_lint.protocol.revisions import SERVER_INFO

META = "io.modelcontextprotocol/"
ENVELOPE = {META + "protocolVersion": "2026-07-28", META + "clientCapabilities": {"roots": {}}}
MODERN = Client("2026-07-28", {"sampling": {}}, {"name": "c", "version": "1"}, "debug")
VALUES = st.recursive(st.none() | st.booleans() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3))
PARAMS = st.dictionaries(st.text(max_size=8).filter(lambda key: key != "_meta"), VALUES, max_size=4)


def test_a_modern_request_for_an_older_server_has_no_envelope() -> None:
    asked = {"name": "t", "requestState": "x", "inputResponses": {}, "_meta": {**ENVELOPE, "progressToken": 7}}
    assert to_server(asked, MODERN, "2025-11-25") == {"name": "t", "_meta": {"progressToken": 7}}
    assert to_server({"name": "t", "_meta": dict(ENVELOPE)}, MODERN, "2025-11-25") == {"name": "t"}


def test_an_older_request_for_a_modern_server_says_who_asks() -> None:
    sent = to_server({"uri": "a://b"}, MODERN._replace(revision="2025-06-18"), "2026-07-28")
    assert client_in(sent) == MODERN
    assert sent["uri"] == "a://b"


@given(PARAMS)
def test_what_is_not_of_an_era_is_carried(params: dict[str, object]) -> None:
    rounds = {"inputResponses", "requestState"}
    plain = {key: value for key, value in params.items() if key not in rounds}
    assert to_server(plain, MODERN, "2025-11-25") == plain  # type: ignore[arg-type]
    there = to_server(plain, MODERN, "2026-07-28")  # type: ignore[arg-type]
    assert {key: value for key, value in there.items() if key != "_meta"} == plain


def test_a_modern_result_is_private_to_whom_it_was_filtered_for() -> None:
    cached = {"tools": [], "ttlMs": 60_000, "cacheScope": "public"}
    assert to_client("tools/list", cached, modern=True) == {
        "resultType": "complete",
        "tools": [],
        "ttlMs": 60_000,
        "cacheScope": "private",
    }
    assert to_client("tools/call", {"content": []}, modern=True) == {"resultType": "complete", "content": []}
    assert to_client("resources/read", {"contents": []}, modern=True)["cacheScope"] == "private"


def test_an_older_client_sees_an_older_result() -> None:
    result = {"resultType": "complete", "content": [], "structuredContent": [1], "ttlMs": 5, "cacheScope": "public"}
    assert to_client("tools/call", dict(result), modern=False) == {"content": []}
    kept = {"content": [], "structuredContent": {"a": 1}}
    assert to_client("tools/call", dict(kept), modern=False) == kept


def test_what_a_server_needs() -> None:
    asks = {"resultType": "input_required", "inputRequests": {"a": {"method": "roots/list"}, "b": 1}}
    assert needs(asks) == {"a": {"method": "roots/list"}}
    assert needs({"resultType": "complete", "inputRequests": {"a": {}}}) == {}


def test_a_client_can_be_asked_what_it_says_it_can() -> None:
    assert MODERN.can("sampling/createMessage")
    assert not MODERN.can("elicitation/create")
    assert not MODERN.can("roots/list")


def test_a_result_names_the_gateway_unless_its_server_is_named() -> None:
    assert named({}, {"name": "g"}) == {"_meta": {SERVER_INFO: {"name": "g"}}}
    assert named({"_meta": {SERVER_INFO: {"name": "s"}}}, {"name": "g"}) == {"_meta": {SERVER_INFO: {"name": "s"}}}
