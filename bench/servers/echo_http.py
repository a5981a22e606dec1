"""One tool that gives back its text, over streamable HTTP or stdio, on the official SDK: what proxies are put before.

usage: echo_http.py PORT | stdio
"""

from __future__ import annotations

import sys

from mcp.server import MCPServer

server = MCPServer("echo")


@server.tool()
def echo(text: str) -> str:
    """Give back the text."""
    return text


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        server.run("stdio")
    else:
        server.run("streamable-http", port=int(sys.argv[1]))
