"""Continue's files: servers in a list, each with a name of its own."""

from __future__ import annotations

from oktsec_lint.core.config import Transport
from oktsec_lint.sources import LoadedConfig, open_source

TEXT = b"""\
name: Mine
mcpServers:
  - name: notes
    command: npx
    args: ["-y", "x@1.0.0"]
    env: {NOTES_TOKEN: "${{ secrets.NOTES_TOKEN }}"}
  - command: uvx
  - {name: web, type: streamable-http, url: "https://mcp.example.com/mcp"}
  - just a text
"""


def test_servers_are_called_as_they_say() -> None:
    opened = open_source("home/.continue/config.yaml", TEXT)
    assert isinstance(opened, LoadedConfig)
    assert opened.config.format == "Continue"
    notes, unnamed, web = opened.config.servers
    assert (notes.name, notes.command, notes.args) == ("notes", "npx", ("-y", "x@1.0.0"))
    assert notes.env == {"NOTES_TOKEN": "${NOTES_TOKEN}"}
    assert (unnamed.name, unnamed.command) == ("1", "uvx")
    assert (web.transport, web.url) == (Transport.HTTP, "https://mcp.example.com/mcp")
    assert opened.document.locate(notes.place.pointer, at_key=True).line == 3
