"""The report as plain JSON values: the shape `docs/report.schema.json` publishes, shared by `json` and `jsonl`.

Texts are given exactly as they were sent (the encoding makes them inert), so that a program can compare them. Positions
are 1-based; `start` and `end` of an evidence are offsets in code points into the text at the object's pointer.
"""

from __future__ import annotations

from oktsec_lint.core.findings import Evidence, Unfinished
from oktsec_lint.core.model import JsonValue, Location, Status, Subject
from oktsec_lint.core.report import Exit, Located, Report, ServerRow, ToolRow

from .links import HOME, TOOL
from .wording import SUPPRESSED, severity_counts

VERSION = 1
"""Of the JSON shape. Adding a member keeps it; renaming or removing one, or giving it another meaning, raises it."""


def report_view(report: Report, code: Exit | None) -> dict[str, JsonValue]:
    return {
        "version": VERSION,
        "tool": {"name": TOOL, "version": report.tool_version, "informationUri": HOME},
        "locks": [{"path": path, "digest": digest} for path, digest in report.locks.items()],
        "servers": [_server(row) for row in report.servers],
        "findings": [finding_view(item) for item in report.findings],
        "ignored": [_ignored(item) for item in report.ignored],
        **_compared(report),
        "unfinished": [_unfinished(item) for item in report.unfinished],
        "summary": _summary(report, code),
    }


def _ignored(item: Located) -> dict[str, JsonValue]:
    by, kind = item.finding.ignored_by, item.finding.ignored_as
    return {**finding_view(item), "ignoredBy": by, "ignoredAs": kind.value, "suppressed": kind in SUPPRESSED}


def _compared(report: Report) -> dict[str, JsonValue]:
    """Members that only a run has which compares or selects."""
    members: dict[str, JsonValue] = {}
    if report.gone:
        members["gone"] = [
            {
                "rule": entry.rule,
                "path": entry.path,
                "object": _object(entry.subject, entry.pointer),
                "message": entry.message,
                "fingerprint": entry.fingerprint,
            }
            for entry in report.gone
        ]
    if report.left_out:
        members["leftOut"] = dict(report.left_out)
    return members


def finding_view(item: Located) -> dict[str, JsonValue]:
    finding = item.finding
    return {
        "rule": finding.rule,
        "severity": finding.severity.label,
        "confidence": finding.confidence.label,
        "category": finding.category,
        "message": finding.message,
        "location": _location(item.location),
        "object": _object(finding.subject, finding.pointer),
        "evidence": [_evidence(span) for span in finding.evidence],
        "fingerprint": finding.fingerprint,
        "help": finding.help,
    }


def _location(location: Location | None) -> JsonValue:
    if location is None:
        return None
    return {
        "path": location.path,
        "line": location.line,
        "column": location.column,
        "endLine": location.end_line,
        "endColumn": location.end_column,
    }


def _object(subject: Subject, pointer: str) -> JsonValue:
    return {"server": subject.server, "kind": subject.kind.value, "name": subject.name, "pointer": pointer}


def _evidence(span: Evidence) -> JsonValue:
    return {"start": span.start, "end": span.end, "text": span.text, "note": span.note}


def _server(row: ServerRow) -> JsonValue:
    return {
        "name": row.name,
        "status": row.status.value,
        "reason": row.reason,
        "protocol": row.protocol,
        "location": _location(row.location),
        "counts": {
            "tools": len(row.tools),
            "prompts": row.prompts,
            "resources": row.resources,
            "templates": row.templates,
        },
        "tools": [_tool(tool) for tool in row.tools],
    }


def _tool(row: ToolRow) -> JsonValue:
    return {
        "name": row.name,
        "verdict": row.verdict.label,
        "agents": list(row.agents),
        "reasons": list(row.reasons),
    }


def _unfinished(item: Unfinished) -> JsonValue:
    return {"object": _object(item.subject, item.pointer), "reason": item.reason}


def _summary(report: Report, code: Exit | None) -> JsonValue:
    counts = severity_counts(item.finding for item in report.findings)
    statuses = [row.status for row in report.servers]
    return {
        "sources": list(report.sources),
        "findings": len(report.findings),
        "ignored": len(report.ignored),
        "severities": {severity.label: count for severity, count in counts.items()},
        "servers": {
            "total": len(statuses),
            "complete": statuses.count(Status.COMPLETE),
            "partial": statuses.count(Status.PARTIAL),
            "notScanned": statuses.count(Status.NOT_SCANNED),
        },
        "tools": sum(len(row.tools) for row in report.servers),
        "complete": not report.incomplete,
        "exit": None if code is None else int(code),
    }
