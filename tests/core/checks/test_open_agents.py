"""Agents without an allowlist: how loudly it is said, and the list that is offered for pasting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from oktsec_lint.core.checks.open_agents import check
from oktsec_lint.core.config import DENY_ALL, Config
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.model import Inventory, Place

Offer = Callable[..., Inventory]
Declare = Callable[..., Config]

HARMLESS = ["get_time", "list_zones"]
DANGEROUS = ["read_file", "write_file", "delete_file", "exec_command", "http_request", "get_secret", "move_file"]


def test_the_message_names_the_most_dangerous_tools_first(offer: Offer, declare: Declare) -> None:
    (hit,) = check(offer(all=DANGEROUS), declare({"admin": []}, servers=["all"]))
    assert hit.rule == "COV-004"
    assert hit.severity is Severity.HIGH
    assert hit.message.endswith(
        "among them `exec_command` (execution), `delete_file` (deletion), `get_secret` (credentials), "
        "`http_request` (network), `write_file` (write) and others"
    )


def test_every_kind_of_danger_is_named_before_a_second_of_one_kind(offer: Offer, declare: Declare) -> None:
    (hit,) = check(offer(all=[f"delete_{letter}" for letter in "abcdef"] + ["fetch"]), declare({"admin": []}))
    assert "among them `delete_a` (deletion), `fetch` (network), `delete_b`" in hit.message


@pytest.mark.parametrize(
    ("tool", "capability"),
    [
        ("run_shell", "execution"),
        ("purge_cache", "deletion"),
        ("print_api_key", "credentials"),
        ("download", "network"),
        ("save_note", "write"),
    ],
)
def test_one_dangerous_tool_is_enough(offer: Offer, declare: Declare, tool: str, capability: str) -> None:
    (hit,) = check(offer(all=[*HARMLESS, tool]), declare({"admin": []}, servers=["all"]))
    assert hit.severity is Severity.HIGH
    assert f"`{tool}` ({capability})" in hit.message


@pytest.mark.parametrize("tools", [HARMLESS, [], ["frobnicate"]])
def test_without_a_dangerous_tool_it_keeps_the_rules_severity(offer: Offer, declare: Declare, tools: list[str]) -> None:
    (hit,) = check(offer(all=tools), declare({"admin": []}, servers=["all"]))
    assert hit.severity is None
    assert "among them" not in hit.message


def test_an_empty_list_and_a_missing_key_are_told_apart(offer: Offer, declare: Declare) -> None:
    empty, missing = check(offer(all=HARMLESS), declare({"admin": [], "helper": None}, servers=["all"]))
    assert "its `allowed_tools` is empty, which allows everything" in empty.message
    assert empty.place == Place("oktsec.yaml", "/agents/admin/allowed_tools", at_key=True)
    assert "it has no allowlist" in missing.message
    assert missing.place == Place("oktsec.yaml", "/agents/helper", at_key=True)


@pytest.mark.parametrize("entry", [{"suspended": True}, [DENY_ALL], ["exec_command"]])
def test_agents_that_cannot_call_everything_pass(offer: Offer, declare: Declare, entry: Any) -> None:
    assert not list(check(offer(all=DANGEROUS), declare({"admin": entry}, servers=["all"])))


def test_the_suggested_allowlist_is_yaml_and_holds_what_only_reads(offer: Offer, declare: Declare) -> None:
    inventory = offer(files=[*DANGEROUS, "search_files"], backup=["read_file"])
    (hit,) = check(inventory, declare({"admin": []}, servers=["files", "backup"]))
    assert _suggested(hit) == ["files/read_file", "search_files", "backup/read_file"]


def test_a_long_suggestion_is_cut_and_says_so(offer: Offer, declare: Declare) -> None:
    (hit,) = check(offer(all=[f"get_{number}" for number in range(50)]), declare({"admin": []}, servers=["all"]))
    assert len(_suggested(hit)) == 20
    assert "30 more only read" in hit.help


def test_nothing_to_paste_is_said(offer: Offer, declare: Declare) -> None:
    (hit,) = check(offer(all=["exec_command"]), declare({"admin": []}, servers=["all"]))
    assert f"allowed_tools: [{DENY_ALL}]" in hit.help


@pytest.mark.parametrize("name", ["get x, exec_command", "get]\nrules: []", "get_\u202e", "get`", "-get", "get_ɑ"])
def test_a_name_that_is_not_plain_text_is_never_offered_for_pasting(offer: Offer, declare: Declare, name: str) -> None:
    (hit,) = check(offer(all=[name, "get_time"]), declare({"admin": []}, servers=["all"]))
    assert _suggested(hit) == ["get_time"]


def test_no_agents_at_all_is_one_finding_on_the_file(offer: Offer, declare: Declare) -> None:
    (hit,) = check(offer(all=DANGEROUS), declare(servers=["all"]))
    assert hit.rule == "COV-010"
    assert hit.place == Place("oktsec.yaml", "")
    assert "`exec_command` (execution)" in hit.message
    assert "agents: {my-agent: {allowed_tools: [read_file]}}" in hit.help


def test_a_snapshot_without_a_config_is_not_told_to_declare_agents(offer: Offer) -> None:
    assert not list(check(offer(all=DANGEROUS), Config()))


def _suggested(hit: Hit) -> list[str]:
    _, _, rest = hit.help.partition("`allowed_tools: ")
    found = yaml.safe_load(rest.partition("`")[0])
    assert isinstance(found, list)
    return found
