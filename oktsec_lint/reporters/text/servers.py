"""The servers of a report, one line each, and below it what `run --enforce` would do with their tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from oktsec_lint.core.model import Status
from oktsec_lint.core.policy import Level
from oktsec_lint.core.report import Report, ServerRow, ToolRow
from oktsec_lint.reporters.base import Style
from oktsec_lint.reporters.inert import columns, shown
from oktsec_lint.reporters.sgr import Role, paint
from oktsec_lint.reporters.wording import plural

from .prose import wrapped

_MOST_TOOLS = 20
_NAME = 60
_STATUS: Mapping[Status, Role] = {
    Status.COMPLETE: Role.GOOD,
    Status.PARTIAL: Role.WARNING,
    Status.NOT_SCANNED: Role.ERROR,
}
_VERDICT: Mapping[Level, Role] = {
    Level.BLOCK: Role.ERROR,
    Level.QUARANTINE: Role.ERROR,
    Level.FLAG: Role.WARNING,
    Level.CLEAN: Role.GOOD,
}


def server_lines(report: Report, style: Style) -> Iterator[str]:
    """Nothing when there is no server; else a heading, the rows, and an empty line."""
    if not report.servers:
        return
    names = [shown(row.name, unicode=style.unicode, limit=_NAME) for row in report.servers]
    widest = max(map(columns, names))
    yield paint("Servers, and what `run --enforce` would do with their tools", Role.STRONG, color=style.color)
    for name, row in zip(names, report.servers, strict=True):
        yield f"  {_padded(name, widest)}  {_state(row, style)}"
        if row.reason:
            yield from wrapped("      because ", row.reason, style)
        yield from _tool_lines(row, style, callers_known=bool(report.agents))
    yield ""


def _state(row: ServerRow, style: Style) -> str:
    status = paint(f"{row.status:<11}", _STATUS[row.status], color=style.color)
    protocol = shown(row.protocol, unicode=style.unicode, limit=_NAME) or "-"
    return f"{status}  {protocol:<10}  {_offer(row)}"


def _offer(row: ServerRow) -> str:
    counts = {"tool": len(row.tools), "prompt": row.prompts, "resource": row.resources, "template": row.templates}
    return ", ".join(plural(count, noun) for noun, count in counts.items() if count or noun == "tool")


def _tool_lines(row: ServerRow, style: Style, *, callers_known: bool) -> Iterator[str]:
    listed = [tool for tool in row.tools if style.verbose or tool.verdict > Level.CLEAN]
    listed.sort(key=lambda tool: -tool.verdict)
    hidden = 0 if style.verbose else len(listed) - _MOST_TOOLS
    listed = listed[: len(listed) - max(0, hidden)]
    widest = max((columns(_name(tool, style)) for tool in listed), default=0)
    for tool in listed:
        callers = f"callers: {_listed(tool.agents, style) or 'none'}" if callers_known else ""
        verdict = paint(f"{tool.verdict.label:<10}", _VERDICT[tool.verdict], color=style.color)
        because = "  ".join(filter(None, (_listed(tool.reasons, style), callers)))
        yield f"      {verdict}  {_padded(_name(tool, style), widest)}  {because}".rstrip()
    if hidden > 0:
        yield f"      {plural(hidden, 'more tool')} not clean; --verbose lists all"


def _listed(names: Iterable[str], style: Style) -> str:
    return ", ".join(shown(name, unicode=style.unicode, limit=_NAME) for name in names)


def _name(tool: ToolRow, style: Style) -> str:
    return shown(tool.name, unicode=style.unicode, limit=_NAME) or '""'


def _padded(text: str, width: int) -> str:
    return text + " " * (width - columns(text))
