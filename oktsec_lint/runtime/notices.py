"""Notices on their way out: taken from the gate at once, sent by a thread of their own, later again if need be.

A message never waits for a receiver. Everything that waits is bounded, what finds no room is counted and left out (the
journal has every decision), and at the end of a run what is left gets a last try for two seconds at most.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

from oktsec_lint.core.display import visible
from oktsec_lint.core.notices import Notice, Repeats, Routes, body
from oktsec_lint.core.record import Record
from oktsec_lint.core.values import NamedTuple

from .webhook import Endpoint, Failure, post


class Pace(NamedTuple):
    """How patient delivery is. Times are in seconds."""

    attempts: int = 5
    """For one notice."""
    first: float = 1.0
    """Pause after a channel's first failure; each further one in a row is `factor` times as long."""
    factor: float = 4.0
    longest: float = 120.0
    """Longest pause, also for a receiver that asks for a longer one."""
    answer: float = 10.0
    """For one attempt."""
    drain: float = 2.0
    """At the end, for everything that is left."""
    room: int = 1_000
    """Notices that may wait."""

    def pause(self, failures: int, asked: float, jitter: float) -> float:
        """Seconds until a channel is tried again after so many failures in a row; `jitter` lies between 0 and 1."""
        grown = self.first * self.factor ** min(failures - 1, 16)
        return min(self.longest, max(asked, grown * (0.5 + jitter)))


_PACE = Pace()


class _Delivery(NamedTuple):
    """A notice that waits."""

    number: int
    notice: Notice
    repeats: int
    attempts: int = 0


class _Line:
    """What waits for one channel, and how that channel is doing."""

    def __init__(self, label: str, endpoint: Endpoint) -> None:
        self.label = label
        self.endpoint = endpoint
        self.waiting: deque[_Delivery] = deque()
        self.failures = 0
        """In a row."""
        self.rests = 0.0
        """Until when nothing is sent there."""
        self.complained = False


class Notifier:
    """One gate's notices. `offer` may be called by several threads."""

    def __init__(
        self,
        routes: Routes,
        endpoints: Mapping[int, Endpoint],
        cooldown: float,
        tell: Callable[[str], None],
        pace: Pace = _PACE,
    ) -> None:
        """`endpoints` are those of the routes' channels that can be used; `tell` says one line to the person."""
        self._routes = routes
        self._lines = {number: _Line(routes.channels[number].label, endpoint) for number, endpoint in endpoints.items()}
        self._repeats = Repeats(cooldown)
        self._tell = tell
        self._pace = pace
        self._number = 0
        self._unsettled = 0
        """Notices that wait or are being sent."""
        self._lost = 0
        self._full = False
        self._closed_at: float | None = None
        self._turn = threading.Condition()
        self._thread: threading.Thread | None = None

    def offer(self, record: Record, entry: str) -> None:
        """Takes what is to be told about a record. Never waits, and writes nothing."""
        if not record.rules:
            return
        now = time.monotonic()
        with self._turn:
            for notice in self._routes.of(record, entry):
                repeats = self._repeats.admit(notice, now) if notice.channel in self._lines else None
                if repeats is not None:
                    self._take(notice, repeats)

    def close(self) -> None:
        """Sends what is left, as far as that is done in time, and says how much was not sent."""
        if self._thread is None:
            return
        with self._turn:
            self._closed_at = time.monotonic()
            self._turn.notify()
        self._thread.join(self._pace.drain)
        with self._turn:
            lost = self._lost + self._unsettled
        if lost:
            what = "notification was" if lost == 1 else "notifications were"
            self._tell(f"{lost:,} {what} not delivered; the journal has every decision")

    def _take(self, notice: Notice, repeats: int) -> None:
        if self._unsettled >= self._pace.room or self._closed_at is not None:
            self._lost += 1
            self._full = True
            return
        self._number += 1
        self._unsettled += 1
        self._lines[notice.channel].waiting.append(_Delivery(self._number, notice, repeats))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
        self._turn.notify()

    def _work(self) -> None:
        mentioned = False
        while (line := self._next()) is not None:
            delivery, is_last = line.waiting[0], self._closed_at is not None
            failure = post(line.endpoint, body(delivery.notice, delivery.repeats), max(0.01, self._allowance()))
            given_up = self._settle(line, failure, is_last=is_last)
            if given_up and not line.complained and failure is not None and self._allowance() > 0:
                line.complained = True
                where = f"{visible(line.label, 80)} ({visible(line.endpoint.host, 80)})"
                self._tell(f"{where}: {failure.reason}, so a notification was not delivered there")
            if self._full and not mentioned:
                mentioned = True
                self._tell("more notifications than can be sent: some are left out, the journal has every decision")

    def _next(self) -> _Line | None:
        """A channel with something to send; waits for one. None when there will be no more."""
        with self._turn:
            while True:
                now, closed = time.monotonic(), self._closed_at is not None
                line = min(
                    (line for line in self._lines.values() if line.waiting),
                    key=lambda line: (max(line.rests, now), line.waiting[0].number),
                    default=None,
                )
                if closed and (line is None or self._allowance() <= 0):
                    return None
                if line is not None and (closed or line.rests <= now):
                    return line
                self._turn.wait(None if line is None else line.rests - now)

    def _allowance(self) -> float:
        """Seconds for one attempt; less than 0 when there is no more time."""
        if self._closed_at is None:
            return self._pace.answer
        return min(self._pace.answer, self._closed_at + self._pace.drain - time.monotonic())

    def _settle(self, line: _Line, failure: Failure | None, *, is_last: bool) -> bool:
        """Takes the first delivery of a line off it, or leaves it there for later; at the end, everything that waits
        for a channel that is down. Whether something is given up."""
        with self._turn:
            if failure is None:
                line.failures, line.rests, line.complained = 0, 0.0, False
            else:
                line.failures += 1
                jitter = random.random()  # noqa: S311 - spreads the load, protects nothing
                line.rests = time.monotonic() + self._pace.pause(line.failures, failure.wait, jitter)
                delivery = line.waiting[0]._replace(attempts=line.waiting[0].attempts + 1)
                if failure.passing and delivery.attempts < self._pace.attempts and not is_last:
                    line.waiting[0] = delivery
                    return False
            hopeless = len(line.waiting) if failure is not None and failure.passing and is_last else 1
            self._unsettled -= hopeless
            self._lost += hopeless if failure is not None else 0
            for _ in range(hopeless):
                line.waiting.popleft()
            return failure is not None
