"""Patterns, lengths, cooldowns and chains: `tool_constraints` and `tool_chain_rules`."""

from __future__ import annotations

import time
from typing import Any

import pytest

from oktsec_lint.core.calls import CallState
from oktsec_lint.core.config import Agent
from tests.core.calls.asking import admit, call, clerk, constrained, denied, policy, rule, story

PATH = "tool_constraint:path"
DATA_ONLY = constrained(path={"allowed_patterns": ["/data/**"]})

# fmt: off
ALLOWED = [
    # patterns, value, admitted
    (["/data/*"],      "/data/a.txt",                   True),
    (["/data/*"],      "/data/a/b.txt",                 False),   # `*` stays inside a segment
    (["/data/**"],     "/data/a/b.txt",                 True),
    (["/data/**"],     "/data/",                        True),
    (["/data/**"],     "/data",                         False),
    (["/data/**"],     "/database/x",                   False),
    (["/data/**"],     "/Data/x",                       False),
    (["/data/**"],     "x/data/y",                      False),   # the whole text
    (["/data/**"],     "/data/x\n/etc/passwd",          True),
    (["/data/**"],     "/data/../etc/passwd",           False),
    (["/data/**"],     "/data/a/../../etc/passwd",      False),
    (["/data/**"],     "/data/a/../b",                  True),
    (["/data/**"],     "/data/./a//b",                  True),
    (["/data/**"],     "/data\\..\\..\\etc\\passwd",    False),
    (["/data/**"],     "/data/%2e%2e/etc/passwd",       False),
    (["/data/**"],     "/data/%2E%2E%2Fetc%2Fpasswd",   False),
    (["/data/**"],     "/data/．．/etc/passwd",          False),
    (["/data/**"],     "/data/50%",                     True),
    (["/data/**/*.md"], "/data/x.md",                   True),
    (["/data/**/*.md"], "/data/a/b/x.md",               True),
    (["data/**"],      "./data/x",                      True),
    (["*.txt"],        "../x.txt",                      False),
    (["*.txt"],        "..\\x.txt",                     False),
    (["?.txt"],        "a.txt",                         True),
    (["?.txt"],        "/.txt",                         False),
    (["[ab].txt"],     "a.txt",                         True),
    (["[^ab].txt"],    "a.txt",                         False),
    (["[!ab].txt"],    "c.txt",                         True),
    (["[!ab]x"],       "/x",                            False),
    ([r"\*"],          "*",                             True),
    ([r"\*"],          "x",                             False),
    (["a.c"],          "abc",                           False),   # no pattern is an expression
    (["(a|b)+$"],      "(a|b)+$",                       True),
    (["https://*.a.example/**"], "https://x.a.example/y",             True),
    (["https://*.a.example/**"], "https://evil.example?.a.example/y", False),
    (["https://*.a.example/**"], "https://evil.example#.a.example/y", False),
    (["https://*.a.example/**"], "https://evil.example\\.a.example/y", False),
    (["a", "b"],       "b",                             True),
]
# fmt: on


@pytest.mark.parametrize(("patterns", "value", "admitted"), ALLOWED)
def test_allowed_patterns(patterns: list[str], value: str, *, admitted: bool) -> None:
    assert rule(constrained(path={"allowed_patterns": patterns}), "read", {"path": value}) == ("" if admitted else PATH)


# fmt: off
BLOCKED = [
    # patterns, value, denied
    (["*.env"],        "/app/.env",                     True),    # upstream misses it
    (["*.env"],        "prod.env",                      True),
    (["*.env"],        "PROD.ENV",                      True),
    (["*.env"],        "/app/environment",              False),
    ([".env"],         "/app/.env",                     True),
    ([".env"],         "/app/.env/",                    True),
    ([".env"],         "x.env",                         False),
    (["/secrets/*"],   "/secrets/a/b",                  True),    # upstream misses it
    (["/secrets/*"],   "/secrets",                      True),    # listing it shows all of them
    (["/secrets/**"],  "/secrets/",                     True),
    (["/secrets/**"],  "/public/../secrets/a",          True),
    (["/secrets/**"],  "//secrets///a",                 True),
    (["/secrets/**"],  "/./secrets/./a",                True),
    (["/secrets/**"],  "\\secrets\\a",                  True),
    (["/secrets/**"],  "/%73ecrets/a",                  True),
    (["/secrets/**"],  "/x/%2e%2e/secrets/a",           True),
    (["/secrets/**"],  "/a%2fb/../secrets/k",           True),    # read without decoding, or with
    (["/secrets/**"],  "/a%2fb/../../secrets/k",        True),
    (["/secrets/**"],  "../../secrets/a",               True),    # nobody knows how deep it starts
    (["/secrets/**"],  "file:///secrets/a",             True),
    (["/secrets/**"],  "file://localhost/secrets/a",    True),
    (["/secrets/**"],  "FILE:/secrets/a",               True),
    (["/secrets/**"],  "/SECRETS/a",                    True),
    (["/secrets/**"],  "／ｓｅｃｒｅｔｓ／a",              True),
    (["/secrets/**"],  "/s\u0435crets/a",               True),
    (["/secrets/**"],  "/sec\u200brets/a",              True),
    (["/secrets/**"],  "/secrets ./a",                  True),    # Windows does not see the end
    (["/secrets/**"],  "/secretsanta/a",                False),
    (["/secrets/**"],  "/a/secrets/b",                  False),
    (["*.env"],        "x.env\0.txt",                   True),
    (["*.env"],        "https://a.example/x.env?v=1",   True),
    (["*.env"],        "https://a.example/x.env#v",     True),
    ([r"C:\secrets\*"], r"c:\secrets\a\b",              True),
    ([r"C:\secrets\*"], "C:/secrets/a",                 True),
    (["**/.git/**"],   ".git/config",                   True),
    (["**/.git/**"],   "/a/b/.git/config",              True),
    (["*passwd*"],     "/etc/passwd",                   True),
    (["*drop table*"], "x; DROP TABLE y",               True),
    (["[a-c]*"],       "Bad",                           True),
    (["/sécret/*"],    "/sécret/a",                     True),
]
# fmt: on


@pytest.mark.parametrize(("patterns", "value", "is_denied"), BLOCKED)
def test_blocked_patterns(patterns: list[str], value: str, *, is_denied: bool) -> None:
    assert rule(constrained(path={"blocked_patterns": patterns}), "read", {"path": value}) == (
        PATH if is_denied else ""
    )


# fmt: off
HIDDEN = [
    # value, where the pattern is met
    (["/etc/passwd"],                       "/arguments/path/0"),
    ([["/data/a"], ["/etc/passwd"]],        "/arguments/path/1/0"),
    ({"file": "/etc/passwd"},               "/arguments/path/file"),
    ({"/etc/passwd": True},                 "/arguments/path/~1etc~1passwd"),
    ({"a": {"b": ["/etc/passwd"]}},         "/arguments/path/a/b/0"),
    ([*map(ord, "/etc/passwd")],            "/arguments/path"),
    (["/e", "tc/pass", "wd"],               "/arguments/path"),
    (["", "etc", "passwd"],                 "/arguments/path"),
    ({"parts": ["/etc", "passwd"]},         "/arguments/path"),
]
# fmt: on


@pytest.mark.parametrize(("value", "pointer"), HIDDEN, ids=lambda value: repr(value)[:40])
def test_a_blocked_value_hides_in_no_type(value: Any, pointer: str) -> None:
    denial = denied(constrained(path={"blocked_patterns": ["/etc/passwd"]}), "read", {"path": value})
    assert denial is not None
    assert (denial.rule, denial.pointer) == (PATH, pointer)


@pytest.mark.parametrize("value", [value for value, _ in HIDDEN] + [7, True, 1.5, {"/data/a": "/etc"}], ids=repr)
def test_what_is_not_allowed_hides_in_no_type(value: Any) -> None:
    assert rule(DATA_ONLY, "read", {"path": value}) == PATH


@pytest.mark.parametrize("arguments", [None, {}, {"path": None}, {"path": []}, {"other": "/etc/passwd"}])
def test_what_is_not_there_passes(arguments: Any) -> None:
    assert rule(DATA_ONLY, "read", arguments) == ""


@pytest.mark.parametrize("arguments", ["/etc/passwd", ["/etc/passwd"], 5])
def test_arguments_that_are_no_object_do_not(arguments: Any) -> None:
    assert rule(DATA_ONLY, "read", arguments) == PATH


@pytest.mark.parametrize(
    "name", ["Path", "PATH", "path ", "pa_th", "ｐａｔｈ", "p\u0430th", "pa\u200bth", "\u202epath"]
)
def test_a_parameter_in_disguise_is_denied(name: str) -> None:
    denial = denied(DATA_ONLY, "read", {"path": "/data/a", name: "/data/a"})
    assert denial is not None
    assert denial.rule == PATH


@pytest.mark.parametrize("name", ["paths", "file_path", "root"])
def test_a_parameter_of_another_name_is_another_parameter(name: str) -> None:
    assert rule(DATA_ONLY, "read", {name: "/etc/passwd"}) == ""


def test_a_constraint_for_each_spelling_is_respected() -> None:
    who = constrained(path={"allowed_patterns": ["a"]}, Path={"allowed_patterns": ["b"]})
    assert rule(who, "read", {"path": "a", "Path": "b"}) == ""


# fmt: off
NUMBERS = [
    (22, ["22"], True), (22.0, ["22"], True), (2.5, ["2.5"], True), (-1, ["-1"], True), (True, ["true"], True),
    (False, ["true"], False), (220, ["22"], False), (22, ["2*"], True), (1e22, ["1e+22"], True),
]
# fmt: on


@pytest.mark.parametrize(("value", "patterns", "met"), NUMBERS)
def test_numbers_are_met_as_they_are_written(value: Any, patterns: list[str], *, met: bool) -> None:
    assert rule(constrained(path={"blocked_patterns": patterns}), "read", {"path": value}) == (PATH if met else "")
    assert rule(constrained(path={"allowed_patterns": patterns}), "read", {"path": value}) == ("" if met else PATH)


@pytest.mark.parametrize(
    ("value", "admitted"),
    [
        ("12345", True),
        ("123456", False),
        ("äöüäö", True),
        (["123", "45"], True),
        (["123", "456"], False),
        ({"12": "345"}, True),
        ({"12": "3456"}, False),
        (123456, False),
    ],
)
def test_a_length_is_that_of_the_whole_argument(value: Any, *, admitted: bool) -> None:
    assert rule(constrained(path={"max_length": 5}), "read", {"path": value}) == ("" if admitted else PATH)


def test_a_denial_shows_no_argument() -> None:
    for limit in ({"max_length": 3}, {"allowed_patterns": ["x"]}, {"blocked_patterns": ["*hunter2*"]}):
        denial = denied(constrained(path=limit), "read", {"path": "/hunter2"})
        assert denial is not None
        assert "hunter2" not in denial.reason + denial.rule + denial.pointer


def test_what_is_blocked_is_blocked_even_when_it_is_allowed() -> None:
    who = constrained(path={"allowed_patterns": ["/data/**"], "blocked_patterns": ["*.env"]})
    assert [rule(who, "read", {"path": f"/data/{name}"}) for name in ("a.txt", "a.env")] == ["", PATH]


def test_every_constraint_of_a_tool_counts() -> None:
    who = clerk(
        tool_constraints=[
            {"tool": "read", "parameters": {"path": {"max_length": 100}}},
            {"tool": "files/read", "parameters": {"path": {"allowed_patterns": ["/data/**"]}}},
        ]
    )
    assert rule(who, "read", {"path": "/etc"}) == PATH
    assert rule(who, "read", {"path": "/etc"}, server="other") == ""


@pytest.mark.parametrize("pattern", ["*a" * 40, "**/" * 40 + "x", "a*" * 500, "[a-z]*" * 100, "?" * 200 + "*b"])
def test_no_pattern_and_no_text_takes_long(pattern: str) -> None:
    limits = policy(constrained(path={"allowed_patterns": [pattern], "blocked_patterns": [pattern + "!"]}))
    texts = ["a" * 100_000, "a/" * 50_000, "%2e%2e/" * 15_000, "../" * 30_000, "\u0430" * 50_000, ". /" * 30_000]
    started = time.process_time()
    for text in texts:
        admit(limits, call("read", {"path": text}), CallState(), 0.0)
    assert time.process_time() - started < 6


def timed(seconds: int) -> Agent:
    return clerk(tool_constraints=[{"tool": "deploy", "cooldown_secs": seconds}])


def test_a_cooldown() -> None:
    cooling = "tool_constraint:cooldown"
    steps = ((0, "deploy"), (9.9, "deploy"), (10, "deploy"), (11, "read"), (12, "Deploy"))
    assert story(policy(timed(10)), *steps) == ["", cooling, "", "", cooling]


def test_a_clock_that_jumps_back_opens_nothing() -> None:
    assert story(policy(timed(10)), (100, "deploy"), (0, "deploy"), (109, "deploy"), (110, "deploy")) == [
        *("", "tool_constraint:cooldown", "tool_constraint:cooldown", "")
    ]
    nan = float("nan")
    assert story(policy(timed(10)), (100, "deploy"), (nan, "deploy")) == ["", "tool_constraint:cooldown"]


def chained(**more: Any) -> Agent:
    return clerk(tool_chain_rules=[{"if": "read", "then": ["send", "mail/post"], "cooldown_secs": 60}], **more)


def test_a_chain_denies_for_a_while() -> None:
    after = "tool_chain:read"
    steps = ((0, "send"), (1, "read"), (2, "send"), (3, "other"), (4, "SEND"), (60.9, "send"), (61, "send"))
    assert story(policy(chained()), *steps) == ["", "", after, "", after, after, ""]


def test_a_chain_starts_only_with_a_call_that_was_admitted() -> None:
    limits = policy(chained(tool_constraints=[{"tool": "read", "parameters": {"path": {"allowed_patterns": ["a"]}}}]))
    assert story(limits, (0, "read", {"path": "b"}), (1, "send"), (2, "read", {"path": "a"}), (3, "send")) == [
        *(PATH, "", "", "tool_chain:read")
    ]


def test_a_chain_starts_with_any_spelling() -> None:
    assert story(policy(chained()), (0, "READ"), (1, "send")) == ["", "tool_chain:read"]


def test_what_is_admitted_again_waits_again() -> None:
    assert story(policy(chained()), (0, "read"), (50, "read"), (70, "send"), (110, "send")) == [
        *("", "", "tool_chain:read", "")
    ]


def test_the_limit_on_results() -> None:
    who = clerk(
        "read",
        "write",
        tool_constraints=[
            {"tool": "read", "max_response_bytes": 500},
            {"tool": "files/read", "max_response_bytes": 100},
            {"tool": "write", "max_response_bytes": 0},
        ],
    )
    limits = policy(who)
    assert limits.response_limit(call("read")) == 100
    assert limits.response_limit(call("read", server="other")) == 500
    assert limits.response_limit(call("write")) is None
    assert limits.response_limit(call("exec")) == 0
    assert limits.response_limit(call("read", of="stranger")) is None
