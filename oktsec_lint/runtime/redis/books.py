"""The books of all gateways, in Redis: what their calls have used up, and which of them run.

`settle.lua` does to them what `core.calls.settle` does to a `CallState`, in one step and by Redis' own clock.
"""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from importlib.resources import files

import redis

from oktsec_lint.core.calls import Books, Call, CallPolicy, Demand, Denial, Key, Pause, Reservation, Slot
from oktsec_lint.core.lock.canonical import canonical
from oktsec_lint.runtime.addresses import Server

from .connection import client, said_of

_SCRIPT = files(__package__).joinpath("settle.lua").read_text(encoding="utf-8")
_BASE = 10**15
_MOST = _BASE * _BASE - 1
"""The highest limit that is told from a higher one: of a sum of money, a thousand times a million times a million."""
_LEASE = 30.0
"""Seconds after which the slots of a gateway that gives no sign of life are free."""
_PAUSE = 1.0
"""Seconds in which a server that could not be asked is not asked again."""
_DENIAL = Denial("limits_unavailable", "the limits that several gateways share cannot be asked about at the moment")


class RedisBooks:
    """`core.calls.Books` for gates in any number of processes; in this one for several threads too."""

    def __init__(
        self,
        policy: CallPolicy,
        server: Server,
        *,
        enforce: bool,
        say: Callable[[str], None],
        time: Callable[[], float] | None = None,
    ) -> None:
        """While Redis cannot be asked, an enforcing gate denies what is limited at all, and an observing one goes by
        the books of this process; `say` is told of it once, and when it is over.

        `time` stands for Redis' clock: seconds since 1970. Raises SourceError for an address that is none.
        """
        self._policy = policy
        self._client = client(server)
        self._settle = self._client.register_script(_SCRIPT)
        self._local = None if enforce else Books(policy)
        self._say = say
        self._time = time
        self._gateway = secrets.token_hex(8)
        self._marked_for = f"{(policy.longest_pause or 1) * 1000 + 1}"
        self._running: dict[str, Key] = {}
        self._counts: Counter[Key] = Counter()
        """How many of those have a slot of each kind."""
        self._down: float | None = None
        """Since when it cannot be asked, by the clock of the gates."""
        self._turn = threading.Lock()
        self._closing = threading.Event()
        self._sign: threading.Thread | None = None

    def admit(self, call: Call, ticket: str, now: float) -> Denial | None:
        """As `Books.admit`. `now` only says when to ask a server again that could not be asked."""
        demand = self._policy.demand(call)
        if isinstance(demand, Denial):
            return demand
        if not (demand.rate or demand.slot or demand.reservations or demand.pauses or demand.marks):
            return demand.approval
        with self._turn:
            denial = self._settled(demand, now)
            if denial is _DENIAL and self._local is not None:
                return self._local.admit(call, ticket, now)
            if denial is None and demand.slot is not None:
                self._take(ticket, demand.slot.key)
        return denial

    def end(self, ticket: str) -> None:
        """As `Books.end`. What Redis cannot be told now, it is told with the next call."""
        with self._turn:
            if self._local is not None:
                self._local.end(ticket)
            key = self._running.pop(ticket, None)
            if key is None:
                return
            self._counts[key] -= 1
            if self._down is None:
                self._tell()

    def close(self) -> None:
        """Gives back every slot, and lets go of the server; a second call does nothing."""
        self._closing.set()
        if self._sign is not None:
            self._sign.join()
        with suppress(redis.RedisError):  # without a sign of us they are free in half a minute
            self._client.delete(_alive(self._gateway))
        self._client.close()

    def _settled(self, demand: Demand, now: float) -> Denial | None:
        if self._down is not None and 0 <= now - self._down < _PAUSE:
            return _DENIAL
        checks = [item for item in (demand.rate, demand.slot, *demand.reservations, *demand.pauses) if item]
        keys = [_name(key) for key in (*(item.key for item in checks), *demand.marks)]
        values = [self._moment(), self._marked_for, self._gateway, f"{_LEASE * 1000:.0f}", str(len(checks))]
        for item in checks:
            values += self._check(item)
        values.append("denied" if demand.approval else "")
        try:
            number = int(self._settle(keys, values))
        except redis.RedisError as error:
            self._fail(error, now)
            return _DENIAL
        if self._down is not None:
            self._down = None
            self._say("the limits that several gateways share hold again")
        return checks[number - 1].denial if number else demand.approval

    def _check(self, item: Reservation | Slot | Pause) -> tuple[str, ...]:
        if isinstance(item, Slot):
            return "slot", str(item.limit), str(self._counts[item.key])
        if isinstance(item, Pause):
            return "pause", _microseconds(item.seconds)
        amount, limit = min(item.amount, _MOST + 1), min(item.limit, _MOST)
        return "window", _halves(amount), _halves(limit), _microseconds(item.length)

    def _moment(self) -> str:
        return "" if self._time is None else _microseconds(self._time())

    def _take(self, ticket: str, key: Key) -> None:
        self._running[ticket] = key
        self._counts[key] += 1
        if self._sign is None:
            self._sign = threading.Thread(target=self._live, name="slots", daemon=True)
            self._sign.start()

    def _live(self) -> None:
        """A sign of life, while there may be slots of ours. A server that came back empty learns of them by it."""
        while not self._closing.wait(_LEASE / 3):
            with self._turn:
                self._tell()

    def _tell(self) -> None:
        """How many slots of each kind we have."""
        lease = int(_LEASE * 1000)
        said = self._client.pipeline(transaction=False)
        said.set(_alive(self._gateway), "", px=lease)
        for key, count in self._counts.items():
            said.hset(_name(key), self._gateway, str(count))
            said.pexpire(_name(key), lease)
        try:
            said.execute()
        except redis.RedisError as error:
            self._fail(error, None)
        self._counts = +self._counts

    def _fail(self, error: redis.RedisError, now: float | None) -> None:
        if self._down is None:
            instead = "calls that a limit is for are refused" if self._local is None else "they hold for each gateway"
            self._say(f"the limits that several gateways share cannot be asked about ({said_of(error)}): {instead}")
        self._down = float("-inf") if now is None else now


def _name(key: Key) -> str:
    """A key as Redis has it. No two are spelled alike, whatever an agent is called."""
    return f"oktsec:{canonical([*key])}"


def _alive(gateway: str) -> str:
    return f"oktsec:gateway:{gateway}"


def _microseconds(seconds: float) -> str:
    return f"{seconds * 1_000_000:.0f}"


def _halves(amount: int) -> str:
    """A number as two that a double holds exactly."""
    return f"{amount // _BASE} {amount % _BASE}"
