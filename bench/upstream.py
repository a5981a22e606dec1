"""What a link over HTTP costs beside a bare aiohttp client that posts and reads: `python bench/upstream.py`.

Rounds of both alternate, against one echo server in a process of its own. CPU is that of the client's process alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

import aiohttp

from oktsec_lint.core.config import ServerSpec, Transport
from oktsec_lint.core.model import Place
from oktsec_lint.runtime.upstream import Limits, Link, Pool, make_link

SERVER = """
import asyncio, json, sys
EVENTS = sys.argv[1] == "events"
async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            size = int(head.lower().partition(b"content-length:")[2].partition(b"\\r")[0])
            message = json.loads(await reader.readexactly(size))
            body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": message["params"]}).encode()
            if EVENTS:
                body = b"event: message\\ndata: " + body + b"\\n\\n"
                head = b"HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\nTransfer-Encoding: chunked"
                writer.write(head + b"\\r\\n\\r\\n" + b"%x\\r\\n" % len(body) + body + b"\\r\\n0\\r\\n\\r\\n")
            else:
                head = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n"
                writer.write(head % len(body) + body)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
HEADERS = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "echo"}
ROUNDS, SECONDS = 5, 0.5


class Waiting:
    """Ears that wake who waits for an answer."""

    def __init__(self) -> None:
        self.open: dict[str, asyncio.Future[None]] = {}

    def heard(self, _line: bytes | None, about: str) -> None:
        self.open.pop(about).set_result(None)

    def failed(self, about: str, reason: str, status: int) -> None:
        raise RuntimeError(f"{about}: {reason} ({status})")

    def ended(self, reason: str) -> None:
        raise RuntimeError(reason)


def message(number: int) -> bytes:
    params = {"name": "echo", "arguments": {"text": "x" * 1024}}
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}).encode()


def over_link(link: Link, ears: Waiting) -> Callable[[int], Awaitable[None]]:
    async def call(number: int) -> None:
        about = str(number)
        ears.open[about] = answer = asyncio.get_running_loop().create_future()
        await link.send(message(number), about=about, headers=HEADERS)
        await answer

    return call


def over_aiohttp(session: aiohttp.ClientSession, url: str) -> Callable[[int], Awaitable[None]]:
    async def call(number: int) -> None:
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **HEADERS}
        async with session.post(url, data=message(number), headers=headers) as response:
            await response.read()

    return call


async def measure(call: Callable[[int], Awaitable[None]], concurrency: int) -> tuple[list[float], float]:
    """Seconds of each call, and CPU seconds of one."""
    took: list[float] = []
    until, cpu = time.monotonic() + SECONDS, time.process_time()

    async def client(number: int) -> None:
        while time.monotonic() < until:
            begun = time.perf_counter()
            await call(number)
            took.append(time.perf_counter() - begun)

    await asyncio.gather(*map(client, range(concurrency)))
    return took, (time.process_time() - cpu) / len(took)


async def main(url: str, kind: str) -> None:
    pool, ears = Pool(), Waiting()
    spec = ServerSpec("echo", Transport.HTTP, Place("oktsec.yaml", ""), url=url)
    link = make_link(spec, os.environ, ears, Limits(), pool)
    await link.open()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        calls = {"bare": over_aiohttp(session, url), "link": over_link(link, ears)}
        for concurrency in (1, 32):
            took: dict[str, list[float]] = {name: [] for name in calls}
            cpu: dict[str, list[float]] = {name: [] for name in calls}
            for _ in range(ROUNDS):
                for name, call in calls.items():
                    times, used = await measure(call, concurrency)
                    took[name] += times
                    cpu[name].append(used)
            for name, times in took.items():
                p50, rate = statistics.median(times) * 1000, len(times) / ROUNDS / SECONDS
                used = statistics.median(cpu[name]) * 1000
                print(f"{kind:6} c={concurrency:<2} {name}: p50 {p50:.3f} ms, {rate:6.0f} calls/s, CPU {used:.3f} ms")
    await link.close()
    await pool.close()


if __name__ == "__main__":
    for kind in ("json", "events"):
        with subprocess.Popen([sys.executable, "-c", SERVER, kind], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                asyncio.run(main(f"http://127.0.0.1:{int(server.stdout.readline())}/mcp", kind))
            finally:
                server.kill()
