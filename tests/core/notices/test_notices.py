"""Who is told of what, and in which words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.calls import Books, CallPolicy
from oktsec_lint.core.findings import Severity
from oktsec_lint.core.judge import Judge
from oktsec_lint.core.notices import Notice, Repeats, Routes, body
from oktsec_lint.core.record import Decision, Record, Sender
from oktsec_lint.core.rules import Pattern, PatternType, Rule
from oktsec_lint.protocol.gate import Gate, Setup, Side
from oktsec_lint.sources import load_config

RULES = {
    "IAP-007": Rule("IAP-007", "Tool description injection", Severity.CRITICAL, "inter-agent"),
    "IAP-003": Rule("IAP-003", "Credential", Severity.CRITICAL, "credential-leak", tags=("credentials",)),
    "IAP-004": Rule("IAP-004", "System prompt", Severity.HIGH, "system-prompt"),
}
BLOCKED = Record(
    "2026-11-22T20:00:31.588807Z", "coder", "files", Sender.CLIENT, "tools/call", "echo", "1", Decision.BLOCKED,
    "block", ("IAP-007",), "/params/arguments/text", "severity critical",
)  # fmt: skip


def routes(text: str) -> Routes:
    return Routes(load_config("oktsec.yaml", text).config, RULES)


def told(text: str, record: Record) -> list[tuple[str, str, str]]:
    """Channel, event and rule of every notice about a record."""
    found = routes(text)
    return [(found.channels[item.channel].label, item.event, item.rule) for item in found.of(record, "w-1")]


def said(text: str, record: Record, repeats: int = 0) -> Any:
    """The first notice about a record."""
    return json.loads(body(next(routes(text).of(record, "w-1")), repeats))


TEAM = "webhooks: [{name: team, url: 'https://t.example'}]\n"
BY_KIND = "webhooks: [{name: %s, url: 'https://h.example', events: [%s]}]"
FLAGGED = BLOCKED._replace(decision=Decision.FORWARDED, verdict="flag")
QUARANTINED = BLOCKED._replace(verdict="quarantine", rules=("IAP-004",))
DENIED = BLOCKED._replace(rules=("tool_allowlist:shout",))
LIMITED = BLOCKED._replace(rules=("rate_limited",))


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (BLOCKED, "blocked"),
        (DENIED, "blocked"),
        (BLOCKED._replace(decision=Decision.DROPPED), "blocked"),
        (QUARANTINED, "quarantined"),
        (QUARANTINED._replace(decision=Decision.WITHHELD), "quarantined"),
        (LIMITED, "rejected"),
        (LIMITED._replace(rules=("agent_suspended",)), "rejected"),
        (LIMITED._replace(rules=("concurrency_limited",)), "rejected"),
        (FLAGGED, "flagged"),
    ],
)
def test_a_webhook_hears_of_the_kinds_it_names_or_of_all(record: Record, kind: str) -> None:
    kinds = ("blocked", "quarantined", "rejected", "flagged")
    heard = {name: told(BY_KIND % (name, name), record) for name in kinds}
    assert heard == {name: [(name, f"message_{name}", record.rules[0])] if name == kind else [] for name in kinds}
    assert told(TEAM, record) == [("team", f"message_{kind}", record.rules[0])]


def test_an_observing_gate_does_not_say_that_it_blocked() -> None:
    observed = BLOCKED._replace(decision=Decision.WOULD_BLOCK)
    assert told(BY_KIND % ("team", "blocked"), observed) == [("team", "message_would_block", "IAP-007")]
    assert told(BY_KIND % ("team", "quarantined"), observed) == []
    assert said(TEAM, observed)["decision"] == "would-block"


def test_nobody_hears_of_a_message_in_which_nothing_was_found() -> None:
    clean = BLOCKED._replace(decision=Decision.FORWARDED, verdict="clean", rules=())
    assert told(TEAM, clean) == []
    assert told(TEAM, clean._replace(decision=Decision.WITHHELD)) == []  # tools that the agent may not call anyway


NOTIFY = """
webhooks: [{name: team, url: 'https://t.example', events: [blocked]}, {name: ops, url: 'https://o.example', events: [rejected]}]
rules: [{id: IAP-007, action: block, notify: [ops, 'https://raw.example/x', ops, nobody]}]
category_webhooks: [{category: inter-agent, notify: [team]}, {category: credentials, notify: [ops]}]
"""  # noqa: E501


def test_notify_hears_of_its_rule_and_comes_before_the_category() -> None:
    triggered = [("ops", "rule_triggered", "IAP-007"), ("notify", "rule_triggered", "IAP-007")]
    assert told(NOTIFY, BLOCKED) == [*triggered, ("team", "message_blocked", "IAP-007")]
    assert told(NOTIFY, FLAGGED) == triggered


def test_a_category_hears_of_rules_that_nobody_else_speaks_for() -> None:
    record = BLOCKED._replace(rules=("IAP-003", "IAP-007"))
    assert ("ops", "rule_triggered", "IAP-003") in told(NOTIFY, record)
    plain = "webhooks: [{name: ops, url: 'https://o'}]\ncategory_webhooks: [{category: credentials, notify: [ops]}]"
    assert told(plain, BLOCKED._replace(rules=("IAP-003",))) == [("ops", "rule_triggered", "IAP-003")]


def test_who_hears_of_the_rule_that_decided_is_not_told_twice() -> None:
    text = TEAM + "rules: [{id: IAP-007, action: block, notify: [team]}]"
    assert told(text, BLOCKED) == [("team", "rule_triggered", "IAP-007")]
    beside = BLOCKED._replace(rules=("IAP-003", "IAP-007"))
    assert told(text, beside) == [("team", "rule_triggered", "IAP-007"), ("team", "message_blocked", "IAP-003")]


def test_the_members_are_those_that_upstream_documents_and_a_few_more() -> None:
    assert said(TEAM, BLOCKED) == {
        "event": "message_blocked", "message_id": "w-1", "from": "coder", "to": "files/echo", "severity": "critical",
        "rule": "IAP-007", "rule_name": "Tool description injection", "category": "inter-agent",
        "timestamp": "2026-11-22T20:00:31.588807Z", "decision": "blocked", "verdict": "block", "method": "tools/call",
        "rules": ["IAP-007"],
        "text": "blocked: IAP-007 Tool description injection (critical), coder to files/echo, journal w-1",
    }  # fmt: skip
    answer = said(TEAM, BLOCKED._replace(direction=Sender.SERVER, tool=""), repeats=12)
    assert (answer["from"], answer["to"], answer["repeats"]) == ("files", "coder", 12)
    assert answer["text"].endswith("and 12 more like it since the last notification")


def test_a_severity_is_the_one_that_the_user_gave() -> None:
    assert said(TEAM + "rules: [{id: IAP-007, action: block, severity: low}]", BLOCKED)["severity"] == "low"


TEMPLATED = "webhooks: [{name: t, url: 'https://t'}]\nrules: [{id: IAP-007, action: block, notify: [t], template: %s}]"


@pytest.mark.parametrize(
    ("template", "sent"),
    [
        ("*{{RULE}}* {{RULE_NAME}} ({{SEVERITY}}, {{CATEGORY}})",
         {"text": "*IAP-007* Tool description injection (critical, inter-agent)"}),
        ("{{FROM}} to {{TO}}: {{ACTION}}, {{MESSAGE_ID}} at {{TIMESTAMP}}",
         {"text": "coder to files/echo: blocked, w-1 at 2026-11-22T20:00:31.588807Z"}),
        ("{{MATCH}} {{NOPE}} {RULE} {{rule}}", {"text": "[not sent] {{NOPE}} {RULE} {{rule}}"}),
        ('{"content": "{{RULE}}", "deep": [{"{{TO}}": 1.5}]}', {"content": "IAP-007", "deep": [{"files/echo": 1.5}]}),
        ('{"content": NaN, "a": "{{RULE}}"}', {"text": '{"content": NaN, "a": "IAP-007"}'}),
        ('{"content": 1e999}', {"text": '{"content": 1e999}'}),
        ('["{{RULE}}"]', {"text": '["IAP-007"]'}),
    ],
)  # fmt: skip
def test_a_template_is_filled_and_stays_json(template: str, sent: Any) -> None:
    assert said(TEMPLATED % json.dumps(template), BLOCKED) == sent


def test_names_that_a_peer_chose_are_inert_where_people_read() -> None:
    evil = "<!channel> @here `x` [a](https://evil.example) {{RULE}}\n&"
    sentence = said(TEAM, BLOCKED._replace(tool=evil))["text"]
    filled = said(TEMPLATED % "'{{TO}}'", BLOCKED._replace(tool=evil))["text"]
    for text in (sentence, filled):
        assert not set("<>@`[]\n") & set(text)
        assert "://" not in text
        assert "{{RULE}}" in text  # filled once: a name fills nothing
        assert "&lt;!channel&gt; (at)here" in text


NAMES = st.text(max_size=300) | st.text(st.characters(categories=["Cs", "Cc", "Ll"]), max_size=20)


@given(
    record=st.builds(
        BLOCKED._replace, agent=NAMES, server=NAMES, tool=NAMES, method=NAMES, message_id=NAMES,
        direction=st.sampled_from(Sender), decision=st.sampled_from(Decision),
        verdict=st.sampled_from(["clean", "flag", "quarantine", "block"]),
        rules=st.lists(NAMES | st.sampled_from(sorted(RULES)), min_size=1, max_size=50).map(tuple),
    ),
    template=st.sampled_from(["", "{{TO}} {{RULE}}", '{"a": "{{FROM}}"}']) | st.text(max_size=50),
    repeats=st.integers(0, 10**9),
)  # fmt: skip
def test_a_body_is_always_short_json_of_what_it_may_hold(record: Record, template: str, repeats: int) -> None:
    secret = "Zq8vK1xW"
    record = record._replace(field=f"/params/{secret}", reason=secret, arguments=secret, response=secret)
    for notice in routes(TEAM + "category_webhooks: [{category: inter-agent, notify: [team]}]").of(record, "w-1"):
        sent = body(notice._replace(template=template), repeats)
        assert isinstance(json.loads(sent), dict)
        assert sent.isascii()
        assert secret.encode() not in sent
        assert len(sent) < 60_000


class TestThroughTheGate:
    """What an argument, a result or a name of a key holds is in no notice, whatever the gate makes of it."""

    RULE = Rule(
        "T-1", "Marked", Severity.CRITICAL, "inter-agent", applies_to=("message",),
        patterns=(Pattern(PatternType.CONTAINS, "canary"),),
    )  # fmt: skip
    LIMITS = "[{tool: echo, parameters: {path: {max_length: 3}}}]"
    TEXT = f"{TEAM}agents: {{coder: {{allowed_tools: [echo], tool_constraints: {LIMITS}}}}}"
    VALUES = st.recursive(
        st.sampled_from(["canary-value", "canary", 7, "/etc/canary-file"]), lambda some: st.lists(some, max_size=3)
    )

    @given(st.dictionaries(st.sampled_from(["path", "p\u0430th", "canary-key", "x"]), VALUES, max_size=3))
    def test_no_content(self, arguments: dict[str, Any]) -> None:
        config = load_config("oktsec.yaml", self.TEXT).config
        judge = Judge([self.RULE], config)
        calls = CallPolicy(config)
        books = Books(calls)
        gate = Gate(Setup(judge, calls, "files", "coder", books.admit, books.end, config.agent("coder")))
        found = Routes(config, judge.rules)
        listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        answer = {"jsonrpc": "2.0", "id": 1, "result": {"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]}}
        call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "echo", "arguments": arguments}}
        result = {"jsonrpc": "2.0", "id": 2, "result": {"content": [{"type": "text", "text": "canary result"}]}}
        bodies: list[bytes] = []
        for side, message in (
            (Side.CLIENT, listing),
            (Side.SERVER, answer),
            (Side.CLIENT, call),
            (Side.SERVER, result),
        ):
            for command in gate.receive(side, json.dumps(message).encode() + b"\n", 0.0):
                event = command.event
                assert event is not None
                record = BLOCKED._replace(
                    tool=event.tool, method=event.method, rules=event.rules, field=event.field, reason=event.reason,
                    decision=event.decision, verdict=event.level.label, direction=Sender(event.direction),
                )  # fmt: skip
                bodies += map(body, found.of(record, "w-1"))
        assert bodies
        assert not any(b"canary" in sent for sent in bodies)


def notice(number: int = 0, **changed: Any) -> Notice:
    return Notice(0, "message_blocked", "IAP-007", BLOCKED._replace(tool=f"t{number}"), "w-1")._replace(**changed)


class TestRepeats:
    """Equal notices within the cooldown."""

    def test_equal_ones_are_kept_back_and_counted(self) -> None:
        repeats = Repeats(60)
        assert [repeats.admit(notice(), now) for now in (0, 1, 59.9, 60, 61, 130)] == [0, None, None, 2, None, 1]

    @pytest.mark.parametrize("changed", [{"channel": 1}, {"rule": "IAP-003"}, {"event": "message_would_block"}])
    def test_others_are_not(self, changed: dict[str, Any]) -> None:
        repeats = Repeats(60)
        assert repeats.admit(notice(), 0) == repeats.admit(notice(**changed), 0) == repeats.admit(notice(1), 0) == 0

    def test_none_is_kept_back_without_a_cooldown(self) -> None:
        repeats = Repeats(0)
        assert [repeats.admit(notice(), 0) for _ in range(3)] == [0, 0, 0]

    def test_what_is_remembered_is_bounded(self) -> None:
        repeats = Repeats(60)
        for number in range(5_000):
            repeats.admit(notice(number), number / 1_000)
        assert repeats.admit(notice(4_999), 5) is None
        assert repeats.admit(notice(0), 5) == 0
