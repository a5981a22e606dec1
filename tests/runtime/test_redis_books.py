"""The books in a real Redis: the answers of the books in memory, for all gateways together, and while it is down."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest
import redis as library
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.calls import Books, Call, CallPolicy, Demand, Denial, Pause, Reservation, Slot
from oktsec_lint.core.calls.windows import LONGEST
from oktsec_lint.core.errors import SourceError
from oktsec_lint.runtime.addresses import Server
from oktsec_lint.runtime.redis.books import RedisBooks
from tests.core.calls.asking import call, clerk, policy
from tests.databases import Redis, redis

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CALLING = textwrap.dedent("""
    import sys
    from oktsec_lint.runtime.addresses import Server
    from oktsec_lint.runtime.redis.books import RedisBooks
    from tests.core.calls.asking import call, clerk, policy
    limits = policy(clerk(), rate_limit={"per_agent": 500, "window": 3600})
    books = RedisBooks(limits, Server(sys.argv[1]), enforce=True, say=print)
    print(sum(books.admit(call(), str(number), 0.0) is None for number in range(400)))
""")


class Demands:
    """A policy that demands what the test says."""

    longest_pause = 1000

    def __init__(self) -> None:
        self.next: Demand = Demand()

    def demand(self, _asked: Call) -> Demand:
        return self.next


@pytest.fixture(scope="module")
def server() -> Iterator[Redis]:
    with redis() as running:
        yield running


@pytest.fixture
def place(server: Redis) -> Server:
    emptied(server)
    return Server(server.url, "oktsec.yaml", 3)


def emptied(server: Redis) -> library.Redis:
    client = library.Redis.from_url(server.url, decode_responses=True)
    client.flushall()
    client.close()
    return client


def shared(limits: CallPolicy, place: Server, *, enforce: bool = True, **options: Any) -> RedisBooks:
    options.setdefault("say", lambda _: None)
    return RedisBooks(limits, place, enforce=enforce, **options)


LARGE = st.integers(0, 12) | st.integers(0, 10**18) | st.integers(0, 10**27)
RESERVATION = st.builds(
    lambda name, amount, limit, length: Reservation(("a", "calls", name), amount, limit, length, Denial(name, "full")),
    st.sampled_from("xyz"),
    LARGE,
    st.integers(0, 40) | LARGE,
    st.sampled_from([60, 100, 640, 86400.0]),
)
SLOT = st.builds(lambda limit: Slot(("a", "running"), limit, Denial("slot", "busy")), st.integers(1, 4))
PAUSE = st.builds(
    lambda name, length: Pause(("a", "chain", name), length, Denial(f"pause {name}", "soon")),
    st.sampled_from("uv"),
    st.sampled_from([20, 50.5, 1000]),
)
DEMAND = st.builds(
    Demand,
    st.none() | RESERVATION.map(lambda item: item._replace(key=("a", "calls"), amount=1)),
    st.none() | SLOT,
    st.lists(RESERVATION, max_size=2, unique_by=lambda item: item.key).map(tuple),
    st.lists(PAUSE, max_size=2).map(tuple),
    st.lists(st.sampled_from([("a", "chain", "u"), ("a", "chain", "v")]), max_size=2).map(tuple),
    st.sampled_from([None, None, None, Denial("approval", "ask", approvable=True)]),
)
QUARTERS = st.integers(0, 400) | st.integers(-40, 4000)
"""Between two calls, in quarters of a second: what microseconds and doubles both write exactly."""


@given(st.lists(st.tuples(QUARTERS, DEMAND, st.none() | st.integers(0, 9)), max_size=25))
def test_redis_answers_as_memory_does(server: Redis, steps: list[tuple[int, Demand, int | None]]) -> None:
    played(server, [(quarters / 4, demand, ends) for quarters, demand, ends in steps])


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4)), min_size=100, max_size=300), st.integers(50, 400))
def test_redis_answers_as_memory_does_where_uses_are_remembered_together(
    server: Redis, steps: list[tuple[int, int]], limit: int
) -> None:
    use = Reservation(("a", "calls"), 1, limit, 160.0, Denial("rate", "full"))
    played(server, [(quarters / 4, Demand(use._replace(amount=amount)), None) for quarters, amount in steps])
    client = library.Redis.from_url(server.url)
    assert cast("int", client.llen('oktsec:["a","calls"]')) <= LONGEST
    client.close()


def played(server: Redis, steps: list[tuple[float, Demand, int | None]]) -> None:
    """The same calls against both; now and then an earlier one ends."""
    emptied(server)
    demands, now = Demands(), [1_700_000_000.0]
    limits = cast("CallPolicy", demands)
    memory = Books(limits)
    books = shared(limits, Server(server.url), time=lambda: now[0])
    for ticket, (wait, demand, ends) in enumerate(steps):
        now[0] += wait
        demands.next = demand
        expected = memory.admit(call(), str(ticket), now[0])
        assert books.admit(call(), str(ticket), now[0]) == expected
        if ends is not None:
            memory.end(str(ends))
            books.end(str(ends))
    books.close()


def test_limits_hold_for_all_processes_together(place: Server) -> None:
    command = [sys.executable, "-c", CALLING, place.url]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    admitted = [int(process.communicate(timeout=120)[0]) for process in running]
    assert sum(admitted) == 500


def test_slots_are_counted_for_all_gateways_and_come_back(place: Server) -> None:
    limits = policy(clerk(max_concurrent_calls=3))
    first, second = shared(limits, place), shared(limits, place)
    assert [first.admit(call(), str(number), 0.0) for number in range(2)] == [None, None]
    assert second.admit(call(), "0", 0.0) is None
    assert rules(first.admit(call(), "2", 0.0), second.admit(call(), "1", 0.0)) == ["concurrency_limited"] * 2
    first.end("0")
    first.end("0")
    assert second.admit(call(), "1", 0.0) is None
    assert rules(first.admit(call(), "2", 0.0)) == ["concurrency_limited"]
    second.close()
    assert [first.admit(call(), str(number), 0.0) for number in (2, 3)] == [None, None]
    first.close()


def test_slots_of_a_gateway_that_died_come_back_by_themselves(place: Server) -> None:
    limits = policy(clerk(max_concurrent_calls=1))
    dead, living = shared(limits, place), shared(limits, place)
    assert dead.admit(call(), "0", 0.0) is None
    assert rules(living.admit(call(), "0", 0.0)) == ["concurrency_limited"]
    client = library.Redis.from_url(place.url)
    (sign,) = client.scan_iter("oktsec:gateway:*")
    assert 0 < cast("int", client.pttl(sign)) <= 30_000
    client.delete(sign)  # what its end does, later
    client.close()
    assert living.admit(call(), "0", 0.0) is None
    living.close()


def rules(*denials: Denial | None) -> list[str]:
    return [denial.rule if denial else "" for denial in denials]


def test_everything_that_is_remembered_is_forgotten(place: Server) -> None:
    who = clerk(
        max_concurrent_calls=2,
        tool_policies={"read": {"rate_limit": 5, "daily_limit": 100}},
        tool_constraints=[{"tool": "read", "cooldown_secs": 9}],
        tool_chain_rules=[{"if": "read", "then": ["send"], "cooldown_secs": 50}],
    )
    books = shared(policy(who, rate_limit={"per_agent": 5}), place)
    assert books.admit(call(arguments={"amount": 7}), "0", 0.0) is None
    client = library.Redis.from_url(place.url, decode_responses=True)
    lasting = {name: cast("int", client.pttl(name)) for name in client.scan_iter()}
    assert len(lasting) == 10
    assert all(0 < left <= 86_401_000 for left in lasting.values()), lasting
    client.close()
    books.close()


def test_calls_that_nothing_limits_ask_nobody() -> None:
    books = shared(policy(clerk()), Server("unix:///nowhere"))
    assert books.admit(call(), "0", 0.0) is None


LIMITED = policy(clerk(), rate_limit={"per_agent": 2, "window": 3600})


def test_while_redis_is_down_an_enforcing_gateway_refuses_and_says_so_once() -> None:
    with redis() as server:
        said: list[str] = []
        books = shared(LIMITED, Server(server.url), say=said.append)
        now = count()
        assert books.admit(call(), "0", next(now)) is None
        server.stop()
        assert {rules(books.admit(call(), "1", next(now)))[0] for _ in range(5)} == {"limits_unavailable"}
        (only,) = said
        assert only.endswith("(nothing listens where Redis should be): calls that a limit is for are refused")
        server.start()
        assert books.admit(call(), "1", next(now)) is None
        assert said[1:] == ["the limits that several gateways share hold again"]
        books.close()


def test_while_redis_is_down_an_observing_gateway_goes_by_its_own_books() -> None:
    said: list[str] = []
    books = shared(LIMITED, Server("unix:///nowhere"), enforce=False, say=said.append)
    assert rules(*(books.admit(call(), str(number), 0.0) for number in range(3))) == ["", "", "rate_limited"]
    assert [line.rpartition(": ")[2] for line in said] == ["they hold for each gateway"]
    books.close()


def test_slots_survive_a_redis_that_comes_back_empty() -> None:
    with redis() as server:
        limits = policy(clerk(max_concurrent_calls=2))
        books = shared(limits, Server(server.url))
        assert books.admit(call(), "0", 0.0) is None
        server.stop()
        assert rules(books.admit(call(), "1", 1.0)) == ["limits_unavailable"]
        books.end("never")
        server.start()
        assert rules(*(books.admit(call(), str(number), 9.0) for number in (1, 2))) == ["", "concurrency_limited"]
        books.end("0")
        assert books.admit(call(), "2", 9.0) is None
        books.close()


def test_a_redis_that_wants_a_password_or_has_no_memory_is_one_that_is_down() -> None:
    for options, why in ((("--requirepass", "correcthorse"), "password"), (("--maxmemory", "1"), "memory")):
        with redis(*options) as server:
            said: list[str] = []
            books = shared(LIMITED, Server(server.url), say=said.append)
            assert rules(books.admit(call(), "0", 0.0)) == ["limits_unavailable"]
            assert why in said[0]
            assert "correcthorse" not in said[0]


@pytest.mark.parametrize("url", ["http://u:correcthorse@h", "correcthorse", "redis://u:correcthorse@h:port/x"])
def test_an_address_that_is_none_is_said_without_it(url: str) -> None:
    with pytest.raises(SourceError) as raised:
        shared(LIMITED, Server(url, "oktsec.yaml", 3))
    assert str(raised.value).startswith("oktsec.yaml:3: `redis_url` is no address of Redis")
    assert "correcthorse" not in repr(raised.value.__dict__)
