"""The public reference servers behind the gateway: from npm over all transports, and from PyPI."""

from __future__ import annotations

import sys
from pathlib import Path

import anyio
import pytest

from tests.gateway import LEGACY, MODERN, Entry, client, http, serving, text_of
from tests.reference import everything_over, npm

EXPECTED = {"read_text_file", "create_entities", "echo", "get_current_time"}
AGENTS = "agents:\n  coder: {}\n"


def command(program: str, *args: str) -> Entry:
    return {"transport": "stdio", "command": program, "args": list(args)}


@pytest.mark.slow
@pytest.mark.parametrize("mode", [LEGACY, MODERN])
def test_reference_servers_together(tmp_path: Path, mode: str) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "note.txt").write_text("remember the milk")
    servers = {
        "files": command(npm("filesystem"), str(files)),
        "memory": command(npm("memory")),
        "everything": command(npm("everything")),
        "time": command(sys.executable, "-m", "mcp_server_time"),
    }

    async def play() -> None:
        async with client(gateway, mode) as connected:
            with anyio.fail_after(60):  # who is slow to start is listed when it comes
                while not {tool.name for tool in (await connected.list_tools()).tools} >= EXPECTED:
                    await anyio.sleep(0.2)
            read = await connected.call_tool("files_read_text_file", {"path": str(files / "note.txt")})
            assert text_of(read) == "remember the milk"
            assert "hello" in text_of(await connected.call_tool("everything_echo", {"message": "hello"}))
            assert "UTC" in text_of(await connected.call_tool("time_get_current_time", {"timezone": "UTC"}))

    with serving(tmp_path / "it", servers, AGENTS) as gateway:
        anyio.run(play)


@pytest.mark.slow
@pytest.mark.parametrize(("transport", "path"), [("streamableHttp", "mcp"), ("sse", "sse")])
def test_everything_over_http(tmp_path: Path, transport: str, path: str) -> None:
    async def play() -> None:
        async with client(gateway) as connected:
            assert "hello" in text_of(await connected.call_tool("echo", {"message": "hello"}))

    with everything_over(transport) as url, serving(tmp_path / "it", {"web": http(url + path)}, AGENTS) as gateway:
        anyio.run(play)
