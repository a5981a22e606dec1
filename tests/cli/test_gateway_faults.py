"""A gateway whose servers die, hang, are not there, or change: the others go on, and what fails heals by itself."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.types import ToolListChangedNotification

from tests.gateway import LEGACY, MODERN, client, python, serving, started, text_of, wait_for, written
from tests.live import SERVERS

ECHO = python("echoing.py")
AGENTS = "agents:\n  coder: {}\n"
ERAS = pytest.mark.parametrize("mode", [LEGACY, MODERN])
HANGING = {"transport": "stdio", "command": sys.executable, "args": ["-c", "import time; time.sleep(600)"]}
NAMES = {"one_echo", "one_shout", "one_environment"}
"""Of a server that is not locked: nothing makes a bare name sure."""
LATE = """\
import os, sys, time
from pathlib import Path
while not Path("go").exists():
    time.sleep(0.05)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


async def pid(connected: Client, server: str) -> int:
    return int(text_of(await connected.call_tool(f"{server}_environment", {"name": "PID"})))


async def says(connected: Client, tool: str, text: str) -> str:
    return text_of(await connected.call_tool(tool, {"text": text}))


@ERAS
def test_a_server_that_is_killed_is_down_and_comes_back_by_itself(tmp_path: Path, mode: str) -> None:
    with serving(tmp_path / "it", {"one": ECHO, "two": ECHO}, AGENTS) as gateway:

        async def play() -> None:
            async with client(gateway, mode) as connected:
                victim, other = await pid(connected, "one"), await pid(connected, "two")
                os.kill(victim, signal.SIGKILL)
                await anyio.to_thread.run_sync(gateway.until, "one is down")
                assert await says(connected, "two_echo", "still here") == "still here"
                assert await pid(connected, "two") == other
                await anyio.to_thread.run_sync(wait_for, lambda: gateway.state("one") == "ready", 60, gateway.said)
                assert victim not in gateway.children()
                assert await pid(connected, "one") != victim

        anyio.run(play)
        assert "SIGKILL" in gateway.until("one is down")


def test_a_server_that_is_not_there_is_named_and_the_others_are_listed(tmp_path: Path) -> None:
    written(tmp_path / "it", {"one": ECHO}, AGENTS)
    written(tmp_path / "it", {"one": ECHO, "gone": {"transport": "stdio", "command": "/nowhere/at-all"}}, locked=False)
    with started(tmp_path / "it", enforce=False) as gateway:

        async def play() -> None:
            async with client(gateway) as connected:
                assert {tool.name for tool in (await connected.list_tools()).tools} >= {"environment"}
                assert await says(connected, "one_echo", "hello") == "hello"

        anyio.run(play)
        page = gateway.page("/ready")
        assert page["status"] == "degraded"
        assert page["servers"]["one"] == {"state": "ready"}
        assert page["servers"]["gone"]["state"] == "down"
        assert "/nowhere/at-all" in page["servers"]["gone"]["reason"]
        assert gateway.page("/health") == {"status": "ok"}


@ERAS
def test_a_server_that_hangs_delays_the_others_once(tmp_path: Path, mode: str) -> None:
    written(tmp_path / "it", {"one": ECHO, "hangs": HANGING}, AGENTS, locked=False)
    with started(tmp_path / "it", enforce=False) as gateway:

        async def play() -> list[float]:
            took = []
            async with client(gateway, mode) as connected:
                for number in range(4):
                    begun = time.monotonic()
                    assert {tool.name for tool in (await connected.list_tools()).tools} == NAMES
                    assert await says(connected, "one_echo", str(number)) == str(number)
                    took.append(time.monotonic() - begun)
            return took

        took = anyio.run(play)
        assert max(took[1:]) < 8, took
        assert gateway.state("hangs") in {"starting", "degraded", "down"}
        assert gateway.state("one") == "ready"


@ERAS
def test_a_server_that_comes_late_is_told_of(tmp_path: Path, mode: str) -> None:
    """And so it is used by who came before it."""
    folder = tmp_path / "it"
    late = {"transport": "stdio", "command": sys.executable, "args": ["late.py", str(SERVERS / "echoing.py")]}
    written(folder, {"one": ECHO, "late": late}, AGENTS, locked=False)
    (folder / "late.py").write_text(LATE)
    with started(folder, enforce=False) as gateway:

        async def play() -> None:
            told = anyio.Event()

            async def heard(message: Any) -> None:
                if isinstance(message, ToolListChangedNotification):
                    told.set()

            async with client(gateway, mode, message_handler=heard) as connected:
                before = {tool.name for tool in (await connected.list_tools()).tools}
                assert before == NAMES
                with anyio.fail_after(60):
                    if mode == LEGACY:
                        (folder / "go").touch()
                        await told.wait()
                    else:
                        async with connected.listen(tools_list_changed=True) as changes:
                            (folder / "go").touch()
                            async for _ in changes:
                                break
                assert await says(connected, "late_echo", "here") == "here"

        anyio.run(play)


def test_a_reload_that_does_not_load_changes_nothing_and_one_that_does_is_heard(tmp_path: Path) -> None:
    folder = tmp_path / "it"
    with serving(folder, {"one": ECHO}, AGENTS) as gateway:
        config = folder / "oktsec.yaml"
        good = config.read_text()

        async def play() -> None:
            told = anyio.Event()

            async def heard(message: Any) -> None:
                if isinstance(message, ToolListChangedNotification):
                    told.set()

            async with client(gateway, LEGACY, message_handler=heard) as connected:
                assert await says(connected, "one_echo", "before") == "before"
                config.write_text("mcp_servers: [")
                await anyio.to_thread.run_sync(gateway.until, "was not reloaded")
                assert await says(connected, "one_echo", "between") == "between"
                config.write_text(good.replace("coder: {}", "coder: {}\ndefault_policy: deny"))
                await anyio.to_thread.run_sync(gateway.until, "the configuration was reloaded")
                with anyio.fail_after(30):
                    await told.wait()
                assert (await connected.list_tools()).tools == []

        anyio.run(play)
        gateway.process.send_signal(signal.SIGHUP)
        wait_for(
            lambda: sum("the configuration was reloaded" in line for line in gateway.said) == 2, shown=gateway.said
        )


@ERAS
def test_what_is_being_answered_is_answered_before_the_end(tmp_path: Path, mode: str) -> None:
    """SIGTERM in the middle of a call."""
    log = tmp_path / "log"
    with serving(tmp_path / "it", {"one": python("waiting.py", str(log))}, AGENTS) as gateway:

        async def play() -> None:
            async with client(gateway, mode) as connected, anyio.create_task_group() as group:
                group.start_soon(ended, connected)
                await anyio.to_thread.run_sync(wait_for, lambda: '"tools/call"' in log.read_text())
                gateway.process.terminate()
                await anyio.to_thread.run_sync(wait_for, lambda: refuses(gateway.url))
                os.kill(running(log), signal.SIGUSR1)

        async def ended(connected: Client) -> None:
            assert text_of(await connected.call_tool("wait", {})) == "done"

        anyio.run(play)


def running(log: Path) -> int:
    """The process of the newest server that writes this log."""
    return [json.loads(line)["pid"] for line in log.read_text().splitlines() if '"pid"' in line][-1]


def refuses(url: str) -> bool:
    host, port = url.split("/")[2].split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) != 0
