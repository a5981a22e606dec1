"""Writing to a peer that does not read: what waits for it is bounded, in order, and nobody else waits with it."""

from __future__ import annotations

import os
import threading

from oktsec_lint.runtime.pump import Outlet

LINE = b"x" * 65_535 + b"\n"


def drained(descriptor: int) -> bytes:
    data = b""
    while chunk := os.read(descriptor, 1 << 20):
        data += chunk
    os.close(descriptor)
    return data


def test_what_waits_for_a_peer_that_does_not_read_is_bounded() -> None:
    reading, writing = os.pipe()
    outlet, posted = Outlet(writing), []

    def talk() -> None:
        for number in range(200):
            outlet.post(b"%d " % number + LINE)
            posted.append(number)
        outlet.close()

    talking = threading.Thread(target=talk)
    talking.start()
    talking.join(1)
    assert talking.is_alive()
    assert 20 < len(posted) < 80
    data = drained(reading)
    talking.join()
    assert data == b"".join(b"%d " % number + LINE for number in range(200))


def test_a_peer_that_is_gone_takes_everything() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    outlet = Outlet(writing)
    outlet.write(LINE)
    for _ in range(200):
        outlet.post(LINE)
    outlet.close(60)


def test_what_was_closed_takes_nothing_and_touches_no_other_file() -> None:
    reading, writing = os.pipe()
    outlet = Outlet(writing)
    outlet.post(b"one\n")
    outlet.close(60)
    assert drained(reading) == b"one\n"
    other, number = os.pipe()
    os.dup2(number, writing)
    outlet.write(b"two\n")
    for _ in range(200):
        outlet.post(LINE)
    outlet.close(60)
    for descriptor in {number, writing}:
        os.close(descriptor)
    assert drained(other) == b""


def test_closing_waits_for_nobody_longer_than_asked() -> None:
    reading, writing = os.pipe()
    outlet = Outlet(writing)
    outlet.post(LINE * 3)
    outlet.close(0.01)
    assert drained(reading) == LINE * 3
