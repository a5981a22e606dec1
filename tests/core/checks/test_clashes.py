"""Names that several servers answer to, and names that change when a server is added."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from oktsec_lint.core.checks.clashes import check
from oktsec_lint.core.config import Config
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.model import Inventory, Kind, Subject

Offer = Callable[..., Inventory]
Declare = Callable[..., Config]


def of_rule(rule: str, inventory: Inventory, config: Config) -> list[Hit]:
    return [hit for hit in check(inventory, config) if hit.rule == rule]


def test_a_clash_is_told_once_at_the_server_that_came_last(offer: Offer, declare: Declare) -> None:
    inventory = offer(files=["read", "list"], backup=["read"], archive=["read"])
    (hit,) = check(inventory, declare({"a": ["files/read"]}, servers=["files", "backup", "archive"]))
    assert hit.rule == "COV-005"
    assert hit.subject == Subject("archive", Kind.TOOL, "read")
    assert "`files`, `backup`, `archive` each offer a tool named `read`" in hit.message
    assert (
        "as `files_read`, `backup_read`, `archive_read`, but one that was locked before the others as `read`"
        in hit.help
    )


@pytest.mark.parametrize(
    ("agents", "severity"),
    [
        ({}, None),
        ({"a": ["files/read"], "b": ["backup_read"]}, None),
        ({"a": {"suspended": True}}, None),
        ({"a": ["read"]}, Severity.MEDIUM),
        ({"a": ["files/read", "backup/read"]}, Severity.MEDIUM),
        ({"a": []}, Severity.MEDIUM),
    ],
)
def test_a_clash_is_worse_when_one_agent_may_call_both(
    offer: Offer, declare: Declare, agents: dict[str, Any], severity: Severity | None
) -> None:
    (hit,) = of_rule("COV-005", offer(files=["read"], backup=["read"]), declare(agents))
    assert hit.severity is severity
    assert ("agent `a`" in hit.message) is (severity is Severity.MEDIUM)


@pytest.mark.parametrize(
    "servers",
    [
        {"files": ["read"], "backup": ["restore"]},
        {"files": ["read", "read"]},
        {"git": ["git_status", "status"]},
        {"git": ["git_status"], "hub": ["hub_status"]},
        {"files": [""], "backup": [""]},
    ],
)
def test_different_names_are_left_alone(offer: Offer, declare: Declare, servers: dict[str, list[str]]) -> None:
    assert not list(check(offer(**servers), declare({"a": []})))


def test_a_tool_that_carries_another_servers_name(offer: Offer, declare: Declare) -> None:
    inventory = offer(files=["read_file"], extras=["files_read_file"])
    (hit,) = check(inventory, declare({"a": ["read_file"]}))
    assert hit.rule == "COV-006"
    assert hit.subject == Subject("extras", Kind.TOOL, "files_read_file")
    assert "`files_read_file` of `extras` and `read_file` of `files`" in hit.message
    assert "a gateway lists the former as `extras_files_read_file` only" in hit.message
    assert "`extras/files_read_file` and `read_file`" in hit.help


def test_two_prefixes_that_meet(offer: Offer, declare: Declare) -> None:
    (hit,) = check(offer(a=["b_c"], a_b=["c"]), declare())
    assert hit.rule == "COV-006"
    assert hit.subject == Subject("a_b", Kind.TOOL, "c")
    assert "`a_b_c` means both `c` of `a_b` and `b_c` of `a`; a gateway lists neither" in hit.message


@pytest.mark.parametrize("servers", [{"files": ["read"], "extras": ["files/read"]}, {"a": ["b/c"], "a_b": ["c"]}])
def test_a_slash_is_a_collision_in_allowlists_only(
    offer: Offer, declare: Declare, servers: dict[str, list[str]]
) -> None:
    (hit,) = check(offer(**servers), declare())
    assert "in an allowlist" in hit.message
    assert "gateway" not in hit.message


def test_the_names_that_are_advised_mean_one_tool_each(offer: Offer, declare: Declare) -> None:
    (hit,) = check(offer(a=["b_c"], a_b=["c"]), declare())
    assert "`c` and `b_c`" in hit.help
