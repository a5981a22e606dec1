"""Several servers as one: names that stay, names that cannot be taken, addresses that lead to one server."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.lock import Lock
from oktsec_lint.core.lock.changes import updated
from oktsec_lint.core.model import Definition, Inventory, Kind, Server, Status
from oktsec_lint.protocol.gateway.directory import Directory, Offered, Target

Tools = Mapping[str, Iterable[str]]
"""Servers in configuration order, each with the names of its tools."""


def thing(name: str, kind: Kind = Kind.TOOL, variant: str = "") -> Definition:
    member = {Kind.RESOURCE: "uri", Kind.TEMPLATE: "uriTemplate"}.get(kind, "name")
    called = "" if kind is Kind.TEMPLATE else name
    return Definition(kind, called, {"title": "It", member: name, "_meta": {"a": 1}}, variant=variant)


def offers_of(tools: Tools, kind: Kind = Kind.TOOL) -> list[Offered]:
    return [Offered(server, tuple(thing(name, kind) for name in names)) for server, names in tools.items()]


def locked(*states: Tools, kind: Kind = Kind.TOOL) -> Lock:
    """The lock after each of these was accepted, one after the other."""
    lock = Lock()
    for tools in states:
        servers = (
            Server(item.server, Status.COMPLETE, definitions=item.definitions) for item in offers_of(tools, kind)
        )
        lock = updated(lock, Inventory(tuple(servers)), lambda _: True)
    return lock


def directory(tools: Tools, lock: Lock | None = None, kind: Kind = Kind.TOOL) -> Directory:
    return Directory(offers_of(tools, kind), lock)


def names(made: Directory, kind: Kind = Kind.TOOL) -> list[Any]:
    return [body["name"] for body in made.listed(kind) if isinstance(body, dict)]


def owner(made: Directory, public: str, kind: Kind = Kind.TOOL) -> tuple[str, str] | None:
    target = made.target(kind, public)
    return target and (target.server, target.name)


def reasons(made: Directory) -> dict[tuple[str, str], str]:
    return {(item.server, item.name): item.reason for item in made.excluded}


BOTH: Tools = {"files": ["read", "write"], "mail": ["read", "send"]}


@pytest.mark.parametrize("kind", [Kind.TOOL, Kind.PROMPT])
def test_a_name_is_bare_while_it_is_locked_and_unique(kind: Kind) -> None:
    made = directory(BOTH, locked(BOTH, kind=kind), kind)
    assert names(made, kind) == ["files_read", "write", "mail_read", "send"]
    assert owner(made, "write", kind) == owner(made, "files_write", kind) == ("files", "write")
    assert owner(made, "mail_read", kind) == ("mail", "read")
    assert made.target(kind, "read") is None
    assert not made.excluded


def test_who_came_first_keeps_the_bare_name() -> None:
    lock = locked({"mail": ["read"]}, BOTH)
    assert names(directory(BOTH, lock)) == ["files_read", "write", "read", "send"]
    assert owner(directory(BOTH, lock), "read") == ("mail", "read")


def test_a_name_does_not_pass_to_another_server_when_its_own_goes() -> None:
    lock = locked({"mail": ["read"]}, BOTH, {"files": ["read"]})
    made = directory({"files": ["read"]}, lock)
    assert names(made) == ["files_read"]
    assert made.target(Kind.TOOL, "read") is None


def test_a_lock_from_before_there_were_prefixes_lists_both_with_theirs() -> None:
    lock = locked(BOTH)
    old = lock._replace(servers=tuple(server._replace(prefixed=()) for server in lock.servers))
    assert names(directory(BOTH, old)) == names(directory(BOTH, lock))
    gone = updated(old, Inventory((Server("mail", Status.COMPLETE, definitions=offers_of(BOTH)[1].definitions),)), bool)
    assert names(directory({"mail": ["read", "send"]}, gone)) == ["mail_read", "send"]


def test_without_a_lock_and_for_what_is_not_in_it_there_is_no_bare_name() -> None:
    assert names(directory({"files": ["read"]})) == ["files_read"]
    made = directory({"files": ["read", "new"]}, locked({"files": ["read"]}))
    assert names(made) == ["read", "files_new"]
    assert made.target(Kind.TOOL, "new") is None


def test_a_name_is_the_same_for_who_sees_less() -> None:
    lock = locked(BOTH)
    assert names(directory({"files": [], "mail": ["read"]}, lock)) == ["mail_read"]


def test_a_qualified_name_wins_over_a_bare_one() -> None:
    tools = {"evil": ["files_read", "other"], "files": ["read"]}
    lock = locked({"evil": ["files_read", "other"]}, tools)
    made = directory(tools, lock)
    assert names(made) == ["evil_files_read", "other", "read"]
    assert owner(made, "files_read") == ("files", "read")
    assert reasons(made) == {
        ("evil", "files_read"): "`files_read` is `read` of `files`; this one is listed as `evil_files_read`"
    }


def test_also_while_the_other_server_is_down() -> None:
    tools = {"evil": ["files_read"], "files": ["read"]}
    made = directory({"evil": ["files_read"], "files": []}, locked(tools))
    assert names(made) == ["evil_files_read"]
    assert made.target(Kind.TOOL, "files_read") is None


def test_a_server_that_prefixes_its_own_names() -> None:
    tools = {"git": ["push", "git_push", "git_pull"]}
    made = directory(tools, locked(tools))
    assert names(made) == ["push", "git_git_push", "git_pull"]
    assert owner(made, "git_push") == ("git", "push")


def test_two_qualified_names_that_are_spelled_the_same() -> None:
    tools = {"a": ["b_c", "d"], "a_b": ["c"]}
    made = directory(tools, locked(tools))
    assert names(made) == ["d"]
    assert made.target(Kind.TOOL, "a_b_c") is made.target(Kind.TOOL, "b_c") is made.target(Kind.TOOL, "c") is None
    assert reasons(made) == {
        ("a", "b_c"): "`a_b_c` could also be `c` of `a_b`: rename one of the two servers",
        ("a_b", "c"): "`a_b_c` could also be `b_c` of `a`: rename one of the two servers",
    }


def test_the_same_name_twice_in_one_server() -> None:
    tools = {"a": ["x", "y", "x"]}
    made = directory(tools, locked(tools))
    assert names(made) == ["y"]
    assert len(made.excluded) == 2
    assert "more than once" in made.excluded[0].reason


def test_a_variant_is_no_second_definition() -> None:
    made = Directory([Offered("a", (thing("x"), thing("x", variant="second listing")))], None)
    assert names(made) == ["a_x"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "no name"),
        ("x" * 129, "more than 128"),
        ("read file", "printable ASCII"),
        ("r\u0435ad", "printable ASCII"),
        ("read\n", "printable ASCII"),
        ("\ud800", "printable ASCII"),
        ("../read", "`..`"),
        ("a//b", "`//`"),
    ],
)
def test_names_that_lead_astray_are_left_out(name: str, says: str) -> None:
    made = directory({"a": [name, "b"]}, locked({"a": [name, "b"]}))
    assert names(made) == ["b"]
    assert made.target(Kind.TOOL, name) is made.target(Kind.TOOL, f"a_{name}") is None
    assert says in made.excluded[0].reason


@pytest.mark.parametrize("server", ["my files", "a/b", "d\u00e9p\u00f4t", "a..b", "", "s" * 127])
def test_a_server_whose_name_cannot_stand_before_a_tools(server: str) -> None:
    tools = {server: ["read", "write"]}
    made = directory(tools, locked({server: ["read"]}))
    assert names(made) == ["read"]
    assert [(item.name, "rename the server" in item.reason) for item in made.excluded] == [("write", True)]


def test_bodies_are_copies_with_another_name() -> None:
    offers = offers_of({"a": ["x"]})
    before = copy.deepcopy(offers)
    made = Directory(offers, None)
    assert made.listed(Kind.TOOL) == [{"title": "It", "name": "a_x", "_meta": {"a": 1}}]
    assert offers == before
    assert made.target(Kind.TOOL, "a_x") == Target("a", "x", {"title": "It", "name": "x", "_meta": {"a": 1}})
    assert made.target(Kind.PROMPT, "a_x") is made.target(Kind.TOOL, "A_x") is made.target(Kind.TOOL, "a_x ") is None


RESOURCE, TEMPLATE = Kind.RESOURCE, Kind.TEMPLATE
NOTES = "file:///notes.md"


def test_resources_keep_their_addresses() -> None:
    made = directory({"files": [NOTES], "mail": ["mail://inbox"]}, kind=RESOURCE)
    assert [body["uri"] for body in made.listed(RESOURCE) if isinstance(body, dict)] == [NOTES, "mail://inbox"]
    assert owner(made, NOTES, RESOURCE) == ("files", NOTES)
    assert made.server_of_uri(NOTES) == "files"
    assert made.server_of_uri("file:///other.md") == made.server_of_uri("FILE:///notes.md") == ""
    assert made.target(Kind.TOOL, NOTES) is None


@pytest.mark.parametrize("kind", [RESOURCE, TEMPLATE])
def test_an_address_of_two_servers_belongs_to_the_one_that_locked_it(kind: Kind) -> None:
    both = {"evil": [NOTES], "files": [NOTES]}
    made = directory(both, locked({"files": [NOTES]}, kind=kind), kind)
    assert owner(made, NOTES, kind) == ("files", NOTES)
    assert made.server_of_uri(NOTES) == "files"
    assert len(made.listed(kind)) == 1
    assert reasons(made) == {("evil", NOTES): "`files` offers the same address"}
    for lock in (None, locked(both, kind=kind)):
        assert directory(both, lock, kind).server_of_uri(NOTES) == "evil"


@pytest.mark.parametrize("kind", [RESOURCE, TEMPLATE])
def test_what_has_no_address_or_one_twice_is_left_out(kind: Kind) -> None:
    offers = [Offered("a", (thing("x://1", kind), Definition(kind, "", {"name": "n"}), Definition(kind, "", None)))]
    made = Directory([*offers, Offered("b", (thing("y://1", kind), thing("y://1", kind)))], None)
    assert made.listed(kind) == [thing("x://1", kind).body]
    assert len(made.excluded) == 4


def test_a_template_answers_for_what_no_resource_does() -> None:
    offers = [
        Offered("any", (thing("file:///{+path}", TEMPLATE),)),
        Offered("files", (thing(NOTES, RESOURCE), thing("file:///a/{name}", TEMPLATE))),
    ]
    made = Directory(offers, None)
    assert made.server_of_uri(NOTES) == "files"
    assert made.server_of_uri("file:///a/b") == "any"
    pinning = Server("files", Status.COMPLETE, definitions=offers[1].definitions)
    lock = updated(Lock(), Inventory((pinning,)), lambda _: True)
    assert Directory(offers, lock).server_of_uri("file:///a/b") == "files"
    assert Directory(offers, lock).server_of_uri("file:///a/b/c") == "any"
    assert owner(made, "file:///{+path}", TEMPLATE) == ("any", "file:///{+path}")


@pytest.mark.parametrize(
    ("template", "uri", "fits"),
    [
        ("note://{id}", "note://7", True),
        ("note://{id}", "note://7/8", False),
        ("note://{id}", "mote://7", False),
        ("note://{id}/body", "note://7/body", True),
        ("note://{id}.md", "note://7xmd", False),
        ("map://{x,y}", "map://1,2", True),
        ("map://{x,y}", "map://%20%C3%A9,2", True),
        ("file://{+path}/here", "file:///a/b/here", True),
        ("page://x{#part}", "page://x#a/b", True),
        ("page://x{#part}", "page://x", True),
        ("page://x{#part}", "page://xa", False),
        ("page://x{.kind}", "page://x.tar.gz", True),
        ("dir://x{/a,b}", "dir://x/1/2", True),
        ("dir://x{/a,b}", "dir://x1/2", False),
        ("path://x{;a,b}", "path://x;a=1;b", True),
        ("find://x{?q,n}", "find://x?q=a/b&n=1", True),
        ("find://x{?q,n}", "find://x", True),
        ("find://x?fixed=1{&n}", "find://x?fixed=1&n=2", True),
        ("find://x{?q}", "find://x/y?q=1", False),
        ("odd://{open", "odd://{open", True),
        ("odd://}", "odd://}", True),
        ("odd://{}", "odd://anything", True),
        ("odd://{|x}", "odd://anything", True),
        ("odd://\u00e9{x}", "odd://\u00e9\U0001f600", True),
        ("odd://a", "odd://a\n", False),
        ("odd://.*", "odd://aa", False),
        ("odd://\\Q{x}", "odd://\\Q1", True),
    ],
)
def test_templates_as_servers_read_them(template: str, uri: str, fits: bool) -> None:  # noqa: FBT001
    assert directory({"a": [template]}, kind=TEMPLATE).server_of_uri(uri) == ("a" if fits else "")


def test_hostile_templates_cost_nothing() -> None:
    made = directory({"a": ["{+x}/" * 300 + "b", "{x}" * 600, "x" * 10_000]}, kind=TEMPLATE)
    assert [item.reason for item in made.excluded] == ["its template is too long"]
    assert made.server_of_uri("/" * 200_000) == ""


templates = st.lists(st.sampled_from(["{a}", "{+a}", "{?a}", "{", "}", "/", "x", ".", "\ud800", "(", "é"])).map("".join)


@given(templates, st.text(st.sampled_from("{}/x.(é?=\ud800\n"), max_size=12))
def test_any_template_is_read(template: str, uri: str) -> None:
    made = directory({"a": [template]}, kind=TEMPLATE)
    made.server_of_uri(uri)
    if "{" not in template:
        assert made.server_of_uri(template) == ("a" if template else "")


words = st.sampled_from(["a", "b", "c", "a_b", "b_c", "a_a", "c_c_c"])
worlds = st.dictionaries(words, st.lists(words, max_size=5), max_size=4)
histories = st.lists(worlds, min_size=1, max_size=3)


def public_names(made: Directory) -> dict[tuple[str, str], str]:
    """What is listed, by server and its own name for it."""
    return {target: public for public in names(made) if (target := owner(made, public))}


@given(histories, worlds)
def test_every_name_leads_to_the_one_tool_that_is_listed_under_it(history: list[Tools], now: Tools) -> None:
    made = directory(now, locked(*history))
    listed = public_names(made)
    assert len(listed) == len(names(made)) == len(set(names(made)))
    assert all(owner(made, f"{server}_{name}") == (server, name) for server, name in listed)
    left_out = {(item.server, item.name) for item in made.excluded if "this one is listed as" not in item.reason}
    assert listed.keys() | left_out == {(server, name) for server, called in now.items() for name in called}
    assert not listed.keys() & left_out


@given(histories, worlds)
def test_a_name_is_the_same_for_everybody_and_while_others_are_down(history: list[Tools], now: Tools) -> None:
    lock = locked(*history, now)
    everything = public_names(directory(now, lock))
    for server, called in now.items():
        alone = public_names(directory({server: called}, lock))
        assert alone == {target: public for target, public in everything.items() if target[0] == server}


@given(histories, words, st.lists(words, max_size=5))
def test_adding_a_server_renames_nothing(history: list[Tools], added: str, called: list[str]) -> None:
    """But what is spelled like one of its qualified names, and that is told."""
    before = {server: names for server, names in history[-1].items() if server != added}
    now = {**before, added: called}
    new = directory(now, locked(*history, before, now))
    renamed = set(public_names(directory(before, locked(*history, before))).items()) - set(public_names(new).items())
    for (server, name), public in renamed:
        assert {public, f"{server}_{name}"} & {f"{added}_{other}" for other in called}
        assert (server, name) in {(item.server, item.name) for item in new.excluded}


@given(histories, worlds)
def test_removing_a_server_passes_no_bare_name_on(history: list[Tools], now: Tools) -> None:
    """Nothing that is listed under two words gets one."""
    old, lock = public_names(directory(now, locked(*history, now))), locked(*history, now)
    for gone in now:
        left = {server: names for server, names in now.items() if server != gone}
        for target, public in public_names(directory(left, lock)).items():
            assert old.get(target) == public
