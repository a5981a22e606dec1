"""What gateways make of a call, in one interleaved run: the server direct, ours in front of it, and other proxies.

usage: python bench/gateway.py [--seconds S] [--rounds N] [--size BYTES] [--same] [--era ERA]
                               [--fastmcp PYTHON] [--mcp-proxy COMMAND]

Every target is asked for S seconds in each of N rounds, in an order that is turned each round, by 1 and by 32 callers
at once, over connections that are kept; every answer is read and compared with what was said. Texts are new for every
call (one text with `--same`), of words, and the gateway judges all of them with the whole rulebook, enforcing, against
a lock. PYTHON is that of an environment with fastmcp, COMMAND the command mcp-proxy (their requirements exclude each
other); without them these are left out. mcp-proxy stands before the same tool over stdio, as it bridges that. Prints
median and 99th percentile, calls per second, both beside direct, and the CPU time of each target's own processes for a
call.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).parent
OURS = [sys.executable, "-m", "oktsec_lint"]
ECHO = [sys.executable, str(HERE / "servers" / "echo_http.py")]
MODERN = "2026-07-28"
WORDS = "the report of this week is due on friday and lists every open invoice by name and date for the team".split()
TICK = os.sysconf("SC_CLK_TCK")


class Target:
    """One endpoint and the processes that are its own."""

    def __init__(self, name: str, port: int, path: str, process: subprocess.Popen[str], tool: str) -> None:
        self.name, self.port, self.path, self.process, self.tool = name, port, path, process, tool
        self.times: list[float] = []
        self.spent = self.cpu = 0.0

    def cpu_seconds(self) -> float:
        return sum(_cpu(pid) for pid in _family(self.process.pid))


def _family(pid: int) -> Iterator[int]:
    yield pid
    children = Path(f"/proc/{pid}/task/{pid}/children")
    for child in children.read_text().split() if children.exists() else ():
        yield from _family(int(child))


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    name: str, command: list[str], port: int, path: str, tool: str = "echo", cwd: str = "."
) -> Iterator[Target]:
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            for _ in range(600):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield Target(name, port, path, process, tool)
        finally:
            process.terminate()


class Caller:
    """One client on one connection."""

    def __init__(self, target: Target, *, modern: bool) -> None:
        self.target, self.modern = target, modern
        self.session = ""
        self.number = 0

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.target.port, limit=1 << 22)
        if not self.modern:
            hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "b", "version": "1"}}
            head, _ = await self.post("initialize", hello)
            self.session = re.search(rb"(?i)mcp-session-id: *(\S+)", head)[1].decode()  # type: ignore[index]
            await self.post("notifications/initialized", None)

    async def post(self, method: str, params: dict[str, object] | None) -> tuple[bytes, bytes]:
        message: dict[str, object] = {"jsonrpc": "2.0", "method": method}
        if params is not None:
            self.number += 1
            message |= {"id": self.number, "params": params}
        headers = [f"POST {self.target.path} HTTP/1.1", f"Host: 127.0.0.1:{self.target.port}"]
        headers += ["Content-Type: application/json", "Accept: application/json, text/event-stream"]
        if self.modern:
            meta = "io.modelcontextprotocol/"
            assert params is not None
            params["_meta"] = {meta + "protocolVersion": MODERN, meta + "clientCapabilities": {}}
            headers += [f"MCP-Protocol-Version: {MODERN}", f"Mcp-Method: {method}", f"Mcp-Name: {params['name']}"]
        elif self.session:
            headers += ["MCP-Protocol-Version: 2025-11-25", f"Mcp-Session-Id: {self.session}"]
        body = json.dumps(message).encode()
        headers.append(f"Content-Length: {len(body)}")
        self.writer.write("\r\n".join(headers).encode() + b"\r\n\r\n" + body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        return head, await self.body(head)

    async def body(self, head: bytes) -> bytes:
        if b"chunked" in head.lower():
            parts = []
            while size := int(await self.reader.readline(), 16):
                parts.append((await self.reader.readexactly(size + 2))[:-2])
            await self.reader.readline()
            return b"".join(parts)
        found = re.search(rb"(?i)content-length: *(\d+)", head)
        return await self.reader.readexactly(int(found[1])) if found else b""

    async def call(self, text: str) -> None:
        head, body = await self.post("tools/call", {"name": self.target.tool, "arguments": {"text": text}})
        if b"event-stream" in head:
            body = b"".join(line[5:] for line in body.splitlines() if line.startswith(b"data:"))
        answer = json.loads(body)
        if answer["id"] != self.number or answer["result"]["content"][0]["text"] != text:
            raise RuntimeError(f"{self.target.name}: {body[:300]!r}")


def texts(size: int, seed: int, *, same: bool) -> Iterator[str]:
    chance = random.Random(0 if same else seed)
    while True:
        words: list[str] = []
        length = 0
        while length < size:
            word = chance.choice(WORDS)
            words.append(word)
            length += len(word) + 1
        text = " ".join(words)[:size]
        yield text
        while same:
            yield text


async def load(target: Target, callers: int, asked: argparse.Namespace, seed: int) -> None:
    clients = [Caller(target, modern=asked.era == "modern") for _ in range(callers)]
    await asyncio.gather(*(client.open() for client in clients))
    await asyncio.gather(*(client.call("warm") for client in clients))
    until = time.perf_counter() + asked.seconds
    begun, cpu = time.perf_counter(), target.cpu_seconds()

    async def work(client: Caller, number: int) -> None:
        for text in texts(asked.size, seed * 1000 + number, same=asked.same):
            started = time.perf_counter()
            await client.call(text)
            target.times.append(time.perf_counter() - started)
            if time.perf_counter() > until:
                client.writer.close()
                return

    await asyncio.gather(*(work(client, number) for number, client in enumerate(clients)))
    target.spent += time.perf_counter() - begun
    target.cpu += target.cpu_seconds() - cpu


def show(targets: list[Target], callers: int) -> None:
    print(f"{callers} at once:")
    direct = targets[0]
    p50 = statistics.median(direct.times)
    rate = len(direct.times) / direct.spent
    for target in targets:
        times = sorted(target.times)
        own, median = len(times) / target.spent, statistics.median(times)
        print(
            f"  {target.name:16} p50 {median * 1e3:7.2f} ms (x{median / p50:5.2f})"
            f"  p99 {times[int(len(times) * 0.99)] * 1e3:7.2f} ms  {own:6.0f} calls/s ({own / rate:4.0%})"
            f"  {target.cpu / len(times) * 1e3:6.2f} ms CPU a call",
            flush=True,
        )
        target.times, target.spent, target.cpu = [], 0.0, 0.0


def started(stack: ExitStack, folder: str, asked: argparse.Namespace) -> list[Target]:
    port = free_port()
    direct = stack.enter_context(running("direct", [*ECHO, str(port)], port, "/mcp"))
    url = f"http://127.0.0.1:{port}/mcp"
    Path(folder, "oktsec.yaml").write_text(f"mcp_servers:\n  echo: {{transport: http, url: '{url}'}}\nagents: {{}}\n")
    subprocess.run([*OURS, "lock", "--yes"], cwd=folder, capture_output=True, check=True)
    ours = free_port()
    command = [*OURS, "run", "--enforce", "oktsec.yaml", "--port", str(ours), "--journal", f"{folder}/journal.db"]
    targets = [direct, stack.enter_context(running("oktsec-lint", command, ours, "/mcp", cwd=folder))]
    if asked.fastmcp:
        one = free_port()
        fast = [asked.fastmcp, str(HERE / "servers" / "fastmcp_proxy.py"), url, str(one)]
        targets.append(stack.enter_context(running("fastmcp proxy", fast, one, "/mcp")))
    if asked.mcp_proxy:
        other = free_port()
        bridge = [asked.mcp_proxy, "--port", str(other), "--", *ECHO, "stdio"]
        targets.append(stack.enter_context(running("mcp-proxy", bridge, other, "/mcp")))
    return targets


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--same", action="store_true")
    parser.add_argument("--era", choices=["legacy", "modern"], default="legacy")
    parser.add_argument("--fastmcp", metavar="PYTHON")
    parser.add_argument("--mcp-proxy", metavar="COMMAND")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        targets = started(stack, folder, asked)
        for callers in (1, 32):
            for number in range(asked.rounds):
                for target in targets if number % 2 else reversed(targets):
                    asyncio.run(load(target, callers, asked, number))
            show(targets, callers)


if __name__ == "__main__":
    main()
