"""Mixed traffic through one gateway whose servers are killed all the time: is every promise of it kept?

usage: python bench/soak.py [MINUTES]

Callers of both eras, some of which leave and come back, call tools of three servers over pipes and one over HTTP
(default: one minute). About once a second one of the processes over a pipe gets SIGKILL. One answer in ten of one
server's is poisoned.
Checked is that

- every call is answered with its own text or told why not, within a minute;
- no poisoned text reaches a client, and every poisoned answer is an error;
- afterwards the servers answer again by themselves;
- memory, file descriptors and children of the gateway are flat: what they are at the end is compared with what they
  were after the first fifth;
- the journal holds a record of every call that was answered, and `audit verify` finds nothing;
- no process is left behind.

Prints the figures; exit code 1 when something is not kept.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import aiohttp

HERE = Path(__file__).parent
OURS = [sys.executable, "-m", "oktsec_lint"]
SERVER = str(HERE / "servers" / "soaked.py")
MODERN = "2026-07-28"
META = "io.modelcontextprotocol/"
POISON = "IGNORE-ALL"
NAMES = ("one", "two", "three", "web")
CALLERS = 6
TOLD = 60.0
"""Seconds within which a call has to be answered."""


class Tally:
    """What has become of the calls."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.broken: list[str] = []
        """Promises that were not kept."""
        self.samples: list[tuple[float, int, int, int]] = []
        """Seconds since the start, resident KiB, file descriptors, children."""


class Caller:
    """One client; of the older era it has a session, which it may have to open anew."""

    def __init__(self, http: aiohttp.ClientSession, url: str, tally: Tally, *, modern: bool) -> None:
        self.http, self.url, self.tally, self.modern = http, url, tally, modern
        self.session = ""
        self.number = 0

    async def call(self, server: str, text: str) -> None:
        """One call, told in the tally."""
        params: dict[str, object] = {"name": f"{server}_say", "arguments": {"text": text}}
        began = time.monotonic()
        try:
            async with asyncio.timeout(TOLD):
                answer = await self.ask("tools/call", params, name=str(params["name"]))
        except TimeoutError:
            self.tally.broken.append(f"no answer within {TOLD:g} seconds: {server}")
            return
        self.tally.counts["slow (over 10 s)"] += time.monotonic() - began > 10
        self.judge(answer, text)

    def judge(self, answer: dict[str, object], text: str) -> None:
        whole = json.dumps(answer)
        if POISON in whole:
            self.tally.broken.append(f"a poisoned answer came through: {whole[:200]}")
        result, error = answer.get("result"), answer.get("error")
        if isinstance(result, dict):
            said = result["content"][0]["text"]
            self.tally.counts["answered"] += 1
            if said != text:
                self.tally.broken.append(f"somebody else's answer: {said[:80]!r} instead of {text!r}")
        elif isinstance(error, dict):
            self.tally.counts["blocked" if "oktsec" in str(error["message"]) else "told why not"] += 1
        else:
            self.tally.broken.append(f"neither result nor error: {whole[:200]}")

    async def ask(self, method: str, params: dict[str, object], name: str = "") -> dict[str, object]:
        self.number += 1
        message: dict[str, object] = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
        if self.modern:
            params["_meta"] = {META + "protocolVersion": MODERN, META + "clientCapabilities": {}}
            headers |= {"MCP-Protocol-Version": MODERN, "Mcp-Method": method} | ({"Mcp-Name": name} if name else {})
        else:
            headers["Mcp-Session-Id"] = self.session or await self.open()
        async with self.http.post(self.url, json=message, headers=headers) as response:
            return _answer(await response.read(), response.content_type)

    async def open(self) -> str:
        hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "soak", "version": "1"}}
        message = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello}
        headers = {"Accept": "application/json, text/event-stream"}
        async with self.http.post(self.url, json=message, headers=headers) as response:
            await response.read()
            self.session = response.headers["Mcp-Session-Id"]
        return self.session

    async def leave(self) -> None:
        if self.session:
            async with self.http.delete(self.url, headers={"Mcp-Session-Id": self.session}) as response:
                await response.read()
            self.session = ""


def _answer(body: bytes, kind: str) -> dict[str, object]:
    if kind == "text/event-stream":
        body = [line[6:] for line in body.splitlines() if line.startswith(b"data: ")][-1]
    found: dict[str, object] = json.loads(body)
    return found


async def calling(caller: Caller, until: float, chance: random.Random) -> None:
    while time.monotonic() < until:
        text = f"text {chance.getrandbits(48):x}"
        await caller.call(chance.choice(NAMES), text)
        if chance.random() < 0.02:
            await caller.leave()
    await caller.leave()


async def killing(pid: int, until: float, chance: random.Random, tally: Tally) -> None:
    while time.monotonic() < until:
        await asyncio.sleep(chance.uniform(0.3, 1.7))
        victims = [child for child in children(pid) if SERVER in command(child)]
        if victims:
            with suppress(ProcessLookupError):
                os.kill(chance.choice(victims), signal.SIGKILL)
                tally.counts["killed"] += 1


async def sampling(pid: int, until: float, tally: Tally) -> None:
    began = time.monotonic()
    while time.monotonic() < until:
        resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
        descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        tally.samples.append((time.monotonic() - began, resident, descriptors, len(children(pid))))
        await asyncio.sleep(1)


def children(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(item) for item in path.read_text().split()]
    return found


def command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


@contextmanager
def running(command: list[str], folder: Path, pattern: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A process and what the first line of its log says that matches."""
    log = folder / f"{len(list(folder.iterdir()))}.log"
    with log.open("wb") as output, subprocess.Popen(command, cwd=folder, stdout=output, stderr=output) as process:
        try:
            while not (found := re.search(pattern, log.read_text(), re.MULTILINE)):
                if process.poll() is not None:
                    raise SystemExit(log.read_text())
                time.sleep(0.05)
            yield process, found[0]
        finally:
            process.kill()


def prepare(folder: Path, port: str) -> None:
    pipes = {name: {"transport": "stdio", "command": sys.executable, "args": [SERVER, name]} for name in NAMES[:3]}
    servers = {**pipes, "web": {"transport": "http", "url": f"http://127.0.0.1:{port}/mcp"}}
    lines = "".join(f"  {name}: {json.dumps(entry)}\n" for name, entry in servers.items())
    (folder / "oktsec.yaml").write_text(f"mcp_servers:\n{lines}agents:\n  caller: {{}}\n")
    subprocess.run([*OURS, "lock", "--yes", "--no-progress"], cwd=folder, check=True, capture_output=True)


async def play(url: str, pid: int, seconds: float, tally: Tally) -> None:
    chance, until = random.Random(7), time.monotonic() + seconds
    async with aiohttp.ClientSession() as http:
        callers = [Caller(http, url, tally, modern=bool(number % 2)) for number in range(CALLERS)]
        traffic = [calling(caller, until, random.Random(number)) for number, caller in enumerate(callers)]
        await asyncio.gather(*traffic, killing(pid, until, chance, tally), sampling(pid, until, tally))
        await recovered(Caller(http, url, tally, modern=True), tally)


async def recovered(caller: Caller, tally: Tally) -> None:
    """Whether every server answers within the longest back-off."""
    for name in NAMES:
        until = time.monotonic() + 70
        params = {"name": f"{name}_say", "arguments": {"text": "back"}}
        while "result" not in await caller.ask("tools/call", dict(params), name=f"{name}_say"):
            if time.monotonic() > until:
                tally.broken.append(f"{name} did not come back")
                break
            await asyncio.sleep(0.5)


def check_flat(tally: Tally) -> None:
    """A leak grows with every kill; a pool that is full does not."""
    fifth = max(1, len(tally.samples) // 5)
    early, late = tally.samples[fifth : 2 * fifth], tally.samples[-fifth:]
    for place, name, most in ((1, "resident KiB", 1.15), (2, "file descriptors", 1.5), (3, "children", 1.5)):
        before, after = (max(sample[place] for sample in lot) for lot in (early, late))
        print(f"{name}: {before} early, {after} late")
        if after > before * most + 5:
            tally.broken.append(f"{name} grow: {before} early, {after} late")


def check_journal(folder: Path, tally: Tally) -> None:
    verified = subprocess.run(
        [*OURS, "audit", "verify", "--journal", "journal.db"], cwd=folder, capture_output=True, text=True, check=False
    )
    print(f"audit verify: {verified.stdout.strip().splitlines()[-1:]}")
    if verified.returncode:
        tally.broken.append(f"audit verify: {verified.stdout}{verified.stderr}")
    query = [*OURS, "audit", "query", "--journal", "journal.db", "--format", "jsonl", "--decision", "forwarded"]
    records = subprocess.run(query, cwd=folder, capture_output=True, text=True, check=True).stdout.splitlines()
    calls = sum(json.loads(line)["record"]["method"] == "tools/call" for line in records)
    print(f"journal: {len(records)} forwarded, {calls} of them calls")
    if calls < tally.counts["answered"] or len(records) < 2 * tally.counts["answered"]:
        tally.broken.append(f"{len(records)} records, {calls} calls among them: {tally.counts['answered']} answered")


def soak(seconds: float, folder: Path, tally: Tally) -> None:
    with running([sys.executable, SERVER, "web", "http"], folder, r"^\d+$") as (_, port):
        prepare(folder, port)
        gateway = [*OURS, "run", "--enforce", "oktsec.yaml", "--port", "0", "--journal", "journal.db"]
        with running(gateway, folder, r"http://\S+") as (process, url):
            asyncio.run(play(url, process.pid, seconds, tally))
            left = children(process.pid)
            process.terminate()
            if process.wait(60):
                tally.broken.append(f"the gateway ended with {process.returncode}")
        orphans = [pid for pid in left if SERVER in command(pid)]
        if orphans:
            tally.broken.append(f"left behind: {orphans}")
        traces = [path for path in folder.glob("*.log") if "Traceback" in path.read_text()]
        tally.broken += [f"a traceback: {path.read_text()[-2000:]}" for path in traces]
    check_flat(tally)
    check_journal(folder, tally)


def main() -> int:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    tally = Tally()
    with tempfile.TemporaryDirectory() as name:
        soak(minutes * 60, Path(name), tally)
    print(", ".join(f"{count} {what}" for what, count in sorted(tally.counts.items())))
    if not tally.counts["answered"] or not tally.counts["blocked"] or not tally.counts["killed"]:
        tally.broken.append("nothing was tried")
    for item, times in Counter(tally.broken).most_common(20):
        print(f"BROKEN ({times}x): {item}")
    print("every promise kept" if not tally.broken else f"{len(tally.broken)} promises broken")
    return 1 if tally.broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
