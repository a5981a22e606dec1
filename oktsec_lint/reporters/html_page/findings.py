"""The findings of the page: each with the very characters, what it means, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from oktsec_lint.core.findings import Finding
from oktsec_lint.core.lock_rules import CATEGORY
from oktsec_lint.core.model import Kind, Location
from oktsec_lint.core.rules import Rule
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.reporters.groups import Group
from oktsec_lint.reporters.inert import ellipsis
from oktsec_lint.reporters.links import rule_page
from oktsec_lint.reporters.marked import MarkedLine, evidence_lines, source_line
from oktsec_lint.reporters.phrases import object_of
from oktsec_lint.reporters.repository import shareable_position
from oktsec_lint.reporters.wording import plural, taxa_of

from .elements import NOTHING, Html, code, element, folded, highlighted, joined, sentence, text
from .verdicts import severity_tag

_MOST_MEMBERS = 20
_MOST_LINES = 6
_MOST_NOTES = 8
_MESSAGE = 800
_PATH = 600


class Numbered(NamedTuple):
    """A group and the id of its place on the page."""

    anchor: str
    group: Group


def finding_article(item: Numbered, rules: Mapping[str, Rule]) -> Html:
    group = item.group
    first, rule = group.first, rules.get(group.first.rule)
    others = group.findings[1:]
    message = sentence(first.message, _MESSAGE, changes=first.category == CATEGORY)
    heading = element("h3", message, class_="said")
    parts = [
        element("header", severity_tag(first.severity), heading),
        element("p", *_facts(first, rule, group.location), class_="meta"),
        _evidence(first, group.location),
        *([folded(text(f"and {plural(len(others), 'more place')}"), *_members(group))] if others else []),
        element("dl", *_answers(first, rule), class_="answers"),
    ]
    return element("article", *parts, id=item.anchor)


def _facts(finding: Finding, rule: Rule | None, location: Location | None) -> Iterator[Html]:
    yield element("span", _rule(finding, rule))
    yield element("span", text(f"confidence {finding.confidence.label}"))
    taxa = ", ".join(taxa_of(rule))
    if taxa:
        yield element("span", text(taxa))
    if location:
        yield element("span", code(shareable_position(location)))


def _rule(finding: Finding, rule: Rule | None) -> Html:
    """The id and name; only our own rules have a page that is safe to lead to."""
    label = text(f"{finding.rule} {rule.name if rule else ''}".rstrip())
    if rule is None or rule.origin:
        return label
    return element("a", label, href=rule_page(rule), rel="noopener noreferrer")


def _evidence(finding: Finding, location: Location | None) -> Html:
    """Where the text stands and its lines; for a finding about the configuration, the line of the file."""
    lines = list(islice(evidence_lines(finding.evidence), _MOST_LINES))
    about_file = finding.subject.kind is Kind.CONFIG
    if (about_file or not lines) and location and location.snippet:
        lines = [source_line(location)]
    place = NOTHING if about_file else element("p", code(object_of(finding.subject, finding.pointer), _PATH))
    return joined((place, _excerpt(lines), _notes(lines)))


def _excerpt(lines: list[MarkedLine]) -> Html:
    if not lines:
        return NOTHING
    rows = (
        element(
            "span",
            element("span", text(str(line.number)), class_="number"),
            element("span", highlighted(line.text, line.marks)),
            class_="line",
        )
        for line in lines
    )
    return element("pre", *rows)


def _notes(lines: list[MarkedLine]) -> Html:
    """What each marked span is, beside its characters."""
    labelled = [(line, mark) for line in lines for mark in line.marks if mark.label][:_MOST_NOTES]
    items = [
        element("li", code(_cut(line.text[mark.start : mark.end])), text(f" {mark.label}", 200))
        for line, mark in labelled
    ]
    return element("ul", *items, class_="notes") if items else NOTHING


def _cut(characters: str, most: int = 60) -> str:
    return characters if len(characters) <= most else characters[:most] + ellipsis()


def _members(group: Group) -> Iterator[Html]:
    shown = group.findings[1 : _MOST_MEMBERS + 1]
    yield from (_evidence(finding, None) for finding in shown)
    hidden = len(group.findings) - 1 - len(shown)
    if hidden:
        yield element("p", text(f"and {hidden:,} more"))


def _answers(finding: Finding, rule: Rule | None) -> Iterator[Html]:
    if rule and rule.why:
        yield from (
            element("dt", text("Why it matters")),
            element("dd", sentence(" ".join(rule.why.split()), _MESSAGE)),
        )
    if finding.help:
        yield from (element("dt", text("What to do")), element("dd", *_advice(finding.help)))


def _advice(advice: str) -> Iterator[Html]:
    """Lines that begin with spaces, such as YAML to paste, stay as they are."""
    block: list[Html] = []
    for line in advice.strip("\n").split("\n"):
        if line.startswith(" "):
            block.append(text(line))
            continue
        if block:
            yield element("pre", joined(block, "\n"))
            block = []
        yield element("div", sentence(line, _MESSAGE), class_="said")
    if block:
        yield element("pre", joined(block, "\n"))
