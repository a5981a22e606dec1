"""Policies and scopes that name tools, against what is offered and what their agent may call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from oktsec_lint.core.checks.references import check
from oktsec_lint.core.config import DENY_ALL, Config
from oktsec_lint.core.findings import Confidence, Severity
from oktsec_lint.core.model import Inventory, Kind, Subject

Offer = Callable[..., Inventory]
Declare = Callable[..., Config]

TOOLS = ["send_payment", "list_payments"]


def _clerk(tool: str, where: str = "tool_policies", allowed: list[str] | None = None, **more: Any) -> dict[str, Any]:
    return {"clerk": {"allowed_tools": allowed or [], "references": {where: [tool]}, **more}}


@pytest.mark.parametrize("where", ["tool_policies", "tool_constraints", "tool_chain_rules", "egress.tool_restrictions"])
def test_a_policy_for_a_tool_that_does_not_exist(offer: Offer, declare: Declare, where: str) -> None:
    (hit,) = check(offer(bank=TOOLS), declare(_clerk("send_payments", where), servers=["bank"]))
    assert hit.rule == "COV-007"
    assert hit.message == f"`send_payments` matches no tool, so this part of `{where}` protects nothing"
    assert "`send_payment`" in hit.help
    assert hit.subject == Subject("", Kind.CONFIG, f"agents.clerk.{where}")
    assert hit.place is not None
    assert hit.place.pointer == hit.pointer
    assert hit.severity is None


@pytest.mark.parametrize("name", ["send_payment", "bank_send_payment", "bank/send_payment"])
def test_each_name_of_a_tool_is_known(offer: Offer, declare: Declare, name: str) -> None:
    config = declare(_clerk(name), servers=["bank"], rules=[("IAP-007", "block", {"apply_to_tools": [name]})])
    assert not list(check(offer(bank=TOOLS), config))


def test_a_wildcard_is_written_out(offer: Offer, declare: Declare) -> None:
    (hit,) = check(offer(bank=TOOLS), declare(_clerk("*_payment*"), servers=["bank"]))
    assert hit.help == "Write one entry a tool under `tool_policies`: `send_payment`, `list_payments`."


def test_a_policy_whose_agent_may_not_call_the_tool(offer: Offer, declare: Declare) -> None:
    config = declare(_clerk("send_payment", allowed=["list_payments"]), servers=["bank"])
    (hit,) = check(offer(bank=TOOLS), config)
    assert hit.severity is Severity.LOW
    assert "which agent `clerk` is not allowed to call" in hit.message
    assert "`agents.clerk.allowed_tools`" in hit.help


@pytest.mark.parametrize("agent", [{"suspended": True}, {"allowed": [DENY_ALL]}])
def test_an_agent_that_is_switched_off_keeps_its_policies(
    offer: Offer, declare: Declare, agent: dict[str, Any]
) -> None:
    assert not list(check(offer(bank=TOOLS), declare(_clerk("send_payment", **agent), servers=["bank"])))


def test_a_name_that_means_one_allowed_tool_is_alive(offer: Offer, declare: Declare) -> None:
    config = declare(_clerk("pay", allowed=["bank/pay"]), servers=["bank", "shop"])
    assert not list(check(offer(bank=["pay"], shop=["pay"]), config))


@pytest.mark.parametrize(
    ("action", "scope", "effect"),
    [
        ("block", ["send_payments"], "so `IAP-007` is applied to no tool at all"),
        ("block", ["send_payments", "list_payments"], "so `IAP-007` is not applied to it"),
        ("ignore", ["send_payments"], "so `IAP-007` is not ignored for it"),
    ],
)
def test_a_scope_that_names_no_tool(offer: Offer, declare: Declare, action: str, scope: list[str], effect: str) -> None:
    config = declare(servers=["bank"], rules=[("IAP-007", action, {"apply_to_tools": scope})])
    (hit,) = check(offer(bank=TOOLS), config)
    assert hit.message.endswith(effect)
    assert hit.subject == Subject("", Kind.CONFIG, "rules.IAP-007")
    assert hit.pointer == "/rules/0/apply_to_tools/0"
    assert hit.severity is None


def test_an_exemption_of_nothing_is_the_lesser_mistake(offer: Offer, declare: Declare) -> None:
    config = declare(servers=["bank"], rules=[("IAP-007", "block", {"exempt_tools": ["send_payments"]})])
    (hit,) = check(offer(bank=TOOLS), config)
    assert hit.severity is Severity.LOW
    assert "exempts nothing from `IAP-007`" in hit.message


def test_nothing_is_called_wrong_while_its_server_is_missing(offer: Offer, declare: Declare) -> None:
    inventory = offer(bank=TOOLS, mail=None)
    assert not list(check(inventory, declare(_clerk("archive_letter"), servers=["bank", "mail"])))
    (hit,) = check(inventory, declare(_clerk("send_payments"), servers=["bank", "mail"]))
    assert (hit.severity, hit.confidence) == (Severity.LOW, Confidence.LOW)


@pytest.mark.parametrize("name", ["mail_send_payment", "mail/send_payments", "mail/list"])
def test_a_name_of_an_unlisted_server_is_passed_over(offer: Offer, declare: Declare, name: str) -> None:
    scope = {"apply_to_tools": [name], "exempt_tools": [name]}
    config = declare(_clerk(name), servers=["bank", "mail"], rules=[("IAP-007", "block", scope)])
    assert not list(check(offer(bank=TOOLS, mail=None), config))
    assert len(list(check(offer(bank=TOOLS, mail=["send"]), config))) == 3


def test_a_server_that_is_not_configured_is_surely_missing(offer: Offer, declare: Declare) -> None:
    (hit,) = check(offer(bank=TOOLS, mail=None), declare(_clerk("nosuch/pay"), servers=["bank", "mail"]))
    assert "there is no server `nosuch`, so this part of `tool_policies` protects nothing" in hit.message
    assert hit.severity is None


@pytest.mark.parametrize("written", ["apy_now", "bank_apy_now", "bank/apy_now", "apynow"])
def test_two_letters_swapped(offer: Offer, declare: Declare, written: str) -> None:
    (hit,) = check(offer(bank=["pay_now"]), declare(_clerk(written), servers=["bank"]))
    assert hit.help == "Did you mean `pay_now`? Otherwise delete it from `tool_policies`."
