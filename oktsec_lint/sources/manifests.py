"""A manifest that was read, as the configuration that it is: what is wrong with it, and nothing secret in its lines."""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.config import Config
from oktsec_lint.core.findings import Hit
from oktsec_lint.core.launch import launch_problems
from oktsec_lint.core.launch.startable import undecided
from oktsec_lint.core.manifest import Manifest
from oktsec_lint.core.model import tokens_of

from .concealment import concealed, discreet
from .document import Document, Span
from .json_nodes import as_yaml
from .json_reader import looks_like_json, read_json
from .registry import Format, read_manifest
from .repeats import duplicate_keys
from .results import LoadedConfig, Snapshot

_HOMES = frozenset("mcpServers mcp_servers servers mcp mcp.servers context_servers projects powers vscode".split())
"""Keys that hold servers, or what holds them."""


def load_manifest(path: str, text: str, known: Format) -> LoadedConfig | Snapshot:
    """The manifest in a text that is known to be one of that format. Raises SourceError when it cannot be read."""
    return opened_as(known, document_of(path, text, known))


def opened_as(known: Format, document: Document) -> LoadedConfig | Snapshot:
    """A document as a manifest of that format."""
    if known.package is None:
        return manifest_config(document, read_manifest(known, document))
    from .packages import read_package  # clients' files have no use for it

    return read_package(document, known)


def manifest_config(document: Document, manifest: Manifest) -> LoadedConfig:
    """The configuration that a manifest is."""
    config = Config(path=document.path, format=manifest.format, servers=manifest.servers())
    hits = (*_repeated(document, manifest), *undecided(manifest), *launch_problems(manifest))
    shown = document.concealing(_concealed(document, manifest))
    return LoadedConfig(config, shown, tuple(map(discreet, hits)), manifest)


def _concealed(document: Document, manifest: Manifest) -> tuple[Span, ...]:
    """The credentials of the entries, and everything that is no part of the manifest."""
    entries = [entry.at.pointer for entry in manifest.entries]
    others = (*(item.field for item in manifest.approvals), *(item.line for item in manifest.programs))
    root, left_out = as_yaml(document, (*entries, *(field.at.pointer for field in others)))
    named = frozenset(document.span(pointer).start for pointer in entries)
    return concealed(document, root, named=named, hidden=left_out)


def _repeated(document: Document, manifest: Manifest) -> Iterator[Hit]:
    """Keys written twice in an entry, on the way to one, or where entries could stand: the last of them is read here,
    while a client that merges them starts the servers of the first. What else a client keeps in its file is its own."""
    entries = {entry.at.pointer for entry in manifest.entries}
    ways = {way for entry in entries for way in _prefixes(entry)}
    for hit in duplicate_keys(document):
        homes = not _HOMES.isdisjoint(tokens_of(hit.pointer)[-1:])
        if homes or hit.pointer in ways or not entries.isdisjoint(_prefixes(hit.pointer)):
            yield hit


def _prefixes(pointer: str) -> Iterator[str]:
    """The pointer itself and those of all that it is in."""
    while pointer:
        yield pointer
        pointer = pointer.rpartition("/")[0]


def document_of(path: str, text: str, known: Format) -> Document:
    """The text in the syntax of its format. Raises SourceError for what is not written in it."""
    if known.toml:
        from .toml_reader import read_toml

        return read_toml(path, text)
    if looks_like_json(text):
        return read_json(path, text, comments=True)
    from .yaml_reader import read_yaml

    return read_yaml(path, text)
