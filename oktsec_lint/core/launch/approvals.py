"""LCH-005: calls that pass without anybody being asked."""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.display import listed, quoted
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.manifest import Approval, Manifest

RULE = "LCH-005"


def approval_problems(manifest: Manifest) -> Iterator[Hit]:
    """Of the whole file, then of each entry."""
    for approval in manifest.approvals:
        yield _hit(approval, f"lets {manifest.format} call every tool of every server unasked", Severity.MEDIUM)
    for entry in manifest.entries:
        for approval in entry.approvals:
            yield _of_entry(approval, manifest.format)


def _of_entry(approval: Approval, client: str) -> Hit:
    if approval.sandboxed:
        return _hit(
            approval, f"lets {client} call every tool of this server unasked, inside its sandbox", Severity.INFO
        )
    if approval.tools:
        return _hit(approval, f"lets {client} call {listed(approval.tools)} unasked")
    return _hit(approval, f"lets {client} call every tool of this server unasked, those it will have tomorrow too")


def _hit(approval: Approval, effect: str, severity: Severity | None = None) -> Hit:
    at = approval.field.at
    return at.hit(RULE, f"{quoted(at.dotted)} {effect}", severity=severity)
