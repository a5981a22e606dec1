"""Homes of people who use MCP clients: every client's own file, as real ones look. Every credential is made up."""

from __future__ import annotations

from pathlib import Path

from tests.command import Ran, oktsec_lint

SECRET = "ghp_0madeUp0madeUp0madeUp0madeUp0made00"
MARK = "editedLater"
"""A text in every file that a test may replace."""

_CLAUDE_CODE = """\
{
  "numStartups": 41, "unknown": {"editedLater": [1.50, 1e3, null]},
  "mcpServers": {
    "notes": {"type":"stdio","command":"npx","args":["-y","@example/notes@1.2.3"],"env":{"NOTES_TOKEN":"%s"}},
    "remote": {"type": "http", "url": "https://mcp.example.com/mcp", "headers": {"Authorization": "Bearer %s"}}
  },
  "projects": {
    "/home/me/work": {"allowedTools": [], "mcpServers": {
      "notes": {"command": "npx", "args": []},
      "a/b~c": {"command": "uvx"}
    }}
  }
}
"""
_CLAUDE_DESKTOP = """\
{
    "globalShortcut": "Ctrl+Space",
    "mcpServers": {
        "files": {
            "command": "npx",
            "args": [
                "-y",
                "@modelcontextprotocol/server-filesystem@2026.8.31",
                "/home/me/Desktop"
            ]
        },
        "notes": {
            "command": "/usr/local/bin/notes",
            "env": {
                "NOTES_TOKEN": "%s"
            },
            "editedLater": "x"
        }
    }
}"""
_CURSOR = """\
{
\t// my servers
\t"mcpServers": {
\t\t"notes": {
\t\t\t"command": "np\\u0078",  // spelled oddly
\t\t\t"args": ["-y", /* pinned */ "@example/notes@1.2.3", "${env:NOTES_DIR}",],
\t\t\t"envFile": "${workspaceFolder}/.env",
\t\t\t"env": {"NOTES_TOKEN": "%s",},
\t\t},
\t\t"remote": {"url": "https://mcp.example.com/mcp", "auth": {"CLIENT_ID": "editedLater"}},
\t\t"off": {"command": "uvx", "args": ["x==1.0"], "disabled": true}, // not now
\t},
}
"""
_VSCODE = """\
\ufeff{
  "inputs": [{"type": "promptString", "id": "token", "password": true}],\r
  // below: servers\r
  "servers": {\r
    "notes": {\r
      "type": "stdio",\r
      "command": "npx",\r
      "args": [\r
        // run it unasked\r
        "-y",\r
        "@example/notes@1.2.3"\r
      ],\r
      "env": {"NOTES_TOKEN": "${input:token}"},\r
      "dev": {"watch": "editedLater"}\r
    },\r
    "bare": {\r
      "command": "notes"\r
    },\r
    "remote": {"type": "http", "url": "https://mcp.example.com/mcp"},\r
  }\r
}\r
"""
_GEMINI = """\
{"theme":"editedLater","mcpServers":{"notes":{"command":"npx","args":["-y"],"cwd":"./x","timeout":5000,"trust":false,
"includeTools":["a"]},"sse":{"url":"https://mcp.example.com/sse"},"web":{"httpUrl":"https://mcp.example.com/mcp",
"headers":{"X-Api-Key":"%s"}}}}
"""
_WINDSURF = """\
{
  "mcpServers": {
    "notes": { "args": [ "-y" , "x" ], "command": "npx", "disabled": false, "disabledTools": ["editedLater"] },
    "remote": { "serverUrl": "https://mcp.example.com/mcp?key=%s" },
    "off": { "command": "uvx", "args": [ ], "disabled": true }
  }
}
"""
_ZED = """\
// Zed settings
{
  "theme": {"mode": "system", /* editedLater */ "light": "One Light"},
  "context_servers": {
    "notes": {"source": "custom", "command": "npx", "args": ["-y", "x"], "env": {"T": "%s"}},
    "old": {"command": {"path": "notes", "args": ["--stdio"], "env": null}, "settings": {}},
    "older": {"command": {"path": "notes", "env": null}, "settings": {}},
    "extension": {"source": "extension", "settings": {}},
    "off": {"source": "custom", "enabled": false, "command": "uvx"},
    "remote": {"url": "https://mcp.example.com/mcp"},
  },
}
"""
_CODEX = """\
model = "example"  # editedLater

[mcp_servers.notes]
command = 'npx'   # literal
args = [
  "-y",  # unasked
  "@example/notes@1.2.3",
]
startup_timeout_sec = 20
[mcp_servers.notes.env]
NOTES_TOKEN = "%s"

[mcp_servers."with a space"]
  command="uvx" # no args here

[mcp_servers]
inline = { command = "uvx", args = ["x==1.0"], enabled = false }
brief = { command = "uvx" }
dotted.command = "bunx"
dotted.env = { A = "b" }

[mcp_servers.remote]
url = "https://mcp.example.com/mcp"
bearer_token_env_var = "REMOTE_TOKEN"
"""
_OPENCODE = """\
{
  "$schema": "https://opencode.ai/config.json",
  "mcp": {
    // local ones
    "notes": {"type": "local", "command": ["npx", "-y", "x"], "enabled": true, "environment": {"T": "%s"}},
    "lines": {
      "type": "local",
      "command": [
        "uvx", // the runner
        "x==1.0",
      ],
      "enabled": false,
      "timeout": 5000, "x-note": "editedLater"
    },
    "remote": {"type": "remote", "url": "https://mcp.example.com/mcp"},
  },
}
"""
_CONTINUE = """\
name: Mine
version: 1.0.0   # editedLater
mcpServers:
  # the notes
  - name: notes
    command: npx
    args:
      - "-y"
      - '@example/notes@1.2.3'  # pinned
    env:
      NOTES_TOKEN: %s
  - command: uvx   # says nothing more
    name: brief
  - {name: inline, command: npx, args: [-y, x]}
  - name: remote
    type: streamable-http
    url: https://mcp.example.com/mcp
"""
_PLAIN = """\
{
  "mcpServers": {
    "notes": {
      "command": "npx",
      "args": ["-y", "x"],
      "env": {"NOTES_TOKEN": "%s"},
      "alwaysAllow": ["editedLater"],
      "disabled": true
    },
    "remote": {"url": "https://mcp.example.com/mcp", "type": "sse"}
  }
}
"""

_STORAGE = ".config/Code/User/globalStorage"
FILES: dict[tuple[str, str], str] = {
    ("amazon-q", ".aws/amazonq/mcp.json"): _PLAIN,
    ("claude-code", ".claude.json"): _CLAUDE_CODE,
    ("claude-desktop", ".config/Claude/claude_desktop_config.json"): _CLAUDE_DESKTOP,
    ("cline", f"{_STORAGE}/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"): _PLAIN,
    ("codex", ".codex/config.toml"): _CODEX,
    ("continue", ".continue/config.yaml"): _CONTINUE,
    ("copilot", ".copilot/mcp-config.json"): _PLAIN,
    ("cursor", ".cursor/mcp.json"): _CURSOR,
    ("gemini", ".gemini/settings.json"): _GEMINI,
    ("junie", ".junie/mcp/mcp.json"): _PLAIN,
    ("kiro", ".kiro/settings/mcp.json"): _PLAIN,
    ("lm-studio", ".lmstudio/mcp.json"): _PLAIN,
    ("opencode", ".config/opencode/opencode.jsonc"): _OPENCODE,
    ("roo", f"{_STORAGE}/rooveterinaryinc.roo-cline/settings/mcp_settings.json"): _PLAIN,
    ("vscode", ".config/Code/User/mcp.json"): _VSCODE,
    ("windsurf", ".codeium/windsurf/mcp_config.json"): _WINDSURF,
    ("zed", ".config/zed/settings.json"): _ZED,
}
"""Client and path below the home, to the text."""
LOCAL: dict[str, tuple[str, ...]] = {
    "claude-code": ("notes", "notes", "a/b~c"),
    "claude-desktop": ("files", "notes"),
    "codex": ("notes", "with a space", "inline", "brief", "dotted"),
    "continue": ("notes", "brief", "inline"),
    "cursor": ("notes", "off"),
    "gemini": ("notes",),
    "opencode": ("notes", "lines"),
    "vscode": ("notes", "bare"),
    "windsurf": ("notes", "off"),
    "zed": ("notes", "old", "older", "off"),
}
"""Client to the servers that its file starts, where they are more than `notes`."""


class Home:
    """Somebody's home, with a project in it that has a configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "project"
        self.project.mkdir(parents=True)
        self.configure('version: "1"\n')

    def configure(self, text: str) -> None:
        (self.project / "oktsec.yaml").write_text(text)

    def write(self, path: str, text: str, mode: int = 0o600) -> Path:
        """A file below the home; `%s` stands for a credential."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.replace("%s", SECRET).encode())
        file.chmod(mode)
        return file

    def give(self, client: str, mode: int = 0o600) -> Path:
        """The file of a client, as `FILES` has it."""
        path, text = next((path, text) for (name, path), text in FILES.items() if name == client)
        return self.write(path, text, mode)

    def run(self, *args: str, stdin: str = "") -> Ran:
        """A command in the project. No credential may ever be said."""
        own = dict.fromkeys(("XDG_CONFIG_HOME", "CODEX_HOME", "COPILOT_HOME", "CLAUDE_CONFIG_DIR"), "")
        ran = oktsec_lint(*args, cwd=self.project, env={"HOME": str(self.folder), **own}, stdin=stdin)
        assert SECRET not in ran.out + ran.err
        return ran

    def everything(self) -> dict[str, tuple[int, bytes]]:
        """Every file below the home, with its mode."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): (path.stat().st_mode, path.read_bytes()) for path in files}
