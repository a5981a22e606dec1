"""What the text report says, case by case; its whole look is in the golden reports."""

from __future__ import annotations

import pytest

from oktsec_lint.core.findings import Severity
from oktsec_lint.core.model import Kind, Status, Subject
from oktsec_lint.core.policy import Level
from oktsec_lint.core.report import Report, ServerRow, ToolRow
from oktsec_lint.reporters import Style, render
from oktsec_lint.reporters.text.prose import wrapped
from tests.reporters.cases import (
    CASES,
    CLEAN,
    CONFIG_ERRORS,
    FOLDED,
    GITHUB,
    HIDDEN,
    INJECTED,
    NOTES,
    UNCOVERED,
    UNFINISHED,
    evidence,
    found,
    passing,
    tool,
)


def lines(report: Report, style: Style | None = None) -> list[str]:
    return render("text", report, style).split("\n")


@pytest.mark.parametrize(
    ("severity", "word"),
    [
        (Severity.CRITICAL, "error"),
        (Severity.HIGH, "error"),
        (Severity.MEDIUM, "warning"),
        (Severity.LOW, "note"),
        (Severity.INFO, "note"),
    ],
)
def test_severity_words(severity: Severity, word: str) -> None:
    item = found(UNCOVERED._replace(severity=severity), "message", tool("notes", "x"), NOTES)
    text = lines(CLEAN._replace(findings=(item,)), Style(verbose=True))
    assert text[0] == f"{word}[COV-001]: message  (Tool without an agent)"
    assert f"   = confidence: high   severity: {severity.label}   MCP02, CWE-269" in text


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Level.BLOCK, "would block this tool"),
        (Level.QUARANTINE, "would withhold this tool for review"),
        (Level.FLAG, "would pass and record this tool"),
        (Level.CLEAN, None),
    ],
)
def test_what_enforcing_would_do_with_a_tool(verdict: Level, words: str | None) -> None:
    row = ServerRow("notes", Status.COMPLETE, tools=(ToolRow("x", Level.CLEAN, ()), ToolRow("x", verdict, ())))
    report = CLEAN._replace(servers=(row,), findings=(found(HIDDEN, "message", tool("notes", "x"), NOTES),))
    said = [line for line in lines(report) if "= run --enforce" in line]
    assert said == ([f"   = run --enforce: {words}"] if words else [])


def test_a_prompt_has_no_verdict_of_its_own() -> None:
    item = found(HIDDEN, "message", Subject("notes", Kind.PROMPT, "save_note"), NOTES)
    assert "= run --enforce" not in render("text", INJECTED._replace(findings=(item,)))


def test_why_is_said_once_for_a_rule() -> None:
    items = [found(HIDDEN, "message", tool("notes", "x"), place) for place in (NOTES, GITHUB)]
    text = render("text", CLEAN._replace(findings=tuple(items)))
    assert text.count("= why: ") == 1
    assert text.count("= help: ") == 2


def test_findings_at_one_place_are_one_block() -> None:
    text = lines(FOLDED)
    assert "error[IAP-013]: tool tool_00 holds a zero width joiner (and 2 more)  (Hidden characters)" in text
    assert "  ::: github / tools / tool_02 / title: tool tool_02 holds a zero width joiner" in text
    assert sum(line.startswith("note[COV-001]") for line in text) == 1
    assert any(line.startswith("  ::: 15 more: github/tool_10, github/tool_11") for line in text)


def test_verbose_lists_every_member() -> None:
    text = render("text", FOLDED, Style(verbose=True))
    assert all(f"  ::: github / tools / tool_{number:02}" in text for number in range(25))


def test_findings_about_the_configuration_stay_apart() -> None:
    text = render("text", CONFIG_ERRORS)
    assert text.count("warning[CFG-001]") == 2
    assert ":::" not in text
    twice = CONFIG_ERRORS._replace(findings=CONFIG_ERRORS.findings[:1] * 2)
    assert render("text", twice).count("warning[CFG-001]") == 2


def test_a_text_of_many_lines_shows_the_line_of_the_span() -> None:
    text = "one\ntwo\nthree \u200bhidden\nfour"
    item = found(HIDDEN, "message", tool("notes", "x"), NOTES, "/description", (evidence(text, "\u200b", "here"),))
    shown = lines(CLEAN._replace(findings=(item,)))
    assert "  ::: notes / tools / x / description, line 3" in shown
    place = shown.index(" 3 | three \\u{200b}hidden")
    assert shown[place + 1] == "   |       ^^^^^^^^ here"


def test_spans_on_different_lines_are_shown_in_order() -> None:
    text = "first bad\nsecond worse"
    spans = (evidence(text, "worse", "b"), evidence(text, "bad", "a"))
    shown = lines(CLEAN._replace(findings=(found(HIDDEN, "m", tool("notes", "x"), NOTES, "/description", spans),)))
    assert shown.index(" 1 | first bad") < shown.index(" 2 | second worse")


def test_a_finding_without_context_shows_its_span() -> None:
    span = evidence("some text", "text")._replace(context="", context_start=0)
    shown = lines(CLEAN._replace(findings=(found(HIDDEN, "m", tool("notes", "x"), NOTES, "/title", (span,)),)))
    place = shown.index(" 1 | text")
    assert shown[place + 1] == "   | ^^^^"


def test_a_clean_run_says_what_was_checked() -> None:
    assert lines(CLEAN)[-2] == "All checks passed: 1 file, 3 servers, 4 tools (0 ignored)."


@pytest.mark.parametrize("name", ["text", "markdown", "html"])
def test_a_run_that_left_something_out_is_never_called_clean(name: str) -> None:
    assert "All checks passed" in render(name, CLEAN)
    text = render(name, CLEAN._replace(left_out={"select": 1}))
    assert "All checks passed" not in text
    assert "No problems among what was asked for" in text


def test_an_incomplete_run_is_never_called_clean() -> None:
    text = render("text", UNFINISHED._replace(findings=()))
    assert "All checks passed" not in text
    assert "No problems found, but not everything was looked at: 1 file, 3 servers (1 not scanned, 1 partial)" in text
    assert "Not looked at: files\n" in text
    assert "Looked at in part only: github\n" in text
    assert "Not judged: notes / tools / save_note / description (text longer than 4 MiB)\n" in text


def test_gaps_are_counted_when_there_are_many() -> None:
    rows = tuple(ServerRow(f"s{number}", Status.NOT_SCANNED) for number in range(13))
    report = UNFINISHED._replace(servers=rows, unfinished=UNFINISHED.unfinished * 12)
    text = render("text", report)
    assert "Not looked at: s0, s1, s2, s3, s4, s5, s6, s7, s8, s9 and 3 more\n" in text
    assert "Not judged: 2 more texts\n" in text


def test_the_summary_counts_by_severity() -> None:
    assert lines(INJECTED)[-3:-1] == [
        "Checked 1 file, 1 server, 3 tools",
        "Found 4 problems: 1 critical, 3 high (1 ignored by rules:)",
    ]


def test_a_server_row_lists_what_is_not_clean() -> None:
    text = lines(INJECTED)
    place = text.index("  notes  complete     2025-11-25  3 tools, 1 prompt")
    assert text[place + 1 : place + 4] == [
        "      block       save_note  IAP-007, IAP-013  callers: coding-agent",
        "      quarantine  tag_note   IAP-013  callers: none",
        "",
    ]


def test_verbose_lists_clean_tools_and_what_was_ignored() -> None:
    text = lines(INJECTED, Style(verbose=True))
    assert "      clean       list_notes  callers: coding-agent" in text
    ignored = "ignored: oktsec.yaml:6:3: COV-001: no agent may call list_notes [rules: COV-001 is set to ignore]"
    assert ignored in text


def test_callers_are_left_out_where_no_agent_is_configured() -> None:
    report = CLEAN._replace(agents=(), servers=(ServerRow("s", Status.COMPLETE, tools=passing("x")),))
    assert "callers" not in render("text", report, Style(verbose=True))


def test_long_tool_lists_are_cut_and_say_so() -> None:
    assert "      5 more tools not clean; --verbose lists all" in lines(FOLDED)


def prose(text: str, width: int) -> list[str]:
    return list(wrapped("= help: ", text, Style(width=width)))


def test_prose_is_wrapped_below_its_label() -> None:
    words = "one two three four five six seven eight nine ten eleven twelve"
    assert prose(words, 40) == [
        "= help: one two three four five six",
        "        seven eight nine ten eleven",
        "        twelve",
    ]


def test_lines_to_paste_are_kept_whole() -> None:
    yaml = "write:\n  allowed_tools: [one, two, three, four, five, six]"
    assert prose(yaml, 40) == ["= help: write:", "          allowed_tools: [one, two, three, four, five, six]"]


def test_a_word_wider_than_the_line_is_kept_whole() -> None:
    assert prose("see https://example.com/" + "x" * 40, 40) == [
        "= help: see",
        "        https://example.com/" + "x" * 40,
    ]


def test_what_only_informs_is_counted_and_shown_when_asked_for() -> None:
    report, code = CASES["config"]
    informing = [item.finding for item in report.findings if item.finding.severity is Severity.INFO]
    assert informing
    quiet, full = render("text", report, Style(), code), render("text", report, Style(verbose=True), code)
    assert all(finding.message not in quiet and finding.message in full for finding in informing)
    assert f"{len(informing)} more notes" in quiet
