"""Who may call what through a gateway: agents by their tokens, calls that wait for a person or are given up."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from tests.gateway import LEGACY, MODERN, Gateway, client, python, serving, text_of, wait_for

ECHO = python("echoing.py", WHO="one")
TOOLS = ("echo", "shout", "environment")
MINE = {"reader": {"echo"}, "writer": {"shout", "environment"}}
NARROW = "".join(f"  {agent}: {{allowed_tools: {json.dumps(sorted(tools))}}}\n" for agent, tools in MINE.items())
PAYING = """\
agents:
  payer:
    tool_policies:
      pay: {require_approval_above: 100}
"""
ERAS = pytest.mark.parametrize("mode", [LEGACY, MODERN])


@ERAS
def test_agents_see_what_they_may_call(tmp_path: Path, mode: str) -> None:
    """Recognised by tokens that the command made; what one may not call is to it what there is not."""

    async def play(agent: str, token: str) -> None:
        async with client(gateway, mode, token) as connected:
            assert {tool.name for tool in (await connected.list_tools()).tools} == MINE[agent]
            for name in MINE[agent]:
                await connected.call_tool(name, {"text": "x", "name": "WHO"})
            for name in (*(set(TOOLS) - MINE[agent]), "no_such"):
                with pytest.raises(MCPError, match=f"^Unknown tool: {name}$"):
                    await connected.call_tool(name, {"text": "x"})

    with serving(tmp_path / "it", {"one": ECHO}, f"agents:\n{NARROW}") as gateway:
        tokens = made(gateway, *MINE)
        for agent in MINE:
            anyio.run(play, agent, tokens[agent])
        journal = gateway.run("audit", "query", "--journal", "journal.db", "--format", "jsonl")
        assert "tool_allowlist" in journal
        assert not any(token in journal + "".join(gateway.said) for token in tokens.values())


def made(gateway: Gateway, *agents: str) -> dict[str, str]:
    """Tokens that the gateway takes."""
    found = {agent: gateway.run("tokens", "create", agent).strip() for agent in agents}
    for token in found.values():
        wait_for(lambda token=token: taken(gateway, token))  # type: ignore[misc]
    return found


def taken(gateway: Gateway, token: str) -> bool:
    request = urllib.request.Request(gateway.url, b"{}", {"Authorization": f"Bearer {token}"})
    try:
        urllib.request.urlopen(request, timeout=10).close()
    except urllib.error.HTTPError as error:
        error.close()
        return error.code != 401
    return True


@ERAS
def test_a_call_that_somebody_approves_reaches_the_server_once(tmp_path: Path, mode: str) -> None:
    log = tmp_path / "log"
    with serving(tmp_path / "it", {"bank": python("waiting.py", str(log))}, PAYING) as gateway:
        token = made(gateway, "payer")["payer"]

        async def play() -> None:
            async with client(gateway, mode, token) as connected:
                assert text_of(await connected.call_tool("pay", {"amount": 7})) == "done"
                async with anyio.create_task_group() as group:
                    group.start_soon(pays, connected, 500)
                    number = await anyio.to_thread.run_sync(held, gateway)
                    assert paid(log) == [7]
                    await anyio.to_thread.run_sync(gateway.run, "quarantine", "approve", number, "--yes", *JOURNAL)

        anyio.run(play)
        assert paid(log) == [7, 500]
        assert '"used"' in gateway.run("quarantine", "list", "--state", "all", "--format", "json", *JOURNAL)


@ERAS
def test_a_call_that_somebody_rejects_does_not(tmp_path: Path, mode: str) -> None:
    log = tmp_path / "log"
    with serving(tmp_path / "it", {"bank": python("waiting.py", str(log))}, PAYING) as gateway:
        token = made(gateway, "payer")["payer"]

        async def play() -> None:
            async with client(gateway, mode, token) as connected, anyio.create_task_group() as group:
                group.start_soon(is_refused, connected)
                number = await anyio.to_thread.run_sync(held, gateway)
                await anyio.to_thread.run_sync(gateway.run, "quarantine", "reject", number, *JOURNAL)

        async def is_refused(connected: Client) -> None:
            with pytest.raises(MCPError, match="blocked by oktsec"):
                await connected.call_tool("pay", {"amount": 500})

        anyio.run(play)
        assert paid(log) == []


@ERAS
def test_a_caller_that_has_gone_comes_back_for_what_was_approved(tmp_path: Path, mode: str) -> None:
    log = tmp_path / "log"
    with serving(tmp_path / "it", {"bank": python("waiting.py", str(log))}, PAYING) as gateway:
        token = made(gateway, "payer")["payer"]

        async def ask() -> str:
            async with client(gateway, mode, token) as connected:
                with anyio.CancelScope() as scope:
                    async with anyio.create_task_group() as group:
                        group.start_soon(pays, connected, 500)
                        number = str(await anyio.to_thread.run_sync(held, gateway))
                        scope.cancel()
            return number

        number = anyio.run(ask)
        gateway.run("quarantine", "approve", number, "--yes", *JOURNAL)
        assert paid(log) == []

        async def come_back() -> None:
            async with client(gateway, mode, token) as connected:
                await pays(connected, 500)

        anyio.run(come_back)
        assert paid(log) == [500]


JOURNAL = ("--journal", "journal.db")


async def pays(connected: Client, amount: int) -> None:
    assert text_of(await connected.call_tool("pay", {"amount": amount})) == "done"


def held(gateway: Gateway) -> str:
    """The id of the call that waits."""
    return re.search(r"quarantine show (\w+)", gateway.until("a call waits for a decision"))[1]  # type: ignore[index]


def heard(log: Path, method: str) -> list[Any]:
    """The params of every such message that reached the server."""
    lines = log.read_text().splitlines() if log.exists() else []
    messages = [json.loads(line) for line in lines]
    return [message.get("params") for message in messages if message.get("method") == method]


def paid(log: Path) -> list[int]:
    return [params["arguments"]["amount"] for params in heard(log, "tools/call") if params["name"] == "pay"]


@ERAS
def test_a_call_that_is_given_up_is_cancelled_at_the_server(tmp_path: Path, mode: str) -> None:
    """By a notification in the older era, by hanging up in the newer one."""
    log = tmp_path / "log"

    async def play() -> None:
        async with client(gateway, mode) as connected:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(connected.call_tool, "wait", {})
                    await anyio.to_thread.run_sync(wait_for, lambda: heard(log, "tools/call"))
                    scope.cancel()
            await anyio.to_thread.run_sync(wait_for, lambda: heard(log, "notifications/cancelled"))

    with serving(tmp_path / "it", {"one": python("waiting.py", str(log))}, "agents:\n  coder: {}\n") as gateway:
        anyio.run(play)
        requested = [json.loads(line) for line in log.read_text().splitlines() if '"tools/call"' in line]
        assert [params["requestId"] for params in heard(log, "notifications/cancelled")] == [requested[0]["id"]]
