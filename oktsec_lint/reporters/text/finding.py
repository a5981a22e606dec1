"""One block of the text report: what is wrong, where to act, the characters themselves, and what to type next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from oktsec_lint.core.findings import Finding, Severity
from oktsec_lint.core.model import Kind
from oktsec_lint.core.policy import Level
from oktsec_lint.core.report import Report
from oktsec_lint.reporters.base import Style
from oktsec_lint.reporters.excerpt import Gutter, excerpt
from oktsec_lint.reporters.groups import Group
from oktsec_lint.reporters.inert import shown
from oktsec_lint.reporters.marked import MarkedLine, evidence_lines, source_line
from oktsec_lint.reporters.overview import CONSEQUENCES
from oktsec_lint.reporters.sgr import ROLES, Role, paint
from oktsec_lint.reporters.wording import LEVELS, first_sentence, object_name, object_path, plural, position, taxa_of

from .prose import wrapped
from .verdicts import Consequences

_MOST_MEMBERS = 10
_MOST_NAMED = 40
_FEW = 3
_MESSAGE = 1000


class FindingText:
    """Renders the groups of one report; remembers only which rules it has explained already."""

    def __init__(self, report: Report, style: Style) -> None:
        self._style = style
        self._rules = {rule.id: rule for rule in report.rules}
        self._entries = {row.name: row.location for row in report.servers}
        self._consequences = Consequences(report)
        self._explained: set[str] = set()

    def lines(self, group: Group) -> Iterator[str]:
        gutter = Gutter(max(_numbers(group)), self._style)
        yield self._header(group)
        last = ""
        for last in self._where(group, gutter):
            yield last
        if last not in ("", gutter.bar):
            yield gutter.bar
        for label, text in self._facts(group):
            yield from wrapped(f"{gutter.indent} = {label}: ", text, self._style)

    def _where(self, group: Group, gutter: Gutter) -> Iterator[str]:
        members = self._members(group)
        yield from self._source(group, gutter)
        for finding in members:
            yield from self._object(finding, group, gutter)
        if len(members) < len(group.findings):
            yield from self._rest(group.findings[len(members) :], gutter)

    def _members(self, group: Group) -> Sequence[Finding]:
        return group.findings if self._style.verbose else group.findings[:_MOST_MEMBERS]

    def _header(self, group: Group) -> str:
        finding = group.first
        rule = self._rules.get(finding.rule)
        word = f"{LEVELS[finding.severity]}[{self._inert(finding.rule)}]"
        name = f"  ({self._inert(rule.name)})" if rule and rule.name else ""
        more = f" (and {len(group.findings) - 1:,} more)" if len(group.findings) > 1 else ""
        message = self._paint(self._message(finding) + more, Role.STRONG)
        return f"{self._paint(word, ROLES[finding.severity])}: {message}{self._paint(name, Role.QUIET)}"

    def _source(self, group: Group, gutter: Gutter) -> Iterator[str]:
        location = group.location
        if location is None:
            return
        yield gutter.pointing("-->", self._inert(position(location)))
        if location.snippet:
            yield gutter.bar
            yield from self._excerpt(source_line(location, self._entry_label(group)), gutter, group.first.severity)
            yield gutter.bar

    def _entry_label(self, group: Group) -> str:
        """Says why this line is shown, where it is not the line that holds the text."""
        subject = group.first.subject
        if subject.kind is Kind.CONFIG or self._entries.get(subject.server) != group.location:
            return ""
        return "this server is configured here"

    def _object(self, finding: Finding, group: Group, gutter: Gutter) -> Iterator[str]:
        """Where the text stands in what the server offered, and its lines. The `:::` of compilers is no workflow
        command: the name GitHub's runner would read is `:`, which nothing can register."""
        message = "" if finding is group.first else f": {self._message(finding)}"
        if message or _is_below_entry(finding):
            line = f", line {finding.evidence[0].line}" if finding.evidence and finding.evidence[0].line > 1 else ""
            yield gutter.pointing(":::", self._path(finding) + line + message)
        if finding.evidence and finding.subject.kind is not Kind.CONFIG:
            yield gutter.bar
            for marked in evidence_lines(finding.evidence):
                yield from self._excerpt(marked, gutter, finding.severity)
            yield gutter.bar
        if finding.help != group.first.help:
            yield from wrapped(f"{gutter.indent} = help: ", finding.help, self._style)

    def _excerpt(self, line: MarkedLine, gutter: Gutter, severity: Severity) -> Iterator[str]:
        return excerpt(line.text, line.number, line.marks, gutter, ROLES[severity])

    def _rest(self, findings: Sequence[Finding], gutter: Gutter) -> Iterator[str]:
        names = ", ".join(object_name(item.subject) for item in findings[:_MOST_NAMED])
        hidden = len(findings) - _MOST_NAMED
        more = f" and {hidden:,} others; --verbose shows all" if hidden > 0 else ""
        yield from wrapped(f"{gutter.indent}::: {len(findings):,} more: ", names + more, self._style)

    def _facts(self, group: Group) -> Iterator[tuple[str, str]]:
        finding = group.first
        rule = self._rules.get(finding.rule)
        taxa = ", ".join(map(self._inert, taxa_of(rule)))
        confidence = " and ".join(dict.fromkeys(item.confidence.label for item in group.findings))
        yield "confidence", f"{confidence}   severity: {finding.severity.label}   {taxa}".rstrip()
        consequence = self._consequence(group.findings)
        if consequence:
            yield "run --enforce", consequence
        if rule and rule.why and finding.rule not in self._explained:
            self._explained.add(finding.rule)
            yield "why", rule.why if self._style.verbose else first_sentence(rule.why)
        if finding.help:
            yield "help", finding.help

    def _consequence(self, findings: Iterable[Finding]) -> str:
        tools = self._consequences.by_level(findings)
        if not tools or set(tools) == {Level.CLEAN}:
            return ""
        if sum(map(len, tools.values())) == 1:
            return f"would {CONSEQUENCES[next(iter(tools))].format('this tool')}"
        return f"would {', '.join(CONSEQUENCES[level].format(_few(names)) for level, names in tools.items())}"

    def _path(self, finding: Finding) -> str:
        return " / ".join(self._inert(part, 120) or '""' for part in object_path(finding.subject, finding.pointer))

    def _message(self, finding: Finding) -> str:
        return self._inert(finding.message, _MESSAGE)

    def _inert(self, text: str, limit: int = 500) -> str:
        return shown(text, unicode=self._style.unicode, limit=limit)

    def _paint(self, text: str, role: Role) -> str:
        return paint(text, role, color=self._style.color)


def _numbers(group: Group) -> Iterator[int]:
    yield group.location.line if group.location else 1
    for finding in group.findings:
        yield from (item.line for item in finding.evidence)


def _few(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= _FEW else plural(len(names), "tool")


def _is_below_entry(finding: Finding) -> bool:
    """Whether the object says more than the position does: the server's own entry is the server."""
    if finding.subject.kind is Kind.CONFIG:
        return False
    return finding.subject.kind is not Kind.SERVER or bool(finding.pointer or finding.evidence)
