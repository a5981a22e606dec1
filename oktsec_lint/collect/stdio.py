"""One stdio server, interviewed to the end.

A legacy server hears its client's capabilities once, so a second process is asked as the barest client, at the same
time as the first: a slow start then costs nothing twice. Package runners are the exception, because two cold installs
of one package race; their second process waits until the first has answered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from oktsec_lint.launch.entry import Launch
from oktsec_lint.launch.process import NotStartedError
from oktsec_lint.protocol.dialogue import Closed, Event, Failure, Opened, Send, Steps, Wait
from oktsec_lint.protocol.interview import BAREST, THOROUGH, THOROUGH_LEGACY, Listing, Plan, interview
from oktsec_lint.protocol.wire import encode

from .options import Visit
from .pipe import Pipe
from .stop import Stop

_PATIENCE = 2.0


def listings(launch: Launch, visit: Visit) -> tuple[Listing, Listing | None]:
    """What the server offers to the most able client, and (legacy servers) to the barest."""
    started = time.monotonic()
    second = _Second(launch, visit)

    def announce(session: Opened) -> None:
        visit.opened()
        if session.modern:
            second.call_off()
        else:
            second.start()

    with visit.stop.calling(second.call_off):
        try:
            if not launch.installs:
                second.start()
            first = _lead(THOROUGH, launch, visit, announce)
            if _died_of_the_probe(first, visit) and not _died_as_well(second.result(_PATIENCE)):
                first = _lead(THOROUGH_LEGACY, launch, visit, announce)
            patience = max(_PATIENCE, 2 * (time.monotonic() - started))
            return first, None if first.modern else second.result(patience)
        finally:
            second.cancel()


def _died_of_the_probe(first: Listing, visit: Visit) -> bool:
    """Whether the server may have ended because it met a method it does not know."""
    return first.failure is not None and first.failure.closed and not first.heard and time.monotonic() < visit.deadline


def _died_as_well(second: Listing | None) -> bool:
    """Whether a process that was never probed ended in the same way: then the probe is not to blame."""
    return second is not None and second.failure is not None and second.failure.closed and not second.heard


def _lead(plan: Plan, launch: Launch, visit: Visit, opened: Callable[[Opened], None]) -> Listing:
    """One interview over one process, which is gone afterwards."""
    try:
        pipe = Pipe(launch, visit)
    except NotStartedError as error:
        return Listing(Failure(str(error)))
    try:
        with visit.stop.calling(pipe.interrupt):
            return _converse(interview(plan, visit.limits, time.monotonic()), pipe, opened)
    finally:
        pipe.close()


def _converse(steps: Steps[Listing], pipe: Pipe, opened: Callable[[Opened], None]) -> Listing:
    event: Event = Closed("", time.monotonic())
    command = next(steps)
    while True:
        match command:
            case Send(message):
                pipe.send(encode(message))
            case Wait(until):
                event = pipe.receive(until)
            case Opened():
                opened(command)
        try:
            command = steps.send(event)
        except StopIteration as end:
            listing: Listing = end.value
            return listing


class _Second:
    """The interview for the barest client, in a thread and a process of its own."""

    def __init__(self, launch: Launch, visit: Visit) -> None:
        self._launch = launch
        self._visit = visit._replace(stop=Stop())
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._listing: Listing | None = None

    def start(self) -> None:
        """Starts it, unless that has happened before or it is called off."""
        with self._lock:
            if self._thread is None and not self._visit.stop.is_set:
                self._thread = threading.Thread(target=self._run)
                self._thread.start()

    def result(self, within: float) -> Listing | None:
        """The listing if there is one within this many seconds; it is called off otherwise."""
        if self._thread is None:
            return None
        self._thread.join(within)
        if self._thread.is_alive():
            self.cancel()
            return Listing(Failure("it did not answer in time"))
        return self._listing

    def call_off(self) -> None:
        self._visit.stop.set()

    def cancel(self) -> None:
        """Calls it off and returns when its process is gone."""
        self.call_off()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        self._listing = _lead(BAREST, self._launch, self._visit, lambda _session: None)
