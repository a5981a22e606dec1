"""JUnit XML, read back with a parser."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given

from oktsec_lint.core.findings import Severity
from oktsec_lint.core.model import Kind, Status, Subject
from oktsec_lint.core.report import Report, ServerRow
from oktsec_lint.reporters import render
from tests.reporters.cases import (
    CLEAN,
    CONFIG_ERRORS,
    FOLDED,
    HIDDEN,
    INJECTED,
    NOTES,
    UNFINISHED,
    found,
    passing,
    tool,
)
from tests.reporters.test_hostile import reports
from tests.reporters.test_inert import is_harmless


def parsed(report: Report) -> ET.Element:
    return ET.fromstring(render("junit", report).encode())


def outcomes(report: Report) -> dict[str, list[str]]:
    """`suite: case` to the elements in it."""
    return {
        f"{suite.get('name')}: {case.get('name')}": [child.tag for child in case]
        for suite in parsed(report)
        for case in suite
    }


def test_a_case_for_each_object() -> None:
    assert outcomes(CLEAN) == {
        "configuration: oktsec.yaml": [],
        "notes: the server itself": [],
        "notes: tool save_note": [],
        "github: the server itself": [],
        "github: tool a": [],
        "github: tool b": [],
        "files: the server itself": [],
        "files: tool read_file": [],
    }


def test_a_tool_fails_once_with_all_that_was_found() -> None:
    cases = outcomes(INJECTED)
    assert cases["notes: tool save_note"] == ["failure"]
    assert cases["notes: tool list_notes"] == []
    assert cases["notes: prompt 打招呼"] == ["failure"]
    failure = parsed(INJECTED).find(".//testcase[@name='tool save_note']/failure")
    assert failure is not None
    assert failure.text is not None
    assert failure.get("type") == "IAP-007"
    assert failure.get("message", "").startswith("critical IAP-007 notes/save_note: tool save_note tells")
    assert [line.split()[1] for line in failure.text.splitlines() if not line.startswith(" ")] == ["IAP-007", "IAP-013"]
    assert "  at: oktsec.yaml:6:3" in failure.text.splitlines()


def test_small_findings_fail_nothing() -> None:
    cases = outcomes(FOLDED)
    assert cases["github: tool tool_24"] == ["system-out"]
    assert cases["github: tool tool_00"] == ["failure", "system-out"]


def test_the_configuration_is_a_case_a_file() -> None:
    assert outcomes(CONFIG_ERRORS) == {"configuration: configs/my config #1.yaml": ["failure", "system-out"]}


def test_what_was_not_looked_at_is_an_error() -> None:
    cases = outcomes(UNFINISHED)
    assert cases["github: the server itself"] == ["error"]
    assert cases["files: the server itself"] == ["error"]
    assert cases["notes: tool save_note"] == ["error"]
    assert cases["notes: the server itself"] == []


def test_directories_of_the_machine_are_not_told() -> None:
    outside = NOTES._replace(path="/home/someone/oktsec.yaml")
    config = Subject("", Kind.CONFIG, "")
    items = (found(HIDDEN, "m", tool("s", "t"), outside), found(HIDDEN, "m", config, outside))
    assert "someone" not in render("junit", CLEAN._replace(findings=items))


def test_passing_cases_make_room_for_failing_ones() -> None:
    names = [f"t{number}" for number in range(6_000)]
    row = ServerRow("s", Status.COMPLETE, tools=passing(*names))
    suite = parsed(CLEAN._replace(servers=(row,), findings=(found(HIDDEN, "m", tool("s", "t5999"), NOTES),)))[1]
    assert (suite.get("tests"), suite.get("failures")) == ("5000", "1")
    assert suite[-1].text == "1,001 more cases are left out."


def test_many_findings_in_one_object_are_cut() -> None:
    rule = HIDDEN._replace(severity=Severity.MEDIUM)
    items = tuple(found(rule, f"m{number}", tool("notes", "save_note"), NOTES) for number in range(100))
    failure = parsed(CLEAN._replace(findings=items)).find(".//failure")
    assert failure is not None
    assert (failure.text or "").endswith("and 80 more")


@given(reports())
def test_any_report_is_a_document_whose_counts_are_right(report: Report) -> None:
    text = render("junit", report)
    assert all(map(is_harmless, text.split("\n")))
    root = ET.fromstring(text.encode())
    for owner in (root, *root):
        assert owner.get("tests") == str(len(owner.findall(".//testcase")))
        assert owner.get("failures") == str(len(owner.findall(".//failure")))
        assert owner.get("errors") == str(len(owner.findall(".//error")))
    for case in root.iter("testcase"):
        assert len([child for child in case if child.tag in {"failure", "error"}]) <= 1
        assert {child.tag for child in case} <= {"failure", "error", "system-out"}
