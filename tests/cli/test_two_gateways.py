"""Two gateway processes that share PostgreSQL and Redis, behind a client that takes them in turn."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.command import oktsec_lint
from tests.databases import Postgres, Redis, postgres, redis

pytestmark = pytest.mark.slow

ECHO = textwrap.dedent("""
    import json
    import sys

    TEXT = {"type": "object", "properties": {"amount": {"type": "integer"}}}
    INFO = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "e", "version": "1"}}
    ANSWERS = {
        "initialize": INFO,
        "tools/list": {"tools": [{"name": "pay", "description": "Pays an invoice.", "inputSchema": TEXT}]},
        "tools/call": {"content": [{"type": "text", "text": "paid"}]},
    }
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message:
            result = ANSWERS.get(message["method"], {})
            print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
""")
CONFIG = """
db_backend: postgres
db_dsn: ${DSN}
rate_limit: {per_agent: %d, window: 3600, backend: redis, redis_url: '${LIMITS}'}
agents:
  coder:
    tool_policies: {bank_pay: {require_approval_above: 100}}
mcp_servers:
  bank: {transport: stdio, command: %s, args: [echo.py]}
"""


class Gateway:
    """A process, and where it listens."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        command = [sys.executable, "-m", "oktsec_lint", "run", "--enforce", "--config", "oktsec.yaml", "--port", port]
        environ = {**os.environ, **env, "HOME": str(folder)}
        self.process = subprocess.Popen(command, cwd=folder, env=environ, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        said = ""
        while (found := re.search(r"http://\S+", said)) is None:
            said = self.process.stderr.readline()
            assert said, "the gateway ended"
        self.url = found.group()
        self.said: list[str] = []
        self._reader = threading.Thread(target=self.said.extend, args=(self.process.stderr,), daemon=True)
        self._reader.start()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(how)
        self.process.wait(60)
        self._reader.join(60)
        assert self.process.stderr is not None
        self.process.stderr.close()


class Client:
    """One client's session with one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        address = urlsplit(gateway.url)
        self._path = address.path
        self._connection = HTTPConnection(address.netloc, timeout=90)
        self._session = ""
        self._number = 0
        hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}
        self._post({"method": "initialize", "params": hello, "id": 0})
        self._post({"method": "notifications/initialized"})
        assert "bank_pay" in self._post({"method": "tools/list", "params": {}, "id": "list"})

    def pay(self, amount: int = 1) -> dict[str, Any]:
        self._number += 1
        call = {"name": "bank_pay", "arguments": {"amount": amount}}
        body = self._post({"method": "tools/call", "params": call, "id": self._number})
        lines = [line.removeprefix("data:") for line in body.splitlines() if line.startswith("data:")] or [body]
        answer: dict[str, Any] = json.loads(lines[-1])
        assert answer["id"] == self._number
        return answer

    def close(self) -> None:
        self._connection.close()

    def _post(self, message: dict[str, Any]) -> str:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "X-Oktsec-Agent": "coder",
            "MCP-Protocol-Version": "2025-11-25",
        }
        if self._session:
            headers["Mcp-Session-Id"] = self._session
        self._connection.request("POST", self._path, json.dumps({"jsonrpc": "2.0", **message}), headers)
        response = self._connection.getresponse()
        body = response.read().decode()
        self._session = response.getheader("Mcp-Session-Id") or self._session
        return body


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with postgres() as running:
        yield running


@pytest.fixture(scope="module")
def limits() -> Iterator[Redis]:
    with redis() as running:
        yield running


@contextmanager
def two(
    folder: Path, database: Postgres, limits: Redis, *, per_agent: int
) -> Iterator[tuple[list[Gateway], dict[str, str]]]:
    (folder / "echo.py").write_text(ECHO)
    (folder / "oktsec.yaml").write_text(CONFIG % (per_agent, json.dumps(sys.executable)))
    env = {"DSN": database.make(f"gateways{per_agent}"), "LIMITS": f"{limits.url}?db={per_agent % 16}"}
    gateways = [Gateway(folder, env) for _ in range(2)]
    try:
        yield gateways, env
    finally:
        for gateway in gateways:
            if gateway.process.poll() is None:
                gateway.stop()


def test_a_limit_holds_for_both_together(tmp_path: Path, database: Postgres, limits: Redis) -> None:
    with two(tmp_path, database, limits, per_agent=25) as (gateways, env):
        clients = [Client(gateways[number % 2]) for number in range(6)]
        with ThreadPoolExecutor(len(clients)) as pool:
            rounds = [*pool.map(lambda client: [client.pay() for _ in range(8)], clients)]
        answers = [answer for answers in rounds for answer in answers]
        paid = [answer for answer in answers if "result" in answer]
        refused = {answer["error"]["message"] for answer in answers if "error" in answer}
        assert len(paid) == 25
        assert refused == {"blocked by oktsec: rate_limited"}
        for client in clients:
            client.close()
    query = oktsec_lint("audit", "query", "--tool", "pay", "--decision", "forwarded", cwd=tmp_path, env=env)
    assert query.out.count("client  tools/call") == 25
    assert oktsec_lint("audit", "verify", cwd=tmp_path, env=env).code == 0


def test_an_approval_reaches_the_gateway_that_waits_for_it(tmp_path: Path, database: Postgres, limits: Redis) -> None:
    with two(tmp_path, database, limits, per_agent=1000) as (gateways, env), ThreadPoolExecutor(2) as pool:
        clients = [Client(gateway) for gateway in gateways]
        waiting = [pool.submit(client.pay, 500 + number) for number, client in enumerate(clients)]
        held: list[dict[str, Any]] = []
        while len(held) < 2:
            listed = oktsec_lint("quarantine", "list", "-f", "json", cwd=tmp_path, env=env)
            held = json.loads(listed.out)["calls"] if listed.code == 0 else []
        shown = [oktsec_lint("quarantine", "show", call["id"], cwd=tmp_path, env=env).out for call in held]
        second = next(call["id"] for call, text in zip(held, shown, strict=True) if '"amount": 501' in text)
        first = next(call["id"] for call in held if call["id"] != second)
        for name, command in ((second, ("approve", "--yes")), (first, ("reject",))):
            ran = oktsec_lint("quarantine", command[0], name, *command[1:], "--by", "ann", cwd=tmp_path, env=env)
            assert ran.code == 0, ran.err
        answers = [future.result(60) for future in waiting]
        assert "error" in answers[0]
        assert answers[1]["result"]["content"][0]["text"] == "paid"
        for client in clients:
            client.close()


def test_no_record_is_lost_when_one_of_them_is_killed(tmp_path: Path, database: Postgres, limits: Redis) -> None:
    with two(tmp_path, database, limits, per_agent=100_000) as (gateways, env):
        clients = [Client(gateways[number % 2]) for number in range(4)]
        paid = [0] * len(clients)
        begun = threading.Semaphore(0)

        def pays(number: int) -> None:
            for _ in range(60):
                try:
                    paid[number] += "result" in clients[number].pay()
                except (OSError, HTTPException):
                    return
                finally:
                    begun.release()

        with ThreadPoolExecutor(len(clients)) as pool:
            for number in range(len(clients)):
                pool.submit(pays, number)
            for _ in range(60):
                begun.acquire()
            gateways[0].stop(signal.SIGKILL)
        for client in clients:
            client.close()
    assert paid[1] == paid[3] == 60
    query = oktsec_lint("audit", "query", "--tool", "pay", "--decision", "forwarded", cwd=tmp_path, env=env)
    assert query.out.count("client  tools/call") >= sum(paid)
    verified = oktsec_lint("audit", "verify", cwd=tmp_path, env=env)
    assert (verified.code, verified.err) == (0, "")
