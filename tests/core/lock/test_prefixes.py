"""Who bears a name that several servers chose: the one that was locked first, for as long as it has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint import lockfile
from oktsec_lint.core.lock import Lock, taken
from oktsec_lint.core.lock.changes import updated
from oktsec_lint.core.lock.prefixes import bearers
from oktsec_lint.core.model import Definition, Inventory, Kind, Server, Status
from tests.core.lock.offers import LAUNCH, PATH, POLICY, RULEBOOK

Names = Mapping[str, Collection[str]]
"""What is listed, as the lock writes it (`tool read`), by server."""


def inventory(offered: Names) -> Inventory:
    return Inventory(tuple(_server(name, things) for name, things in offered.items()))


def _server(name: str, things: Collection[str]) -> Server:
    parts = (thing.partition(" ") for thing in things)
    made = (Definition(Kind(kind), called, {"name": called, "uri": called}) for kind, _, called in parts)
    return Server(name, Status.COMPLETE, definitions=tuple(made), launch=LAUNCH)


def after(*states: Names) -> Lock:
    """The lock of each of these in turn, through its file."""
    lock = Lock(RULEBOOK, POLICY)
    for state in states:
        text = lockfile.render(updated(lock, inventory(state), lambda _: True))
        lock = lockfile.read(PATH, text.encode())[0]
    return lock


def prefixed(lock: Lock) -> dict[str, list[str]]:
    return {item.name: [f"{kind} {name}" for kind, name in item.prefixed] for item in lock.servers if item.prefixed}


def test_who_comes_later_is_prefixed() -> None:
    assert prefixed(after({"b": ["tool x", "tool y"]}, {"a": ["tool x"], "b": ["tool x", "tool y"]})) == {
        "a": ["tool x"]
    }
    assert prefixed(after({"b": ["tool y"], "a": ["tool x"]}, {"a": ["tool x"], "b": ["tool x", "tool y"]})) == {
        "b": ["tool x"]
    }


def test_who_comes_at_the_same_time_is_prefixed_too() -> None:
    assert prefixed(after({"a": ["tool x", "tool y"], "b": ["tool x"]})) == {"a": ["tool x"], "b": ["tool x"]}


def test_a_prefix_stays_as_long_as_the_tool() -> None:
    both, one = {"a": ["tool x"], "b": ["tool x"]}, {"b": ["tool x"]}
    assert prefixed(after({"a": ["tool x"]}, both, one)) == {"b": ["tool x"]}
    assert prefixed(after({"a": ["tool x"]}, both, {"a": ["tool x"], "b": []}, both)) == {"b": ["tool x"]}
    assert prefixed(after({"a": ["tool x"]}, both, one, {"b": []}, one)) == {}


def test_a_name_does_not_pass_on_in_one_step() -> None:
    assert prefixed(after({"a": ["tool x"]}, {"b": ["tool x"]})) == {"b": ["tool x"]}


def test_kinds_have_their_own_names_and_addresses_have_none() -> None:
    assert prefixed(after({"a": ["tool x", "resource x", "template x"], "b": ["prompt x", "template x"]})) == {}
    assert prefixed(after({"a": ["prompt x"], "b": ["prompt x", "tool x"]})) == {"a": ["prompt x"], "b": ["prompt x"]}


def test_what_has_no_name_and_what_varies() -> None:
    nameless = Definition(Kind.TOOL, "", {})
    twice = Definition(Kind.TOOL, "x", {"name": "x"}), Definition(Kind.TOOL, "x", {"name": "x", "v": 1}, None, "again")
    servers = (Server(name, Status.COMPLETE, definitions=(nameless, *twice)) for name in ("a", "b"))
    lock = updated(Lock(), Inventory(tuple(servers)), lambda _: True)
    assert prefixed(lock) == {"a": ["tool x"], "b": ["tool x"]}


def test_an_old_lock_without_prefixes_gets_them_when_it_is_written_again() -> None:
    state = {"a": ["tool x"], "b": ["tool x"]}
    old = Lock(servers=tuple(taken(server) for server in inventory(state).servers))
    assert prefixed(updated(old, inventory(state), lambda _: False)) == {"a": ["tool x"], "b": ["tool x"]}
    assert prefixed(updated(old, inventory({"b": ["tool x"]}), lambda _: True)) == {"b": ["tool x"]}


def test_what_is_refused_takes_no_name() -> None:
    lock = updated(after({"a": ["tool y"]}), inventory({"a": ["tool x", "tool y"], "b": ["tool x"]}), _is_of_b)
    assert prefixed(lock) == {}
    assert bearers(lock.servers)[Kind.TOOL, "x"] == ["b"]


def _is_of_b(change: object) -> bool:
    return getattr(change, "server", "") == "b"


things = st.lists(st.sampled_from(["tool x", "tool y", "tool z", "prompt x", "resource x"]), unique=True, max_size=4)
states = st.dictionaries(st.sampled_from("abcd"), things, max_size=4)


@given(st.lists(states, min_size=1, max_size=4))
def test_one_server_at_most_bears_a_name_and_a_second_run_changes_nothing(history: list[Names]) -> None:
    lock = after(*history)
    assert all(len(servers) == 1 for servers in bearers(lock.servers).values())
    assert lockfile.render(after(*history, history[-1])) == lockfile.render(lock)


@given(st.lists(states, min_size=2, max_size=4))
def test_what_stays_is_never_called_otherwise(history: list[Names]) -> None:
    before, now = after(*history[:-1]), after(*history)
    stayed = [
        (server.name, item.key)
        for server, item in before.definitions()
        if item.name in _listed(now, server.name, item.kind)
    ]
    assert [_is_prefixed(before, *item) for item in stayed] == [_is_prefixed(now, *item) for item in stayed]


def _listed(lock: Lock, name: str, kind: Kind) -> set[str]:
    server = lock.server(name)
    return {item.name for item in server.definitions if item.kind is kind} if server else set()


def _is_prefixed(lock: Lock, name: str, key: tuple[Kind, str]) -> bool:
    server = lock.server(name)
    return server is not None and key in server.prefixed
