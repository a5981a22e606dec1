"""FLW-001: the three parts, and every way of breaking the triangle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from oktsec_lint.core.checks.flows import check
from oktsec_lint.core.config import Config
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.model import Inventory

Offer = Callable[..., Inventory]
Declare = Callable[..., Config]
FETCH = {"name": "fetch", "inputSchema": {"properties": {"url": {"type": "string"}}}}


@pytest.fixture
def world(offer: Offer) -> Inventory:
    return offer(
        web=[FETCH], files=["read_file", "get_password"], mail=["send_email", "list_emails"], sh=["exec_command"]
    )


def hits(inventory: Inventory, config: Config) -> list[Hit]:
    return list(check(inventory, config))


def test_the_three_tools_are_named(world: Inventory, declare: Declare) -> None:
    (hit,) = hits(world, declare({"helper": ["fetch", "read_file", "send_email"]}))
    assert [name in hit.message for name in ("`fetch`", "`read_file`", "`send_email`")] == [True] * 3
    assert "send_email" in hit.help
    assert hit.severity is None


@pytest.mark.parametrize("missing", ["fetch", "read_file", "send_email"])
def test_an_allowlist_that_leaves_one_out(offer: Offer, declare: Declare, missing: str) -> None:
    tools = {"get_page": "fetch", "read_file": "read_file", "send_email": "send_email"}
    names = [name for name, part in tools.items() if part != missing]
    assert not hits(offer(s=list(tools)), declare({"helper": names}))


def test_a_shell_reads_and_sends(world: Inventory, declare: Declare) -> None:
    (hit,) = hits(world, declare({"helper": ["list_emails", "exec_command"]}))
    assert hit.severity is Severity.MEDIUM


def test_secrets_make_it_worse(world: Inventory, declare: Declare) -> None:
    (hit,) = hits(world, declare({"helper": ["fetch", "get_password", "send_email"]}))
    assert hit.severity is Severity.MEDIUM


@pytest.mark.parametrize("entry", [{"suspended": True}, ["__oktsec_deny_all__"], ["nothing"]])
def test_an_agent_that_can_call_nothing(world: Inventory, declare: Declare, entry: Any) -> None:
    assert not hits(world, declare({"helper": entry}))


def test_one_finding_an_agent(world: Inventory, declare: Declare) -> None:
    found = hits(world, declare({"open": None, "none": ["read_file"], "all": []}))
    assert [hit.subject.name for hit in found] == ["agents.open", "agents.all"]


def test_no_servers_and_no_agents(offer: Offer, world: Inventory, declare: Declare) -> None:
    assert not hits(offer(), declare({"helper": []}))
    assert not hits(offer(web=None), declare({"helper": []}))
    assert not hits(world, declare())
