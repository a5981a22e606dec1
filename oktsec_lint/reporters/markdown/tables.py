"""The tables of a Markdown report: what each server offers, and who may call what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oktsec_lint.core.policy import Level
from oktsec_lint.core.report import Report, ServerRow, ToolRow
from oktsec_lint.reporters.overview import level_counts

from .inline import code

_MOST_SERVERS = 100
_MOST_AGENTS = 50
_MOST_NAMED = 12
_NAME = 60
_WORDS = {Level.BLOCK: "block", Level.QUARANTINE: "withhold", Level.FLAG: "record", Level.CLEAN: "pass"}


def server_table(report: Report) -> Iterator[str]:
    """A row a server: how far it was listed, and how many of its tools meet which end under `run --enforce`."""
    if not report.servers:
        return
    yield "### Servers"
    yield ""
    yield f"| server | listed | protocol | tools | {' | '.join(_WORDS.values())} |"
    yield f"| --- | --- | --- | ---: |{' ---: |' * len(_WORDS)}"
    yield from map(_server, report.servers[:_MOST_SERVERS])
    if len(report.servers) > _MOST_SERVERS:
        yield f"| and {len(report.servers) - _MOST_SERVERS:,} more | | | |{' |' * len(_WORDS)}"
    yield ""
    yield "The last columns are what `run --enforce` would do with the tools."
    yield ""


def _server(row: ServerRow) -> str:
    counts = level_counts(tool.verdict for tool in row.tools)
    protocol = code(row.protocol, _NAME) if row.protocol else "-"
    numbers = " | ".join(f"{counts[level]:,}" for level in _WORDS)
    return f"| {code(row.name, _NAME)} | {row.status} | {protocol} | {len(row.tools):,} | {numbers} |"


def agent_table(report: Report) -> Iterator[str]:
    """A row an agent: which tools it may call, and which of them would not reach it."""
    if not report.servers:
        return
    yield "### Reachability"
    yield ""
    if not report.agents:
        yield from ("No agents are configured: whoever reaches a server may call all of its tools.", "")
        return
    yield "| agent | may call | would be blocked or withheld |"
    yield "| --- | --- | --- |"
    tools = [(row, tool) for row in report.servers for tool in row.tools]
    for agent in report.agents[:_MOST_AGENTS]:
        reached = [(row, tool) for row, tool in tools if agent in tool.agents]
        stopped = [pair for pair in reached if pair[1].verdict >= Level.QUARANTINE]
        passing = [pair for pair in reached if pair[1].verdict < Level.QUARANTINE]
        yield f"| {code(agent, _NAME)} | {_named(passing)} | {_named(stopped)} |"
    if len(report.agents) > _MOST_AGENTS:
        yield f"| and {len(report.agents) - _MOST_AGENTS:,} more | | |"
    yield ""


def _named(tools: Sequence[tuple[ServerRow, ToolRow]]) -> str:
    names = ", ".join(code(f"{row.name}/{tool.name}", _NAME) for row, tool in tools[:_MOST_NAMED])
    more = f" and {len(tools) - _MOST_NAMED:,} more" if len(tools) > _MOST_NAMED else ""
    return f"{names}{more}" or "none"
