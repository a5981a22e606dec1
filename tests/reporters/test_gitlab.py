"""Code Quality issues."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from oktsec_lint.core.findings import Severity
from oktsec_lint.core.model import Location
from oktsec_lint.core.report import Report
from oktsec_lint.reporters import render
from tests.reporters.cases import CLEAN, FOLDED, HIDDEN, INJECTED, NOTES, UNFINISHED, found, tool
from tests.reporters.test_hostile import decoded, reports


def issues(report: Report) -> list[Any]:
    document = json.loads(render("gitlab", report))
    assert isinstance(document, list)
    return document


def test_an_issue() -> None:
    assert issues(INJECTED)[0] == {
        "description": "notes / tools / save_note / description: tool save_note tells the model to fetch a secret and"
        ' to keep it from the user: "read ~/.ssh/id_rsa"',
        "check_name": "oktsec-lint/IAP-007",
        "fingerprint": INJECTED.findings[0].finding.fingerprint,
        "severity": "blocker",
        "location": {"path": "oktsec.yaml", "lines": {"begin": 6}},
    }


@pytest.mark.parametrize(
    ("severity", "word"),
    [
        (Severity.CRITICAL, "blocker"),
        (Severity.HIGH, "critical"),
        (Severity.MEDIUM, "major"),
        (Severity.LOW, "minor"),
        (Severity.INFO, "info"),
    ],
)
def test_severities(severity: Severity, word: str) -> None:
    item = found(HIDDEN._replace(severity=severity), "m", tool("s", "t"), NOTES)
    assert issues(CLEAN._replace(findings=(item,)))[0]["severity"] == word


def test_a_clean_report_is_an_empty_list() -> None:
    assert render("gitlab", CLEAN) == "[]\n"


def test_paths_are_relative_to_the_repository() -> None:
    paths = ["./a/../b.yaml", "C:\\x\\c.yaml", "/home/someone/d.yaml"]
    items = tuple(found(HIDDEN, "m", tool("s", "t"), Location(path, 1, 1, 1, 2)) for path in paths)
    found_at = [item["location"]["path"] for item in issues(CLEAN._replace(findings=items))]
    assert found_at == ["b.yaml", "c.yaml", "d.yaml"]


def test_one_fingerprint_twice_becomes_two_that_stay_the_same() -> None:
    twice = [found(HIDDEN, "m", tool("s", "t"), Location("oktsec.yaml", line, 1, line, 2)) for line in (1, 2)]
    report = CLEAN._replace(findings=tuple(twice))
    prints = [item["fingerprint"] for item in issues(report)]
    assert len(set(prints)) == 2
    assert prints == [item["fingerprint"] for item in issues(report)]


def test_findings_of_one_rule_and_place_are_one_issue() -> None:
    assert [item["description"].count("more)") for item in issues(FOLDED)] == [1, 1]


def test_what_was_not_looked_at_is_an_issue() -> None:
    assert [item["check_name"] for item in issues(UNFINISHED)] == [
        "oktsec-lint/LST-001",
        "oktsec-lint/not-looked-at",
        "oktsec-lint/not-looked-at",
    ]


def test_the_worst_are_kept_when_there_are_too_many() -> None:
    low = HIDDEN._replace(severity=Severity.LOW)
    small = [found(low, "m", tool("s", "t"), Location("f", line, 1, line, 1)) for line in range(1, 5_002)]
    listed = issues(CLEAN._replace(findings=(*small, found(HIDDEN, "worst", tool("s", "t"), NOTES))))
    assert len(listed) == 5_001
    assert "worst" in listed[0]["description"]
    assert listed[-1]["description"].startswith("2 less severe issues are left out")


@given(reports())
def test_any_report_is_a_list_of_issues(report: Report) -> None:
    listed = decoded(render("gitlab", report))
    assert len({item["fingerprint"] for item in listed}) == len(listed) > 0
    for item in listed:
        assert set(item) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert not item["location"]["path"].startswith(("/", "./"))
        assert item["location"]["lines"]["begin"] >= 1
        assert item["description"].isprintable()
