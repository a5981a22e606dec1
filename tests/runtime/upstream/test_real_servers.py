"""Links to servers of the SDK, in both eras, over everything they speak."""

from __future__ import annotations

import pytest

from tests.live import http, listening
from tests.reference import everything_over, python_spec
from tests.runtime.upstream.listener import run, talking


@pytest.mark.parametrize(("mode", "path"), [("streamable", "mcp"), ("json", "mcp"), ("sse", "sse")])
def test_a_session_over_http(mode: str, path: str) -> None:
    async def test(base: str) -> None:
        async with talking(http(base + path)) as talk:
            assert (await talk.open_legacy())["result"]["serverInfo"]["name"] == ("older" if mode == "sse" else "paged")
            await talk.link.listen()
            for number in range(1, 6):
                assert (await talk.ask("tools/list", number))["result"]["tools"]
            assert (talk.ear.failures, talk.ear.ends) == ([], [])

    with listening("over_http.py", mode) as base:
        run(lambda: test(base))


@pytest.mark.parametrize("mode", ["streamable", "json"])
def test_the_newest_revision_over_http(mode: str) -> None:
    async def test(base: str) -> None:
        async with talking(http(base + "mcp")) as talk:
            assert (await talk.ask_modern("server/discover", "a"))["result"]["supportedVersions"]
            assert (await talk.ask_modern("tools/list", "b"))["result"]["nextCursor"] == "b"
            unknown = await talk.ask_modern("no/such", "c")
            assert unknown["error"]["code"] == -32601
            assert (talk.ear.failures, talk.ear.ends) == ([], [])

    with listening("over_http.py", mode) as base:
        run(lambda: test(base))


def test_a_session_that_a_server_has_forgotten() -> None:
    async def test(base: str) -> None:
        async with talking(http(base + "mcp")) as first, talking(http(base + "mcp")) as second:
            await first.open_legacy()
            await second.open_legacy()
            second.link._session.id = first.link._session.id  # type: ignore[attr-defined]
            await first.link.close()
            await second.send("tools/list", 1)
            assert await second.ear.end() == "session"

    with listening("over_http.py", "json") as base:
        run(lambda: test(base))


@pytest.mark.parametrize(("transport", "path"), [("streamableHttp", "mcp"), ("sse", "sse")])
def test_a_session_of_the_other_sdk(transport: str, path: str) -> None:
    async def test(base: str) -> None:
        async with talking(http(base + path)) as talk:
            await talk.open_legacy()
            await talk.link.listen()
            answer = await talk.ask("tools/call", 1, name="echo", arguments={"message": "hi"})
            assert answer["result"]["content"][0]["text"] == "Echo: hi"
            assert (talk.ear.failures, talk.ear.ends) == ([], [])

    with everything_over(transport) as base:
        run(lambda: test(base))


@pytest.mark.parametrize("modern", [False, True])
def test_a_process_in_both_eras(*, modern: bool) -> None:
    async def test() -> None:
        async with talking(python_spec("time")) as talk:
            if modern:
                answer = await talk.ask_modern("tools/list", 1)
            else:
                await talk.open_legacy()
                answer = await talk.ask("tools/list", 1)
            assert len(answer["result"]["tools"]) == 2
            assert (talk.ear.failures, talk.ear.ends) == ([], [])

    run(test)
