"""Delivery to real receivers on loopback: later again, never twice as much, never in anybody's way."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.findings import Severity
from oktsec_lint.core.model import Place
from oktsec_lint.core.notices import Channel, Routes
from oktsec_lint.core.record import Decision, Record, Sender
from oktsec_lint.core.rules import Rule
from oktsec_lint.runtime import webhook
from oktsec_lint.runtime.notices import Notifier, Pace
from oktsec_lint.runtime.webhook import Endpoint, Failure, UnusableError, endpoint_of, post
from oktsec_lint.sources import load_config
from tests.certificate import certify
from tests.receiver import OK, Receiver, receiving

RULES = {"IAP-007": Rule("IAP-007", "Tool description injection", Severity.CRITICAL, "inter-agent")}
QUICK = Pace(first=0.001, longest=0.01)
RECORD = Record(
    "2026-11-22T20:00:31.588807Z", "coder", "files", Sender.CLIENT, "tools/call", "t", "1", Decision.BLOCKED, "block",
    ("IAP-007",),
)  # fmt: skip


class Told:
    """What a person has read on stderr."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)


@contextmanager
def notifier(*urls: str, pace: Pace = QUICK, tell: Callable[[str], None] | None = None) -> Iterator[Notifier]:
    """Everything goes to every URL, nothing is kept back."""
    hooks = [{"name": f"hook{number}", "url": url} for number, url in enumerate(urls)]
    config = load_config("oktsec.yaml", "webhooks: " + json.dumps(hooks)).config
    routes = Routes(config, RULES)
    endpoints = {number: endpoint_of(channel, {}) for number, channel in enumerate(routes.channels)}
    made = Notifier(routes, endpoints, 0.0, tell or Told(), pace)
    try:
        yield made
    finally:
        made.close()


def offer(to: Notifier, number: int = 1) -> None:
    to.offer(RECORD._replace(tool=f"t{number}"), f"w-{number}")


def ids(receiver: Receiver, number: int) -> list[str]:
    return [body["message_id"] for body in receiver.wait_for(number)]


def endpoint(url: str, **headers: str) -> Endpoint:
    return endpoint_of(Channel("x", url, Place("", ""), headers), {})


class TestDelivery:
    """One notifier, one or more receivers."""

    def test_a_notice_arrives_in_order_with_its_headers(self) -> None:
        told = Told()
        with receiving() as receiver, notifier(f"{receiver.url}/a/b?c=d", tell=told) as out:
            for number in range(5):
                offer(out, number)
            assert ids(receiver, 5) == [f"w-{number}" for number in range(5)]
        assert set(receiver.paths) == {"/a/b?c=d"}
        assert receiver.headers[0]["Content-Type"] == "application/json"
        assert told.lines == []

    @pytest.mark.parametrize("status", [500, 503, 429, 408])
    def test_what_may_pass_is_tried_again_and_keeps_its_order(self, status: int) -> None:
        told = Told()
        with receiving((status, {}), (status, {})) as receiver, notifier(receiver.url, tell=told) as out:
            offer(out, 1)
            offer(out, 2)
            assert ids(receiver, 4) == ["w-1", "w-1", "w-1", "w-2"]
        assert told.lines == []

    def test_a_connection_that_ends_early_is_tried_again(self) -> None:
        with receiving((0, {})) as receiver, notifier(receiver.url) as out:
            receiver.over.set()
            offer(out)
            assert ids(receiver, 2) == ["w-1", "w-1"]

    @pytest.mark.parametrize("status", [400, 401, 404, 410])
    def test_a_refusal_is_final_and_said_once_without_the_url(self, status: int) -> None:
        told = Told()
        with (
            receiving((status, {}), (status, {})) as receiver,
            notifier(f"{receiver.url}/services/s3cr3t", tell=told) as out,
        ):
            offer(out, 1)
            offer(out, 2)
            assert ids(receiver, 2) == ["w-1", "w-2"]
        assert told.lines == [
            f"hook0 (127.0.0.1): HTTP {status}, so a notification was not delivered there",
            "2 notifications were not delivered; the journal has every decision",
        ]

    def test_after_enough_attempts_the_next_notice_has_its_turn(self) -> None:
        told = Told()
        pace = QUICK._replace(attempts=3)
        with receiving(*[(500, {})] * 3) as receiver, notifier(receiver.url, pace=pace, tell=told) as out:
            offer(out, 1)
            offer(out, 2)
            assert ids(receiver, 4) == ["w-1", "w-1", "w-1", "w-2"]
        assert told.lines[0] == "hook0 (127.0.0.1): HTTP 500, so a notification was not delivered there"

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_no_redirect_is_followed(self, status: int) -> None:
        told = Told()
        with receiving() as other, receiving((status, {"Location": other.url})) as receiver:
            with notifier(receiver.url, tell=told) as out:
                offer(out)
                receiver.wait_for(1)
            assert (len(receiver.bodies), other.bodies) == (1, [])
        assert f"HTTP {status}, and no redirect is followed" in told.lines[0]

    def test_a_channel_that_fails_does_not_hold_up_another(self) -> None:
        slow = Pace(first=60.0)
        with (
            receiving((500, {})) as bad,
            receiving() as good,
            notifier(bad.url, good.url, pace=slow._replace(drain=0.0)) as out,
        ):
            offer(out, 1)
            bad.wait_for(1)
            for number in range(2, 6):
                offer(out, number)
            assert ids(good, 5) == [f"w-{number}" for number in range(1, 6)]
            assert len(bad.bodies) == 1

    def test_what_still_rests_at_the_end_gets_a_last_try(self) -> None:
        told = Told()
        with receiving((503, {"Retry-After": "60"})) as receiver:
            with notifier(receiver.url, pace=Pace(), tell=told) as out:
                offer(out)
                receiver.wait_for(1)
            assert len(receiver.bodies) == 2
        assert told.lines == []

    def test_a_channel_that_is_down_at_the_end_is_asked_once_more_and_no_oftener(self) -> None:
        told = Told()
        with receiving(*[(503, {})] * 50) as receiver:
            with notifier(receiver.url, pace=Pace(), tell=told) as out:
                offer(out, 0)
                receiver.wait_for(1)
                for number in range(1, 20):
                    offer(out, number)
            assert len(receiver.bodies) == 2
        assert told.lines[-1] == "20 notifications were not delivered; the journal has every decision"

    def test_a_receiver_that_never_answers_costs_the_end_no_more_than_the_drain(self) -> None:
        told = Told()
        with receiving((0, {})) as receiver:
            with notifier(receiver.url, pace=Pace(drain=0.05), tell=told) as out:
                offer(out, 1)
                receiver.wait_for(1)
                offer(out, 2)
                began = time.monotonic()
            assert time.monotonic() - began < 5  # an attempt takes ten
        assert told.lines == ["2 notifications were not delivered; the journal has every decision"]

    def test_what_finds_no_room_is_left_out_and_said(self) -> None:
        told = Told()
        with receiving((0, {})) as receiver:
            with notifier(receiver.url, pace=QUICK._replace(room=10), tell=told) as out:
                offer(out, 0)
                receiver.wait_for(1)
                began = time.monotonic()
                for number in range(1, 1_000):
                    offer(out, number)
                assert time.monotonic() - began < 5  # an attempt takes ten
                receiver.over.set()
                assert ids(receiver, 11)[1:] == [f"w-{number}" for number in range(10)]
            assert len(receiver.bodies) == 11
        crowded, total = told.lines
        assert crowded == "more notifications than can be sent: some are left out, the journal has every decision"
        assert total == "990 notifications were not delivered; the journal has every decision"

    def test_a_notifier_with_nothing_to_tell_starts_no_thread(self) -> None:
        before = threading.active_count()
        with receiving() as receiver, notifier(receiver.url) as out:
            serving = threading.active_count()
            out.offer(RECORD._replace(rules=()), "w-1")
            assert threading.active_count() == serving
        assert (threading.active_count(), receiver.bodies) == (before, [])


def test_pauses_grow_are_spread_and_bounded() -> None:
    pace = Pace(first=1, factor=4, longest=120)
    assert [pace.pause(failures, 0, 0.5) for failures in (1, 2, 3, 4, 5, 10**9)] == [1, 4, 16, 64, 120, 120]
    assert (pace.pause(1, 0, 0.0), pace.pause(1, 0, 1.0)) == (0.5, 1.5)
    assert (pace.pause(1, 30, 0.5), pace.pause(3, 2, 0.5), pace.pause(1, 10**9, 0.5)) == (30, 16, 120)


class TestPost:
    """One POST."""

    @pytest.mark.parametrize(("header", "wait"), [("7", 7.0), (" 0 ", 0.0), ("", 0.0), ("soon", 0.0), ("-5", 0.0)])
    def test_a_receiver_may_ask_for_a_pause(self, header: str, wait: float) -> None:
        with receiving((429, {"Retry-After": header})) as receiver:
            assert post(endpoint(receiver.url), b"{}", 5) == Failure("HTTP 429", passing=True, wait=wait)

    def test_a_pause_may_be_a_date(self) -> None:
        later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
        with receiving((503, {"Retry-After": later}), (503, {"Retry-After": "Sat, 01 Jan 2000 00:00:00 GMT"})) as peer:
            first, second = post(endpoint(peer.url), b"{}", 5), post(endpoint(peer.url), b"{}", 5)
        assert first is not None
        assert second is not None
        assert 80 < first.wait <= 90
        assert second.wait == 0

    def test_headers_are_sent_and_replace_ours(self) -> None:
        with receiving() as receiver:
            post(endpoint(receiver.url, Authorization="Bearer x", **{"content-type": "text/json"}), b"{}", 5)
        sent = {name.lower(): value for name, value in receiver.headers[0].items()}
        assert (sent["authorization"], sent["content-type"]) == ("Bearer x", "text/json")
        assert sent["user-agent"] == "oktsec-lint"

    def test_nobody_there(self) -> None:
        with receiving() as receiver:
            url = receiver.url
        assert post(endpoint(url), b"{}", 5) == Failure("no connection: connection refused", passing=True)

    def test_a_silent_receiver_is_given_up(self) -> None:
        with receiving((0, {})) as receiver:
            assert post(endpoint(receiver.url), b"{}", 0.05) == Failure("no answer within 0.05 seconds", passing=True)

    def test_a_receiver_that_dribbles_is_given_up(self, dribbling: str) -> None:
        began = time.monotonic()
        assert post(endpoint(dribbling), b"{}", 0.2) == Failure("no answer within 0.2 seconds", passing=True)
        assert time.monotonic() - began < 5

    @pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "169.254.7.7", "::ffff:169.254.169.254"])
    def test_a_name_that_leads_to_a_metadata_service_is_not_connected_to(
        self, address: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import socket

        found = [(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: found)
        failure = post(endpoint("http://innocent.example/"), b"{}", 5)
        reason = "its host leads to a link-local address or a cloud's metadata service"
        assert failure == Failure(reason, passing=False)


@pytest.fixture
def dribbling() -> Iterator[str]:
    """A receiver that sends a byte of its answer every few milliseconds, for ever."""
    import socket

    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                while not ended.wait(0.005):
                    try:
                        peer.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        ended.set()
        thread.join()


class TestTls:
    """A certificate is wanted, and it has to be the host's."""

    def test_a_trusted_receiver_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.told(tmp_path, monkeypatch, "127.0.0.1", trusted=True) is None

    @pytest.mark.parametrize(("name", "trusted"), [("127.0.0.1", False), ("127.0.0.2", True)])
    def test_another_is_not(self, name: str, *, trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        failure = self.told(tmp_path, monkeypatch, name, trusted=trusted)
        assert failure is not None
        assert failure.reason.startswith("its certificate is not trusted, ")
        assert not failure.passing

    def told(self, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, *, trusted: bool) -> Failure | None:
        """What comes of a POST to a receiver whose certificate is for `name`."""
        files = folder / "key.pem", folder / "cert.pem"
        certify(*files, name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files[1], files[0])
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(files[1]))
        webhook._context.cache_clear()
        try:
            with receiving(context=context) as receiver:
                failure = post(endpoint(receiver.url), b"{}", 10)
                assert len(receiver.bodies) == (0 if failure else 1)
                return failure
        finally:
            webhook._context.cache_clear()


UNUSABLE: list[tuple[str, dict[str, str], str]] = [
    ("${NOPE}/x${ALSO}", {}, "environment variables `NOPE`, `ALSO` not set"),
    ("https://h.example", {"X": "${NOPE}"}, "environment variable `NOPE` not set"),
    ("ftp://h.example", {}, "not of the form"),
    ("h.example/x", {}, "not of the form"),
    ("https:///x", {}, "not of the form"),
    ("https://h.example:99999/", {}, "not of the form"),
    ("https://[::1/", {}, "not of the form"),
    ("https://a..b/", {}, "not of the form"),
    ("https://h.example/a b", {}, "not of the form"),
    ("https://h.example/\r\nX: y", {}, "not of the form"),
    ("https://hä.example/", {}, "not of the form"),
    ("${EVIL}", {}, "not of the form"),
    ("https://user:s3cr3t@h.example/", {}, "write an `Authorization` header instead"),
    ("http://169.254.169.254/latest", {}, "metadata service"),
    ("http://[fe80::1]/", {}, "link-local"),
    ("http://0xa9fea9fe/", {}, "metadata service"),
    ("https://h.example", {"X": "a\nb"}, "no header may hold"),
    ("https://h.example", {"X": "${EVIL}"}, "no header may hold"),
    ("https://h.example", {"X Y": "a"}, "no header may hold"),
    ("https://h.example", {"": "a"}, "no header may hold"),
]


@pytest.mark.parametrize(("url", "headers", "why"), UNUSABLE)
def test_what_cannot_be_used_says_why_without_any_value(url: str, headers: dict[str, str], why: str) -> None:
    with pytest.raises(UnusableError) as caught:
        endpoint_of(Channel("x", url, Place("", ""), headers), {"EVIL": "https://s3cr3t.example/\n"})
    assert why in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h.example", (True, "h.example", 443, "/")),
        ("http://H.example:8080/a/%20?b=c&d", (False, "h.example", 8080, "/a/%20?b=c&d")),
        ("https://[2001:db8::1]?x#y", (True, "2001:db8::1", 443, "/?x")),
        ("${SCHEME}://h.example/${TOKEN}", (True, "h.example", 443, "/t0ken")),
    ],
)
def test_what_can_be_used(url: str, expected: tuple[Any, ...]) -> None:
    found = endpoint_of(Channel("x", url, Place("", "")), {"SCHEME": "https", "TOKEN": "t0ken"})
    assert found[:4] == expected


@given(st.text() | st.from_regex(r"[a-z]{1,6}://[^/]{0,20}(:[0-9]{1,6})?/?.{0,10}"), st.text(max_size=5), st.text())
def test_any_url_and_header_is_used_or_refused(url: str, name: str, value: str) -> None:
    try:
        found = endpoint_of(Channel("x", url, Place("", ""), {name: value}), {})
    except UnusableError:
        return
    assert found.host
    assert 0 < found.port < 65536
    assert found.target.startswith("/")
    assert found.target.isascii()
    assert not set("\r\n ") & set(found.target + name)
    assert value.isprintable()


@given(st.text() | st.datetimes().map(format_datetime) | st.integers().map(str))
def test_any_retry_after_is_a_pause_or_none(text: str) -> None:
    assert 0 <= Pace().pause(1, webhook._asked_for(text), 0.5) <= Pace().longest


def test_the_receiver_of_these_tests_answers_what_it_is_told_to() -> None:
    with receiving((204, {}), OK) as receiver:
        assert [post(endpoint(receiver.url), b"{}", 5) for _ in range(2)] == [None, None]
