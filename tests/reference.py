"""The public reference servers, unmodified: how to start them. The integration tests fail without them, on purpose."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
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
