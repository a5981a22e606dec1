"""Live servers of our own for tests, and one look at them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from oktsec_lint.collect import Options, collect
from oktsec_lint.core.config import ServerSpec, Transport
from oktsec_lint.core.model import Kind, Place, Server
from oktsec_lint.protocol.listing import Limits
from tests.reference import stdio

SERVERS = Path(__file__).parent / "fixtures" / "servers"
LIMITS = Limits(probe=0.3)
PLACE = Place("oktsec.yaml", "/mcp_servers/it", at_key=True)


def hostile(mode: str, env: Mapping[str, str] | None = None) -> ServerSpec:
    """A server of fixtures/servers/hostile.py."""
    return stdio(mode, sys.executable, str(SERVERS / "hostile.py"), mode, env=env)


def look(spec: ServerSpec, timeout: float = 20.0, limits: Limits = LIMITS, **environ: str) -> Server:
    """One server as `collect` shows it."""
    (server,) = collect([spec], Options(timeout=timeout, environ={**os.environ, **environ}, limits=limits))
    return server


def tool_names(server: Server) -> list[str]:
    return [item.name for item in server.of_kind(Kind.TOOL) if not item.variant]


def rules(server: Server) -> set[str]:
    return {fault.rule for fault in server.faults}


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@contextmanager
def listening(script: str, *args: str) -> Iterator[str]:
    """The base URL of an HTTP fixture server while it runs."""
    command = [sys.executable, str(SERVERS / script), *args]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
        finally:
            process.kill()


def http(url: str, **headers: str) -> ServerSpec:
    return ServerSpec("it", Transport.HTTP, PLACE, url=url, headers=headers)
