"""JUnit XML, as test pages of CI systems read it: a suite for each server and one for the files that were read.

A case is an object, not a finding: a tool keeps its name from run to run, and turns from passed to failed when
something is found in it. Findings from medium on fail their case, smaller ones are its output. What was not looked at
to its end is an error, whatever was found beside it. The shape is the one Jenkins publishes (junit-10.xsd). No times
are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from oktsec_lint.core.findings import Finding, Severity
from oktsec_lint.core.model import Kind, Subject
from oktsec_lint.core.report import Exit, Located, Report

from .base import Style
from .inert import shown
from .links import TOOL
from .overview import gaps
from .phrases import advice_of, object_of, place_of, quote_of, reason_of
from .repository import Anchors, shareable, shareable_position
from .wording import object_name

_FILES = "configuration"
"""Name of the suite about the files; a server of this name shares it."""
_MOST_CASES = 5_000
"""Of a suite."""
_MOST_LINES = 20
"""Findings told of a case."""
_NAME = 200
_MESSAGE = 600


class _Case:
    """One object and what there is to say about it."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.failures: list[Located] = []
        self.notes: list[Located] = []

    @property
    def outcome(self) -> str:
        return "error" if self.errors else "failure" if self.failures else "passed"


class _Suite:
    """The cases of one server, in the order in which they were met."""

    def __init__(self) -> None:
        self.cases: dict[str, _Case] = {}

    def case(self, name: str) -> _Case:
        return self.cases.setdefault(name, _Case())

    def shown(self) -> tuple[dict[str, _Case], int]:
        """At most `_MOST_CASES`, those that did not pass first where there are more, and how many are left out."""
        left_out = max(0, len(self.cases) - _MOST_CASES)
        if not left_out:
            return self.cases, 0
        ranked = sorted(self.cases.items(), key=lambda item: item[1].outcome == "passed")
        return dict(ranked[:_MOST_CASES]), left_out


def render(report: Report, _style: Style, _code: Exit | None) -> str:
    suites = [_suite(name, suite) for name, suite in _suites(report).items()]
    total = [sum(counts) for counts in zip(*(counts for counts, _ in suites), strict=True)] or [0, 0, 0]
    body = "".join(text for _, text in suites)
    counts = _counted(total)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="{TOOL}" {counts}>\n{body}</testsuites>\n'


def _suites(report: Report) -> dict[str, _Suite]:
    suites: dict[str, _Suite] = {}
    anchors = Anchors(report)

    def case_of(subject: Subject, path: str = "") -> _Case:
        if subject.kind is Kind.CONFIG:
            return suites.setdefault(_FILES, _Suite()).case(shareable(path))
        return suites.setdefault(subject.server, _Suite()).case(_case_name(subject))

    for path in report.sources:
        case_of(Subject("", Kind.CONFIG, ""), path)
    for row in report.servers:
        case_of(Subject(row.name, Kind.SERVER, row.name))
        for tool in row.tools:
            case_of(Subject(row.name, Kind.TOOL, tool.name))
    for gap in gaps(report):
        where = "" if gap.status is not None else f"{object_of(gap.subject, gap.pointer)}: "
        path = (gap.location or anchors.of_server("")).path
        case_of(gap.subject, path).errors.append(f"{gap.words}: {where}{reason_of(gap)}")
    for item in report.findings:
        case = case_of(item.finding.subject, anchors.of(item.finding, item.location).path)
        (case.failures if item.finding.severity >= Severity.MEDIUM else case.notes).append(item)
    return suites


def _case_name(subject: Subject) -> str:
    return "the server itself" if subject.kind is Kind.SERVER else f"{subject.kind} {subject.name}"


def _suite(name: str, suite: _Suite) -> tuple[Sequence[int], str]:
    """Number of tests, failures and errors, and the element."""
    cases, left_out = suite.shown()
    outcomes = [case.outcome for case in cases.values()]
    counts = len(cases), outcomes.count("failure"), outcomes.count("error")
    label = _text(name or _FILES, _NAME)
    inner = "".join(_case(label, _text(case_name, _NAME), case) for case_name, case in cases.items())
    if left_out:
        inner += f"    <system-out>{left_out:,} more cases are left out.</system-out>\n"
    return counts, f'  <testsuite name="{label}" {_counted(counts)}>\n{inner}  </testsuite>\n'


def _counted(counts: Sequence[int]) -> str:
    tests, failures, errors = counts
    return f'tests="{tests}" failures="{failures}" errors="{errors}" time="0"'


def _case(suite: str, name: str, case: _Case) -> str:
    opening = f'    <testcase classname="{suite}" name="{name}" time="0"'
    inner = "".join(_outcome(case)) + _output(case.notes)
    return f"{opening}>\n{inner}    </testcase>\n" if inner else f"{opening}/>\n"


def _outcome(case: _Case) -> Iterator[str]:
    """One element at most: stricter readers than Jenkins take no second one."""
    found = [line for item in case.failures[:_MOST_LINES] for line in _told(item)]
    hidden = len(case.failures) - _MOST_LINES
    lines = [*case.errors[:_MOST_LINES], *found, *([f"and {hidden:,} more"] if hidden > 0 else [])]
    if case.outcome == "passed":
        return
    first = case.errors[0] if case.errors else _headline(case.failures[0].finding)
    kind = "not-looked-at" if case.errors else shown(case.failures[0].finding.rule, limit=_NAME)
    body = "\n".join(map(escape, lines))
    yield f'      <{case.outcome} type="{escape(kind)}" message="{escape(first)}">{body}</{case.outcome}>\n'


def _output(notes: Sequence[Located]) -> str:
    """The findings that fail nothing."""
    if not notes:
        return ""
    more = [f"and {len(notes) - _MOST_LINES:,} more"] if len(notes) > _MOST_LINES else []
    lines = [_headline(item.finding) for item in notes[:_MOST_LINES]] + more
    return f"      <system-out>{escape(chr(10).join(lines))}</system-out>\n"


def _told(item: Located) -> Iterator[str]:
    yield _headline(item.finding)
    where = shown(shareable_position(item.location), limit=_NAME) if item.location else ""
    for label, text in (
        ("at", where),
        ("in", place_of(item.finding)),
        ("text", quote_of(item.finding)),
        ("help", advice_of(item.finding)),
    ):
        if text:
            yield f"  {label}: {text}"


def _headline(finding: Finding) -> str:
    """`critical IAP-007 notes/save_note: message`."""
    name = shown(object_name(finding.subject), limit=_NAME)
    message = shown(finding.message, limit=_MESSAGE)
    rule = shown(finding.rule, limit=_NAME)
    return f"{finding.severity.label} {rule}{f' {name}' if name else ''}: {message}"


def _text(text: str, limit: int) -> str:
    return escape(shown(text, limit=limit))
