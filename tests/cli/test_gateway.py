"""The official SDK's client at a real gateway in front of real servers: everything the protocol has, in both eras."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import (
    CreateMessageResult,
    ElicitResult,
    ListRootsResult,
    PromptReference,
    ResourceTemplateReference,
    Root,
    TextContent,
    ToolListChangedNotification,
)

from tests.gateway import LEGACY, MODERN, Gateway, client, http, python, serving, text_of
from tests.live import listening

ECHO = python("echoing.py", WHO="one")
AGENTS = "agents:\n  coder: {}\n"
ERAS = pytest.mark.parametrize("mode", [LEGACY, MODERN])
SERVERS = pytest.mark.parametrize("speaks", ["older", "newer", "both"])


async def sample(_: Any, params: Any) -> CreateMessageResult:
    return CreateMessageResult(role="assistant", content=TextContent(type="text", text="Paris"), model="a-model")


async def elicit(_: Any, params: Any) -> ElicitResult:
    return ElicitResult(action="accept", content={"username": "ann", "email": "ann@example.org", "name": "Ann"})


async def roots(_: Any) -> ListRootsResult:
    return ListRootsResult(roots=[Root(uri="file:///home/ann")])


ABLE: dict[str, Any] = {"sampling_callback": sample, "elicitation_callback": elicit, "list_roots_callback": roots}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Gateway]]:
    """Gateways in front of whole.py that speaks one era or both, each started once."""
    stack: dict[str, Any] = {}

    def of(speaks: str) -> Gateway:
        if speaks not in stack:
            server = python("whole.py", *(() if speaks == "both" else (speaks,)))
            made = serving(tmp_path_factory.mktemp("whole") / "it", {"whole": server}, AGENTS)
            stack[speaks] = made, made.__enter__()
        found: Gateway = stack[speaks][1]
        return found

    yield of
    for made, _ in stack.values():
        made.__exit__(None, None, None)


def with_client(gateway: Gateway, mode: str, play: Callable[[Client], Awaitable[None]], **options: Any) -> None:
    async def run() -> None:
        async with client(gateway, mode, **options) as connected:
            with anyio.fail_after(60):
                await play(connected)

    anyio.run(run)


@ERAS
@SERVERS
def test_everything_that_is_listed_and_read(whole: Callable[[str], Gateway], mode: str, speaks: str) -> None:
    async def play(connected: Client) -> None:
        assert connected.protocol_version == ("2025-11-25" if mode == LEGACY else MODERN)
        tools = {tool.name for tool in (await connected.list_tools()).tools}
        assert {"test_simple_text", "echo", "test_trigger_prompt_change"} <= tools  # on two pages of the server's
        assert text_of(await connected.call_tool("echo", {"text": "Grüße \u2028 🙂"})) == "Grüße \u2028 🙂"
        kinds = [block.type for block in (await connected.call_tool("test_multiple_content_types", {})).content]
        assert kinds == ["text", "image", "resource"]
        assert (await connected.call_tool("test_error_handling", {})).is_error
        prompts = {prompt.name for prompt in (await connected.list_prompts()).prompts}
        assert "test_prompt_with_arguments" in prompts
        prompt = await connected.get_prompt("test_prompt_with_arguments", {"arg1": "a", "arg2": "b"})
        assert "arg1='a', arg2='b'" in prompt.messages[0].content.text
        resources = {str(resource.uri) for resource in (await connected.list_resources()).resources}
        assert "test://static-text" in resources
        assert "static text" in (await connected.read_resource("test://static-text")).contents[0].text
        templates = (await connected.list_resource_templates()).resource_templates
        assert [template.uri_template for template in templates] == ["test://template/{id}/data"]
        read = (await connected.read_resource("test://template/7/data")).contents[0]
        assert json.loads(read.text)["id"] == "7"
        for ref in (
            PromptReference(type="ref/prompt", name="test_prompt_with_arguments"),
            ResourceTemplateReference(type="ref/resource", uri="test://template/{id}/data"),
        ):
            found = await connected.complete(ref, {"name": "arg1", "value": "par"})
            assert found.completion.values == ["paris", "park", "party"]

    with_client(whole(speaks), mode, play)


@ERAS
@SERVERS
def test_a_server_asks_its_client(whole: Callable[[str], Gateway], mode: str, speaks: str) -> None:
    """Sampling, elicitation and roots, asked in one era and answered in the other."""

    async def play(connected: Client) -> None:
        asked = await connected.call_tool("test_sampling", {"prompt": "Capital of France?"})
        assert text_of(asked) == "LLM response: Paris"
        asked = await connected.call_tool("test_elicitation", {"message": "Who are you?"})
        assert "action=accept" in text_of(asked)
        assert '"username":"ann"' in text_of(asked)
        assert text_of(await connected.call_tool("test_roots", {})) == "file:///home/ann"

    with_client(whole(speaks), mode, play, **ABLE)


@ERAS
@pytest.mark.parametrize("speaks", ["newer", "both"])
def test_a_request_in_several_rounds(whole: Callable[[str], Gateway], mode: str, speaks: str) -> None:
    async def play(connected: Client) -> None:
        for tool, said in (
            ("test_input_required_result_request_state", "state-ok: everything was answered."),
            ("test_input_required_result_multiple_inputs", "state-ok: everything was answered."),
            ("test_input_required_result_multi_round", "Two questions were answered."),
        ):
            if mode == MODERN or speaks == "newer":
                assert text_of(await connected.call_tool(tool, {})) == said

    with_client(whole(speaks), mode, play, **ABLE)


@ERAS
@SERVERS
def test_progress_and_log_messages(whole: Callable[[str], Gateway], mode: str, speaks: str) -> None:
    steps: list[tuple[float, str | None]] = []
    logged: list[Any] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        steps.append((done, message))

    async def log(params: Any) -> None:
        logged.append(params.data)

    async def play(connected: Client) -> None:
        if mode == LEGACY:
            await connected.session.send_request(set_level(), empty())
        await connected.call_tool("test_tool_with_progress", {}, progress_callback=progress)
        await connected.call_tool("test_tool_with_logging", {})
        while len(steps) < 3 or len(logged) < 3:
            await anyio.lowlevel.checkpoint()

    with_client(whole(speaks), mode, play, logging_callback=log, log_level="info")
    assert steps == [(0, "0 of 100"), (50, "50 of 100"), (100, "100 of 100")]
    assert logged == ["The tool started", "The tool is at work", "The tool is done"]


def set_level() -> Any:
    from mcp.types import SetLevelRequest, SetLevelRequestParams

    return SetLevelRequest(params=SetLevelRequestParams(level="info"))


def empty() -> Any:
    from mcp.types import EmptyResult

    return EmptyResult


@ERAS
@SERVERS
def test_a_changed_list_is_told(whole: Callable[[str], Gateway], mode: str, speaks: str) -> None:
    told = anyio.Event()

    async def heard(message: Any) -> None:
        if isinstance(message, ToolListChangedNotification):
            told.set()

    async def play(connected: Client) -> None:
        if mode == LEGACY:
            await connected.call_tool("test_trigger_tool_change", {})
            await told.wait()
            return
        async with connected.listen(tools_list_changed=True) as changes:
            await connected.call_tool("test_trigger_tool_change", {})
            async for event in changes:
                assert "tools" in type(event).__name__.lower()
                break

    with_client(whole(speaks), mode, play, message_handler=heard)


@ERAS
@pytest.mark.parametrize("reached", ["http", "stdio"])
def test_a_server_of_the_sdk(tmp_path: Path, mode: str, reached: str) -> None:
    """Headers, progress, and a resource that is followed."""
    steps: list[float] = []

    async def progress(done: float, *_: Any) -> None:
        steps.append(done)

    async def play(connected: Client) -> None:
        said = text_of(await connected.call_tool("header", {"name": "x-team"}))
        assert said == ("blue" if reached == "http" else "")
        assert text_of(await connected.call_tool("header", {"name": "authorization"})) == ""
        assert (await connected.read_resource("note://one")).contents[0].text == "empty"
        await connected.call_tool("count", {}, progress_callback=progress)
        await follow(connected)
        assert (await connected.read_resource("note://one")).contents[0].text == "full"
        while len(steps) < 3:
            await anyio.lowlevel.checkpoint()
        assert steps == [1, 2, 3]

    async def follow(connected: Client) -> None:
        if mode == LEGACY:  # the SDK's servers tell nobody of changes in this era
            await connected.call_tool("write", {"text": "full"})
            return
        async with connected.listen(resource_subscriptions=["note://one"]) as changes:
            await anyio.sleep(1.5)
            await connected.call_tool("write", {"text": "full"})
            async for event in changes:
                assert str(event.uri) == "note://one"  # type: ignore[union-attr]
                break

    with listening("telling.py") as url:
        server = http(f"{url}mcp", **{"X-Team": "blue"}) if reached == "http" else python("telling.py", "stdio")
        with serving(tmp_path / "it", {"telling": server}, AGENTS) as gateway:
            with_client(gateway, mode, play)


@pytest.mark.parametrize("mode", [LEGACY, MODERN, "auto"])
def test_several_servers_with_colliding_names(tmp_path: Path, mode: str) -> None:
    other = python("echoing.py", WHO="other")

    async def play(connected: Client) -> None:
        names = [tool.name for tool in (await connected.list_tools()).tools]
        assert sorted(names) == sorted(f"{server}_{tool}" for server in ("one", "two") for tool in TOOLS)
        for server, who in (("one", "one"), ("two", "other")):
            assert text_of(await connected.call_tool(f"{server}_environment", {"name": "WHO"})) == who
        with pytest.raises(MCPError, match="Unknown tool: echo"):
            await connected.call_tool("echo", {"text": "whose?"})

    with serving(tmp_path / "it", {"one": ECHO, "two": other}, AGENTS) as gateway:
        with_client(gateway, mode, play)


TOOLS = ("echo", "shout", "environment")
