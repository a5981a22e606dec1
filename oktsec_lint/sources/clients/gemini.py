"""Gemini CLI: `settings.json` of a project, the home or the system, and `gemini-extension.json`.

Source: google-gemini/gemini-cli, docs/tools/mcp-server.md. `httpUrl` is streamable HTTP and `url` the older SSE;
`$NAME` and `${NAME}` are expanded; `trust` skips every confirmation. An entry with nothing to start changes one that an
extension brings.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from oktsec_lint.core.fields import Field
from oktsec_lint.core.manifest import OKTSEC_REFERENCE, Manifest, Program
from oktsec_lint.sources.document import Document

from .entries import Dialect, entries_of, root_of
from .references import dollar


def manifest(document: Document) -> Manifest:
    """The servers, and the command that starts others."""
    root, dialect = root_of(document), _dialect(document.path)
    entries = tuple(entries_of(root["mcpServers"], dialect))
    return Manifest(document.path, dialect.format, entries, dialect.reference, programs=tuple(_programs(root["mcp"])))


def _dialect(path: str) -> Dialect:
    known = {"${extensionPath}": PurePath(path).parent.as_posix(), "${/}": "/", "${pathSeparator}": "/"}

    def expand(text: str) -> str:
        for name, value in known.items():
            text = text.replace(name, value)
        return dollar(text)

    return Dialect(
        "Gemini CLI",
        OKTSEC_REFERENCE,
        expand,
        url=("httpUrl", "url"),
        approving=("trust",),
        secrets=("oauth.clientSecret",),
        overlays=True,
    )


def _programs(settings: Field) -> Iterator[Program]:
    if settings["serverCommand"].text().strip():
        yield Program(settings["serverCommand"], "a further server")
