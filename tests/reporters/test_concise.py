"""The one-line format."""

from __future__ import annotations

from oktsec_lint.core.model import Kind, Location, Subject
from oktsec_lint.core.report import Report
from oktsec_lint.reporters import Style, render
from tests.reporters.cases import CONFIG_ERRORS, HIDDEN, INJECTED, NOTES, UNFINISHED, found


def one(subject: Subject, location: Location | None = NOTES, message: str = "message") -> str:
    return render("concise", Report("0", findings=(found(HIDDEN, message, subject, location),)), Style(unicode=False))


def test_one_line_for_each_finding() -> None:
    lines = render("concise", INJECTED).splitlines()
    assert len(lines) == len(INJECTED.findings)
    assert lines[0] == (
        "oktsec.yaml:6:3: critical IAP-007 notes/save_note: "
        "tool save_note tells the model to fetch a secret and to keep it from the user"
    )


def test_what_a_finding_is_about() -> None:
    assert render("concise", UNFINISHED).startswith("oktsec.yaml:11:3: high LST-001 files: not scanned")
    assert "CFG-001 mcp_servers.🙂🙂: unknown key comand" in render("concise", CONFIG_ERRORS)
    assert one(Subject("", Kind.CONFIG, "")) == "oktsec.yaml:6:3: high IAP-013 message\n"


def test_a_finding_without_a_file() -> None:
    assert one(Subject("s", Kind.TOOL, "t"), None) == "(no file): high IAP-013 s/t: message\n"


def test_a_path_cannot_begin_a_workflow_command() -> None:
    assert one(Subject("s", Kind.TOOL, "t"), Location(":", 1, 1, 1, 1)).startswith("\\u{3a}:1:1: high")
    assert one(Subject("s", Kind.TOOL, "t"), Location("::error::", 1, 1, 1, 1)).startswith("\\u{3a}:error::")


def test_a_message_stays_on_its_line() -> None:
    assert one(Subject("s", Kind.TOOL, "t"), message="a\nb\x1b") == "oktsec.yaml:6:3: high IAP-013 s/t: a\\nb\\u{1b}\n"
