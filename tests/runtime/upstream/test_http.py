"""What a link over HTTP sends, hears and keeps to itself, before a server that does as the test says."""

from __future__ import annotations

import asyncio
import gzip
import json

import pytest

from oktsec_lint.runtime.upstream import Limits
from tests.live import http
from tests.runtime.upstream.listener import LEGACY, LIMITS, MODERN, Ear, run, talking
from tests.runtime.upstream.raw import Peer, Request, Script, answering, result, serving

NOTE = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x" * 200}}
FOREIGN = {"jsonrpc": "2.0", "id": 77, "result": {"foreign": True}}


def asked(script: Script, limits: Limits = LIMITS, revision: str = MODERN) -> Ear:
    """What is heard of one request, of the newest revision unless told."""

    async def test() -> Ear:
        async with serving(script) as server, talking(http(server.url), limits) as talk:
            talk.headers = {"MCP-Protocol-Version": revision}
            await talk.send("tools/call", 1)
            await talk.ear.until(lambda: talk.ear.failures or talk.ear.ends or 1 in ids(talk.ear))
            return talk.ear

    return run(test)


def ids(ear: Ear) -> list[object]:
    return [message.get("id") for message in ear.messages if "method" not in message]


async def body(request: Request, peer: Peer) -> None:
    await peer.reply(200, answering(request))


async def stream(request: Request, peer: Peer) -> None:
    await peer.begin(200)
    await peer.event(NOTE)
    await peer.event(result(request))
    peer.hang_up()


async def packed(request: Request, peer: Peer) -> None:
    await peer.reply(200, gzip.compress(answering(request, text="x" * 2000)), Content_Encoding="gzip")


async def packed_stream(request: Request, peer: Peer) -> None:
    text = f"data: {json.dumps(NOTE)}\n\ndata: {json.dumps(result(request))}\n\n".encode()
    await peer.begin(200, Content_Encoding="gzip")
    await peer.raw(gzip.compress(text))
    peer.hang_up()


async def error_body(request: Request, peer: Peer) -> None:
    error = {"jsonrpc": "2.0", "id": request.message["id"], "error": {"code": -32020, "message": "mismatch"}}
    await peer.reply(400, json.dumps(error).encode())


@pytest.mark.parametrize("script", [body, stream, packed, packed_stream, error_body])
def test_the_answer_is_heard_and_nothing_fails(script: Script) -> None:
    ear = asked(script)
    assert ids(ear) == [1]
    assert (ear.failures, ear.ends) == ([], [])
    assert {about for _, about in ear.lines} == {"1"}


async def bomb(request: Request, peer: Peer) -> None:
    await peer.reply(200, gzip.compress(b" " * (8 << 20)), Content_Encoding="gzip")


async def unknown_coding(request: Request, peer: Peer) -> None:
    await peer.reply(200, b"\x00", Content_Encoding="br")


async def broken_coding(request: Request, peer: Peer) -> None:
    await peer.reply(200, b"no gzip", Content_Encoding="gzip")


async def endless(request: Request, peer: Peer) -> None:
    await peer.begin(200)
    while True:
        await peer.event(NOTE)


async def drip(request: Request, peer: Peer) -> None:
    await peer.begin(200)
    while True:
        await peer.raw(b":")
        await asyncio.sleep(0)


async def silence(request: Request, peer: Peer) -> None:
    await peer.gone()


async def silent_stream(request: Request, peer: Peer) -> None:
    await peer.begin(200)
    await peer.event(NOTE)
    await peer.gone()


async def to_metadata(request: Request, peer: Peer) -> None:
    await peer.reply(307, Location="http://169.254.169.254/latest/meta-data")


async def page(request: Request, peer: Peer) -> None:
    await peer.reply(200, b"<html>", "text/html")


async def kindless(request: Request, peer: Peer) -> None:
    await peer.reply(200, b"{}", "")


async def accepted(request: Request, peer: Peer) -> None:
    await peer.reply(202)


async def down(request: Request, peer: Peer) -> None:
    await peer.reply(503, b"try later", "text/plain")


async def locked(request: Request, peer: Peer) -> None:
    await peer.reply(401, b"{}")


async def cut_body(request: Request, peer: Peer) -> None:
    await peer.begin(200, "application/json", Content_Length="1000")
    await peer.raw(answering(request)[:10])
    peer.hang_up()


async def reset(request: Request, peer: Peer) -> None:
    await peer.begin(200, Transfer_Encoding="chunked")
    await peer.raw(b"5\r\ndata:\r\n")
    peer.hang_up(rudely=True)


async def cut_stream(request: Request, peer: Peer) -> None:
    await peer.begin(200)
    await peer.event(NOTE, more="id: 1\nretry: 1\n")
    peer.hang_up()


async def hang_up(request: Request, peer: Peer) -> None:
    peer.hang_up()


async def no_http(request: Request, peer: Peer) -> None:
    await peer.raw(b"SSH-2.0-OpenSSH\r\n\r\n")


async def foreign(request: Request, peer: Peer) -> None:
    await peer.reply(200, json.dumps(FOREIGN).encode())


async def text_for_number(request: Request, peer: Peer) -> None:
    await peer.reply(200, json.dumps({**FOREIGN, "id": "1"}).encode())


async def long_body(request: Request, peer: Peer) -> None:
    await peer.reply(200, answering(request, text="x" * 5000))


SHORT = Limits(message=1000, answer=100_000, idle=0.3, total=0.6)
LONGER = {bomb: LIMITS, endless: SHORT._replace(total=10.0)}
FAILURES = [
    (bomb, "its compressed answer is more than 100 times what came", 0),
    (unknown_coding, "its answer is compressed in `br`, which it was not asked for", 200),
    (broken_coding, "its answer is not compressed as it says", 0),
    (endless, "it sent more than 100,000 bytes for one request", 200),
    (drip, "no answer within 0.6 seconds", 0),
    (silence, "it stopped answering", 0),
    (silent_stream, "it stopped answering", 0),
    (to_metadata, "HTTP 307, and no redirect is followed", 307),
    (page, "HTTP 200 with `text/html`", 200),
    (kindless, "HTTP 200 with no content type", 200),
    (accepted, "HTTP 202, no answer", 202),
    (down, "HTTP 503", 503),
    (locked, "HTTP 401, it wants credentials (see `headers`)", 401),
    (cut_body, "its answer broke off", 0),
    (reset, "its answer broke off", 0),
    (cut_stream, "its stream ended without the answer", 200),
    (hang_up, "it closed the connection", 0),
    (no_http, "what it answered is no HTTP", 0),
    (foreign, "the body of its answer is no answer to the request", 200),
    (text_for_number, "the body of its answer is no answer to the request", 200),
    (long_body, "its answer is longer than 1,000 bytes", 200),
]


@pytest.mark.parametrize(("script", "reason", "status"), FAILURES, ids=[case[0].__name__ for case in FAILURES])
def test_a_request_without_an_answer_fails_once_and_says_why(script: Script, reason: str, status: int) -> None:
    ear = asked(script, LONGER.get(script, SHORT))
    assert ear.failures == [("1", reason, status)]
    assert ear.ends == []


def test_what_comes_beside_the_answer_is_heard_as_it_came() -> None:
    async def script(request: Request, peer: Peer) -> None:
        await peer.begin(200)
        await peer.raw(f"\ufeffdata: {json.dumps(FOREIGN)}\r\rdata: no json\r\n\r\nevent: ping\ndata: x\n\n".encode())
        await peer.event(result(request))
        peer.hang_up()

    ear = asked(script)
    assert [line for line, _ in ear.lines][:2] == [json.dumps(FOREIGN).encode(), b"no json"]
    assert (ids(ear), ear.failures) == ([77, 1], [])


def test_a_message_beyond_the_limit_is_known_to_be_missing() -> None:
    async def script(request: Request, peer: Peer) -> None:
        await peer.begin(200)
        await peer.event({**NOTE, "params": {"data": "x" * 5000}})
        await peer.event(result(request))
        peer.hang_up()

    ear = asked(script, Limits(message=1000))
    assert [line is None for line, _ in ear.lines] == [True, False]
    assert ear.failures == []


def test_an_error_about_nobody_is_heard_and_the_request_fails_with_its_status() -> None:
    async def script(request: Request, peer: Peer) -> None:
        await peer.reply(400, b'{"jsonrpc":"2.0","id":null,"error":{"code":-32022,"message":"no"}}')

    ear = asked(script)
    assert (len(ear.lines), ear.failures) == (1, [("1", "HTTP 400", 400)])


async def session(request: Request, peer: Peer) -> None:
    """An honest server of the older revisions, with a session."""
    if request.method == "GET":
        await peer.reply(405)
    elif request.method == "DELETE" or "id" not in request.message:
        await peer.reply(202)
    elif request.message["method"] == "initialize":
        await peer.reply(200, answering(request), Mcp_Session_Id="s-1", Set_Cookie="who=me")
    else:
        await peer.reply(200, answering(request), Mcp_Session_Id="s-2")


def test_a_session_is_sent_with_everything_and_ended() -> None:
    async def test() -> None:
        async with serving(session) as server:
            async with talking(http(server.url, Authorization="Bearer ${TOKEN}"), TOKEN="t-123") as talk:
                await talk.open_legacy()
                await talk.link.listen()
                await talk.ask("tools/list", 2)
            assert [request.headers.get("mcp-session-id") for request in server.of("POST")] == [None, "s-1", "s-1"]
            (last,) = server.of("DELETE")
            assert (last.headers["mcp-session-id"], last.headers["mcp-protocol-version"]) == ("s-1", LEGACY)
            assert {request.headers["authorization"] for request in server.requests} == {"Bearer t-123"}
            assert {request.headers["accept-encoding"] for request in server.requests} == {"identity"}
            assert not any("cookie" in request.headers for request in server.requests)
            assert server.connections <= 2
            assert (talk.ear.failures, talk.ear.ends) == ([], [])

    run(test)


def test_a_session_may_begin_after_a_question_in_the_newest_revision() -> None:
    async def test() -> None:
        async with serving(session) as server, talking(http(server.url)) as talk:
            await talk.ask_modern("server/discover", "d")
            talk.headers = {}
            await talk.open_legacy()
            await talk.ask("tools/list", 2)
            assert [request.headers.get("mcp-session-id") for request in server.of("POST")] == [
                None,
                None,
                "s-1",
                "s-1",
            ]

    run(test)


def test_a_session_that_is_forgotten_ends_the_link() -> None:
    async def script(request: Request, peer: Peer) -> None:
        if request.method == "POST" and request.message["method"] == "tools/list":
            await peer.reply(404, b'{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"no"}}')
        else:
            await session(request, peer)

    async def test() -> None:
        async with serving(script) as server, talking(http(server.url)) as talk:
            await talk.open_legacy()
            await talk.send("tools/list", 2)
            assert await talk.ear.end() == "session"
            assert talk.ear.failures == [("2", "it does not know the session any more", 404)]
            await talk.send("tools/list", 3)
            assert talk.ear.failures[1:] == [("3", "the link to it has ended", 0)]

    run(test)


def test_a_session_id_that_no_header_may_hold_is_refused() -> None:
    async def script(request: Request, peer: Peer) -> None:
        await peer.reply(200, answering(request), Mcp_Session_Id="a b")

    async def test() -> None:
        async with serving(script) as server, talking(http(server.url)) as talk:
            await talk.send("initialize", 0)
            assert (await talk.ear.failure())[1] == "its session id holds what no session id may hold"
            assert talk.ear.lines == []

    run(test)


def test_a_broken_stream_is_resumed_where_it_broke() -> None:
    async def script(request: Request, peer: Peer) -> None:
        if request.method == "POST":
            await peer.begin(200)
            await peer.event(NOTE, more="retry: 1\nid: one\n")
            peer.hang_up()
        elif request.headers["last-event-id"] == "one":
            await peer.begin(200)
            await peer.event(NOTE, more="id: two\n")
            peer.hang_up(rudely=True)
        else:
            await peer.begin(200)
            await peer.event({"jsonrpc": "2.0", "id": 1, "result": {}})
            peer.hang_up()

    ear = asked(script, revision=LEGACY)
    assert ids(ear) == [1]
    assert (len(ear.lines), ear.failures) == (3, [])


def test_a_stream_that_cannot_be_resumed_fails() -> None:
    async def script(request: Request, peer: Peer) -> None:
        await (cut_stream(request, peer) if request.method == "POST" else peer.reply(405))

    assert asked(script, revision=LEGACY).failures == [("1", "its stream broke and cannot be resumed", 405)]


def test_the_open_stream_is_heard_and_taken_up_again() -> None:
    async def script(request: Request, peer: Peer) -> None:
        if request.method == "GET":
            await peer.begin(200)
            await peer.event(NOTE, more="retry: 1\nid: 7\n")
            peer.hang_up()

    async def test() -> None:
        async with serving(script) as server, talking(http(server.url)) as talk:
            await talk.link.listen()
            await talk.ear.until(lambda: len(talk.ear.lines) > 2)
            assert {about for _, about in talk.ear.lines} == {""}
            assert [request.headers.get("last-event-id") for request in server.requests][:2] == [None, "7"]

    run(test)


def test_a_cancelled_request_closes_its_stream_and_is_not_heard_of() -> None:
    closed = asyncio.Event()

    async def script(request: Request, peer: Peer) -> None:
        await peer.begin(200)
        await peer.event(NOTE)
        await peer.gone()
        closed.set()

    async def test() -> None:
        async with serving(script) as server, talking(http(server.url)) as talk:
            await talk.send("tools/call", "a")
            await talk.ear.until(lambda: talk.ear.lines)
            await talk.link.cancel('"a"')
            await closed.wait()
            assert (talk.ear.failures, talk.ear.ends) == ([], [])

    run(test)


def test_a_subscription_may_be_silent_for_as_long_as_it_likes() -> None:
    async def script(request: Request, peer: Peer) -> None:
        if request.message["method"] == "tools/list":
            await silence(request, peer)
        await peer.begin(200)
        await peer.event(NOTE)
        await peer.gone()

    async def test() -> None:
        async with serving(script) as server, talking(http(server.url), Limits(idle=0.05, total=0.1)) as talk:
            talk.headers = {"MCP-Protocol-Version": MODERN}
            await talk.send("subscriptions/listen", 1)
            await talk.ear.until(lambda: talk.ear.lines)
            await talk.send("tools/list", 2)
            assert (await talk.ear.failure())[0] == "2"
            assert len(talk.ear.failures) == 1

    run(test)


def test_a_kept_connection_that_was_closed_before_anything_was_sent_is_replaced() -> None:
    async def test() -> None:
        async with serving(body) as server, talking(http(server.url)) as talk:
            await talk.ask_modern("tools/list", 1)
            await talk.ear.until(lambda: kept(talk.pool))
            kept(talk.pool)[0].transport.close()
            await talk.ask_modern("tools/list", 2)
            assert (len(server.requests), server.connections) == (2, 2)

    run(test)


def kept(pool: object) -> list[object]:
    connections = pool.session.connector._conns.values()  # type: ignore[attr-defined]
    return [entry[0] for entries in connections for entry in entries]


def test_a_message_that_may_have_arrived_is_never_sent_again() -> None:
    async def script(request: Request, peer: Peer) -> None:
        if request.message["id"] == 1:
            await body(request, peer)
        else:
            peer.hang_up()

    async def test() -> None:
        async with serving(script) as server, talking(http(server.url)) as talk:
            await talk.ask_modern("tools/list", 1)
            await talk.ask_modern("tools/call", 2)
            assert talk.ear.failures == [("2", "it closed the connection", 0)]
            assert [request.message["id"] for request in server.requests] == [1, 2]

    run(test)


def test_many_at_once_are_not_mixed_up() -> None:
    async def script(request: Request, peer: Peer) -> None:
        await (body if request.message["id"] % 2 else stream)(request, peer)

    async def test() -> None:
        async with serving(script) as server, talking(http(server.url)) as talk:
            for number in range(200):
                await talk.send("tools/call", number)
            await talk.ear.until(lambda: len(ids(talk.ear)) == 200)
            pairs = {(about, str(message["id"])) for (_, about), message in heard(talk.ear) if "id" in message}
            assert pairs == {(str(number), str(number)) for number in range(200)}
            assert talk.ear.failures == []

    run(test)


def heard(ear: Ear) -> list[tuple[tuple[bytes | None, str], dict[str, object]]]:
    return list(zip(ear.lines, ear.messages, strict=True))


def test_a_header_cannot_carry_another() -> None:
    async def test() -> None:
        async with serving(body) as server, talking(http(server.url)) as talk:
            await talk.link.send(b'{"id":1}', about="1", headers={"Mcp-Name": "a\r\nHost: other"})
            assert (await talk.ear.failure())[1] == "a header for it holds what no header may hold"
            assert server.requests == []

    run(test)


def test_nobody_there_is_said_as_such() -> None:
    async def test() -> None:
        async with serving(body) as server:
            url = server.url
        async with talking(http(url)) as talk:
            await talk.send("tools/list", 1)
            assert await talk.ear.failure() == ("1", "no connection: connection refused", 0)

    run(test)
