"""The words every format shares: how an object, a severity and a number of things are called.

Names come back as they were sent; the format that shows them makes them inert.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from oktsec_lint.core.findings import Excuse, Finding, Severity
from oktsec_lint.core.model import Kind, Location, Subject, tokens_of
from oktsec_lint.core.rules import Rule

LEVELS: Mapping[Severity, str] = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
"""The three words of compilers and of SARIF."""

SUPPRESSED = frozenset({Excuse.SUPPRESSION, Excuse.COMMENT})
"""What sets a finding aside by name and with a reason, in the reviewed configuration."""

COLLECTIONS: Mapping[Kind, str] = {
    Kind.TOOL: "tools",
    Kind.PROMPT: "prompts",
    Kind.RESOURCE: "resources",
    Kind.TEMPLATE: "templates",
}
"""Kinds that belong to a server, by the name of the list they are in."""


def object_path(subject: Subject, pointer: str = "") -> Iterator[str]:
    """From the server down to the field: `notes`, `tools`, `save_note`, `inputSchema`, `title`."""
    if subject.server:
        yield subject.server
    if subject.kind in COLLECTIONS:
        yield COLLECTIONS[subject.kind]
        yield subject.name
    elif subject.kind is Kind.CONFIG and subject.name:
        yield subject.name
    yield from tokens_of(pointer)


def object_name(subject: Subject) -> str:
    """The short name of the object: `notes/save_note`, `notes`, or the configuration key."""
    if subject.kind in COLLECTIONS:
        return f"{subject.server}/{subject.name}"
    return subject.server or subject.name


def taxon(taxonomy: str, identifier: str) -> str:
    """How people write it: `MCP03`, `CWE-1427`."""
    return f"CWE-{identifier}" if taxonomy == "cwe" else identifier


def taxa_of(rule: Rule | None) -> list[str]:
    taxa = rule.taxa if rule else {}
    return [taxon(taxonomy, identifier) for taxonomy, identifiers in taxa.items() for identifier in identifiers]


def plural(count: int, noun: str) -> str:
    """`1 file`, `41 tools`, `12,000 tools`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def severity_counts(findings: Iterable[Finding]) -> dict[Severity, int]:
    """Every severity from the worst down, with its count, zero included."""
    counts = dict.fromkeys(sorted(Severity, reverse=True), 0)
    for finding in findings:
        counts[finding.severity] += 1
    return counts


def first_sentence(text: str) -> str:
    head, stop, _ = " ".join(text.split()).partition(". ")
    return head + stop.strip()


def position(location: Location) -> str:
    return f"{location.path}:{location.line}:{location.column}"
