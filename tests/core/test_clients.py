"""Where clients keep their servers, on every system."""

from __future__ import annotations

import pytest

from oktsec_lint.core.clients import CLIENTS, System, places
from oktsec_lint.sources.registry import FORMATS

POSIX = {"HOME": "/home/me"}
WINDOWS = {"USERPROFILE": r"C:\Users\me", "APPDATA": r"C:\Users\me\AppData\Roaming"}


def paths(system: System, environ: dict[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for place in places(system, environ, "/p"):
        found.setdefault(place.client.name, []).append(place.path)
    return found


@pytest.mark.parametrize(
    ("system", "environ", "client", "path"),
    [
        (System.LINUX, POSIX, "claude-desktop", "/home/me/.config/Claude/claude_desktop_config.json"),
        (
            System.MACOS,
            POSIX,
            "claude-desktop",
            "/home/me/Library/Application Support/Claude/claude_desktop_config.json",
        ),
        (System.WINDOWS, WINDOWS, "claude-desktop", "C:/Users/me/AppData/Roaming/Claude/claude_desktop_config.json"),
        (System.LINUX, POSIX, "vscode", "/home/me/.config/Code/User/mcp.json"),
        (System.MACOS, POSIX, "vscode", "/home/me/Library/Application Support/Code/User/mcp.json"),
        (System.WINDOWS, WINDOWS, "cursor", "C:/Users/me/.cursor/mcp.json"),
        (System.MACOS, POSIX, "zed", "/home/me/.config/zed/settings.json"),
        (System.WINDOWS, WINDOWS, "zed", "C:/Users/me/AppData/Roaming/Zed/settings.json"),
        (System.MACOS, POSIX, "opencode", "/home/me/.config/opencode/opencode.json"),
        (System.LINUX, POSIX, "claude-code", "/p/.mcp.json"),
        (System.LINUX, {**POSIX, "XDG_CONFIG_HOME": "/x"}, "claude-desktop", "/x/Claude/claude_desktop_config.json"),
        (System.LINUX, {**POSIX, "CODEX_HOME": "/c"}, "codex", "/c/config.toml"),
        (System.LINUX, {**POSIX, "COPILOT_HOME": "/c"}, "copilot", "/c/mcp-config.json"),
        (System.LINUX, {**POSIX, "CLAUDE_CONFIG_DIR": "/c"}, "claude-code", "/c/.claude.json"),
    ],
)
def test_where_a_client_looks(system: System, environ: dict[str, str], client: str, path: str) -> None:
    assert path in paths(system, environ)[client]


@pytest.mark.parametrize("system", System)
def test_no_two_clients_keep_servers_in_one_place(system: System) -> None:
    every = [path for found in paths(system, POSIX).values() for path in found]
    assert len(set(every)) == len(every)
    assert not any("{" in path for path in every)


def test_every_format_is_one_that_is_read() -> None:
    assert {client.format for client in CLIENTS} <= {item.name for item in FORMATS}
