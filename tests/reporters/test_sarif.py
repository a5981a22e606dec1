"""SARIF: what the code-scanning pages read, refuse, and would get wrong."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from oktsec_lint.core.findings import Severity
from oktsec_lint.core.model import Kind, Location, Subject
from oktsec_lint.core.report import Exit, Report
from oktsec_lint.core.rules import Rule
from oktsec_lint.reporters import render
from oktsec_lint.reporters.sarif.serial import to_json
from tests.reporters.cases import (
    CASES,
    CLEAN,
    CONFIG_ERRORS,
    FOLDED,
    HIDDEN,
    HOSTILE,
    INJECTED,
    INJECTION,
    NOTES,
    OWN,
    RULES,
    SNAPSHOT,
    UNFINISHED,
    UNKNOWN_KEY,
    found,
    tool,
)
from tests.reporters.schemas import sarif_errors


def run_of(report: Report, code: Exit | None = None) -> Any:
    (run,) = json.loads(render("sarif", report, code=code))["runs"]
    return run


def physical(result: Any) -> Any:
    (location,) = result["locations"]
    return location["physicalLocation"]


def one(rule: Rule = HIDDEN, message: str = "message", location: Location | None = NOTES, **more: Any) -> Any:
    report = CLEAN._replace(rules=(rule,), findings=(found(rule, message, tool("notes", "x"), location),), **more)
    (result,) = run_of(report)["results"]
    return result


@pytest.mark.parametrize("case", CASES)
def test_every_report_is_valid(case: str) -> None:
    report, code = CASES[case]
    assert sarif_errors(json.loads(render("sarif", report, code=code))) == []


def test_the_schema_refuses_other_logs() -> None:
    log = json.loads(render("sarif", INJECTED))
    log["runs"][0]["results"][0]["message"]["text"] = "[a](b)."
    log["runs"][0]["results"][1]["locations"] = []
    assert [error.partition(":")[0] for error in sarif_errors(log)] == [
        "runs/0/results/0/message/text",
        "runs/0/results/1/locations",
    ]


@pytest.mark.parametrize("case", CASES)
def test_indices_lead_to_what_they_name(case: str) -> None:
    run = run_of(CASES[case][0])
    driver = run["tool"]["driver"]
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    for notice in run["invocations"][0].get("toolExecutionNotifications", ()):
        assert driver["notifications"][notice["descriptor"]["index"]]["id"] == notice["descriptor"]["id"]
    for rule in driver["rules"]:
        for relation in rule.get("relationships", ()):
            target = relation["target"]
            taxonomy = run["taxonomies"][target["toolComponent"]["index"]]
            assert taxonomy["name"] == target["toolComponent"]["name"]
            assert taxonomy["taxa"][target["index"]]["id"] == target["id"]


def test_a_clean_run_has_results_and_all_rules() -> None:
    run = run_of(CLEAN, Exit.CLEAN)
    assert run["results"] == []
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [rule.id for rule in RULES]
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 0}]


def test_the_level_of_a_result_is_always_written() -> None:
    """A warning under a rule of level error would else take the rule's level."""
    lowered = found(INJECTION._replace(severity=Severity.MEDIUM), "m", tool("notes", "x"), NOTES)
    run = run_of(CLEAN._replace(findings=(lowered,)))
    assert run["tool"]["driver"]["rules"][0]["defaultConfiguration"] == {"level": "error"}
    assert [result["level"] for result in run["results"]] == ["warning"]


@pytest.mark.parametrize(
    ("severity", "level", "score"),
    [
        (Severity.CRITICAL, "error", "9.5"),
        (Severity.HIGH, "error", "8.0"),
        (Severity.MEDIUM, "warning", "5.5"),
        (Severity.LOW, "note", "3.0"),
        (Severity.INFO, "note", None),
    ],
)
def test_levels_and_scores(severity: Severity, level: str, score: str | None) -> None:
    (rule,) = run_of(CLEAN._replace(rules=(INJECTION._replace(severity=severity),)))["tool"]["driver"]["rules"]
    assert rule["defaultConfiguration"]["level"] == level
    assert rule["properties"].get("security-severity") == score
    assert ("security" in rule["properties"]["tags"]) == (score is not None)


def test_a_rule_about_form_is_no_security_rule() -> None:
    (rule,) = run_of(CLEAN._replace(rules=(UNKNOWN_KEY,)))["tool"]["driver"]["rules"]
    assert rule["properties"] == {"tags": ["config"], "precision": "high", "problem.severity": "warning"}


def test_the_rule_of_the_injection() -> None:
    rule = run_of(CLEAN)["tool"]["driver"]["rules"][0]
    assert rule["name"] == "ToolDescriptionInjection"
    assert rule["shortDescription"]["text"] == "Tool description injection."
    assert rule["helpUri"].endswith("/docs/rules/IAP-007.md")
    assert rule["properties"]["tags"] == [
        "security",
        "inter-agent",
        "owasp-mcp/MCP03",
        "owasp-agentic/ASI01",
        "external/cwe/cwe-1427",
        "credentials",
    ]


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (HIDDEN._replace(name="ANSI & other escapes (2)"), "ANSIOtherEscapes2"),
        (HIDDEN._replace(name="隠し文字", id="IAP-013"), "IAP013"),
        (HIDDEN._replace(name="", id="?"), "Rule"),
        (HIDDEN._replace(name="x" * 300), "X" + "x" * 254),
    ],
)
def test_rule_names_are_pascal_case(rule: Rule, name: str) -> None:
    (descriptor,) = run_of(CLEAN._replace(rules=(rule,)))["tool"]["driver"]["rules"]
    assert descriptor["name"] == name


def test_long_rule_texts_are_cut_and_tags_are_few() -> None:
    rule = HIDDEN._replace(description="word " * 600, name="y" * 1024, tags=tuple(f"tag{n}" for n in range(40)))
    report = CLEAN._replace(rules=(rule,))
    assert sarif_errors(json.loads(render("sarif", report))) == []
    (descriptor,) = run_of(report)["tool"]["driver"]["rules"]
    assert len(descriptor["properties"]["tags"]) == 20


def test_a_rule_of_the_users_own_has_no_page_of_ours() -> None:
    (rule,) = run_of(CLEAN._replace(rules=(OWN,)))["tool"]["driver"]["rules"]
    assert "helpUri" not in rule
    (rule,) = run_of(CLEAN._replace(rules=(OWN._replace(references=("https://example.com/x",)),)))["tool"]["driver"][
        "rules"
    ]
    assert rule["helpUri"] == "https://example.com/x"


def test_a_finding_of_an_unlisted_rule_still_has_a_rule() -> None:
    report = CLEAN._replace(rules=(), findings=INJECTED.findings[:1])
    assert [rule["id"] for rule in run_of(report)["tool"]["driver"]["rules"]] == ["IAP-007"]


def test_taxonomies_are_those_the_rules_refer_to() -> None:
    run = run_of(CLEAN)
    assert [(item["name"], len(item["taxa"])) for item in run["taxonomies"]] == [
        ("OWASP MCP Top 10", 10),
        ("OWASP Top 10 for Agentic Applications", 10),
        ("CWE", 4),
    ]
    assert [taxon["id"] for taxon in run["taxonomies"][2]["taxa"]] == ["CWE-269", "CWE-451", "CWE-1007", "CWE-1427"]
    assert "taxonomies" not in run_of(CLEAN._replace(rules=(UNKNOWN_KEY,)))


def test_unknown_taxa_are_passed_over() -> None:
    rule = HIDDEN._replace(taxa={"owasp-mcp": ("MCP99",), "cwe": ("many",), "house": ("H1",)})
    report = CLEAN._replace(rules=(rule,))
    assert sarif_errors(json.loads(render("sarif", report._replace(rules=(rule, INJECTION))))) == []
    assert "relationships" not in run_of(report._replace(rules=(rule, INJECTION)))["tool"]["driver"]["rules"][0]


@pytest.mark.parametrize(
    ("path", "uri", "base"),
    [
        ("oktsec.yaml", "oktsec.yaml", "%SRCROOT%"),
        ("./a/../b//c.yaml", "b/c.yaml", "%SRCROOT%"),
        ("configs\\my file #1.yaml", "configs/my%20file%20%231.yaml", "%SRCROOT%"),
        ("a:b%20c.yaml", "a%3Ab%2520c.yaml", "%SRCROOT%"),
        ("名/é.yaml", "%E5%90%8D/%C3%A9.yaml", "%SRCROOT%"),
        ("-", "-", "%SRCROOT%"),
        ("/home/someone/oktsec.yaml", "oktsec.yaml", "%OUTSIDE%"),
        ("C:\\Users\\someone\\oktsec.yaml", "oktsec.yaml", "%OUTSIDE%"),
        ("~/.oktsec/config.yaml", "config.yaml", "%OUTSIDE%"),
        ("../other/oktsec.yaml", "oktsec.yaml", "%OUTSIDE%"),
        ("a/../../x.yaml", "x.yaml", "%OUTSIDE%"),
        ("..", "oktsec.yaml", "%OUTSIDE%"),
    ],
)
def test_files(path: str, uri: str, base: str) -> None:
    found_at = physical(one(location=Location(path, 1, 1, 1, 2, "x")))
    assert found_at["artifactLocation"] == {"uri": uri, "uriBaseId": base}


def test_a_base_is_described_and_never_resolved() -> None:
    outside = CLEAN._replace(findings=(found(HIDDEN, "m", tool("notes", "x"), Location("/a/b", 1, 1, 1, 2)),))
    assert list(run_of(outside)["originalUriBaseIds"]) == ["%OUTSIDE%", "%SRCROOT%"]
    assert list(run_of(CLEAN)["originalUriBaseIds"]) == ["%SRCROOT%"]
    assert "uri" not in run_of(CLEAN)["originalUriBaseIds"]["%SRCROOT%"]


@pytest.mark.parametrize(
    ("location", "columns"),
    [
        (Location("f", 1, 3, 1, 5, "abcdef"), (3, 5)),
        (Location("f", 1, 1, 1, 3, "🙂🙂x"), (1, 5)),
        (Location("f", 1, 3, 1, 4, "🙂🙂x"), (5, 6)),
        (Location("f", 1, 3, 1, 4, "打打x"), (3, 4)),
        (Location("f", 1, 2, 3, 1, "a🙂b"), (2, 5)),
        (Location("f", 1, 9, 2, 4), (9, 9)),
        (Location("f", 1, 9, 1, 4, "short"), (9, 9)),
    ],
)
def test_regions_are_one_line_in_utf16_columns(location: Location, columns: tuple[int, int]) -> None:
    start, end = columns
    region = {"startLine": 1, "startColumn": start, "endLine": 1, "endColumn": end}
    assert physical(one(location=location))["region"] == region


def test_a_finding_without_a_file_is_put_on_the_first_line() -> None:
    assert physical(one(location=None)) == {
        "artifactLocation": {"uri": "oktsec.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 13},
    }
    assert physical(one(location=None, sources=(), texts={}))["artifactLocation"]["uri"] == "oktsec.yaml"


def test_objects_have_addresses_in_mcp() -> None:
    results = run_of(INJECTED)["results"]
    names = [[item["fullyQualifiedName"] for item in result["locations"][0]["logicalLocations"]] for result in results]
    assert names == [
        ["mcp://notes/tools/save_note#/description"],
        [
            "mcp://notes/tools/save_note#/description",
            "mcp://notes/tools/tag_note#/inputSchema/properties/label~1name/description",
            "mcp://notes/prompts/%E6%89%93%E6%8B%9B%E5%91%BC#/description",
        ],
    ]
    assert all("logicalLocations" not in result["locations"][0] for result in run_of(CONFIG_ERRORS)["results"])


def test_findings_of_one_rule_and_place_are_one_result() -> None:
    results = run_of(FOLDED)["results"]
    assert [(result["ruleId"], result["occurrenceCount"]) for result in results] == [("IAP-013", 3), ("COV-001", 25)]
    assert results[0]["message"]["text"] == (
        "tool tool_00 holds a zero width joiner (and 2 more). Objects: github / tools / tool_00 / title; "
        "github / tools / tool_01 / title; github / tools / tool_02 / title."
    )
    assert results[1]["message"]["text"].endswith("; github / tools / tool_09; and 15 more.")
    assert "occurrenceCount" not in one()


def test_a_message_holds_no_link() -> None:
    text = one(message="[click](https://evil.example) and \\[more](1) \x1b\u202e")["message"]["text"]
    assert text.startswith(r"\[click\](https://evil.example) and \\\[more\](1) \\u{1b}\\u{202e}. Object: ")
    for result in run_of(HOSTILE)["results"]:
        assert not re.search(r"(?<!\\)(\\\\)*\[", result["message"]["text"])


def test_fingerprints() -> None:
    result = run_of(SNAPSHOT)["results"][0]
    assert result["partialFingerprints"]["oktsecLint/v1"] == SNAPSHOT.findings[0].finding.fingerprint
    assert re.fullmatch(r"[0-9a-f]+:1", result["partialFingerprints"]["primaryLocationLineHash"])
    assert set(one(texts={})["partialFingerprints"]) == {"oktsecLint/v1"}


def test_what_was_not_looked_at_is_notified() -> None:
    (invocation,) = run_of(UNFINISHED, Exit.INCOMPLETE)["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 4
    notices = invocation["toolExecutionNotifications"]
    assert [(item["descriptor"]["id"], item["level"], physical(item)["region"]["startLine"]) for item in notices] == [
        ("server-partial", "warning", 9),
        ("server-not-scanned", "error", 11),
        ("check-unfinished", "error", 6),
    ]


def test_what_policy_ignored_is_left_out() -> None:
    assert "COV-001" not in [result["ruleId"] for result in run_of(INJECTED)["results"]]


def many(count: int) -> Report:
    """`count` small findings on lines of their own, and after them a worse one."""
    low, subject = HIDDEN._replace(severity=Severity.LOW), Subject("notes", Kind.TOOL, "x")
    small = [found(low, "m", subject, Location("f", line, 1, line, 1)) for line in range(1, count + 1)]
    return CLEAN._replace(findings=(*small, found(HIDDEN, "worst", subject, NOTES)))


def test_a_page_full_of_results_says_so() -> None:
    run = run_of(many(5_000))
    (notice,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"] == "Of 5,001 results GitHub shows the 5,000 most severe."


@pytest.mark.slow
def test_too_many_results_are_cut_by_severity() -> None:
    run = run_of(many(25_000))
    assert len(run["results"]) == 25_000
    assert run["results"][0]["message"]["text"].startswith("worst")
    notices = run["invocations"][0]["toolExecutionNotifications"]
    assert notices[0]["message"]["text"] == "1 less severe results are left out: a run may have 25,000."


def test_only_the_model_can_be_serialised() -> None:
    with pytest.raises(TypeError, match="set has no place in SARIF"):
        to_json({"a": set()})
