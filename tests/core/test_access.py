"""Who may call what, and what a name means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.access import Access, ToolId, ToolIndex, may_call, names_of
from oktsec_lint.core.config import DENY_ALL, Agent, AllowEntry, Config
from oktsec_lint.core.model import Definition, Inventory, Kind, Place, Server, Status

PLACE = Place("oktsec.yaml", "")


def agent(*allowed: str, suspended: bool = False) -> Agent:
    return Agent("clerk", PLACE, tuple(AllowEntry(name, PLACE) for name in allowed), suspended=suspended)


# fmt: off
MAY_CALL = [
    (agent(),                               "files", "read",  1),   # no allowlist is every tool
    (agent("read"),                         "files", "read",  1),
    (agent("files_read"),                   "files", "read",  1),
    (agent("files/read"),                   "files", "read",  1),
    (agent("read"),                         "mail",  "read",  1),   # a bare name is a tool of any server
    (agent("files/read"),                   "mail",  "read",  0),
    (agent("files_read"),                   "mail",  "read",  0),
    (agent("files_read"),                   "mail",  "files_read", 1),
    (agent("Read"),                         "files", "read",  0),
    (agent("read "),                        "files", "read",  0),
    (agent("*"),                            "files", "read",  0),
    (agent("rea*", "files/*"),              "files", "read",  0),
    (agent(""),                             "files", "read",  0),  # an empty entry is an entry
    (agent("write", "read"),                "files", "read",  1),
    (agent(DENY_ALL),                       "files", "read",  0),
    (agent(DENY_ALL, "read"),               "files", "read",  1),   # the word counts only alone
    (agent(),                               "files", DENY_ALL, 0),
    (agent(DENY_ALL, f"files/{DENY_ALL}"),  "files", DENY_ALL, 0),
    (agent(suspended=True),                 "files", "read",  0),
    (agent("read", suspended=True),         "files", "read",  0),
]
# fmt: on


@pytest.mark.parametrize(("who", "server", "tool", "callers"), MAY_CALL)
def test_may_call(who: Agent, server: str, tool: str, callers: int) -> None:
    assert may_call(who, server, tool) is bool(callers)
    assert Access([who]).callers(server, tool) == (who,) * callers
    assert Access([who]).reachable(server, tool) is bool(callers)


def test_callers_keep_the_order_of_the_configuration(declare: Callable[..., Config]) -> None:
    config = declare({"z": ["read"], "m": ["write"], "a": [], "off": {"suspended": True}})
    assert [who.name for who in Access(config.agents).callers("files", "read")] == ["z", "a"]


WORDS = st.sampled_from(["a", "b", "c", "a_b", "b_c", "a/b", "a_b_c", ""])
INVENTORIES = st.dictionaries(WORDS, st.lists(WORDS, max_size=4), max_size=4).map(
    lambda servers: Inventory(
        tuple(
            Server(name, Status.COMPLETE, definitions=tuple(Definition(Kind.TOOL, tool, {}) for tool in tools))
            for name, tools in servers.items()
        )
    )
)


@given(INVENTORIES, WORDS)
def test_a_name_means_exactly_the_tools_it_would_allow(inventory: Inventory, name: str) -> None:
    allowed = {
        ToolId(server.name, tool.name)
        for server, tool in inventory.tools()
        if tool.name and may_call(agent(name), server.name, tool.name)
    }
    assert set(ToolIndex(inventory).meant_by(name)) == allowed


@given(INVENTORIES)
def test_the_entry_for_a_tool_allows_it_and_whenever_possible_nothing_else(inventory: Inventory) -> None:
    index = ToolIndex(inventory)
    for item in index.tools:
        entry = index.entry_for(item)
        assert item in index.meant_by(entry)
        if any(index.meant_by(name) == (item,) for name in names_of(*item)):
            assert index.meant_by(entry) == (item,)


def test_a_tool_listed_twice_is_indexed_once(offer: Callable[..., Any]) -> None:
    index = ToolIndex(offer(files=["read", "read", ""]))
    assert index.tools == (ToolId("files", "read"),)
    assert index.meant_by("read") == index.tools
    assert index.meant_by("") == ()
