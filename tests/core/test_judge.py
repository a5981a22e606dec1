"""The one call behind `scan`, the proxy and the gateway: hits joined with their rules, places and the user's policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from oktsec_lint.core.config import Config
from oktsec_lint.core.findings import Confidence, Hit, Severity
from oktsec_lint.core.judge import Judge, Judgement
from oktsec_lint.core.model import Definition, Inventory, Kind, Place, Server, Status, Subject
from oktsec_lint.core.policy import Level
from oktsec_lint.core.rules import Pattern, PatternType, Rule

Offer = Callable[..., Inventory]
Declare = Callable[..., Config]

PATTERN = Rule(
    "T-001",
    "Forbidden word",
    Severity.HIGH,
    "inter-agent",
    confidence=Confidence.HIGH,
    patterns=(Pattern(PatternType.CONTAINS, "abracadabra"),),
    fix="Say it differently.",
    tags=("credentials",),
)
OPEN = Rule("COV-004", "Agent without an allowlist", Severity.MEDIUM, "coverage", check="open-agents")
SPELL: dict[str, Any] = {"name": "spell", "description": "Says abracadabra."}
TOOL = Subject("files", Kind.TOOL, "spell")


def judged(
    inventory: Inventory, config: Config | None = None, *, rules: tuple[Rule, ...] = (PATTERN, OPEN)
) -> Judgement:
    return Judge(rules, config or Config()).judge(inventory)


def test_a_finding_is_its_hit_and_its_rule(offer: Offer) -> None:
    (finding,) = judged(offer(files=[SPELL])).inspection.findings
    assert (finding.rule, finding.severity, finding.confidence) == ("T-001", Severity.HIGH, Confidence.HIGH)
    assert (finding.category, finding.tags, finding.help) == ("inter-agent", ("credentials",), "Say it differently.")
    assert (finding.subject, finding.pointer) == (TOOL, "/description")
    assert finding.place == Place("oktsec.yaml", "/mcp_servers/files")


def test_a_snapshot_finding_stands_at_its_very_text() -> None:
    tool = Definition(Kind.TOOL, "spell", SPELL, Place("tools.json", "/tools/2"))
    server = Server("files", Status.COMPLETE, definitions=(tool,), place=Place("tools.json", ""))
    (finding,) = judged(Inventory((server,))).inspection.findings
    assert finding.place == Place("tools.json", "/tools/2/description")


def test_a_hit_without_a_place_is_placed_by_its_pointer() -> None:
    tool = Definition(Kind.TOOL, "spell", {"name": "spell"}, Place("tools.json", "/tools/2"))
    server = Server("files", Status.COMPLETE, definitions=(tool,), place=Place("tools.json", ""))
    hits = [Hit("T-001", "seen", TOOL, "/name"), Hit("T-001", "seen", server.subject(), "/instructions")]
    named, whole = Judge([PATTERN], Config()).judge(Inventory((server,)), hits).inspection.findings
    assert named.place == Place("tools.json", "/tools/2/name")
    assert whole.place == Place("tools.json", "/instructions")


def test_what_a_check_adds_overrides_its_rule(offer: Offer, declare: Declare) -> None:
    judgement = judged(offer(files=["exec_command"]), declare({"admin": []}))
    (finding,) = judgement.inspection.findings
    assert (finding.rule, finding.severity, finding.category) == ("COV-004", Severity.HIGH, "coverage")
    assert finding.place == Place("oktsec.yaml", "/agents/admin/allowed_tools", at_key=True)
    assert "allowed_tools" in finding.help


def test_a_rule_that_is_not_loaded_reports_nothing(offer: Offer, declare: Declare) -> None:
    other = OPEN._replace(id="COV-010")
    assert not judged(offer(files=["exec_command"]), declare({"admin": []}), rules=(other,)).inspection.findings


def test_hits_of_a_source_are_judged_with_the_rest(declare: Declare) -> None:
    place = Place("oktsec.yaml", "/version")
    known = Hit("T-001", "a source saw this", Subject("", Kind.CONFIG, "version"), "/version", place)
    config = declare(rules=[("T-001", "ignore", {})])
    (finding,) = Judge([PATTERN], config).judge(Inventory(), [known]).inspection.findings
    assert (finding.message, finding.place) == ("a source saw this", place)
    assert finding.ignored_by


def test_ignored_findings_are_kept_and_do_not_count(offer: Offer, declare: Declare) -> None:
    judgement = judged(offer(files=[SPELL]), declare({"a": ["spell"]}, rules=[("T-001", "ignore", {})]))
    (finding,) = judgement.inspection.findings
    assert finding.ignored_by
    assert judgement.verdict(TOOL).level is Level.CLEAN


def test_the_verdict_is_the_strictest_over_the_agents_that_may_call(offer: Offer, declare: Declare) -> None:
    agents = {
        "plain": ["spell"],
        "careful": {"allowed_tools": ["files/spell"], "blocked_content": ["credentials"]},
        "elsewhere": {"allowed_tools": ["other"], "blocked_content": ["inter-agent"]},
    }
    config = declare(agents)
    judge = Judge([PATTERN], config)
    judgement = judge.judge(offer(files=[SPELL]))
    callers = judge.callers("files", "spell")
    assert [agent.name for agent in callers] == ["plain", "careful"]
    assert judgement.verdict(TOOL, callers).level is Level.BLOCK
    assert judgement.verdict(TOOL, callers[:1]).level is Level.QUARANTINE
    assert judgement.verdict(TOOL).level is Level.QUARANTINE


@pytest.mark.parametrize("agents", [{}, {"a": ["spell"]}, {"a": {"blocked_content": ["inter-agent"]}}])
def test_what_was_not_found_is_clean(offer: Offer, declare: Declare, agents: dict[str, Any]) -> None:
    config = declare(agents)
    judgement = Judge([PATTERN], config).judge(offer(files=[SPELL, "other"]))
    verdict = judgement.verdict(Subject("files", Kind.TOOL, "other"), config.agents)
    assert (verdict.level, verdict.reasons) == (Level.CLEAN, ())


def test_tools_of_one_name_are_judged_together(offer: Offer) -> None:
    judgement = judged(offer(files=["spell", SPELL]))
    assert judgement.verdict(TOOL).level is Level.QUARANTINE


def test_judging_twice_says_the_same(offer: Offer, declare: Declare) -> None:
    judge = Judge([PATTERN, OPEN], declare({"a": []}))
    inventory = offer(files=[SPELL, "exec_command"], mail=[SPELL])
    assert judge.judge(inventory).inspection == judge.judge(inventory).inspection
