"""DEF-012: hints that a tool's own name denies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from oktsec_lint.core.checks.hints import check
from oktsec_lint.core.config import Config
from oktsec_lint.core.findings import Severity
from oktsec_lint.core.model import Inventory

Offer = Callable[..., Inventory]
READ_ONLY = {"readOnlyHint": True}


def hits(offer: Offer, name: str, hints: Any, description: str = "") -> list[Any]:
    body = {"name": name, "description": description, "annotations": hints}
    return list(check(offer(s=[body]), Config()))


@pytest.mark.parametrize("name", ["delete_branch", "sendEmail", "execute_command", "transfer-funds", "drop_table"])
def test_contradictions(offer: Offer, name: str) -> None:
    (hit,) = hits(offer, name, READ_ONLY)
    assert hit.pointer == "/annotations"
    assert hit.severity is None


@pytest.mark.parametrize(
    "name", ["get_deleted", "list_sent_mail", "transfer_history", "push_status", "", "删除", "undelete"]
)
def test_no_contradictions(offer: Offer, name: str) -> None:
    assert not hits(offer, name, READ_ONLY)


def test_the_description_may_say_otherwise(offer: Offer) -> None:
    assert not hits(offer, "deploy_plan", READ_ONLY, "Shows what a deployment would do.")


@pytest.mark.parametrize("hints", [{}, {"readOnlyHint": False}, {"readOnlyHint": "true"}, None, [], "readOnlyHint"])
def test_nothing_is_claimed(offer: Offer, hints: Any) -> None:
    assert not hits(offer, "delete_branch", hints)


def test_not_destructive_is_the_lesser_claim(offer: Offer) -> None:
    (hit,) = hits(offer, "delete_branch", {"destructiveHint": False})
    assert hit.severity is Severity.LOW
    assert not hits(offer, "send_mail", {"destructiveHint": False})
