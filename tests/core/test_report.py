"""The exit code, as a table: findings win over incompleteness, and nothing looked at is never clean."""

from __future__ import annotations

import pytest

from oktsec_lint.core.findings import Confidence, Finding, Severity, Unfinished
from oktsec_lint.core.model import Kind, Status, Subject
from oktsec_lint.core.report import Exit, Located, Report, ServerRow, exit_code

SUBJECT = Subject("files", Kind.TOOL, "read")
DONE, PARTIAL, DOWN = Status.COMPLETE, Status.PARTIAL, Status.NOT_SCANNED
LOW, MEDIUM, HIGH = Severity.LOW, Severity.MEDIUM, Severity.HIGH


def report(
    statuses: list[Status], found: list[Severity], *, unfinished: int = 0, ignored: list[Severity] | None = None
) -> Report:
    def located(severities: list[Severity]) -> tuple[Located, ...]:
        return tuple(
            Located(Finding("X-001", severity, Confidence.HIGH, "x", "said so", "", SUBJECT), None)
            for severity in severities
        )

    return Report(
        "0",
        servers=tuple(ServerRow(f"s{number}", status) for number, status in enumerate(statuses)),
        findings=located(found),
        ignored=located(ignored or []),
        unfinished=(Unfinished(SUBJECT, "too long"),) * unfinished,
    )


# fmt: off
EXITS = [
    # report, fail_on, strict, --allow-unreachable
    (report([DONE], []),                        MEDIUM,            Exit.CLEAN,      Exit.CLEAN),
    (report([DONE], [LOW]),                     MEDIUM,            Exit.CLEAN,      Exit.CLEAN),
    (report([DONE], [LOW]),                     LOW,               Exit.FINDINGS,   Exit.FINDINGS),
    (report([DONE], [LOW, MEDIUM]),             MEDIUM,            Exit.FINDINGS,   Exit.FINDINGS),
    (report([DONE], [HIGH]),                    Severity.CRITICAL, Exit.CLEAN,      Exit.CLEAN),
    (report([DONE], [Severity.CRITICAL]),       None,              Exit.CLEAN,      Exit.CLEAN),
    (report([DONE], [Severity.INFO]),           Severity.INFO,     Exit.FINDINGS,   Exit.FINDINGS),
    (report([DONE], [], ignored=[HIGH]),        LOW,               Exit.CLEAN,      Exit.CLEAN),
    (report([], []),                            MEDIUM,            Exit.NOTHING,    Exit.NOTHING),
    (report([], [LOW]),                         MEDIUM,            Exit.NOTHING,    Exit.NOTHING),
    (report([], [HIGH]),                        MEDIUM,            Exit.FINDINGS,   Exit.FINDINGS),
    (report([DONE, DOWN], []),                  MEDIUM,            Exit.INCOMPLETE, Exit.CLEAN),
    (report([DOWN], []),                        MEDIUM,            Exit.INCOMPLETE, Exit.CLEAN),
    (report([DONE, DOWN], [HIGH]),              MEDIUM,            Exit.FINDINGS,   Exit.FINDINGS),
    (report([DONE, DOWN], [HIGH]),              None,              Exit.INCOMPLETE, Exit.CLEAN),
    (report([PARTIAL], []),                     MEDIUM,            Exit.INCOMPLETE, Exit.INCOMPLETE),
    (report([PARTIAL, DOWN], []),               MEDIUM,            Exit.INCOMPLETE, Exit.INCOMPLETE),
    (report([DONE], [], unfinished=1),          MEDIUM,            Exit.INCOMPLETE, Exit.INCOMPLETE),
    (report([DONE], [HIGH], unfinished=1),      MEDIUM,            Exit.FINDINGS,   Exit.FINDINGS),
    (report([DONE], [HIGH], unfinished=1),      None,              Exit.INCOMPLETE, Exit.INCOMPLETE),
]
# fmt: on


@pytest.mark.parametrize(("it", "fail_on", "strict", "lenient"), EXITS)
def test_exit_code(it: Report, fail_on: Severity | None, strict: Exit, lenient: Exit) -> None:
    assert exit_code(it, fail_on) is strict
    assert exit_code(it, fail_on, allow_unreachable=True) is lenient


def test_medium_is_where_a_run_fails_unless_said_otherwise() -> None:
    assert exit_code(report([DONE], [MEDIUM])) is Exit.FINDINGS
    assert exit_code(report([DONE], [LOW])) is Exit.CLEAN


@pytest.mark.parametrize(
    ("it", "expected"),
    [
        (report([DONE, DONE], [HIGH]), False),
        (report([], []), False),
        (report([DONE, DOWN], []), True),
        (report([PARTIAL], []), True),
        (report([DONE], [], unfinished=1), True),
    ],
)
def test_incomplete(it: Report, expected: object) -> None:
    assert it.incomplete is expected


def test_the_exit_codes_are_the_documented_ones() -> None:
    documented = {
        "CLEAN": 0,
        "FINDINGS": 1,
        "ERROR": 2,
        "NOTHING": 3,
        "INCOMPLETE": 4,
        "REFUSED": 5,
        "INTERRUPTED": 130,
    }
    assert {code.name: code.value for code in Exit} == documented


def test_ignored_findings_are_not_the_worst() -> None:
    assert report([DONE], [LOW, MEDIUM], ignored=[HIGH]).worst() is MEDIUM
    assert report([DONE], []).worst() is None
