"""Rule documents: what they mean in both dialects, and every mistake with its place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.findings import Confidence, Severity
from oktsec_lint.core.ruleparse import Plain, objections, parse_rule
from oktsec_lint.core.rules import Example, Pattern, PatternType, Rule

UPSTREAM: dict[str, Any] = {
    "id": "ACME-1",
    "name": "Example",
    "severity": "High",
    "category": "mcp-attack",
    "patterns": [{"type": "regex", "value": "drop it"}, {"type": "contains", "value": "Drop It"}],
}
OURS: dict[str, Any] = {**UPSTREAM, "why": "Because.", "fix": "Do not.", "applies_to": ["tool.name", "message"]}


def parsed(document: Any) -> Rule:
    rule, problems = parse_rule(document, "mine.yaml")
    assert not problems
    assert rule is not None
    return rule


def test_upstreams_dialect_looks_everywhere_and_excuses_by_line() -> None:
    rule = parsed({**UPSTREAM, "targets": ["*.md"], "remediation": "Stop.", "sensitive": Plain("true")})
    assert (rule.id, rule.severity, rule.category, rule.origin) == ("ACME-1", Severity.HIGH, "mcp-attack", "mine.yaml")
    assert rule.patterns == (Pattern(PatternType.REGEX, "drop it"), Pattern(PatternType.CONTAINS, "Drop It"))
    assert rule.applies_to == ("definition", "message")
    assert rule.views == ("raw", "folded", "decoded")
    assert (rule.excludes_line, rule.match_all, rule.sensitive, rule.fix) == (True, False, True, "Stop.")
    assert rule.confidence is Confidence.MEDIUM


def test_our_dialect_says_where_it_applies() -> None:
    rule = parsed(
        {**OURS, "match_mode": "all", "confidence": "low", "views": ["folded"], "taxa": {"cwe": [Plain("77")]}}
    )
    assert (rule.applies_to, rule.views, rule.match_all) == (("tool.name", "message"), ("folded",), True)
    assert (rule.excludes_line, rule.confidence, rule.taxa) == (False, Confidence.LOW, {"cwe": ("77",)})
    assert parsed({**UPSTREAM, "why": "Because."}).applies_to == ("definition",)


def test_examples_of_both_dialects() -> None:
    ours = {
        "flag": [{"on": "prompt.argument", "text": "drop it", "span": "drop"}],
        "pass": [{"definition": {"name": Plain("x"), "n": Plain("7"), "f": [Plain("1.5"), Plain("null"), "7"]}}],
    }
    upstream = {"true_positive": ["drop it"], "false_positive": [Plain("12")]}
    assert parsed({**OURS, "examples": ours}).examples == (
        Example(flagged=True, text="drop it", on="prompt.argument", span="drop"),
        Example(flagged=False, definition={"name": "x", "n": 7, "f": [1.5, None, "7"]}),
    )
    assert parsed({**UPSTREAM, "examples": upstream}).examples == (
        Example(flagged=True, text="drop it"),
        Example(flagged=False, text="12"),
    )


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in UPSTREAM.items() if name != key}


# fmt: off
MISTAKES = [
    ("not a rule",                                      "",                     "a rule is a mapping"),
    (without("id"),                                     "",                     "`id` is missing"),
    (without("category"),                               "",                     "`category` is missing"),
    (without("patterns"),                               "/patterns",            "either patterns or a check"),
    ({**UPSTREAM, "check": "coverage"},                 "/patterns",            "either patterns or a check"),
    ({**UPSTREAM, "id": "a b"},                         "/id",                  "`a b` is no rule id"),
    ({**UPSTREAM, "name": ["x"]},                       "/name",                "`name` has to be text"),
    ({**UPSTREAM, "pattern": []},                       "/pattern",             "unknown key `pattern`"),
    ({**UPSTREAM, "a/b": 1},                            "/a~1b",                "unknown key `a/b`"),
    ({**UPSTREAM, "severity": "urgent"},                "/severity",            "`urgent` is no severity"),
    ({**UPSTREAM, "match_mode": "most"},                "/match_mode",          "`most` is no match mode"),
    ({**UPSTREAM, "sensitive": "yes"},                  "/sensitive",           "true or false"),
    ({**UPSTREAM, "confidence": "0.9"},                 "/confidence",          "`0.9` is no confidence"),
    ({**UPSTREAM, "applies_to": ["tool.nam"]},          "/applies_to/0",        "means nothing in `applies_to`"),
    ({**UPSTREAM, "views": ["raw", "rot13"]},           "/views/1",             "means nothing in `views`"),
    ({**UPSTREAM, "patterns": "drop it"},               "/patterns",            "has to be a list"),
    ({**UPSTREAM, "patterns": ["drop it"]},             "/patterns/0",          "a pattern is a mapping"),
    ({**UPSTREAM, "patterns": [{"type": "glob", "value": "x"}]}, "/patterns/0/type", "`glob` is no type"),
    ({**UPSTREAM, "patterns": [{"type": "regex"}]},     "/patterns/0",          "`value` is missing"),
    ({**UPSTREAM, "exclude_patterns": [{"flags": "i"}]}, "/exclude_patterns/0/flags", "unknown key"),
    ({**UPSTREAM, "targets": "*.md"},                   "/targets",             "has to be a list"),
    ({**UPSTREAM, "tags": [["x"]]},                     "/tags",                "a list of texts"),
    ({**UPSTREAM, "taxa": ["77"]},                      "/taxa",                "maps a taxonomy"),
    ({**UPSTREAM, "taxa": {"cwe": "77"}},               "/taxa/cwe",            "has to be a list"),
    ({**UPSTREAM, "examples": ["x"]},                   "/examples",            "`flag` and `pass` lists"),
    ({**UPSTREAM, "examples": {"bad": []}},             "/examples/bad",        "unknown key"),
    ({**UPSTREAM, "examples": {"flag": [7]}},           "/examples/flag/0",     "an example is a text"),
    ({**UPSTREAM, "examples": {"pass": [{"note": "x"}]}}, "/examples/pass/0",   "needs a `text`"),
    ({**UPSTREAM, "examples": {"pass": [{"text": "x", "on": "tool.x"}]}}, "/examples/pass/0/on", "is no surface"),
    ({**UPSTREAM, "examples": {"pass": [{"definition": "x"}]}}, "/examples/pass/0/definition", "has to be a mapping"),
]
# fmt: on


@pytest.mark.parametrize(("document", "pointer", "message"), MISTAKES)
def test_mistakes(document: Any, pointer: str, message: str) -> None:
    rule, problems = parse_rule(document)
    assert rule is None
    assert any(problem.pointer == pointer and message in problem.message for problem in problems), problems


def test_a_misspelled_key_is_named_with_its_remedy() -> None:
    _, (problem,) = parse_rule({**UPSTREAM, "exclude_pattern": []})
    assert problem.hint == "did you mean `exclude_patterns`?"


def test_all_mistakes_are_told_at_once() -> None:
    _, problems = parse_rule({"severity": "x", "foo": 1, "patterns": [{}], "views": ["y"]})
    assert {problem.pointer for problem in problems} == {"", "/severity", "/foo", "/patterns/0", "/views/0"}


def test_patterns_that_cannot_be_used_are_named() -> None:
    bad = [{"type": "regex", "value": "ok"}, {"type": "regex", "value": "(?!x)y"}]
    rule = parsed({**UPSTREAM, "patterns": bad, "exclude_patterns": [{"type": "regex", "value": "("}]})
    first, second = objections(rule)
    assert (first.pointer, second.pointer) == ("/patterns/1/value", "/exclude_patterns/0/value")
    assert "pattern 2 of ACME-1 is not valid RE2" in first.message
    assert "look-ahead" in first.hint


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=6) | st.builds(Plain, st.text(max_size=4)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [*OURS, "targets", "examples", "taxa", "views", "sensitive", "check", "tags", "exclude_patterns", "x"]
)


@given(st.dictionaries(KEYS, JSON), st.booleans())
def test_no_document_breaks_the_parser(document: dict[str, Any], complete: bool) -> None:  # noqa: FBT001
    rule, problems = parse_rule({**UPSTREAM, **document} if complete else document)
    assert (rule is None) is bool(problems)
    if rule is not None:
        list(objections(rule))
