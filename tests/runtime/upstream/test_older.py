"""HTTP with SSE, where a server knows nothing newer."""

from __future__ import annotations

import asyncio

import pytest

from oktsec_lint.runtime.upstream import Limits
from tests.live import http
from tests.runtime.upstream.listener import run, talking
from tests.runtime.upstream.raw import Peer, Request, Script, result, serving


def older() -> Script:
    """A server that answers on its stream, until it hears `bye`; what is called `lost` it never answers."""
    streams: list[Peer] = []
    over = asyncio.Event()

    async def script(request: Request, peer: Peer) -> None:
        if request.method == "GET":
            streams.append(peer)
            await peer.begin(200)
            await peer.raw(b"event: endpoint\ndata: /messages?id=1\n\n")
            await over.wait()
            peer.hang_up()
        elif request.path == "/mcp":
            await peer.reply(405)
        else:
            await peer.reply(202 if request.message["method"] != "bad" else 400)
            if request.message["method"] == "bye":
                over.set()
            elif request.message.get("id") is not None and request.message["method"] != "lost":
                await streams[-1].event(result(request))

    return script


def test_messages_go_to_the_address_it_names_and_answers_come_on_its_stream() -> None:
    async def test() -> None:
        async with serving(older()) as server, talking(http(server.url), Limits(total=0.3)) as talk:
            await talk.open_legacy()
            await talk.ask("tools/list", 1)
            await talk.link.listen()
            await talk.send("bad", 2)
            assert await talk.ear.failure() == ("2", "HTTP 400", 400)
            await talk.send("lost", 3)
            await talk.ear.until(lambda: len(talk.ear.failures) > 1)
            assert talk.ear.failures[1:] == [("3", "no answer within 0.3 seconds", 0)]
            await talk.send("lost", 4)
            await talk.link.cancel("4")
            await talk.send("bye")
            assert await talk.ear.end() == "its stream of events ended"
            assert [request.path for request in server.of("POST")] == ["/mcp", *["/messages?id=1"] * 6]
            assert {about for _, about in talk.ear.lines} == {""}
            assert len(talk.ear.failures) == 2

    run(test)


@pytest.mark.parametrize(
    "endpoint", ["http://other.example/messages", "//127.0.0.1:9/x", "https://127.0.0.1/x", "http://["]
)
def test_an_address_elsewhere_is_none(endpoint: str) -> None:
    left = asyncio.Event()

    async def script(request: Request, peer: Peer) -> None:
        if request.method == "POST":
            await peer.reply(405)
        else:
            await peer.begin(200)
            await peer.raw(f"event: endpoint\ndata: {endpoint}\n\n".encode())
            await peer.gone()
            left.set()

    async def test() -> None:
        async with serving(script) as server, talking(http(server.url)) as talk:
            await talk.send("initialize", 0)
            assert await talk.ear.failure() == ("0", "HTTP 405", 405)
            await left.wait()
            assert len(server.requests) == 2

    run(test)


def test_a_server_that_has_neither_fails_as_it_answered() -> None:
    async def script(request: Request, peer: Peer) -> None:
        await peer.reply(404, b"nothing", "text/plain")

    async def test() -> None:
        async with serving(script) as server, talking(http(server.url)) as talk:
            await talk.send("initialize", 0)
            assert await talk.ear.failure() == ("0", "HTTP 404, there is nothing at this URL", 404)
            assert [request.method for request in server.requests] == ["POST", "GET"]

    run(test)


def test_a_stream_that_never_names_an_address_is_not_waited_for() -> None:
    async def script(request: Request, peer: Peer) -> None:
        if request.method == "POST":
            await peer.reply(405)
        else:
            await peer.begin(200)
            await peer.gone()

    async def test() -> None:
        async with serving(script) as server, talking(http(server.url), Limits(connect=0.2)) as talk:
            await talk.send("initialize", 0)
            assert await talk.ear.failure() == ("0", "HTTP 405", 405)

    run(test)
