"""What `run --enforce` would do, in words; the verdicts themselves are policy's and come with the report."""

from __future__ import annotations

from collections.abc import Iterable

from oktsec_lint.core.findings import Finding
from oktsec_lint.core.model import Kind
from oktsec_lint.core.policy import Level
from oktsec_lint.core.report import Report


class Consequences:
    """The verdict on each tool of a report; of two tools with one name, the stricter."""

    def __init__(self, report: Report) -> None:
        self._levels: dict[tuple[str, str], Level] = {}
        for server in report.servers:
            for tool in server.tools:
                key = (server.name, tool.name)
                self._levels[key] = max(tool.verdict, self._levels.get(key, Level.CLEAN))

    def by_level(self, findings: Iterable[Finding]) -> dict[Level, list[str]]:
        """The tools the findings are about, by verdict, the strictest first."""
        tools = dict.fromkeys(item.subject for item in findings if item.subject.kind is Kind.TOOL)
        levels: dict[Level, list[str]] = {}
        for tool in tools:
            level = self._levels.get((tool.server, tool.name))
            if level is not None:
                levels.setdefault(level, []).append(tool.name)
        return dict(sorted(levels.items(), reverse=True))
