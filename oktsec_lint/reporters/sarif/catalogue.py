"""The rulebook as SARIF rules: every enabled rule, whether it fired or not, so that repositories agree on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sarif_om import MultiformatMessageString, ReportingConfiguration, ReportingDescriptor

from oktsec_lint.core.findings import Severity
from oktsec_lint.core.report import Report
from oktsec_lint.core.rules import Rule
from oktsec_lint.reporters.links import rule_page
from oktsec_lint.reporters.wording import LEVELS

from .phrases import description, label, paragraphs, pascal_case
from .taxonomies import Taxonomies

_MOST_TAGS = 20
_SECURITY_SEVERITY: Mapping[Severity, str] = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
}
"""GitHub's bands: critical above 9.0, high from 7.0, medium from 4.0, low above 0. A string, or GitHub ignores it."""
_PROBLEM_SEVERITY = {"error": "error", "warning": "warning", "note": "recommendation"}
_NOT_SECURITY = frozenset({"config"})
"""Categories about a file's form; a score would file their alerts under security."""


class Catalogue:
    """The rules of a report in the order of the file, and the index of each."""

    def __init__(self, report: Report, taxonomies: Taxonomies) -> None:
        rules = {rule.id: rule for rule in report.rules}
        for item in (*report.findings, *report.ignored):
            finding = item.finding
            rules.setdefault(finding.rule, Rule(finding.rule, finding.rule, finding.severity, finding.category))
        self._rules = rules
        self._indices = {identifier: index for index, identifier in enumerate(rules)}
        self._taxonomies = taxonomies

    def index(self, identifier: str) -> int:
        return self._indices[identifier]

    def descriptors(self) -> list[ReportingDescriptor]:
        return [self._descriptor(rule) for rule in self._rules.values()]

    def _descriptor(self, rule: Rule) -> ReportingDescriptor:
        summary = rule.description or rule.name or rule.id
        return ReportingDescriptor(
            id=rule.id,
            name=pascal_case(rule.name, rule.id),
            short_description=_text(description(rule.name or rule.id)),
            full_description=_text(description(summary)),
            help=_help(rule, summary),
            help_uri=rule_page(rule) or None,
            default_configuration=ReportingConfiguration(level=LEVELS[rule.severity]),
            properties=_properties(rule),
            relationships=list(self._taxonomies.relationships(rule)) or None,
        )


def _text(text: str) -> MultiformatMessageString:
    return MultiformatMessageString(text=text)


def _help(rule: Rule, summary: str) -> MultiformatMessageString:
    parts = [("Why it matters", rule.why or summary), ("What to do", rule.fix)]
    parts = [(title, paragraphs(text)) for title, text in parts if text]
    references = [f"- {label(url)}" for url in rule.references]
    return MultiformatMessageString(
        text="\n\n".join(f"{title}: {text}" for title, text in parts),
        markdown="\n\n".join([*(f"**{title}.** {text}" for title, text in parts), "\n".join(references)]).strip(),
    )


def _properties(rule: Rule) -> dict[str, object]:
    properties: dict[str, object] = {"tags": list(dict.fromkeys(filter(None, _tags(rule))))[:_MOST_TAGS]}
    properties["precision"] = rule.confidence.label
    if _is_security(rule):
        properties["security-severity"] = _SECURITY_SEVERITY[rule.severity]
    else:
        properties["problem.severity"] = _PROBLEM_SEVERITY[LEVELS[rule.severity]]
    return properties


def _is_security(rule: Rule) -> bool:
    return rule.category not in _NOT_SECURITY and rule.severity in _SECURITY_SEVERITY


def _tags(rule: Rule) -> Iterator[str]:
    if _is_security(rule):
        yield "security"
    yield label(rule.category)
    for key, identifiers in rule.taxa.items():
        for identifier in identifiers:
            yield f"external/cwe/cwe-{identifier}" if key == "cwe" else label(f"{key}/{identifier}")
    yield from map(label, rule.tags)
