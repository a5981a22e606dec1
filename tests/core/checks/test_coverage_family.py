"""What holds for every check of the family, whatever servers offer and configurations say; and the rules' own files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint import rulebook
from oktsec_lint.core.access import may_call
from oktsec_lint.core.checks import CHECKS
from oktsec_lint.core.config import DENY_ALL, Config
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.judge import Judge
from oktsec_lint.core.model import Inventory, Kind
from oktsec_lint.core.rules import Example, Rule
from oktsec_lint.sources import load_config

Offer = Callable[..., Inventory]
Declare = Callable[..., Config]

FAMILY = ("coverage", "open-agents", "clashes", "references", "identity")
TOOL_NAMES = st.sampled_from(
    ["read", "raed", "a_read", "b_c", "c", "exec_command", "files_read", DENY_ALL, "\u202ex", ""]
)
ENTRIES = st.sampled_from(
    ["read", "rread", "files/read", "files_read", "mail/read", "x/read", "*", "re*", "!c", DENY_ALL, ""]
)
SERVERS = st.dictionaries(
    st.sampled_from(["files", "a", "a_b", "mail"]), st.none() | st.lists(TOOL_NAMES, max_size=4), max_size=3
)
AGENTS = st.dictionaries(
    st.sampled_from(["one", "two", "three"]),
    st.none()
    | st.fixed_dictionaries(
        {},
        optional={
            "allowed_tools": st.lists(ENTRIES, max_size=4),
            "suspended": st.booleans(),
            "references": st.dictionaries(st.just("tool_policies"), st.lists(ENTRIES, max_size=2)),
            "can_message": st.lists(st.sampled_from(["one", "twoo", "*"]), max_size=2),
        },
    ),
    max_size=3,
)
RULES = st.lists(
    st.tuples(
        st.just("IAP-007"),
        st.sampled_from(["block", "ignore"]),
        st.dictionaries(st.sampled_from(["apply_to_tools", "exempt_tools"]), st.lists(ENTRIES, max_size=2), max_size=1),
    ),
    max_size=1,
)
SECTIONS = st.fixed_dictionaries(
    {},
    optional={
        "gateway": st.fixed_dictionaries({"enabled": st.booleans()}, optional={"require_auth": st.just("true")}),
        "deployment": st.fixed_dictionaries({"profile": st.sampled_from(["local", "enterprise"])}),
        "default_policy": st.sampled_from(["allow", "deny"]),
        "rules": RULES,
    },
)


@pytest.fixture(scope="module")
def rules() -> Mapping[str, Rule]:
    """The family's rules, from their files."""
    return {rule.id: rule for rule in rulebook.load_dir(rulebook.rules_dir() / "coverage")}


def hits_of(inventory: Inventory, config: Config) -> Iterator[Hit]:
    for name in FAMILY:
        yield from CHECKS[name](inventory, config)


@given(servers=SERVERS, agents=AGENTS, sections=SECTIONS)
def test_every_hit_can_be_reported(
    offer: Offer, declare: Declare, rules: Mapping[str, Rule], servers: Any, agents: Any, sections: Any
) -> None:
    inventory, config = offer(**servers), declare(agents, servers=servers, **sections)
    hits = list(hits_of(inventory, config))
    for hit in hits:
        assert hit.message
        assert hit.help
        assert "\u202e" not in hit.message + hit.help
        assert hit.rule in rules
        assert hit.subject.kind is not Kind.CONFIG or hit.place is not None
    assert hits == list(hits_of(inventory, config))


@given(servers=SERVERS, agents=AGENTS)
def test_each_rule_belongs_to_the_check_its_file_names(
    offer: Offer, declare: Declare, rules: Mapping[str, Rule], servers: Any, agents: Any
) -> None:
    for name in FAMILY:
        for hit in CHECKS[name](offer(**servers), declare(agents, servers=servers)):
            assert rules[hit.rule].check == name


@given(servers=SERVERS, agents=AGENTS, surprise=st.lists(TOOL_NAMES, max_size=4))
def test_what_is_called_dead_stays_dead_whatever_a_missing_server_turns_out_to_offer(
    offer: Offer, declare: Declare, servers: Any, agents: Any, surprise: list[str]
) -> None:
    config = declare(agents, servers=[*servers, "late"])
    dead = [hit for hit in CHECKS["coverage"](offer(**servers), config) if hit.rule == "COV-002" and not hit.severity]
    inventory = offer(**{name: surprise if tools is None else tools for name, tools in servers.items()}, late=surprise)
    places = {entry.place: entry.name for agent in config.agents for entry in agent.allowed_tools}
    for hit in dead:
        assert hit.place is not None
        entry = places[hit.place]
        owners = [tool for server, tool in inventory.tools() if entry in (tool.name, f"{server.name}/{tool.name}")]
        assert not [tool for tool in owners if tool.name]


@given(servers=SERVERS, agents=AGENTS)
def test_a_tool_is_unreachable_exactly_when_no_agent_may_call_it(
    offer: Offer, declare: Declare, servers: Any, agents: Any
) -> None:
    inventory, config = offer(**servers), declare(agents, servers=servers)
    told = {hit.subject for hit in CHECKS["coverage"](inventory, config) if hit.rule == "COV-001"}
    limited = any(not agent.unrestricted for agent in config.agents)
    for server, tool in inventory.tools():
        reached = any(may_call(agent, server.name, tool.name) for agent in config.agents)
        if tool.name:
            assert bool(told & {server.subject(), server.subject_of(tool)}) is (limited and not reached)


EXAMPLES = [
    pytest.param(rule.id, example, id=f"{rule.id}-{'flag' if example.flagged else 'pass'}-{number}")
    for rule in rulebook.load_dir(rulebook.rules_dir() / "coverage")
    for number, example in enumerate(rule.examples)
]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_every_example_of_the_rules(offer: Offer, rules: Mapping[str, Rule], rule: str, example: Example) -> None:
    config = load_config("oktsec.yaml", example.config or "").config
    judgement = Judge(rules.values(), config).judge(offer(**(example.servers or {})))
    assert (rule in {item.rule for item in judgement.inspection.findings}) is example.flagged


# The tools of the reference servers of modelcontextprotocol/servers, by name.
REFERENCE = {
    "filesystem": "read_file read_text_file read_media_file read_multiple_files write_file edit_file create_directory "
    "list_directory list_directory_with_sizes directory_tree move_file search_files get_file_info "
    "list_allowed_directories",
    "memory": "create_entities create_relations add_observations delete_entities delete_observations delete_relations "
    "read_graph search_nodes open_nodes",
    "git": "git_status git_diff_unstaged git_diff_staged git_diff git_commit git_add git_reset git_log "
    "git_create_branch git_checkout git_show git_branch",
    "time": "get_current_time convert_time",
    "fetch": "fetch",
}
CLEAN_AGENTS = {
    "researcher": ["read_text_file", "search_files", "fetch", "read_graph", "get_current_time"],
    "coder": [
        "filesystem/write_file",
        "filesystem_read_text_file",
        "git_status",
        "git/git_commit",
        "memory/create_entities",
    ],
    "retired": {"suspended": True},
    "locked": [DENY_ALL],
}


def _worst(offer: Offer, declare: Declare, book: Mapping[str, Rule], agents: Any, **rest: Any) -> set[str]:
    inventory = offer(**{name: tools.split() for name, tools in REFERENCE.items()})
    judgement = Judge(book.values(), declare(agents, servers=REFERENCE, **rest)).judge(inventory)
    return {item.rule for item in judgement.inspection.findings if item.severity >= Severity.MEDIUM}


def test_a_well_kept_configuration_has_nothing_to_fix(
    offer: Offer, declare: Declare, rules: Mapping[str, Rule]
) -> None:
    assert _worst(offer, declare, rules, CLEAN_AGENTS) == set()
    assert _worst(offer, declare, rules, {}) == set()


@pytest.mark.parametrize(
    ("agents", "sections", "rule"),
    [
        ({"admin": []}, {}, "COV-004"),
        ({"typo": ["raed_file"]}, {}, "COV-002"),
        ({}, {"rules": [("IAP-007", "block", {"apply_to_tools": ["git_statsu"]})]}, "COV-007"),
        ({}, {"gateway": {"enabled": True}}, "COV-009"),
    ],
)
def test_one_slip_is_one_finding(
    offer: Offer, declare: Declare, rules: Mapping[str, Rule], agents: Any, sections: dict[str, Any], rule: str
) -> None:
    assert _worst(offer, declare, rules, {**CLEAN_AGENTS, **agents}, **sections) == {rule}
