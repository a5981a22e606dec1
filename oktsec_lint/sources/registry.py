"""The manifests that are read beside `oktsec.yaml`: one line a format, and which of them a file is.

A file is known by its path, else by the key its servers stand under, or by its shape. A format is a module of `sources`
with `manifest(document)`, imported only when a file is read as it; that of a package has `describe(document)` instead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from fnmatch import fnmatchcase
from importlib import import_module
from typing import Protocol, cast

from oktsec_lint.core.errors import SourceError, UsageError
from oktsec_lint.core.manifest import Manifest
from oktsec_lint.core.model import JsonValue, tokens_of
from oktsec_lint.core.values import NamedTuple

from . import package_shapes
from .document import Document


class Format(NamedTuple):
    """One kind of manifest."""

    name: str
    """What `--as` takes."""
    module: str
    """Below `oktsec_lint.sources`."""
    files: tuple[str, ...] = ()
    """Ends of paths, lower case, `/` between the parts; `*` stands for any characters of one."""
    keys: tuple[str, ...] = ()
    """Pointers to the object that maps a server's name to its entry: how a file of another name is known."""
    toml: bool = False
    """Written in TOML; all others in JSON, with comments or without, or in YAML."""
    package: Callable[[JsonValue], bool] | None = None
    """How a package's manifest is known, which is read by `packages` and never started; None for a client's file."""


class Reader(Protocol):
    """What the module of a format offers."""

    def manifest(self, document: Document, /) -> Manifest: ...


FORMATS: tuple[Format, ...] = (
    Format(
        "claude-code",
        "clients.claude_code",
        (".mcp.json", ".claude.json", "managed-mcp.json", ".claude-plugin/plugin.json"),
    ),
    Format("claude-desktop", "clients.claude_desktop", ("claude_desktop_config.json",)),
    Format("cursor", "clients.cursor", (".cursor/mcp.json",)),
    Format(
        "vscode",
        "clients.vscode",
        (
            ".vscode/mcp.json",
            ".vscode/settings.json",
            "code*/user/*.json",
            "code*/user/profiles/*/mcp.json",
            "devcontainer.json",
            ".devcontainer.json",
        ),
        ("/servers", "/mcp/servers", "/customizations/vscode/mcp/servers", "/mcp.servers"),
    ),
    Format(
        "gemini",
        "clients.gemini",
        (".gemini/settings.json", "gemini*cli/settings.json", "gemini-extension.json"),
    ),
    Format("windsurf", "clients.windsurf", ("windsurf/mcp_config.json", ".codeium/mcp_config.json")),
    Format(
        "zed",
        "clients.zed",
        ("zed/settings.json", ".zed/settings.json"),
        ("/context_servers",),
    ),
    Format("codex", "clients.codex", (".codex/config.toml", "*.toml"), toml=True),
    Format(
        "opencode",
        "clients.opencode",
        ("opencode.json", "opencode.jsonc"),
        ("/mcp",),
    ),
    Format("cline", "clients.cline", ("cline_mcp_settings.json",)),
    Format("roo", "clients.roo", (".roo/mcp.json", "mcp_settings.json")),
    Format("kiro", "clients.kiro", (".kiro/settings/mcp.json",)),
    Format("copilot", "clients.copilot", ("mcp-config.json", ".copilot/mcp.json")),
    Format(
        "continue",
        "clients.continue_dev",
        (".continue/config.yaml", ".continue/mcpservers/*.yaml", ".continue/mcpservers/*.json"),
    ),
    Format("generic", "clients.generic", keys=("/mcpServers",)),
    Format("server-json", "packages.server_json", package=package_shapes.is_server_json),
    Format("mcpb", "packages.bundle", package=package_shapes.is_bundle),
    Format("docker", "packages.docker", package=package_shapes.is_docker_server),
    Format("docker-catalog", "packages.catalog", package=package_shapes.is_docker_catalog),
    Format("smithery", "packages.smithery", ("smithery.yaml", "smithery.yml"), package=package_shapes.is_smithery),
)
"""Of two whose `files` fit, the first counts; of two whose `keys` do, too."""


_ENTRY = frozenset({"command", "url", "httpUrl", "serverUrl"})


def read_manifest(known: Format, document: Document) -> Manifest:
    """The document as a manifest of that format."""
    return cast("Reader", import_module(f"oktsec_lint.sources.{known.module}")).manifest(document)


def by_name(name: str) -> Format:
    """The format that `--as` names. Raises UsageError."""
    found = next((item for item in FORMATS if item.name == name), None)
    if found is None:
        raise UsageError(f"--as {name}: there is no such format", hint=f"one of {', '.join(sorted(_names()))}")
    return found


def by_path(path: str) -> Format | None:
    """The format whose files are called so."""
    parts = path.replace("\\", "/").lower().split("/")
    return next((item for item in FORMATS if any(_ends(parts, name.split("/")) for name in item.files)), None)


def usual_files() -> tuple[str, ...]:
    """What the files of every format are called, as far as they are called the same everywhere."""
    return tuple(name for item in FORMATS for name in item.files if "*" not in name)


def by_shape(path: str, value: JsonValue) -> Format | None:
    """The format whose servers stand where this value has something like servers, or a package's by its shape. Raises
    SourceError where that is true of two: the servers of the other would be seen by nobody."""
    package = next((item for item in FORMATS if item.package is not None and item.package(value)), None)
    clients = [item for item in FORMATS if any(holds_entries(value, key) for key in item.keys)]
    filled = [item for item in clients if any(holds_entries(value, key, least=1) for key in item.keys)]
    if len(filled) + (package is not None) > 1:
        names = " or ".join(item.name for item in (package, *filled) if item is not None)
        raise SourceError(f"this could be {names}", path=path, line=1, hint="--as says which of them is meant")
    return next(iter((*filled, *((package,) if package else ()), *clients)), None)


def holds_entries(value: JsonValue, pointer: str, least: int = 0) -> bool:
    """Whether the object at a pointer maps names to what looks like servers; an empty one does, unless there have to be
    `least`."""
    for token in tokens_of(pointer):
        value = value.get(token) if isinstance(value, dict) else None
    return isinstance(value, dict) and len(value) >= least and (not value or any(map(_is_entry, value.values())))


def _is_entry(value: JsonValue) -> bool:
    return isinstance(value, dict) and not _ENTRY.isdisjoint(value)


def _ends(parts: list[str], wanted: list[str]) -> bool:
    tail = parts[-len(wanted) :]
    return len(tail) == len(wanted) and all(map(fnmatchcase, tail, wanted))


def _names() -> Collection[str]:
    return [item.name for item in FORMATS]
