"""`oktsec-lint tools`: the inventory. Every server, every tool, who may call it, what the gate would do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator

import typer

from oktsec_lint.core.display import visible
from oktsec_lint.core.errors import OktsecError
from oktsec_lint.core.model import Status
from oktsec_lint.core.report import Exit, Report, ServerRow, ToolRow

from . import options
from .choices import DataFormat
from .terminal import complain


def tools(
    inputs: options.Inputs = None,
    config: options.ConfigFile = None,
    output_format: options.ListFormat = DataFormat.TEXT,
    offline: options.Offline = False,
    timeout: options.Timeout = 30.0,
    jobs: options.Jobs = 8,
    server: options.OnlyServer = None,
) -> None:
    """Print every tool on every server, the agents that may call it, and what `run --enforce` would do with it."""
    from .audit import audit, request_of

    try:
        report = audit(request_of(inputs, config, server, offline=offline, timeout=timeout, jobs=jobs))
    except OktsecError as error:
        raise typer.Exit(complain(error)) from None
    lines = _json(report) if output_format is DataFormat.JSON else _table(report)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    raise typer.Exit(_exit(report))


def _exit(report: Report) -> Exit:
    if not report.servers:
        return Exit.NOTHING
    return Exit.INCOMPLETE if report.incomplete else Exit.CLEAN


def _json(report: Report) -> Iterator[str]:
    rows = [
        {"server": row.name, "status": row.status, "reason": row.reason, "tools": [_view(tool) for tool in row.tools]}
        for row in report.servers
    ]
    yield json.dumps({"version": 1, "servers": rows}, indent=2)


def _view(tool: ToolRow) -> dict[str, object]:
    reasons, agents = list(tool.reasons), list(tool.agents)
    return {"name": tool.name, "agents": agents, "verdict": tool.verdict.label, "reasons": reasons}


def _table(report: Report) -> Iterator[str]:
    cells = [("SERVER", "TOOL", "RUN --ENFORCE", "AGENTS")]
    cells.extend(cell for row in report.servers for cell in _cells(row, report))
    widths = [max(len(row[column]) for row in cells) for column in range(3)]
    for row in cells:
        yield "  ".join((*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3])).rstrip()


def _cells(row: ServerRow, report: Report) -> Iterator[tuple[str, str, str, str]]:
    name = visible(row.name, 40)
    for tool in row.tools:
        verdict = " ".join((tool.verdict.label, *tool.reasons))
        yield name, visible(tool.name, 60), verdict, _agents(tool.agents, report)
    if row.status is not Status.COMPLETE:
        yield name, f"({row.status}: {visible(row.reason, 200)})", "", ""


def _agents(names: Iterable[str], report: Report) -> str:
    allowed = tuple(names)
    if not report.agents:
        return "anyone (no agents configured)"
    return ", ".join(visible(name, 40) for name in allowed) or "no agent"
