"""The public reference servers, unmodified: how to start them. The integration tests fail without them, on purpose."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from oktsec_lint.core.config import ServerSpec, Transport
from oktsec_lint.core.model import Place

_HERE = Path(__file__).parent / "servers"


def npm(name: str) -> str:
    """The command of `@modelcontextprotocol/server-NAME`, from $OKTSEC_TEST_NPM or from tests/servers."""
    folder = Path(os.environ.get("OKTSEC_TEST_NPM", _HERE))
    command = folder / "node_modules" / ".bin" / f"mcp-server-{name}"
    if not command.exists():
        raise AssertionError(f"{command} is missing: run `npm ci --prefix {folder}`")
    return str(command)


def npm_spec(name: str, *args: str) -> ServerSpec:
    return stdio(name, npm(name), *args)


def python_spec(name: str, *args: str) -> ServerSpec:
    """One of the reference servers from PyPI, which the development extras install."""
    return stdio(name, sys.executable, "-m", f"mcp_server_{name}", *args)


def stdio(name: str, command: str, *args: str, env: Mapping[str, str] | None = None) -> ServerSpec:
    place = Place("oktsec.yaml", f"/mcp_servers/{name}", at_key=True)
    return ServerSpec(name, Transport.STDIO, place, command, args, env or {})


@contextmanager
def everything_over(transport: str) -> Iterator[str]:
    """The base URL of the npm server that offers everything, `streamableHttp` or `sse`, while it runs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [npm("everything"), transport]
    environ = {"PORT": str(port), "PATH": os.environ["PATH"]}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, env=environ, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            assert process.stdout is not None
            next(line for line in process.stdout if re.search(rf"\b{port}\b", line))
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.kill()
