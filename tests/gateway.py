"""A real gateway process in front of configured servers, and the official SDK's client at its endpoint."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.command import oktsec_lint
from tests.live import SERVERS

LEGACY, MODERN = "legacy", "2026-07-28"
"""What the SDK's client calls its modes."""
Entry = dict[str, Any]


def python(script: str, *args: str, **env: str) -> Entry:
    """A fixture server over a pipe, as it is configured."""
    entry: Entry = {"transport": "stdio", "command": sys.executable, "args": [str(SERVERS / script), *args]}
    return {**entry, "env": env} if env else entry


def http(url: str, **headers: str) -> Entry:
    """A server that is reached at an address, as it is configured."""
    entry: Entry = {"transport": "http", "url": url}
    return {**entry, "headers": headers} if headers else entry


class Gateway:
    """One running gateway, and what its operator sees of it."""

    def __init__(self, folder: Path, process: subprocess.Popen[str]) -> None:
        self.folder, self.process = folder, process
        self.said: list[str] = []
        """Lines on stderr so far."""
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        self.url = re.search(r"http://\S+", self.until(" on http://"))[0]  # type: ignore[index]

    def until(self, text: str, seconds: float = 60.0) -> str:
        """The first line on stderr that has this text."""
        return wait_for(lambda: next((line for line in list(self.said) if text in line), ""), seconds, self.said)

    def page(self, path: str) -> Any:
        """What it answers its operator."""
        with urllib.request.urlopen(self.url.rsplit("/", 1)[0] + path, timeout=10) as response:
            return json.load(response)

    def state(self, server: str) -> str:
        """How a server stands."""
        return str(self.page("/ready")["servers"][server]["state"])

    def run(self, *args: str) -> str:
        """What a command prints that an operator gives beside the running gateway."""
        ran = oktsec_lint(*args, cwd=self.folder)
        assert ran.code == 0, ran.err
        return ran.out

    def children(self) -> set[int]:
        """The processes that it has started and that still run."""
        return {pid for pid in _children(self.process.pid) if _runs(pid)}

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(item) for item in path.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):  # the thread has ended
            continue
    return found


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _command(pid: int) -> str:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return f"{pid}, which has just ended"


def wait_for(look: Callable[[], Any], seconds: float = 60.0, shown: object = None) -> Any:
    """What `look` returns once that is something."""
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until, f"not within {seconds:g} seconds: {shown}"
        time.sleep(0.02)
    return found


def written(folder: Path, servers: Mapping[str, Entry], more: str = "", *, locked: bool = True) -> None:
    """The files of a gateway: its configuration, and a lock of what the servers offer now."""
    folder.mkdir(exist_ok=True)
    lines = [f"  {name}: {json.dumps(entry)}\n" for name, entry in servers.items()]
    (folder / "oktsec.yaml").write_text(f"mcp_servers:\n{''.join(lines)}{more}")
    if locked:
        ran = oktsec_lint("lock", "--yes", "--no-progress", cwd=folder)
        assert ran.code == 0, ran.out + ran.err


@contextmanager
def started(folder: Path, *options: str, enforce: bool = True) -> Iterator[Gateway]:
    """A gateway of the files in a folder while it runs; afterwards it has ended in order, and so have its servers."""
    mode = ["--enforce"] if enforce else []
    command = [sys.executable, "-m", "oktsec_lint", "run", *mode, "oktsec.yaml", "--port", "0"]
    command += ["--journal", "journal.db", *options]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("OKTSEC", "PYTEST", "CI"))}
    environ |= {"HOME": str(folder), "NO_COLOR": "1"}
    with subprocess.Popen(command, cwd=folder, env=environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            gateway = Gateway(folder, process)
            yield gateway
            children = gateway.children()
            process.terminate()
            assert process.wait(60) == 0, gateway.said
            left = [_command(pid) for pid in children if _runs(pid)]
            assert not left, left
            assert not [line for line in gateway.said if "Traceback" in line], "".join(gateway.said)
        finally:
            process.kill()


@contextmanager
def serving(folder: Path, servers: Mapping[str, Entry], more: str = "") -> Iterator[Gateway]:
    """An enforcing gateway in front of these servers, locked as they are."""
    written(folder, servers, more)
    with started(folder) as gateway:
        yield gateway


@asynccontextmanager
async def client(gateway: Gateway, mode: str = "auto", token: str = "", **options: Any) -> AsyncIterator[Client]:
    """The SDK's client, connected to the gateway."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx2.AsyncClient(headers=headers, timeout=60, follow_redirects=True) as http_client:
        transport = streamable_http_client(gateway.url, http_client=http_client)
        async with Client(transport, mode=mode, **options) as connected:
            yield connected


def text_of(result: Any) -> str:
    """The first text of a tool's result."""
    return str(result.content[0].text)
