"""The MCP clients of this world: what they are called, and where each keeps its servers.

How such a file is read is a format of `sources`. Sources: the clients' own documentation and code. A path may stand for
one of several places; that nothing is there says nothing about the client.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from .values import NamedTuple


class System(StrEnum):
    """What decides where programs keep their settings."""

    LINUX = "linux"
    MACOS = "macos"
    WINDOWS = "windows"


_POSIX = (System.LINUX, System.MACOS)
_EVERYWHERE = tuple(System)


class Spot(NamedTuple):
    """One place where a client looks."""

    path: str
    """With the roots of `roots_of` in braces, and `/` between the parts. A name may be `*.yaml`."""
    systems: tuple[System, ...] = _EVERYWHERE

    @property
    def of_project(self) -> bool:
        """Whether it belongs to a project, and so to everybody who works on it."""
        return self.path.startswith("{project}")


class Client(NamedTuple):
    """One program that starts MCP servers."""

    name: str
    """What commands and `agents` call it."""
    title: str
    """What its makers call it."""
    format: str
    """How its files are read: a name of the registry of formats."""
    spots: tuple[Spot, ...]


class Found(NamedTuple):
    """Where one client would keep servers on a machine."""

    client: Client
    path: str
    of_project: bool


def _client(name: str, title: str, format_name: str, *spots: str | Spot) -> Client:
    return Client(name, title, format_name, tuple(Spot(item) if isinstance(item, str) else item for item in spots))


_STORAGE = "{data}/Code/User/globalStorage"

CLIENTS: tuple[Client, ...] = (
    _client("amazon-q", "Amazon Q", "generic", "{home}/.aws/amazonq/mcp.json", "{project}/.amazonq/mcp.json"),
    _client("claude-code", "Claude Code", "claude-code", "{claude}/.claude.json", "{project}/.mcp.json"),
    _client("claude-desktop", "Claude Desktop", "claude-desktop", "{data}/Claude/claude_desktop_config.json"),
    _client("cline", "Cline", "cline", f"{_STORAGE}/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"),
    _client("codex", "Codex", "codex", "{codex}/config.toml", "{project}/.codex/config.toml"),
    _client(
        "continue",
        "Continue",
        "continue",
        "{home}/.continue/config.yaml",
        "{project}/.continue/mcpServers/*.yaml",
        "{project}/.continue/mcpServers/*.json",
    ),
    _client("copilot", "GitHub Copilot CLI", "copilot", "{copilot}/mcp-config.json"),
    _client("cursor", "Cursor", "cursor", "{home}/.cursor/mcp.json", "{project}/.cursor/mcp.json"),
    _client("gemini", "Gemini CLI", "gemini", "{home}/.gemini/settings.json", "{project}/.gemini/settings.json"),
    _client("junie", "JetBrains Junie", "generic", "{home}/.junie/mcp/mcp.json", "{project}/.junie/mcp/mcp.json"),
    _client("kiro", "Kiro", "kiro", "{home}/.kiro/settings/mcp.json", "{project}/.kiro/settings/mcp.json"),
    _client("lm-studio", "LM Studio", "generic", "{home}/.lmstudio/mcp.json"),
    _client(
        "opencode",
        "opencode",
        "opencode",
        "{xdg}/opencode/opencode.json",
        "{xdg}/opencode/opencode.jsonc",
        "{project}/opencode.json",
        "{project}/opencode.jsonc",
        "{project}/.opencode/opencode.json",
        "{project}/.opencode/opencode.jsonc",
    ),
    _client(
        "roo",
        "Roo Code",
        "roo",
        f"{_STORAGE}/rooveterinaryinc.roo-cline/settings/mcp_settings.json",
        "{project}/.roo/mcp.json",
    ),
    _client("vscode", "VS Code", "vscode", "{data}/Code/User/mcp.json", "{project}/.vscode/mcp.json"),
    _client("windsurf", "Windsurf", "windsurf", "{home}/.codeium/windsurf/mcp_config.json"),
    _client(
        "zed",
        "Zed",
        "zed",
        Spot("{xdg}/zed/settings.json", _POSIX),
        Spot("{data}/Zed/settings.json", (System.WINDOWS,)),
        "{project}/.zed/settings.json",
    ),
)
"""In the order in which they are listed."""


def places(system: System, environ: Mapping[str, str], project: str) -> Iterator[Found]:
    """Every path at which a client of this system may keep servers, for the user of `environ` and one project."""
    roots = roots_of(system, environ, project)
    for client in CLIENTS:
        for spot in client.spots:
            if system in spot.systems:
                yield Found(client, spot.path.format_map(roots), spot.of_project)


def roots_of(system: System, environ: Mapping[str, str], project: str) -> dict[str, str]:
    """Where settings begin: `home`, `data` (of applications), `xdg`, `project`, and clients' own variables."""
    home = environ.get("USERPROFILE" if system is System.WINDOWS else "HOME") or environ.get("HOME", "~")
    home = home.replace("\\", "/") if system is System.WINDOWS else home
    xdg = environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    data = {
        System.LINUX: xdg,
        System.MACOS: f"{home}/Library/Application Support",
        System.WINDOWS: (environ.get("APPDATA") or f"{home}/AppData/Roaming").replace("\\", "/"),
    }[system]
    return {
        "home": home,
        "xdg": xdg,
        "data": data,
        "project": project,
        "claude": environ.get("CLAUDE_CONFIG_DIR") or home,
        "codex": environ.get("CODEX_HOME") or f"{home}/.codex",
        "copilot": environ.get("COPILOT_HOME") or f"{home}/.copilot",
    }
