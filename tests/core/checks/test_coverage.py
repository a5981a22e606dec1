"""Every situation of an allowlist against an inventory, and what a maintainer is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from oktsec_lint.core.checks.coverage import check
from oktsec_lint.core.config import DENY_ALL, Config
from oktsec_lint.core.findings import Confidence, Hit, Severity
from oktsec_lint.core.model import Inventory, Kind, Status, Subject

Offer = Callable[..., Inventory]
Declare = Callable[..., Config]

FILES = ["read_file", "write_file", "list_directory", "search_files"]


def of_rule(rule: str, inventory: Inventory, config: Config) -> list[Hit]:
    return [hit for hit in check(inventory, config) if hit.rule == rule]


# fmt: off
DEAD = [
    ("raed_file", "`raed_file` matches no tool", "`read_file`"),
    ("Read_File", "`Read_File` matches no tool", "`read_file`? Names are case-sensitive"),
    ("read-file", "matches no tool", "`read_file`"),
    ("list_dir", "matches no tool", "`list_directory`"),
    ("files_raed_file", "matches no tool", "`read_file`"),
    ("files/raed_file", "`files` offers none of this name", "`read_file`"),
    ("disk/read_file", "there is no server `disk`", "`read_file`"),
    ("launch_rocket", "matches no tool, so this entry allows nothing", "Delete this entry"),
    ("", "is empty", "Delete this entry"),
    ("  ", "is empty", "Delete this entry"),
    ("*", "there are no wildcards", "List the tools by name"),
    ("read_*", "there are no wildcards", "Write the names out: `read_file`."),
    ("files/*", "there are no wildcards", "`read_file`, `write_file`, `list_directory`, `search_files`"),
    ("*_fil?", "there are no wildcards", "`read_file`, `write_file`"),
    ("!write_file", "no exclusions", "all others are denied"),
    (" read_file", "matches no tool", "`read_file`"),
]
# fmt: on


@pytest.mark.parametrize(("entry", "in_message", "in_help"), DEAD)
def test_a_dead_entry_says_why_and_what_to_type(
    offer: Offer, declare: Declare, entry: str, in_message: str, in_help: str
) -> None:
    config = declare({"researcher": ["read_file", entry]}, servers=["files"])
    (hit,) = of_rule("COV-002", offer(files=FILES), config)
    assert in_message in hit.message
    assert in_help in hit.help
    assert hit.place == config.agents[0].allowed_tools[1].place
    assert hit.pointer == "/agents/researcher/allowed_tools/1"
    assert hit.subject == Subject("", Kind.CONFIG, "agents.researcher.allowed_tools")
    assert hit.severity is None


@pytest.mark.parametrize("entry", ["read_file", "files_read_file", "files/read_file"])
def test_each_name_of_a_tool_allows_it(offer: Offer, declare: Declare, entry: str) -> None:
    config = declare({"researcher": [entry]}, servers=["files"])
    assert not list(check(offer(files=["read_file"]), config))


def test_a_tool_may_literally_be_named_like_a_wildcard(offer: Offer, declare: Declare) -> None:
    assert not of_rule("COV-002", offer(files=["read_*"]), declare({"researcher": ["read_*"]}, servers=["files"]))


@pytest.mark.parametrize("entry", ["send_mail", "mail/send", "mail_send", "files_backup", "unheard_of"])
def test_no_entry_is_dead_while_its_server_was_not_listed(offer: Offer, declare: Declare, entry: str) -> None:
    config = declare({"researcher": ["read_file", entry]}, servers=["files", "mail"])
    unlisted = (offer(files=FILES, mail=None), offer(files=FILES), _partial(offer(files=FILES, mail=["list_mails"])))
    for inventory in unlisted:
        assert not of_rule("COV-002", inventory, config)


@pytest.mark.parametrize(
    "entry", ["git/status", "git_read", "git/read", "git/git_status", "git_raed", "git_wirte", "git/*"]
)
def test_a_name_of_an_unlisted_server_is_passed_over_whatever_it_resembles(
    offer: Offer, declare: Declare, entry: str
) -> None:
    config = declare({"researcher": ["read", entry]}, servers=["fs", "git"])
    fs = ["read", "write", "git_status"]
    for inventory in (offer(fs=fs, git=None), offer(fs=fs), _partial(offer(fs=fs, git=["log"]))):
        assert not of_rule("COV-002", inventory, config)
    assert of_rule("COV-002", offer(fs=fs, git=["log"]), config)


def test_a_name_that_two_servers_may_own_waits_for_both(offer: Offer, declare: Declare) -> None:
    config = declare({"researcher": ["git_hub_serach"]}, servers=["git", "git_hub"])
    assert not of_rule("COV-002", offer(git_hub=["search"], git=None), config)
    assert not of_rule("COV-002", offer(git_hub=None, git=["log"]), config)
    assert of_rule("COV-002", offer(git_hub=["search"], git=["log"]), config)


@pytest.mark.parametrize("entry", ["nosuch/read", "nosuch/launch_rocket", "gitt/status"])
def test_a_server_that_is_not_configured_is_surely_missing(offer: Offer, declare: Declare, entry: str) -> None:
    config = declare({"researcher": [entry]}, servers=["fs", "git"])
    for inventory in (offer(fs=["read"], git=None), offer(fs=None, git=None), offer()):
        (hit,) = of_rule("COV-002", inventory, config)
        assert f"there is no server `{entry.partition('/')[0]}`, so this entry allows nothing" in hit.message
        assert (hit.severity, hit.confidence) == (None, None)


def test_a_server_may_have_a_slash_in_its_name(offer: Offer, declare: Declare) -> None:
    config = declare({"researcher": ["team/fs/launch"]}, servers=["team/fs", "git"])
    (hit,) = of_rule("COV-002", offer(**{"team/fs": ["read"], "git": None}), config)
    assert "`team/fs` offers none of this name" in hit.message
    assert not of_rule("COV-002", offer(**{"team/fs": None, "git": ["log"]}), config)


@pytest.mark.parametrize("written", ["{}", "fs_{}", "fs/{}"])
@pytest.mark.parametrize(("slip", "meant"), [("raed", "read"), ("wirte", "write"), ("serach", "search")])
def test_a_short_name_with_two_letters_swapped(
    offer: Offer, declare: Declare, written: str, slip: str, meant: str
) -> None:
    config = declare({"researcher": [written.format(slip)]}, servers=["fs"])
    (hit,) = of_rule("COV-002", offer(fs=["read", "write", "search"]), config)
    assert hit.help == f"Did you mean `{meant}`? Otherwise delete this entry."


def test_a_misspelling_is_only_suspected_while_a_server_is_missing(offer: Offer, declare: Declare) -> None:
    config = declare({"researcher": ["raed_file"]}, servers=["files", "mail"])
    (hit,) = of_rule("COV-002", offer(files=FILES, mail=None), config)
    assert "no listed tool; `mail` could not be listed completely" in hit.message
    assert (hit.severity, hit.confidence) == (Severity.LOW, Confidence.LOW)
    assert "`read_file`" in hit.help


def test_an_entry_that_names_a_listed_server_is_dead_whatever_else_is_missing(offer: Offer, declare: Declare) -> None:
    config = declare({"researcher": ["files/launch_rocket"]}, servers=["files", "mail"])
    (hit,) = of_rule("COV-002", offer(files=FILES, mail=None), config)
    assert "`files` offers none of this name" in hit.message
    assert hit.severity is None


def test_wildcards_are_wrong_whatever_could_be_listed(offer: Offer, declare: Declare) -> None:
    config = declare({"researcher": ["read_*"]}, servers=["files"])
    for inventory in (Inventory(), offer(files=None)):
        (hit,) = of_rule("COV-002", inventory, config)
        assert hit.severity is None


def test_nothing_is_dead_when_nothing_was_looked_at(offer: Offer, declare: Declare) -> None:
    assert not list(check(Inventory(), declare({"researcher": ["read_file"]})))


def test_a_snapshot_is_all_there_is_for_a_config_without_servers(offer: Offer, declare: Declare) -> None:
    assert of_rule("COV-002", offer(snapshot=["read_file"]), declare({"researcher": ["read_file", "send_mail"]}))


def test_a_suggestion_means_one_tool(offer: Offer, declare: Declare) -> None:
    inventory = offer(files=["read_file"], backup=["read_file"])
    (hit,) = of_rule("COV-002", inventory, declare({"researcher": ["raed_file"]}, servers=["files", "backup"]))
    assert "`files/read_file` or `backup/read_file`" in hit.help


def test_a_prefix_narrows_the_suggestion_to_its_server(offer: Offer, declare: Declare) -> None:
    inventory = offer(files=["read_file"], backup=["read_file"])
    config = declare({"researcher": ["backup/raed_file", "files_raed_file"]}, servers=["files", "backup"])
    slashed, flat = of_rule("COV-002", inventory, config)
    assert "`backup/read_file`" in slashed.help
    assert "files" not in slashed.help
    assert "`files/read_file`" in flat.help
    assert "backup" not in flat.help


@pytest.mark.parametrize("entries", [[DENY_ALL], ["read_file", DENY_ALL]])
def test_the_deny_all_word_is_no_dead_entry(offer: Offer, declare: Declare, entries: list[str]) -> None:
    assert not of_rule("COV-002", offer(files=["read_file"]), declare({"none": entries}, servers=["files"]))


@pytest.mark.parametrize(
    ("tools", "entry", "meant"),
    [
        ({"files": ["read"], "backup": ["read"]}, "read", ["files/read", "backup/read"]),
        ({"files": ["read"], "evil": ["files_read"]}, "files_read", ["files/read", "evil/files_read"]),
        ({"files": ["read"], "evil": ["files/read"]}, "files/read", ["files/read", "evil/files/read"]),
        ({"a": ["b_c"], "a_b": ["c"]}, "a_b_c", ["a/b_c", "a_b/c"]),
        ({"files": ["read", "files_read"]}, "files_read", ["files/read", "files/files_read"]),
    ],
)
def test_an_entry_that_means_several_tools(
    offer: Offer, declare: Declare, tools: dict[str, list[str]], entry: str, meant: list[str]
) -> None:
    (hit,) = of_rule("COV-003", offer(**tools), declare({"researcher": [entry]}, servers=tools))
    assert f"`{entry}` allows 2 tools: " in hit.message
    assert all(f"`{name}`" in hit.message for name in meant)
    assert hit.pointer == "/agents/researcher/allowed_tools/0"


def test_the_advice_on_an_ambiguous_entry_is_unambiguous(offer: Offer, declare: Declare) -> None:
    inventory = offer(files=["read"], backup=["read"])
    advised = declare({"researcher": ["files/read", "backup/read"]}, servers=["files", "backup"])
    (hit,) = of_rule("COV-003", inventory, declare({"researcher": ["read"]}, servers=["files", "backup"]))
    assert "`files/read` or `backup/read`" in hit.help
    assert not of_rule("COV-003", inventory, advised)


def test_a_tool_listed_twice_by_one_server_is_one_tool(offer: Offer, declare: Declare) -> None:
    assert not of_rule("COV-003", offer(files=["read", "read"]), declare({"researcher": ["read"]}))


def test_tools_nobody_reaches(offer: Offer, declare: Declare) -> None:
    config = declare({"reader": ["read_file"], "searcher": ["files/search_files"]}, servers=["files"])
    hits = of_rule("COV-001", offer(files=FILES), config)
    assert [hit.subject for hit in hits] == [
        Subject("files", Kind.TOOL, "write_file"),
        Subject("files", Kind.TOOL, "list_directory"),
    ]
    assert "add `write_file` to `agents.<name>.allowed_tools` of `reader`, `searcher`" in hits[0].help


def test_the_entry_to_add_is_qualified_when_the_bare_name_means_more(offer: Offer, declare: Declare) -> None:
    inventory = offer(files=["read", "list"], backup=["read", "list"])
    config = declare({"reader": ["files/read", "files/list", "backup/list"]}, servers=["files", "backup"])
    (hit,) = of_rule("COV-001", inventory, config)
    assert "add `backup/read` to" in hit.help


def test_an_unreachable_server_is_one_finding(offer: Offer, declare: Declare) -> None:
    inventory = offer(files=["read_file"], mail=["list_mails", "send_mail"])
    (hit,) = of_rule("COV-001", inventory, declare({"reader": ["read_file"]}, servers=["files", "mail"]))
    assert hit.subject == Subject("mail", Kind.SERVER, "mail")
    assert hit.severity is Severity.LOW
    assert "`list_mails`, `send_mail`" in hit.message
    assert "Delete `mail` from `mcp_servers`" in hit.help


@pytest.mark.parametrize(
    "agents",
    [
        pytest.param({}, id="no agents"),
        pytest.param({"admin": None}, id="no allowlist"),
        pytest.param({"admin": [], "reader": ["read_file"]}, id="an empty one beside a full one"),
    ],
)
def test_everything_is_reached_by_an_agent_without_an_allowlist(
    offer: Offer, declare: Declare, agents: dict[str, Any]
) -> None:
    assert not of_rule("COV-001", offer(files=FILES), declare(agents, servers=["files"]))


@pytest.mark.parametrize(
    "admin", [{"suspended": True}, {"allowed_tools": [DENY_ALL]}, {"suspended": True, "allowed_tools": ["write_file"]}]
)
def test_agents_that_are_switched_off_reach_nothing(offer: Offer, declare: Declare, admin: dict[str, Any]) -> None:
    config = declare({"admin": admin, "reader": ["read_file"]}, servers=["files"])
    assert [hit.subject.name for hit in of_rule("COV-001", offer(files=FILES), config)] == FILES[1:]


def test_the_reserved_name_can_never_be_called(offer: Offer, declare: Declare) -> None:
    inventory = offer(files=["read_file", DENY_ALL])
    (hit,) = of_rule("COV-001", inventory, declare({"reader": ["read_file", f"files/{DENY_ALL}"]}, servers=["files"]))
    assert hit.subject.name == DENY_ALL
    assert "reserved" in hit.help


def test_hostile_names_are_made_visible(offer: Offer, declare: Declare) -> None:
    inventory = offer(files=["read_file", "x\x1b[31m\u202e", "y" * 5000])
    config = declare({"reader": ["read_file", "\u202eevil"]}, servers=["files"])
    shown = "".join(hit.message + hit.help for hit in check(inventory, config))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "y" * 100 not in shown


def _partial(inventory: Inventory) -> Inventory:
    *whole, last = inventory.servers
    return Inventory((*whole, last._replace(status=Status.PARTIAL, reason="page 2 was malformed")))
