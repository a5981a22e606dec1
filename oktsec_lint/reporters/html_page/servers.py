"""The servers of the page, each with its tools, and the matrix of who may call what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from oktsec_lint.core.model import Kind, Subject
from oktsec_lint.core.policy import Level
from oktsec_lint.core.report import Report, ServerRow, ToolRow
from oktsec_lint.reporters.repository import shareable
from oktsec_lint.reporters.wording import plural

from .elements import NOTHING, Html, code, element, folded, joined, tag, text
from .verdicts import state_tag, verdict_tag

Anchors = Mapping[tuple[Subject, str], str]
"""Subject and rule to the id of the finding on the page."""

_MOST_SERVERS = 200
_MOST_TOOLS = 300
"""Of a server, and of the matrix."""
_MOST_AGENTS = 12
_NAME = 80


def server_articles(report: Report, anchors: Anchors) -> Iterator[Html]:
    callers = bool(report.agents)
    yield from (_server(row, anchors, callers_known=callers) for row in report.servers[:_MOST_SERVERS])
    if len(report.servers) > _MOST_SERVERS:
        yield element("p", text(f"{len(report.servers) - _MOST_SERVERS:,} more servers are not shown."))


def _server(row: ServerRow, anchors: Anchors, *, callers_known: bool) -> Html:
    listed = [tool for tool in row.tools if tool.verdict > Level.CLEAN]
    clean = [tool for tool in row.tools if tool.verdict is Level.CLEAN]
    listed.sort(key=lambda tool: -tool.verdict)
    parts = [
        element("header", element("h3", code(row.name, _NAME)), state_tag(row.status)),
        element("p", *_facts(row), class_="meta"),
    ]
    if row.reason:
        parts.append(element("p", text(row.reason), class_="said"))
    if listed:
        parts.append(_tools(row, listed, anchors, callers_known=callers_known))
    if clean:
        inner = _tools(row, clean, anchors, callers_known=callers_known)
        parts.append(folded(text(f"{plural(len(clean), 'tool')} that would pass"), inner))
    return element("article", *parts)


def _facts(row: ServerRow) -> Iterator[Html]:
    counts = {"tool": len(row.tools), "prompt": row.prompts, "resource": row.resources, "template": row.templates}
    offer = ", ".join(plural(count, noun) for noun, count in counts.items() if count or noun == "tool")
    yield element("span", text(offer))
    if row.protocol:
        yield element("span", text("protocol "), text(row.protocol, _NAME))
    if row.location:
        yield element("span", text("configured at "), code(f"{shareable(row.location.path)}:{row.location.line}"))


def _tools(row: ServerRow, tools: Sequence[ToolRow], anchors: Anchors, *, callers_known: bool) -> Html:
    heads = ["tool", "run --enforce", "because of", *(["may be called by"] if callers_known else [])]
    head = element("tr", *(element("th", text(item), scope="col") for item in heads))
    rows = [_tool(row, tool, anchors, callers_known=callers_known) for tool in tools[:_MOST_TOOLS]]
    hidden = len(tools) - _MOST_TOOLS
    more = element("p", text(f"{hidden:,} more tools are not shown."), class_="quiet") if hidden > 0 else NOTHING
    return joined((_scrolling(f"Tools of {row.name}", element("thead", head), element("tbody", *rows)), more))


def _tool(row: ServerRow, tool: ToolRow, anchors: Anchors, *, callers_known: bool) -> Html:
    subject = Subject(row.name, Kind.TOOL, tool.name)
    reasons = joined((_reason(rule, anchors.get((subject, rule), "")) for rule in tool.reasons), ", ")
    cells = [
        element("th", code(tool.name, _NAME), scope="row"),
        element("td", verdict_tag(tool.verdict)),
        element("td", reasons or text("-")),
    ]
    if callers_known:
        names = joined((code(name, _NAME) for name in tool.agents[:_MOST_AGENTS]), ", ")
        more = text(f" and {len(tool.agents) - _MOST_AGENTS:,} more") if len(tool.agents) > _MOST_AGENTS else NOTHING
        cells.append(element("td", names or text("nobody"), more))
    return element("tr", *cells)


def _reason(rule: str, anchor: str) -> Html:
    return element("a", text(rule, _NAME), href=f"#{anchor}") if anchor else text(rule, _NAME)


def reachability(report: Report) -> Iterator[Html]:
    """Tools down, agents across; a cell says what the agent would get from `run --enforce`."""
    if not report.agents:
        yield element("p", text("No agents are configured: whoever reaches a server may call all of its tools."))
        return
    agents = report.agents[:_MOST_AGENTS]
    tools = [(row, tool) for row in report.servers for tool in row.tools]
    tools.sort(key=lambda pair: -pair[1].verdict)
    head = element("tr", *(element("th", item, scope="col") for item in (text("tool"), *map(_agent, agents))))
    body = (_reach(row, tool, agents) for row, tool in tools[:_MOST_TOOLS])
    yield _scrolling("Who may call which tool", element("thead", head), element("tbody", *body), kind="matrix")
    left_out = {"agent": len(report.agents) - len(agents), "tool": len(tools) - _MOST_TOOLS}
    missing = [plural(count, f"more {noun}") for noun, count in left_out.items() if count > 0]
    if missing:
        yield element("p", text(f"Not shown: {' and '.join(missing)}."), class_="quiet")


def _agent(name: str) -> Html:
    return code(name, _NAME)


def _reach(row: ServerRow, tool: ToolRow, agents: Sequence[str]) -> Html:
    name = joined((code(row.name, _NAME), code(tool.name, _NAME)), " ")
    cells = (element("td", _gets(tool) if agent in tool.agents else _no()) for agent in agents)
    return element("tr", element("th", name, scope="row"), *cells)


def _gets(tool: ToolRow) -> Html:
    return tag("may call", "good") if tool.verdict is Level.CLEAN else verdict_tag(tool.verdict)


def _no() -> Html:
    return element("span", text("no"), class_="no")


def _scrolling(label: str, *children: Html, kind: str = "") -> Html:
    """A table that scrolls by itself where it is wider than the screen, with the keyboard too."""
    table = element("table", *children, class_=kind)
    return element("div", table, class_="scroll", role="region", tabindex="0", aria_label=label)
