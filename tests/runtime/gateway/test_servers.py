"""Servers behind a running gateway that lie, flood, forget and die."""

from __future__ import annotations

import json
import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.gateway.gateways import EVIL, Gateway, Session, configured, http_server, listening, running, stdio

PATHS = (
    "bomb packed mispacked large split spread broken_string two_ids two_in_one not_a_number events endless broken_off "
    "aside forgetful honest"
).split()
WITHHELD, BROKEN = -32001, -32603


class Behind:
    """A gateway, its servers and an open session."""

    def __init__(self, gateway: Gateway, session: Session, seen: Path) -> None:
        self.gateway, self.session, self._seen = gateway, session, seen

    def seen(self) -> list[dict[str, str]]:
        """Headers of every request that came to an HTTP server."""
        return [json.loads(line) for line in self._seen.read_text().splitlines()]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    folder = tmp_path_factory.mktemp("servers")
    with http_server(str(folder / "seen")) as url:
        over_http = {path: json.dumps({"transport": "http", "url": url + path}) for path in PATHS}
        servers = {"unruly": stdio("unruly.py", str(folder)), "other": stdio("unruly.py"), **over_http}
        with running(folder, configured(servers), OKTSEC_SESSION_KEY="k" * 32, WEB_SECRET="s") as gateway:
            session = gateway.opened(sampling={})
            assert {"unruly_echo", "bomb_read"} <= set(session.tools())
            yield Behind(gateway, session, folder / "seen")


def last(behind: Behind) -> tuple[Any, ...]:
    """Tool and decision of the newest answer of a server's in the journal."""
    rows = behind.gateway.records("direction", "tool", "decision")
    return next(row[1:] for row in reversed(rows) if row[0] == "server")


class TestResults:
    @pytest.mark.parametrize("deed", ["evil", "structured", "halves"])
    def test_what_a_model_must_not_read_is_withheld(self, behind: Behind, deed: str) -> None:
        for reply in (
            behind.session.call(f"unruly_{deed}"),
            behind.gateway.modern("tools/call", name=f"unruly_{deed}"),
        ):
            assert reply.code == WITHHELD
            assert EVIL not in reply.body.decode()
            assert reply.message["error"]["data"]["journal"]
        assert last(behind) == (deed, "blocked")
        assert behind.session.call("unruly_echo", text="alive").text == "alive"

    @pytest.mark.parametrize("path", ["packed", "split"])
    def test_what_is_packed_or_in_pieces_is_read_as_a_whole(self, behind: Behind, path: str) -> None:
        reply = behind.session.call(f"{path}_read")
        assert reply.code == WITHHELD
        assert EVIL not in reply.body.decode()

    def test_a_message_may_have_many_lines(self, behind: Behind) -> None:
        assert behind.session.call("spread_read").text == "own"

    @pytest.mark.parametrize("path", ["broken_string", "two_ids", "two_in_one", "not_a_number"])
    def test_what_has_two_readings_is_an_error_at_once(self, behind: Behind, path: str) -> None:
        assert behind.session.call(f"{path}_read").code in {WITHHELD, BROKEN}

    def test_every_event_of_a_stream_is_judged(self, behind: Behind) -> None:
        reply = behind.session.call("events_read")
        assert reply.text == "own"
        assert EVIL not in reply.body.decode()
        assert len(reply.messages) == 1

    @pytest.mark.parametrize(
        ("path", "words"),
        [
            ("bomb", "more than 100 times"),
            ("endless", "more than 67,108,864 bytes"),
            ("mispacked", "br"),
            ("broken_off", "broke off"),
            ("aside", "no redirect is followed"),
        ],
    )
    def test_what_is_too_much_or_no_answer_ends_in_an_error(self, behind: Behind, path: str, words: str) -> None:
        error = behind.session.call(f"{path}_read").message["error"]
        assert (error["code"], words in error["message"]) == (BROKEN, True), error
        assert behind.session.call("unruly_echo", text="alive").text == "alive"

    @pytest.mark.parametrize("tool", ["unruly_much", "large_read"])
    def test_60_mb_end_in_an_error(self, behind: Behind, tool: str) -> None:
        error = behind.session.call(tool, size=60 << 20).message["error"]
        assert (error["code"], error["data"]["rules"]) == (WITHHELD, ["too_long"])
        assert behind.session.call("unruly_echo", text="alive").text == "alive"

    def test_an_answer_is_judged_however_late_it_comes(self, behind: Behind) -> None:
        line = behind.session.begin("tools/call", name="unruly_later", arguments={})
        while "unruly_later" not in str(behind.gateway.records("tool")) and ("later",) not in behind.gateway.records(
            "tool"
        ):
            pass
        assert behind.session.call("unruly_now").text == "done"
        reply = line.reply()
        line.close()
        assert reply is not None
        assert reply.code == WITHHELD


class TestUnasked:
    def test_foreign_and_repeated_answers_are_dropped_and_written_down(self, behind: Behind) -> None:
        before = behind.gateway.records("decision").count(("dropped",))
        reply = behind.session.call("unruly_foreign")
        assert (reply.text, len(reply.messages)) == ("own", 1)
        assert behind.gateway.records("decision").count(("dropped",)) >= before + 5

    def test_what_nobody_asked_for_is_judged(self, behind: Behind) -> None:
        reply = behind.session.call("unruly_unsolicited")
        assert [item.get("params", {}).get("data") for item in reply.messages] == ["all is well", None]
        assert reply.text == "own"
        assert EVIL not in reply.body.decode()

    def test_a_storm_of_changes_is_told_once_and_costs_one_listing(self, behind: Behind) -> None:
        stream = listening(behind.session)
        behind.session.tools()
        before = int(behind.session.call("unruly_listings").text)
        assert behind.session.call("unruly_storm").text == "done"
        assert behind.session.call("unruly_echo", text="after").text == "after"
        assert int(behind.session.call("unruly_listings").text) <= before + 3
        behind.gateway.post({"jsonrpc": "2.0", "id": 1, "method": "ping"}, **behind.session.headers)
        stream.socket.shutdown(1)
        told = stream.file.read().count(b"list_changed")
        stream.close()
        assert 1 <= told <= 3

    def test_what_a_server_asks_of_the_model_is_judged(self, behind: Behind) -> None:
        reply = behind.session.call("unruly_sampled")
        assert reply.text == "refused"
        assert len(reply.messages) == 1

    def test_garbage_between_messages_reaches_nobody(self, behind: Behind) -> None:
        reply = behind.session.call("unruly_garbage")
        assert (reply.text, len(reply.messages)) == ("own", 1)


class TestFailing:
    def test_a_crash_is_told_and_healed_and_nobody_else_notices(self, behind: Behind) -> None:
        other = behind.session.call("other_pid").text
        was = behind.session.call("unruly_pid").text
        waiting = behind.session.begin("tools/call", name="unruly_later", arguments={"text": "never"})
        while ("later", "forwarded") not in behind.gateway.records("tool", "decision")[-4:]:
            pass
        os.kill(int(was), signal.SIGKILL)
        reply = waiting.reply()
        waiting.close()
        assert reply is not None
        assert reply.code == BROKEN
        assert behind.session.call("unruly_pid").text != was
        assert behind.session.call("other_pid").text == other

    def test_a_session_that_its_server_forgot_is_made_anew_once(self, behind: Behind) -> None:
        said = [behind.session.call("forgetful_read") for _ in range(4)]
        texts = [item.text if "result" in item.message else item.code for item in said]
        assert texts[0] != texts[2]
        assert [texts[1], texts[3]] == [BROKEN, BROKEN]
        assert behind.session.call("other_echo", text="alive").text == "alive"

    def test_no_header_of_a_client_goes_to_a_server(self, behind: Behind) -> None:
        message = behind.session.message("tools/call", name="packed_read", arguments={})
        extra = {"Cookie": "a=SECRET", "X_Forwarded_Host": "SECRET", "X_Api_Key": "SECRET", "Traceparent": "SECRET"}
        del extra["X_Forwarded_Host"]
        behind.session.post(message, **extra)
        assert behind.gateway.post(message, Authorization="Bearer SECRET", **behind.session.headers).status in {
            401,
            403,
        }
        seen = behind.seen()
        assert seen
        names = {name for item in seen for name in item}
        assert "SECRET" not in str(seen)
        assert not names & {"authorization", "cookie", "x-api-key", "x-oktsec-agent", "origin"}

    def test_a_child_inherits_nothing_of_ours(self, behind: Behind) -> None:
        assert behind.session.call("unruly_variable").text == "end"


def test_a_server_that_hangs_keeps_only_its_own_tools(tmp_path: Path) -> None:
    hanging = {"hang": stdio("hostile.py", "hang-at-start"), "listing": stdio("hostile.py", "hang-in-listing")}
    servers = {"unruly": stdio("unruly.py"), **hanging, "missing": '{transport: stdio, command: "./nothing"}'}
    with running(tmp_path, configured(servers)) as gateway:
        session = gateway.opened()
        assert session.call("unruly_echo", text="alive").text == "alive"
        assert all(name.startswith("unruly_") for name in session.tools())
        ready = json.loads(gateway.get("/ready").body)
        assert ready["status"] == "degraded"
        states = {name: item["state"] for name, item in ready["servers"].items()}
        assert states["unruly"] == "ready"
        assert states["missing"] == "down"
        assert {states["hang"], states["listing"]} <= {"starting", "degraded", "down"}
        assert all(item.get("reason") for name, item in ready["servers"].items() if name != "unruly")


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for processes that are not ours as Linux does")
@pytest.mark.parametrize("ending", [signal.SIGTERM, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)])
def test_nobody_is_left_when_the_gateway_ends(tmp_path: Path, ending: signal.Signals) -> None:
    pids = tmp_path / "pids"
    servers = {"unruly": stdio("unruly.py"), "deaf": stdio("hostile.py", "ignore-sigterm", PIDS=str(pids))}
    with running(tmp_path, configured(servers)) as gateway:
        unruly = gateway.opened().call("unruly_pid").text
        started = [os.pidfd_open(int(pid)) for pid in (unruly, *pids.read_text().split())]
        gateway.process.send_signal(ending)
        for server in started:
            assert select.select([server], [], [], 60)[0]
            os.close(server)
    assert len(started) > 1
