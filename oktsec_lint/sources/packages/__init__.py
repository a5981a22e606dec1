"""Packages' manifests: how a server is installed and started, as its author publishes it, and sometimes what it offers.

Nothing of a package is started: what a manifest lists is judged as any saved listing is, and what it does not list is
said. A format is a module with `describe(document)` and a line in `sources.registry`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from oktsec_lint.core.launch import credentials
from oktsec_lint.core.model import Server
from oktsec_lint.sources.concealment import discreet, merged
from oktsec_lint.sources.document import Document, Span
from oktsec_lint.sources.offers import AMBIGUOUS, ambiguities
from oktsec_lint.sources.registry import Format
from oktsec_lint.sources.results import Snapshot

from .described import Described
from .inputs import WITH_VALUE

__all__ = ["read_package"]

_ABOUT_VALUES = frozenset({credentials.RULE, WITH_VALUE})


class _Reader(Protocol):
    """What the module of a format offers."""

    def describe(self, document: Document, /) -> Described: ...


def read_package(document: Document, known: Format) -> Snapshot:
    """A package's manifest of that format, with everything wrong with it. A credential in a launch line is reported
    once: as published."""
    described = cast("_Reader", import_module(f"oktsec_lint.sources.{known.module}")).describe(document)
    published = {hit.pointer for hit in described.hits if hit.rule == WITH_VALUE}
    said = (hit for hit in described.hits if hit.rule != credentials.RULE or hit.pointer not in published)
    return Snapshot(
        _with_faults(described.servers, document),
        document.concealing(_concealed(document, described)),
        tuple(dict.fromkeys(map(discreet, said))),
        described.manifest,
    )


def _with_faults(servers: tuple[Server, ...], document: Document) -> tuple[Server, ...]:
    """The servers, the first with what parsers read differently in the file, unless a listing has said it."""
    if not servers or any(fault.rule == AMBIGUOUS for server in servers for fault in server.faults):
        return servers
    first, *others = servers
    definitions = [item for server in servers for item in server.definitions]
    faults = ambiguities(document.anomalies, definitions, document.path)
    return (first._replace(faults=(*first.faults, *faults)), *others)


def _concealed(document: Document, described: Described) -> tuple[Span, ...]:
    """Every known form of credential, and every value that is one where it stands."""
    told = [hit.pointer for hit in described.hits if hit.rule in _ABOUT_VALUES]
    known = (Span(*match.span()) for match in credentials.KNOWN_FORM.finditer(document.text))
    return tuple(merged([*map(document.span, (*described.concealed, *told)), *known]))
