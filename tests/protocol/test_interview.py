"""The conversation, without any transport: eras, pages, comparison, and peers that do not behave."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.model import Kind
from oktsec_lint.protocol.dialogue import Closed, Dropped, Heard, Refused
from oktsec_lint.protocol.interview import BAREST, THOROUGH_LEGACY
from oktsec_lint.protocol.listing import Limits
from tests.protocol.playing import Message, error, modern, play, result, server, tool

META = "io.modelcontextprotocol/"


def test_legacy_server_is_opened_listed_twice_and_asked_only_for_what_it_announces() -> None:
    played = play(server())
    assert played.methods == [
        "server/discover",
        "initialize",
        "notifications/initialized",
        "tools/list",
        "tools/list",
    ]
    assert played.listing.revision == "2025-11-25"
    assert played.listing.info == {"name": "s"}
    assert (played.names, played.rules, played.listing.gaps) == (["read"], [], ())
    assert not played.opened[0].modern


def test_modern_server_hears_its_client_with_every_request() -> None:
    played = play(modern())
    assert played.listing.modern
    assert (played.listing.revision, played.listing.info) == ("2026-07-28", {"name": "m"})
    assert (played.listing.instructions, played.names, played.rules) == ("Be kind.", ["read"], [])
    metas = [message["params"]["_meta"] for message in played.sent]
    assert {meta[META + "protocolVersion"] for meta in metas} == {"2026-07-28"}
    assert [bool(meta[META + "clientCapabilities"]) for meta in metas] == [True] * 4 + [False] * 2
    assert "initialize" not in played.methods


def test_everything_announced_is_listed() -> None:
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {"tools": {}, "prompts": {}, "resources": {}, "logging": {}},
    }
    played = play(
        server(
            initialize=lambda r: [result(r, {**hello, "instructions": "Ask first."})],
            prompts_list=lambda r: [result(r, {"prompts": [{"name": "greet"}]})],
            resources_list=lambda r: [result(r, {"resources": [{"uri": "file:///a", "name": "a"}]})],
            resources_templates_list=lambda r: [
                result(r, {"resourceTemplates": [{"name": "t", "uriTemplate": "x:{y}"}]})
            ],
        )
    )
    assert [(item.kind, item.name) for item in played.listing.definitions] == [
        (Kind.TOOL, "read"),
        (Kind.PROMPT, "greet"),
        (Kind.RESOURCE, "file:///a"),
        (Kind.TEMPLATE, "t"),
    ]
    assert (played.listing.revision, played.listing.instructions) == ("2025-06-18", "Ask first.")


def test_unknown_list_is_empty_and_failing_list_is_a_gap() -> None:
    hello = {"protocolVersion": "2025-11-25", "capabilities": {"prompts": {}, "resources": {}}}
    played = play(
        server(
            initialize=lambda r: [result(r, hello)],
            tools_list=lambda r: [error(r)],
            resources_list=lambda r: [error(r, -32603)],
        )
    )
    assert played.listing.gaps == ("prompts/list: error -32601: no", "resources/list: error -32603: no")
    assert played.rules == ["LST-002", "LST-002"]


def test_announced_tools_have_to_be_there() -> None:
    played = play(server(tools_list=lambda r: [error(r)]))
    assert played.listing.gaps == ("tools/list: error -32601: no",)
    assert played.rules == ["LST-002"]


@pytest.mark.parametrize("capabilities", [{}, {"tools": {}}])
def test_unknown_method_on_the_second_page_is_a_gap(capabilities: Any) -> None:
    hello = {"protocolVersion": "2025-11-25", "capabilities": capabilities}

    def pages(request: Any) -> Any:
        more = "cursor" in request["params"]
        return [error(request) if more else result(request, {"tools": [tool("read")], "nextCursor": "2"})]

    played = play(server(initialize=lambda r: [result(r, hello)], tools_list=pages))
    assert (played.names, played.listing.gaps) == (["read"], ("tools/list: error -32601: no",))
    assert "LST-002" in played.rules


def probe(*events: Any) -> Any:
    return lambda request: [event(request) if callable(event) else event for event in events]


DISCOVERED = {"supportedVersions": ["2026-07-28"], "capabilities": {}}
OPENINGS = {
    "an error of any code": (server(server_discover=probe(error)), False),
    "an invalid request": (server(server_discover=probe(lambda r: error(r, -32600))), False),
    "an error without a code": (server(server_discover=probe(lambda r: {**error(r), "error": "no"})), False),
    "an empty result, as from a server that echoes": (server(server_discover=probe(lambda r: result(r, {}))), False),
    "a discovery of old revisions": (
        server(server_discover=probe(lambda r: result(r, {"supportedVersions": ["2025-11-25"], "capabilities": {}}))),
        False,
    ),
    "an HTTP status": (server(server_discover=probe(lambda r: Refused(r["id"], 405, "HTTP 405", 0.0))), False),
    "silence": (server(server_discover=probe()), False),
    "the next revision and ours": (
        modern(initialize=probe(lambda r: error(r, -32022, {"supported": ["2026-07-28", "2099-01-01"]}))),
        True,
    ),
}


@pytest.mark.parametrize("case", OPENINGS)
def test_era_is_found(case: str) -> None:
    peer, is_modern = OPENINGS[case]
    played = play(peer)
    assert played.listing.failure is None
    assert (played.listing.modern, played.names) == (is_modern, ["read"])


def slow_peer(*, discovers: bool) -> Any:
    """A server that starts after the probe's time: both questions are in its input when it reads them."""
    waiting: list[Message] = []
    known = modern() if discovers else server()

    def peer(message: Message) -> Any:
        if message.get("method") == "server/discover" and not waiting:
            waiting.append(message)
            return []
        if len(waiting) == 1 and message.get("method") == "initialize":
            waiting.append(message)
            return [*known(waiting[0]), *known(message)]
        return known(message)

    return peer


@pytest.mark.parametrize("discovers", [True, False])
def test_slow_start_costs_no_second_wait(discovers: bool) -> None:  # noqa: FBT001 - a parameter
    played = play(slow_peer(discovers=discovers))
    assert played.silences == 1
    assert played.methods[:2] == ["server/discover", "initialize"]
    assert (played.listing.modern, played.names) == (discovers, ["read"])


def test_end_on_the_probe_is_told_so_that_the_server_can_be_restarted() -> None:
    died = play(server(server_discover=probe(Closed("it exited with code 1", 0.0))))
    assert died.listing.failure is not None
    assert died.listing.failure.closed
    assert not died.listing.heard
    assert play(server(), THOROUGH_LEGACY).methods[0] == "initialize"


def test_refused_revision_is_offered_again() -> None:
    def hello(request: Message) -> Any:
        if request["params"]["protocolVersion"] != "2025-03-26":
            return [error(request, -32602, {"supported": ["2024-11-05", "2025-03-26"]})]
        return [result(request, {"protocolVersion": "2025-03-26", "capabilities": {"tools": {}}})]

    assert play(server(initialize=hello)).listing.revision == "2025-03-26"


def test_unending_refusal_ends() -> None:
    played = play(server(initialize=probe(lambda r: error(r, -32602, {"supported": ["2025-11-25"]}))))
    assert played.listing.failure is not None
    assert played.methods.count("initialize") == 1


def test_unknown_revision_is_reported_and_listed() -> None:
    played = play(server(initialize=probe(lambda r: result(r, {"protocolVersion": 7, "capabilities": {"tools": {}}}))))
    assert (played.names, played.rules) == (["read"], ["LST-013"])


def pages(*cursors: Any, last: Any = None) -> Any:
    """A tools/list with one tool a page; `cursors` name the following pages."""
    order = ("", *cursors)

    def answer(request: Message) -> Any:
        cursor = request["params"].get("cursor", "")
        index = order.index(cursor)
        following = {"nextCursor": cursors[index]} if index < len(cursors) else {}
        return [result(request, {"tools": [tool(f"t{index}")], **following, **(last or {})})]

    return server(tools_list=answer)


def test_every_page_is_read() -> None:
    played = play(pages("b", "c", "0"))
    assert (played.names, played.listing.gaps) == (["t0", "t1", "t2", "t3"], ())


@pytest.mark.parametrize(
    ("cursor", "gap"),
    [
        ("x", "tools/list: the next page's cursor repeats"),
        (3, "tools/list: the next page's cursor is no text"),
        ({}, "tools/list: the next page's cursor is no text"),
    ],
)
def test_cursor_that_leads_nowhere_ends_the_list(cursor: Any, gap: str) -> None:
    peer = server(tools_list=lambda r: [result(r, {"tools": [tool("read")], "nextCursor": cursor})])
    played = play(peer)
    assert played.listing.gaps == (gap,)
    assert "LST-002" in played.rules
    assert set(played.names) == {"read"}


def test_empty_cursor_is_a_cursor() -> None:
    def answer(request: Message) -> Any:
        first = "cursor" not in request["params"]
        return [result(request, {"tools": [tool("one" if first else "two")], **({"nextCursor": ""} if first else {})})]

    played = play(server(tools_list=answer))
    assert (played.names, played.listing.gaps) == (["one", "two"], ())


def test_empty_cursor_that_only_means_the_end_is_none() -> None:
    played = play(server(tools_list=lambda r: [result(r, {"tools": [tool("one")], "nextCursor": ""})]))
    assert (played.names, played.listing.gaps, played.rules) == (["one"], (), [])


def endless() -> Any:
    return server(
        tools_list=lambda r: [
            result(r, {"tools": [tool(f"t{r['id']}_{i}") for i in range(10)], "nextCursor": str(r["id"])})
        ]
    )


def test_caps_end_a_list_and_keep_what_was_read() -> None:
    few_pages = play(endless(), BAREST, Limits(pages=3))
    assert (len(few_pages.names), few_pages.listing.gaps) == (30, ("tools/list: more than 3 pages",))
    few_definitions = play(endless(), BAREST, Limits(definitions=25))
    assert (len(few_definitions.names), few_definitions.listing.gaps) == (25, ("tools/list: more than 25 definitions",))


ODD: list[Any] = [None, 7, "text", [], {}, {"name": None}, {"name": ["x"]}, {"name": "ok", "inputSchema": None}]


def test_odd_definition_never_costs_the_others() -> None:
    played = play(server(tools_list=lambda r: [result(r, {"tools": [*ODD, tool("read")]})]))
    assert [item.body for item in played.listing.definitions] == [*ODD, tool("read")]
    assert played.names == [""] * 7 + ["ok", "read"]
    assert played.listing.gaps == ()


@pytest.mark.parametrize("value", [{}, {"tools": None}, {"tools": {"read": {}}}])
def test_answer_without_a_list_is_a_gap(value: Message) -> None:
    assert play(server(tools_list=lambda r: [result(r, value)])).listing.gaps == (
        "tools/list: an answer without a list of tools",
    )


def raw_tools(body: str) -> Any:
    text = '{"jsonrpc":"2.0","id":%d,"result":%s}'
    return server(tools_list=lambda r: [(text % (r["id"], body)).encode()])


def test_fault_is_filed_with_the_tool_it_hits() -> None:
    played = play(raw_tools('{"tools":[{"name":"a"},{"name":"b","description":"x","description":"y"}]}'), BAREST)
    (fault,) = played.listing.faults
    assert (fault.rule, fault.kind, fault.name, fault.pointer) == ("LST-007", Kind.TOOL, "b", "/description")
    assert [(item.name, item.body["description"]) for item in played.listing.definitions[1:]] == [
        ("b", "y"),
        ("b", "x"),
    ]
    assert [bool(item.variant) for item in played.listing.definitions] == [False, False, True]


@pytest.mark.parametrize(
    "body",
    [
        '{"tools":[{"name":"hidden"}],"tools":[{"name":"shown"}]}',
        '{"Tools":[{"name":"hidden"}],"tools":[{"name":"shown"}]}',
    ],
)
def test_hidden_list_is_judged_as_well(body: str) -> None:
    played = play(raw_tools(body), BAREST)
    assert [item.name for item in played.listing.definitions] == ["shown", "hidden"]


def test_hidden_instructions_are_judged_as_well() -> None:
    body = '{"protocolVersion":"2025-11-25","capabilities":{},"instructions":"hidden","instructions":"shown"}'
    text = '{"jsonrpc":"2.0","id":%d,"result":%s}'
    played = play(server(initialize=lambda r: [(text % (r["id"], body)).encode()]), BAREST)
    assert played.listing.instructions == "shown\n\nhidden"
    assert played.rules == ["LST-007"]


def varying(*answers: list[Message], announce: bool = False) -> Any:
    """A server whose n-th listing is the n-th of `answers`."""
    left = list(answers)
    note = [{"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}] if announce else []
    return server(tools_list=lambda r: [*note, result(r, {"tools": left.pop(0)})])


def test_text_that_changes_is_reported_and_both_are_judged() -> None:
    played = play(varying([tool("read", description="Nice.")], [tool("read", description="Evil.")]))
    (fault,) = played.listing.faults
    assert (fault.rule, fault.kind, fault.name, fault.pointer, fault.evidence) == (
        "LST-003",
        Kind.TOOL,
        "read",
        "/description",
        "Evil.",
    )
    assert [(item.body["description"], item.variant) for item in played.listing.definitions] == [
        ("Nice.", ""),
        ("Evil.", "second listing"),
    ]


def test_changed_instructions_of_a_modern_server_are_reported() -> None:
    texts = iter(["One.", "Two.", "One."])

    def hello(request: Message) -> Any:
        return [result(request, {**DISCOVERED, "instructions": next(texts)})]

    played = play(modern(server_discover=hello))
    assert played.rules == ["LST-003"]
    assert played.listing.instructions == "One.\n\nTwo."


def test_list_that_grows_silently_is_reported() -> None:
    played = play(varying([tool("a"), tool("b")], [tool("b"), tool("c")]))
    assert played.rules == ["LST-009", "LST-009"]
    assert played.names == ["a", "b", "c"]


def test_announced_growth_and_another_order_are_fine() -> None:
    played = play(varying([tool("a"), tool("b")], [tool("c"), tool("b"), tool("a")], announce=True))
    assert (played.rules, played.names) == ([], ["a", "b", "c"])


def test_modern_tools_for_able_clients_only_are_reported() -> None:
    def answer(request: Message) -> Any:
        able = request["params"]["_meta"][META + "clientCapabilities"]
        return [result(request, {"tools": [tool("read")] + [tool("sample")] * ("sampling" in able)})]

    played = play(modern(tools_list=answer))
    assert (played.rules, played.names) == (["LST-004"], ["read", "sample"])


def test_resource_that_only_grew_did_not_change() -> None:
    sizes = iter([1, 2])
    hello = {"protocolVersion": "2025-11-25", "capabilities": {"resources": {}}}

    def answer(request: Message) -> Any:
        size = next(sizes)
        annotations = {"lastModified": f"2026-01-0{size}", "priority": 1}
        return [result(request, {"resources": [{"uri": "f:a", "size": size, "annotations": annotations}]})]

    assert play(server(initialize=lambda r: [result(r, hello)], resources_list=answer)).rules == []


def test_requests_of_the_server_are_answered() -> None:
    asked = ["ping", "roots/list", "sampling/createMessage", "elicitation/create", "unknown/method"]

    def answer(request: Message) -> Any:
        own = [{"jsonrpc": "2.0", "id": request["id"], "method": method} for method in asked]
        return [*own, result(request, {"tools": [tool("read")]})]

    played = play(server(tools_list=answer), BAREST)
    answers = [message for message in played.sent if "method" not in message]
    assert [message.get("result", message.get("error", {}).get("code")) for message in answers] == [
        {},
        {"roots": []},
        -32601,
        -32601,
        -32601,
    ]
    assert (played.names, played.rules) == (["read"], ["LST-010", "LST-010"])


@pytest.mark.parametrize("answered", [str, float])
def test_id_of_another_type_is_understood_and_reported(answered: Any) -> None:
    played = play(
        server(tools_list=lambda r: [{**result(r, {"tools": [tool("read")]}), "id": answered(r["id"])}]), BAREST
    )
    assert (played.names, set(played.rules)) == (["read"], {"LST-013"})


def test_answers_to_nobody_are_ignored() -> None:
    def answer(request: Message) -> Any:
        forged = result(request, {"tools": [tool("forged")]})
        others = [{**forged, "id": other} for other in (0, -1, request["id"] + 1, "", None, True, [request["id"]])]
        return [*others, result(request, {"tools": [tool("read")]})]

    assert play(server(tools_list=answer), BAREST).names == ["read"]


def test_batch_is_read_and_reported_outside_of_its_revision() -> None:
    def answer(request: Message) -> Any:
        return [json.dumps([{"jsonrpc": "2.0", "method": "x"}, result(request, {"tools": [tool("read")]})]).encode()]

    hello = {"protocolVersion": "2025-03-26", "capabilities": {"tools": {}}}
    assert play(server(tools_list=answer), BAREST).rules == ["LST-013"]
    allowed = play(server(tools_list=answer, initialize=lambda r: [result(r, hello)]), BAREST)
    assert (allowed.rules, allowed.names) == ([], ["read"])


def test_noise_is_skipped_and_counted() -> None:
    noise = [b"Starting...", b"", b"  ", b'{"level":"info","method":7}', b"\x1b[0m", b"[1]", b"3"]
    played = play(server(tools_list=lambda r: [*noise, result(r, {"tools": [tool("read")]})]), BAREST)
    (fault,) = played.listing.faults
    assert (fault.rule, fault.evidence) == ("LST-008", "Starting...")
    assert "5 lines" in fault.message
    assert played.names == ["read"]


def test_dropped_answer_is_a_gap_at_once() -> None:
    played = play(server(tools_list=lambda _: [Dropped(0.0)]), BAREST)
    assert played.listing.gaps == ("tools/list: the answer is longer than this tool reads",)


@pytest.mark.parametrize(
    "broken", ['{"jsonrpc":"2.0","id":%d,"result":{"tools":[}}', '{"jsonrpc":"2.0","id":%d,"result"']
)
def test_unreadable_answer_is_a_gap_at_once(broken: str) -> None:
    (gap,) = play(server(tools_list=lambda r: [(broken % r["id"]).encode()]), BAREST).listing.gaps
    assert gap.startswith("tools/list: the answer cannot be read: not JSON")


def test_end_in_the_middle_keeps_what_was_read() -> None:
    def answer(request: Message) -> Any:
        if "cursor" in request["params"]:
            return [Closed("it exited with code 4", 1.0)]
        return [result(request, {"tools": [tool("read")], "nextCursor": "more"})]

    played = play(server(tools_list=answer))
    assert (played.names, played.listing.gaps) == (["read"], ("tools/list: it exited with code 4",))
    assert played.methods.count("tools/list") == 2


def test_missing_second_listing_is_a_gap() -> None:
    answers = [[tool("read")]]
    peer = server(tools_list=lambda r: [result(r, {"tools": answers.pop()})] if answers else [Closed("gone", 0.0)])
    assert play(peer).listing.gaps == ("second listing, tools/list: gone",)


def test_unannounced_tools_are_asked_for_briefly() -> None:
    hello = {"protocolVersion": "2025-11-25", "capabilities": {"prompts": {}}}
    peer = server(
        initialize=lambda r: [result(r, hello)],
        tools_list=lambda _: [],
        prompts_list=lambda r: [result(r, {"prompts": [{"name": "greet"}]})],
    )
    played = play(peer)
    assert (played.names, played.listing.gaps) == (["greet"], ())


@given(
    st.lists(st.binary(max_size=60) | st.sampled_from([b'{"jsonrpc":"2.0","id":1,"result":{}}', b"[]"]), max_size=30)
)
def test_any_bytes_end_in_a_listing(lines: list[bytes]) -> None:
    left = iter(lines)

    def peer(_: Message) -> Any:
        line = next(left, None)
        return [] if line is None else [Heard(line, 0.0)]

    play(peer)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["tools", "nextCursor", "name", "capabilities", "supportedVersions", "protocolVersion", "_meta"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(st.tuples(st.sampled_from(["result", "error", "params"]), json_like), max_size=20))
def test_any_well_formed_answers_end_in_a_listing(answers: list[tuple[str, Any]]) -> None:
    left = iter(answers)

    def peer(message: Message) -> Any:
        member, value = next(left, ("error", {}))
        return [{"jsonrpc": "2.0", "id": message.get("id"), member: value}]

    play(peer, limits=Limits(pages=5))
