"""The one order of precedence, as a table and as properties; and that nothing else builds a verdict."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import oktsec_lint
from oktsec_lint.core.config import Action, Agent, RuleOverride, ScanProfile, ToolReference
from oktsec_lint.core.findings import Confidence, Finding, Severity
from oktsec_lint.core.model import Kind, Place, Subject
from oktsec_lint.core.policy import PROSE, Level, Policy

PLACE = Place("oktsec.yaml", "")
CLEAN, FLAG, QUARANTINE, BLOCK = Level
LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL


def finding(
    rule: str = "IAP-007", severity: Severity = HIGH, *, on: Subject | None = None, tags: tuple[str, ...] = ()
) -> Finding:
    subject = on or Subject("files", Kind.TOOL, "read")
    return Finding(rule, severity, Confidence.HIGH, "inter-agent", "said so", "", subject, tags=tags)


def override(action: str, rule: str = "IAP-007", **scope: Any) -> RuleOverride:
    def names(key: str) -> tuple[ToolReference, ...]:
        return tuple(ToolReference(name, PLACE, key) for name in scope.get(key, ()))

    return RuleOverride(
        rule, Action(action), PLACE, scope.get("severity"), names("apply_to_tools"), names("exempt_tools")
    )


def agent(*blocked: str, **rest: Any) -> Agent:
    return Agent("clerk", PLACE, blocked_content=blocked, **rest)


@pytest.mark.parametrize(
    ("severity", "level"),
    [(Severity.INFO, CLEAN), (LOW, CLEAN), (MEDIUM, FLAG), (HIGH, QUARANTINE), (CRITICAL, BLOCK)],
)
def test_severity_sets_the_level(severity: Severity, level: Level) -> None:
    assert Policy().decide([finding(severity=severity)]).level is level


BLOCKED_CONTENT = "blocked_content of clerk"
# fmt: off
PRECEDENCE = [
    # override, severity, agent, expected level, set by
    (None, LOW, agent(), CLEAN, ""),
    (None, LOW, agent("inter-agent"), BLOCK, BLOCKED_CONTENT),
    (None, LOW, agent("credentials"), BLOCK, BLOCKED_CONTENT),
    (None, HIGH, agent("pii"), QUARANTINE, "severity high"),
    (override("allow-and-flag"), CRITICAL, None, FLAG, "rules: allow-and-flag"),
    (override("allow-and-flag"), LOW, None, FLAG, "rules: allow-and-flag"),
    (override("allow-and-flag"), CRITICAL, agent("inter-agent"), FLAG, "rules: allow-and-flag"),
    (override("quarantine"), LOW, None, QUARANTINE, "rules: quarantine"),
    (override("quarantine"), CRITICAL, agent("inter-agent"), QUARANTINE, "rules: quarantine"),
    (override("block"), LOW, None, BLOCK, "rules: block"),
    (override("ignore"), CRITICAL, agent("inter-agent"), CLEAN, ""),
    (override("block", rule="IAP-001"), LOW, None, CLEAN, ""),
    (override("block", severity=LOW), HIGH, None, BLOCK, "rules: block"),
    (override("block", apply_to_tools=["read"]), LOW, None, BLOCK, "rules: block"),
    (override("block", apply_to_tools=["write"]), CRITICAL, None, CLEAN, ""),
    (override("block", apply_to_tools=["write"]), CRITICAL, agent("inter-agent"), CLEAN, ""),
    (override("block", exempt_tools=["read"]), CRITICAL, None, CLEAN, ""),
    (override("block", exempt_tools=["write"]), LOW, None, BLOCK, "rules: block"),
    (override("ignore", apply_to_tools=["read"]), CRITICAL, None, CLEAN, ""),
    (override("ignore", apply_to_tools=["write"]), CRITICAL, None, BLOCK, "severity critical"),
    (override("ignore", exempt_tools=["read"]), HIGH, None, QUARANTINE, "severity high"),
    (override("ignore", exempt_tools=["read"]), HIGH, agent("inter-agent"), BLOCK, BLOCKED_CONTENT),
]
# fmt: on


@pytest.mark.parametrize(("rule", "severity", "who", "level", "by"), PRECEDENCE)
def test_precedence(rule: RuleOverride | None, severity: Severity, who: Agent | None, level: Level, by: str) -> None:
    verdict = Policy([rule] if rule else []).decide([finding(severity=severity, tags=("credentials",))], who)
    assert verdict.level is level
    assert [reason.by for reason in verdict.reasons] == ([by] if by else [])


def test_an_override_replaces_the_severity_a_report_shows() -> None:
    assert Policy([override("block", severity=MEDIUM)]).settle(finding(severity=CRITICAL)).severity is MEDIUM


@pytest.mark.parametrize("name", ["read", "files_read", "files/read"])
@pytest.mark.parametrize("key", ["apply_to_tools", "exempt_tools"])
def test_a_scope_knows_a_tool_by_each_of_its_names(name: str, key: str) -> None:
    scope: dict[str, Any] = {key: [name]}
    settled = Policy([override("block", **scope)]).settle(finding())
    assert bool(settled.ignored_by) is (key == "exempt_tools")


@pytest.mark.parametrize("name", ["backup_read", "backup/read", "READ", "rea*", "files"])
def test_a_scope_takes_no_other_name(name: str) -> None:
    assert Policy([override("block", apply_to_tools=[name])]).settle(finding()).ignored_by


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.TOOL])
def test_a_scope_by_tools_is_silent_about_everything_else(kind: Kind) -> None:
    it = finding(severity=HIGH, on=Subject("files", kind, "read"))
    for action in Action:
        policy = Policy([override(action, apply_to_tools=["write"])])
        assert policy.settle(it) == it
        assert policy.decide([it]).level is QUARANTINE
    assert Policy([override("block", exempt_tools=["read"])]).decide([it]).level is BLOCK


def test_an_ignored_finding_is_kept_with_its_reason() -> None:
    settled = Policy([override("ignore")]).settle(finding(severity=CRITICAL))
    assert settled.ignored_by == "rules: IAP-007 is set to ignore"
    assert (settled.severity, settled.message) == (CRITICAL, "said so")


@pytest.mark.parametrize("action", Action)
def test_what_is_ignored_already_keeps_its_first_reason(action: Action) -> None:
    known = finding()._replace(ignored_by="baseline")
    assert Policy([override(action, severity=LOW)]).settle(known) == known


def test_every_finding_that_matters_is_a_reason() -> None:
    verdict = Policy().decide([finding("A", LOW), finding("B", MEDIUM), finding("C", CRITICAL)])
    assert [(reason.rule, reason.level) for reason in verdict.reasons] == [("B", FLAG), ("C", BLOCK)]


SUBJECTS = st.builds(Subject, st.sampled_from(["files", "mail"]), st.sampled_from(Kind), st.sampled_from(["read", "b"]))
RULES = st.sampled_from(["A", "B", "C"])
FINDINGS = st.builds(
    lambda rule, severity, on, tags, ignored: finding(rule, severity, on=on, tags=tags)._replace(ignored_by=ignored),
    RULES,
    st.sampled_from(Severity),
    SUBJECTS,
    st.sampled_from([(), ("credentials",)]),
    st.sampled_from(["", "", "baseline"]),
)
NAMES = st.lists(st.sampled_from(["read", "files/read", "mail_read", "b"]), max_size=2)
OVERRIDES = st.builds(
    lambda action, rule, severity, key, names: override(action, rule, severity=severity, **{key: names}),
    st.sampled_from(Action),
    RULES,
    st.none() | st.sampled_from(Severity),
    st.sampled_from(["apply_to_tools", "exempt_tools"]),
    NAMES,
)
POLICIES = st.builds(Policy, st.lists(OVERRIDES, max_size=3))
AGENTS = st.none() | st.builds(
    lambda blocked, profile: agent(*blocked, scan_profile=profile),
    st.lists(st.sampled_from(["inter-agent", "credentials", "pii"])),
    st.sampled_from(ScanProfile),
)


@given(POLICIES, st.lists(FINDINGS), FINDINGS, AGENTS)
def test_another_finding_never_lowers_a_verdict(
    policy: Policy, findings: list[Finding], extra: Finding, who: Agent | None
) -> None:
    before, after = policy.decide(findings, who), policy.decide([*findings, extra], who)
    assert before.level <= after.level
    assert set(before.reasons) <= set(after.reasons)


@given(POLICIES, st.lists(FINDINGS), AGENTS)
def test_ignored_findings_argue_for_nothing(policy: Policy, findings: list[Finding], who: Agent | None) -> None:
    settled = [policy.settle(item) for item in findings]
    assert policy.decide(findings, who) == policy.decide([item for item in settled if not item.ignored_by], who)


@given(POLICIES, FINDINGS, AGENTS)
def test_settling_twice_changes_nothing(policy: Policy, item: Finding, who: Agent | None) -> None:
    settled = policy.settle(item)
    assert policy.settle(settled) == settled
    assert policy.decide([settled], who) == policy.decide([item], who)


@given(POLICIES, st.lists(FINDINGS), AGENTS)
def test_a_verdict_is_its_worst_reason(policy: Policy, findings: list[Finding], who: Agent | None) -> None:
    verdict = policy.decide(findings, who)
    assert verdict.level is max((reason.level for reason in verdict.reasons), default=CLEAN)
    assert CLEAN not in {reason.level for reason in verdict.reasons}


@given(st.lists(FINDINGS), st.sampled_from(ScanProfile))
def test_the_scan_profile_never_softens_a_definition(findings: list[Finding], profile: ScanProfile) -> None:
    assert Policy().decide(findings, agent(scan_profile=profile)) == Policy().decide(findings, agent())


STRICT, AWARE, MINIMAL = ScanProfile
PROFILES = [
    # profile, category, in arguments, override, blocked_content, expected level, set by
    (STRICT, "prompt-injection", True, None, (), BLOCK, "severity critical"),
    (AWARE, "prompt-injection", True, None, (), FLAG, "scan_profile content-aware of clerk"),
    (AWARE, "indirect-injection", True, None, (), FLAG, "scan_profile content-aware of clerk"),
    (AWARE, "prompt-injection", False, None, (), BLOCK, "severity critical"),
    (AWARE, "credential-leak", True, None, (), BLOCK, "severity critical"),
    (AWARE, "inter-agent", True, None, (), BLOCK, "severity critical"),
    (MINIMAL, "credential-leak", True, None, (), FLAG, "scan_profile minimal of clerk"),
    (MINIMAL, "prompt-injection", False, None, (), FLAG, "scan_profile minimal of clerk"),
    (AWARE, "prompt-injection", True, None, ("prompt-injection",), BLOCK, BLOCKED_CONTENT),
    (MINIMAL, "credential-leak", False, None, ("credentials",), BLOCK, BLOCKED_CONTENT),
    (MINIMAL, "credential-leak", True, override("quarantine"), (), QUARANTINE, "rules: quarantine"),
    (AWARE, "prompt-injection", True, override("block"), (), BLOCK, "rules: block"),
    (MINIMAL, "prompt-injection", True, override("ignore"), (), CLEAN, ""),
]


@pytest.mark.parametrize(("profile", "category", "arguments", "rule", "blocked", "level", "by"), PROFILES)
def test_the_scan_profile_of_messages(
    profile: ScanProfile,
    category: str,
    rule: RuleOverride | None,
    blocked: tuple[str, ...],
    level: Level,
    by: str,
    *,
    arguments: bool,
) -> None:
    it = finding(severity=CRITICAL, tags=("credentials",))._replace(category=category)
    who = agent(*blocked, scan_profile=profile)
    verdict = Policy([rule] if rule else []).decide_message([it], who, arguments=arguments)
    assert verdict.level is level
    assert [reason.by for reason in verdict.reasons] == ([by] if by else [])


CATEGORIES = st.sampled_from([*sorted(PROSE), "inter-agent", "credential-leak"])
MESSAGE_FINDINGS = st.builds(lambda item, category: item._replace(category=category), FINDINGS, CATEGORIES)


@given(policy=POLICIES, findings=st.lists(MESSAGE_FINDINGS), who=AGENTS, arguments=st.booleans())
def test_a_profile_lowers_a_message_to_a_flag_at_most(
    policy: Policy, findings: list[Finding], who: Agent | None, *, arguments: bool
) -> None:
    full, message = policy.decide(findings, who), policy.decide_message(findings, who, arguments=arguments)
    assert min(full.level, FLAG) <= message.level <= full.level
    assert [reason.rule for reason in message.reasons] == [reason.rule for reason in full.reasons]
    profile = who.scan_profile if who else STRICT
    for before, after in zip(full.reasons, message.reasons, strict=True):
        assert after == before or (after.level is FLAG and before.by.startswith("severity") and profile is not STRICT)
    if profile is STRICT:
        assert message == full


@given(policy=POLICIES, findings=st.lists(MESSAGE_FINDINGS), arguments=st.booleans())
def test_content_aware_judges_all_but_prose_as_strict_does(
    policy: Policy, findings: list[Finding], *, arguments: bool
) -> None:
    rest = [item for item in findings if not arguments or item.category not in PROSE]
    aware, strict = agent(scan_profile=AWARE), agent(scan_profile=STRICT)
    message = policy.decide_message(rest, aware, arguments=arguments)
    assert message == policy.decide_message(rest, strict, arguments=arguments)
    assert message.level <= policy.decide_message(findings, aware, arguments=arguments).level


def test_only_policy_builds_a_verdict() -> None:
    root = Path(oktsec_lint.__file__).parent
    builders = {path.relative_to(root).as_posix() for path in root.rglob("*.py") if _builds_verdict(path)}
    assert builders == {"core/policy.py"}


def _builds_verdict(path: Path) -> bool:
    """By its name, however it was imported."""
    calls = (node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call))
    return any("Verdict" in (getattr(call.func, "id", ""), getattr(call.func, "attr", "")) for call in calls)
