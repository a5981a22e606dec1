"""A gateway as its users run it, and a client that opens a new connection for each request: any worker may answer."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.recording import Message

PATIENCE = 60
MODERN = "2026-07-28"
LEGACY = "2025-11-25"
META = "io.modelcontextprotocol/"
JSON = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


class Gateway:
    """A running gateway."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.port = process, port
        self.said: list[str] = []
        """Lines on stderr."""
        self.heard = threading.Condition()

    @contextmanager
    def asking(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path, body, dict(headers or {}))
            yield connection.getresponse()
        finally:
            connection.close()

    def page(self, path: str, **headers: str) -> tuple[int, str]:
        with self.asking("GET", path, headers=headers) as response:
            return response.status, response.read().decode()

    def post(self, message: Any, headers: Mapping[str, str] | None = None) -> tuple[int, Message]:
        with self.asking("POST", "/mcp", json.dumps(message).encode(), {**JSON, **(headers or {})}) as response:
            body = response.read()
            return response.status, json.loads(body) if body else {}

    def modern(self, method: str, headers: Mapping[str, str] | None = None, **params: Any) -> Message:
        """The answer to a request that carries everything it needs."""
        envelope = {f"{META}protocolVersion": MODERN, f"{META}clientCapabilities": {}}
        params = {**params, "_meta": {**envelope, **params.get("_meta", {})}}
        named = {"Mcp-Name": params["name"]} if "name" in params else {}
        marks = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method, **named, **(headers or {})}
        return self.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, marks)[1]

    def guest(self, **capabilities: Any) -> dict[str, str]:
        """The headers of a new session of the older era."""
        info = {"name": "test", "version": "1"}
        params = {"protocolVersion": LEGACY, "capabilities": capabilities, "clientInfo": info}
        body = json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}).encode()
        with self.asking("POST", "/mcp", body, JSON) as response:
            assert response.status == 200, response.read()
            return {"Mcp-Session-Id": response.headers["Mcp-Session-Id"], "MCP-Protocol-Version": LEGACY}

    def metrics(self, **headers: str) -> dict[str, float]:
        """Samples by name and labels, as they stand in the text."""
        status, text = self.page("/metrics", **headers)
        assert status == 200, text
        rows = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in rows}

    def until_said(self, pattern: str) -> re.Match[str]:
        """Waits for a line on stderr."""
        with self.heard:
            found = self.heard.wait_for(lambda: self._line(pattern), PATIENCE)
        assert found, self.said
        return found

    def _line(self, pattern: str) -> re.Match[str] | None:
        return next(filter(None, (re.search(pattern, line) for line in self.said)), None)

    def read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self.heard:
                self.said.append(line)
                self.heard.notify_all()


@contextmanager
def served(folder: Path, *args: str, **environ: str) -> Iterator[Gateway]:
    """The gateway for `oktsec.yaml` in a folder, told to end afterwards."""
    command = [sys.executable, "-m", "oktsec_lint", "run", "--enforce", "oktsec.yaml", "--port", "0", *args]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OKTSEC", "OTEL"))}
    env = {**kept, "HOME": str(folder), **environ}
    with (
        (folder / "stdout").open("w") as out,
        subprocess.Popen(
            [*command, "--journal", "j.db"], cwd=folder, env=env, stdout=out, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        gateway = Gateway(process, 0)
        reader = threading.Thread(target=gateway.read)
        reader.start()
        try:
            gateway.port = int(gateway.until_said(r"http://127\.0\.0\.1:(\d+)/mcp")[1])
            yield gateway
            process.terminate()
            assert process.wait(PATIENCE) in {0, -9}, gateway.said
        finally:
            process.kill()
            reader.join()


def configured(folder: Path, more: str = "", **servers: str) -> None:
    """Writes `oktsec.yaml`; a server is a URL or the arguments of a Python program."""
    lines = ["mcp_servers:"]
    for name, place in servers.items():
        if place.startswith("http"):
            lines.append(f"  {name}: {{transport: http, url: '{place}'}}")
        else:
            args = json.dumps(place.split())
            lines.append(f"  {name}: {{transport: stdio, command: '{sys.executable}', args: {args}}}")
    (folder / "oktsec.yaml").write_text("\n".join(lines) + f"\n{more}")
