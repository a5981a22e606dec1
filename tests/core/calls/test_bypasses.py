"""Ways around limits that are written down, each against a straightforward reading of the same configuration.

`Naive` does what upstream documents: exact names, the first amount at the top level, globs on top-level strings, sums
recorded after the call. Every case here passes it.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest

from oktsec_lint.core.calls import Call, CallState
from tests.core.calls.asking import admit, call, clerk, policy

PAYING: dict[str, Any] = {
    "tool_policies": {"pay": {"max_amount": 100, "daily_limit": 150}},
    "tool_constraints": [
        {"tool": "read", "parameters": {"path": {"blocked_patterns": ["/etc/*", "*.env"], "max_length": 40}}},
        {"tool": "list", "parameters": {"path": {"allowed_patterns": ["/data/*", "/data/*/*"]}}},
    ],
    "tool_chain_rules": [{"if": "read", "then": ["send"], "cooldown_secs": 60}],
}


class Naive:
    """One agent's limits, read as they are written."""

    def __init__(self) -> None:
        self.spent = 0.0
        self.was_read = False

    def admits(self, asked: Call) -> bool:
        arguments = asked.arguments if isinstance(asked.arguments, dict) else {}
        if asked.tool == "pay":
            amount = self.amount(arguments)
            if amount > 100 or self.spent + amount > 150:
                return False
        path = arguments.get("path")
        if isinstance(path, str) and asked.tool == "read":
            if len(path) > 40 or any(fnmatchcase(path, pattern) for pattern in ("/etc/*", "*.env")):
                return False
            self.was_read = True
        if isinstance(path, str) and asked.tool == "list" and not fnmatchcase(path, "/data/*"):
            return False
        return not (asked.tool == "send" and self.was_read)

    @staticmethod
    def amount(arguments: dict[str, Any]) -> float:
        for name in ("amount", "value", "price", "cost", "total"):
            try:
                return float(arguments[name])
            except (KeyError, TypeError, ValueError):
                continue
        return 0


# fmt: off
BYPASSES = [
    # the name in another spelling (gateways.md 3d, 14)
    ("PAY",          {"amount": 5000}),
    ("ｐａｙ",         {"amount": 5000}),
    ("p\u0430y",     {"amount": 5000}),
    ("pay\u200b",    {"amount": 5000}),
    ("READ",         {"path": "/etc/passwd"}),
    # an argument hidden by its type (22)
    ("read",         {"path": ["/etc/passwd"]}),
    ("read",         {"path": {"file": "/etc/passwd"}}),
    ("read",         {"path": {"/etc/passwd": 1}}),
    ("read",         {"path": [*map(ord, "/etc/passwd")]}),
    ("read",         {"path": ["/etc", "passwd"]}),
    ("read",         {"Path": "/etc/passwd"}),
    ("read",         {"path": ["x" * 30, "x" * 30]}),
    ("read",         {"path": int("9" * 50)}),
    ("list",         {"path": ["/root"]}),
    ("list",         {"ｐａｔｈ": "/root"}),
    ("pay",          {"order": {"amount": 5000}}),
    ("pay",          {"payments": [{"amount": 90}, {"amount": 90}]}),
    ("pay",          {"amount": 1, "total": 5000}),
    ("pay",          {"Amount": 5000}),
    # escapes and look-alikes after JSON is decoded (23)
    ("read",         {"path": "%2fetc%2fpasswd"}),
    ("read",         {"path": "/e\u200btc/passwd"}),
    ("read",         {"path": "/\u0435tc/passwd"}),
    ("read",         {"path": "／etc／passwd"}),
    # amounts in no canonical form (24)
    ("pay",          {"amount": -5000}),
    ("pay",          {"amount": float("nan")}),
    ("pay",          {"amount": "NaN"}),
    ("pay",          {"amount": "-1e9"}),
    ("pay",          {"amount": "1.000,00"}),
    ("pay",          {"amount": "1e1"}),
    ("pay",          {"amount": [5000]}),
    ("pay",          {"amount": {"eur": 5000}}),
    ("pay",          {"amount": True}),
    ("pay",          {"amount": None}),
    # paths that are not what they look like (oktsec.md 7.19)
    ("read",         {"path": "/data/../etc/passwd"}),
    ("read",         {"path": "//etc/passwd"}),
    ("read",         {"path": "/./etc/passwd"}),
    ("read",         {"path": "\\etc\\passwd"}),
    ("read",         {"path": "../../etc/passwd"}),
    ("read",         {"path": "file:///etc/passwd"}),
    ("read",         {"path": "/etc"}),
    ("read",         {"path": "/ETC/passwd"}),
    ("read",         {"path": "/app/.ENV"}),
    ("read",         {"path": "/app/.env/"}),
    ("list",         {"path": "/data/../root"}),
    ("list",         {"path": "/data/%2e%2e/root"}),
    ("list",         {"path": "/data/a/b/c"}),
]
# fmt: on


@pytest.mark.parametrize(("tool", "arguments"), BYPASSES, ids=repr)
def test_a_way_around_is_closed(tool: str, arguments: Any) -> None:
    asked = call(tool, arguments)
    assert Naive().admits(asked), "this would be no way around"
    denial, _ = admit(policy(clerk(**PAYING)), asked, CallState(), 0.0)
    assert denial is not None


HONEST = [
    ("pay", {"amount": 99.5}),
    ("pay", {"amount": "12.30", "currency": "EUR"}),
    ("read", {"path": "/data/report.md"}),
    ("read", {"path": "notes/environment.md", "lines": [1, 20]}),
    ("list", {"path": "/data/a"}),
    ("list", {"path": "/data/./a", "depth": 2}),
    ("send", {"to": "a@example.org"}),
    ("other", {"path": "/etc/passwd", "amount": -1}),
]


@pytest.mark.parametrize(("tool", "arguments"), HONEST, ids=repr)
def test_an_honest_call_passes_both(tool: str, arguments: Any) -> None:
    asked = call(tool, arguments)
    assert Naive().admits(asked)
    assert admit(policy(clerk(**PAYING)), asked, CallState(), 0.0)[0] is None


def test_calls_side_by_side_do_not_overshoot() -> None:
    """oktsec.md 1.4: checked before the call and recorded after it, two calls of 100 fit into 150."""
    naive, limits, state = Naive(), policy(clerk(**PAYING)), CallState()
    asked = call("pay", {"amount": 100})
    assert naive.admits(asked)
    assert naive.admits(asked)
    first, state = admit(limits, asked, state, 0.0)
    second, state = admit(limits, asked, state, 0.0)
    assert first is None
    assert second is not None
    assert second.rule == "tool_policy:daily_limit"


def test_an_allow_entry_for_one_server_is_none_for_another() -> None:
    """Case 17: `fetch` of one server is not `fetch` of another, once the entry says whose it is."""
    limits = policy(clerk("web/fetch"))
    answers = [admit(limits, call("fetch", server=server), CallState(), 0.0)[0] for server in ("web", "evil")]
    assert [denial.rule if denial else "" for denial in answers] == ["", "tool_allowlist:fetch"]
