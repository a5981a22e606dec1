"""One finding of a Markdown report, folded: its summary is one line, inside are the characters and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import islice

from oktsec_lint.core.findings import Finding
from oktsec_lint.core.model import Kind
from oktsec_lint.core.rules import Rule
from oktsec_lint.reporters.base import Style
from oktsec_lint.reporters.excerpt import Gutter, excerpt
from oktsec_lint.reporters.groups import Group
from oktsec_lint.reporters.inert import shown
from oktsec_lint.reporters.links import rule_page
from oktsec_lint.reporters.marked import MarkedLine, evidence_lines, source_line
from oktsec_lint.reporters.phrases import object_of
from oktsec_lint.reporters.repository import shareable_position
from oktsec_lint.reporters.sgr import Role
from oktsec_lint.reporters.wording import first_sentence, object_name, plural, taxa_of

from .inline import code, fenced, prose

_MOST_MEMBERS = 10
_MOST_LINES = 5
_NAME = 100
_STYLE = Style(width=100)


def finding_block(group: Group, rules: Mapping[str, Rule]) -> str:
    return "\n".join(_lines(group, rules.get(group.first.rule)))


def _lines(group: Group, rule: Rule | None) -> Iterator[str]:
    first = group.first
    yield f"<details><summary>{_summary(group)}</summary>"
    yield ""
    yield prose(first.message)
    yield ""
    yield f"- {_rule(first, rule)}"
    yield from _places(group)
    yield from _excerpts(group)
    if rule and rule.why:
        yield from ("**Why.** " + prose(first_sentence(rule.why)), "")
    if first.help:
        yield from ("**What to do.**", "", *_advice(first.help), "")
    yield "</details>"
    yield ""


def _summary(group: Group) -> str:
    """HTML, where nothing is read as Markdown; mentions and references are left alone in `code`."""
    first = group.first
    name = object_name(first.subject)
    about = f" <code>{escape(shown(name, limit=_NAME))}</code>" if name else ""
    more = f" and {len(group.findings) - 1:,} more" if len(group.findings) > 1 else ""
    rule = escape(shown(first.rule, limit=_NAME))
    return f"<b>{first.severity.label}</b> <code>{rule}</code>{about}{more}"


def _rule(finding: Finding, rule: Rule | None) -> str:
    """Only our own rules have a page that is safe to lead to."""
    name = code(finding.rule, _NAME)
    if rule is not None:
        name = code(rule.name, _NAME) if rule.origin else f"[{prose(rule.name)}]({rule_page(rule)})"
    return ", ".join([name, f"confidence {finding.confidence.label}", *(code(item, _NAME) for item in taxa_of(rule))])


def _places(group: Group) -> Iterator[str]:
    if group.location:
        yield f"- at {code(shareable_position(group.location))}"
    for finding in group.findings[:_MOST_MEMBERS]:
        if finding.subject.kind is not Kind.CONFIG:
            yield f"- in {code(object_of(finding.subject, finding.pointer), 600)}"
    if len(group.findings) > _MOST_MEMBERS:
        yield f"- and {plural(len(group.findings) - _MOST_MEMBERS, 'more place')}"
    yield ""


def _excerpts(group: Group) -> Iterator[str]:
    """The lines of the first finding with carets below the characters; of the file, where it is about the file."""
    first = group.first
    marked: Sequence[MarkedLine] = list(islice(evidence_lines(first.evidence), _MOST_LINES))
    if first.subject.kind is Kind.CONFIG or not marked:
        marked = [source_line(group.location)] if group.location and group.location.snippet else []
    if marked:
        gutter = Gutter(max(line.number for line in marked), _STYLE)
        yield fenced(row for line in marked for row in excerpt(line.text, line.number, line.marks, gutter, Role.QUIET))
        yield ""


def _advice(text: str) -> Iterator[str]:
    """Sentences as text; lines that begin with spaces, such as YAML to paste, as a block."""
    block: list[str] = []
    for line in text.strip("\n").split("\n"):
        if line.startswith(" "):
            block.append(shown(line))
            continue
        if block:
            yield from ("", fenced(block), "")
            block = []
        yield prose(line, 1000)
    if block:
        yield from ("", fenced(block))


def finding_line(finding: Finding) -> str:
    """One line of a list, for findings that do not count."""
    name = object_name(finding.subject)
    about = f" {code(name, _NAME)}:" if name else ""
    reason = f" ({prose(finding.ignored_by)})" if finding.ignored_by else ""
    return f"- {finding.severity.label} {code(finding.rule, _NAME)}{about} {prose(finding.message)}{reason}"
