"""Claude Code: `.mcp.json` of a project or plugin, `~/.claude.json`, `plugin.json`, `managed-mcp.json`.

Source: code.claude.com/docs/en/mcp and /plugins-reference. References are `${VAR}` and `${VAR:-default}`; `$VAR` is
text. A `.mcp.json` of a plugin may be the bare map of servers, without `mcpServers` around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from oktsec_lint.core.fields import Address, Field, field_of
from oktsec_lint.core.manifest import OKTSEC_REFERENCE, Entry, Manifest
from oktsec_lint.sources.document import Document

from .entries import Dialect, entries_of

_PLUGIN_ROOT = "${CLAUDE_PLUGIN_ROOT}"
_SERVERS, _PROJECTS = "mcpServers", "projects"
_NAMES_FILE = ".claude-plugin"


def manifest(document: Document) -> Manifest:
    """The servers of every scope that the file has."""
    root, dialect = _root(document), _dialect(document.path)
    return Manifest(document.path, dialect.format, tuple(_entries(root, dialect)), dialect.reference)


def _root(document: Document) -> Field:
    """The document without what else is kept of the projects, which grows with every session."""
    value = document.value()
    if isinstance(value, dict) and isinstance(value.get(_PROJECTS), dict):
        value = {key: value[key] for key in (_SERVERS, _PROJECTS) if key in value}
        projects = value[_PROJECTS]
        value[_PROJECTS] = {
            name: {_SERVERS: project.get(_SERVERS)}
            for name, project in (projects.items() if isinstance(projects, dict) else ())
            if isinstance(project, dict)
        }
    return field_of(value, Address(document.path))


def _dialect(path: str) -> Dialect:
    folder = PurePath(path).parent
    plugin = (folder.parent if folder.name == _NAMES_FILE else folder).as_posix()
    return Dialect(
        "Claude Code",
        OKTSEC_REFERENCE,
        lambda text: text.replace(_PLUGIN_ROOT, plugin),
        programs={"headersHelper": "its headers"},
    )


def _entries(root: Field, dialect: Dialect) -> Iterator[Entry]:
    yield from entries_of(root[_SERVERS] if root[_SERVERS].written else _bare(root), dialect)
    for project in root[_PROJECTS]:
        yield from entries_of(project[_SERVERS], dialect, scope=project.name)


def _bare(root: Field) -> Field:
    """What of a file without `mcpServers` is an entry, whatever stands beside it: nothing has to be one for the rest to
    be read."""
    members = {name: item for name, item in root.members.items() if {"command", "url"} & item.members.keys()}
    return Field(root.at, root.value, members)
