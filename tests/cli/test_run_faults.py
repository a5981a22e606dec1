"""`run` while things break: processes die, disks fill up, peers stop listening. Nothing hangs, nothing is unrecorded.

That nobody is left is told by the gate's standard error: whoever lives on holds it open.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_run import ECHO, Client, running
from tests.command import oktsec_lint

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")

FIXTURES = Path(__file__).parents[1] / "fixtures"
FAULTY = [sys.executable, str(FIXTURES / "servers" / "faulty.py")]
MODES = [pytest.param(("--enforce",), id="enforce"), pytest.param((), id="observe")]
CODER = "agents:\n  coder: {}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "oktsec.yaml").write_text(CODER)
    return tmp_path


@contextmanager
def faulty(folder: Path, *args: str) -> Iterator[Client]:
    with running(folder, "--agent", "coder", *args, server=FAULTY) as client:
        client.open()
        assert client.ask("tools/list")["result"]["tools"]
        yield client


def do(client: Client, number: Any, what: str, size: int = 0) -> None:
    """Asks the faulty server for a deed, without waiting for the answer."""
    params = {"name": "do", "arguments": {"what": what, "size": size}}
    client.send({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params})


def heard(client: Client) -> Any:
    return json.loads(client.line())


def left(process: subprocess.Popen[bytes]) -> tuple[int, list[Any], str]:
    """Exit code, last messages and complaints of a gate, once neither it nor anybody of its group is there."""
    process.wait(60)
    out, err = process.communicate(timeout=60)
    return process.returncode, [json.loads(line) for line in out.splitlines()], err.decode()


def hang_up(client: Client) -> None:
    assert client.process.stdin is not None
    client.process.stdin.close()
    client.process.stdin = None


def records(folder: Path) -> list[tuple[str, str, str]]:
    """Sender, id and decision of every record; the journal has to be as it was written."""
    verified = oktsec_lint("audit", "verify", "--journal", "journal.db", cwd=folder)
    assert verified.code == 0, verified.out
    with closing(sqlite3.connect(folder / "journal.db")) as connection:
        rows = connection.execute("SELECT direction, message_id, decision FROM entries ORDER BY position")
        return [(str(a), str(b), str(c)) for a, b, c in rows]


SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 20))]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("victim", ["client", "gate", "server"])
def test_a_sudden_death_leaves_no_process_and_no_answer_without_its_records(
    folder: Path, victim: str, seed: int
) -> None:
    gate = [sys.executable, "-m", "oktsec_lint", "run", "--enforce", "--agent", "coder", "--journal", "journal.db"]
    command = [sys.executable, str(FIXTURES / "busy_client.py"), *gate, "--", sys.executable, str(ECHO)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "bufsize": 0}
    with subprocess.Popen(command, cwd=folder, **streams) as client:
        assert client.stdout is not None
        pids = dict(zip(("gate", "server"), map(int, client.stdout.readline().split()), strict=True))
        lines = [client.stdout.readline() for _ in range(random.Random(f"{victim}{seed}").randrange(60))]
        os.kill(pids.get(victim, client.pid), signal.SIGKILL)
        out, err = client.communicate(timeout=60)
    assert not err, err.decode()
    lines += out.splitlines(keepends=True)
    if victim != "client":
        code = int(lines.pop())
        assert code == {"gate": -signal.SIGKILL, "server": 128 + signal.SIGKILL}[victim]
    answers = [json.loads(line) for line in lines if line.endswith(b"\n")]
    kept = records(folder)
    for answer in answers:
        if "result" in answer:
            assert ("client", str(answer["id"]), "forwarded") in kept
        assert ("server", str(answer["id"]), "unanswered" if "error" in answer else "forwarded") in kept
    if victim == "server":
        assert {answer["error"]["message"] for answer in answers if "error" in answer} <= {"server ended"}
        asked = {number for sender, number, _ in kept if sender == "client"}
        assert asked - {"0"} <= {str(answer["id"]) for answer in answers}


@pytest.mark.parametrize("mode", MODES)
def test_whoever_waits_is_told_that_the_server_ended(folder: Path, mode: tuple[str, ...]) -> None:
    with faulty(folder, *mode) as client:
        do(client, 7, "nothing")
        do(client, "7", "nothing")
        do(client, 8, "die", 5)
        code, answers, err = left(client.process)
    assert (code, err) == (5, "")
    assert [(item["id"], item["error"]["code"], item["error"]["message"]) for item in answers] == [
        (number, -32603, "server ended") for number in (7, "7", 8)
    ]
    kept = records(folder)
    assert kept[-3:] == [("server", number, "unanswered") for number in ("7", '"7"', "8")]
    assert all(item["error"]["data"]["journal"] for item in answers)


def test_a_call_that_waits_for_the_tools_is_told_too(folder: Path) -> None:
    with running(folder, "--agent", "coder", server=[sys.executable, "-c", "input()"]) as client:
        do(client, 1, "nothing")
        do(client, 2, "nothing")
        hang_up(client)
        code, answers, _ = left(client.process)
    assert code == 0
    assert [(item["id"], item["error"]["message"]) for item in answers] == [(1, "server ended"), (2, "server ended")]


def test_a_server_that_ends_its_output_has_ended(folder: Path) -> None:
    with faulty(folder, "--enforce") as client:
        do(client, 7, "hush")
        code, answers, _ = left(client.process)
    assert code == 128 + signal.SIGTERM
    assert [item["error"]["message"] for item in answers] == ["server ended"]


def test_a_server_that_leaves_its_output_to_a_stranger_has_ended(folder: Path) -> None:
    with faulty(folder, "--enforce") as client:
        do(client, 7, "bequeath", 3)
        heir = int(heard(client)["params"]["data"])
        try:
            code, answers, _ = left(client.process)
        finally:
            os.kill(heir, signal.SIGKILL)
    assert (code, [item["error"]["message"] for item in answers]) == (3, ["server ended"])


@contextmanager
def full(folder: Path, client: Client) -> Iterator[None]:
    """No file of the gate grows any more."""
    resource = pytest.importorskip("resource")
    if not hasattr(resource, "prlimit"):
        pytest.skip("limits of another process are a thing of Linux")
    _, most = resource.prlimit(client.process.pid, resource.RLIMIT_FSIZE)
    size = (folder / "journal.db-wal").stat().st_size
    resource.prlimit(client.process.pid, resource.RLIMIT_FSIZE, (size, most))
    yield
    resource.prlimit(client.process.pid, resource.RLIMIT_FSIZE, (most, most))


@contextmanager
def locked(folder: Path, client: Client) -> Iterator[None]:
    """Somebody else has the journal for himself."""
    with closing(sqlite3.connect(folder / "journal.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.parametrize("trouble", [full, locked])
class TestWithAJournalThatTakesNothing:
    def test_an_enforcing_gate_refuses_until_it_can_be_written_again(self, folder: Path, trouble: Any) -> None:
        with running(folder, "--enforce", "--agent", "coder") as client:
            client.open()
            client.call("echo", text="before")
            with trouble(folder, client):
                for _ in range(5):
                    error = client.call("echo", text="meanwhile")["error"]
                    assert (error["code"], error["message"]) == (-32603, "blocked by oktsec: journal")
            assert client.call("echo", text="count")["result"]["content"][0]["text"] == "1 calls came before"
            hang_up(client)
            code, _, err = left(client.process)
        assert code == 0
        assert err.count("\n") == 1
        assert "journal.db" in err
        assert len(records(folder)) > 4

    def test_an_observing_gate_goes_on(self, folder: Path, trouble: Any) -> None:
        with running(folder, "--agent", "coder") as client:
            client.open()
            client.call("echo", text="before")
            with trouble(folder, client):
                for _ in range(5):
                    assert client.call("echo", text="meanwhile")["result"]["content"][0]["text"] == "meanwhile"
            client.call("echo", text="after")
            assert client.leave() == 0
        assert [row[1] for row in records(folder)][-2:] == ["8", "8"]

    def test_a_complaint_that_nobody_reads_stops_nothing(self, folder: Path, trouble: Any) -> None:
        with running(folder, "--agent", "coder") as client:
            assert client.process.stderr is not None
            client.open()
            client.call("echo", text="before")
            client.process.stderr.close()
            with trouble(folder, client):
                assert client.call("echo", text="meanwhile")["result"]["content"][0]["text"] == "meanwhile"
            assert client.leave() == 0


@pytest.mark.parametrize("mode", MODES)
def test_a_journal_that_is_locked_at_the_start_refuses_to_start(folder: Path, mode: tuple[str, ...]) -> None:
    args = ("run", "--agent", "coder", *mode, "--journal", "journal.db", "--")
    assert oktsec_lint(*args, "true", cwd=folder).code == 0
    with closing(sqlite3.connect(folder / "journal.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        ran = oktsec_lint(*args, "touch", "touched", cwd=folder)
    assert (ran.code, ran.err) == (5, "oktsec-lint: error: journal.db: the journal is locked by another process\n")
    assert not (folder / "touched").exists()


def test_a_client_that_does_not_read_stops_the_server_not_the_gate(folder: Path) -> None:
    size = 1_000_000
    with faulty(folder, "--enforce") as client:
        do(client, 7, "flood", size)
        assert client.process.stderr is not None
        stuck = client.process.stderr.readline().split()
        assert stuck[:2] == [b"stuck", b"after"]
        assert int(stuck[2]) < size // 2
        do(client, 8, "much", 1)
        said = 0
        while (message := heard(client)).get("id") != 8:
            said += len(json.dumps(message)) + 1 if "method" in message else 0
        assert said >= size


def test_a_client_that_does_not_read_cannot_keep_the_gate(folder: Path) -> None:
    with faulty(folder, "--enforce") as client:
        do(client, 6, "nothing")
        do(client, 7, "flood", 50_000_000)
        assert client.process.stderr is not None
        assert client.process.stderr.readline().startswith(b"stuck")
        client.process.send_signal(signal.SIGTERM)
        assert client.process.wait(30) == 128 + signal.SIGTERM
        assert client.process.stderr.read() == b""


def test_a_client_that_writes_byte_by_byte_and_a_server_that_does(folder: Path) -> None:
    with faulty(folder, "--enforce") as client:
        assert client.process.stdin is not None
        params = {"name": "do", "arguments": {"what": "dribble"}}
        request = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}
        for byte in json.dumps(request).encode() + b"\n":
            os.write(client.process.stdin.fileno(), bytes([byte]))
        assert heard(client)["result"]["content"][0]["text"] == "slowly"


def test_a_flood_on_standard_error_passes_beside_the_gate(folder: Path) -> None:
    with faulty(folder, "--enforce") as client:
        do(client, 7, "complain", 5_000_000)
        assert client.process.stderr is not None
        assert client.process.stderr.read(5_000_000).count(b"\n") == 50_000
        assert heard(client)["result"]["content"][0]["text"] == "complained"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.slow
def test_an_answer_of_60_mb(folder: Path, mode: tuple[str, ...]) -> None:
    with faulty(folder, *mode) as client:
        do(client, 7, "much", 60_000_000)
        answer = heard(client)
        if mode:
            assert answer["error"]["code"] == -32001
            assert answer["error"]["data"]["rules"] == ["too_long"]
        else:
            assert len(answer["result"]["content"][0]["text"]) == 60_000_000
        do(client, 8, "pid")
        assert "result" in heard(client)
        assert client.leave() == 0
    assert records(folder)[-3] == (("server", "7", "blocked") if mode else ("server", "", "would-block"))


def test_a_server_that_does_not_listen_ends_when_we_are_told_to(folder: Path) -> None:
    with faulty(folder, "--enforce") as client:
        do(client, 7, "deafen")
        heard(client)
        stuffed(client)
        client.process.send_signal(signal.SIGTERM)
        code, _, err = left(client.process)
        assert code == 128 + signal.SIGTERM, err


@pytest.mark.slow
def test_a_client_that_is_gone_is_missed_by_a_server_that_does_not_listen(folder: Path) -> None:
    with faulty(folder, "--enforce") as client:
        do(client, 7, "deafen")
        heard(client)
        stuffed(client)
        hang_up(client)
        code, _, err = left(client.process)
        assert code == 128 + signal.SIGTERM, err


def stuffed(client: Client) -> None:
    """Sends until nobody takes any more."""
    assert client.process.stdin is not None
    descriptor = client.process.stdin.fileno()
    os.set_blocking(descriptor, False)
    line = json.dumps({"jsonrpc": "2.0", "method": "notifications/roots/list_changed", "params": {"x": "y" * 5000}})
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    while poll.poll(2000):
        with suppress(BlockingIOError):
            os.write(descriptor, line.encode() + b"\n")


def test_a_server_that_ends_for_nobody_is_ended_when_its_client_has_left(folder: Path) -> None:
    with faulty(folder, "--enforce") as client:
        do(client, 7, "harden")
        heard(client)
        assert client.leave() == 128 + signal.SIGKILL


def test_a_server_that_ends_for_nobody_does_not_outlive_a_killed_gate(folder: Path) -> None:
    with faulty(folder, "--enforce") as client:
        do(client, 7, "harden")
        heard(client)
        client.process.kill()
        code, _, _ = left(client.process)
        assert code == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_every_signal_is_the_server_s(folder: Path, number: signal.Signals) -> None:
    with faulty(folder) as client:
        client.process.send_signal(number)
        code, _, err = left(client.process)
    assert code == 128 + number
    assert ("KeyboardInterrupt" in err) == (number is signal.SIGINT)


def test_a_client_that_says_nothing_at_all(folder: Path) -> None:
    with running(folder, "--enforce") as client:
        assert client.leave() == 0
        assert client.process.stderr is not None
        assert client.process.stderr.read().count(b"\n") <= 1


def test_pipes_that_do_not_wait_are_no_end(folder: Path) -> None:
    ours, its = socket.socketpair()
    os.set_blocking(its.fileno(), False)
    command = [sys.executable, "-m", "oktsec_lint", "run", "--journal", "j.db", "--", sys.executable, str(ECHO)]
    with (
        ours,
        subprocess.Popen(command, cwd=folder, stdin=its, stdout=its, stderr=subprocess.PIPE) as process,
        ours.makefile("rwb") as stream,
    ):
        its.close()
        for number in range(3):
            stream.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/list"}).encode() + b"\n")
            stream.flush()
            assert json.loads(stream.readline())["id"] == number
        ours.shutdown(socket.SHUT_WR)
        assert process.wait(30) == 0


def test_a_defect_of_ours_ends_the_session_and_says_so(folder: Path) -> None:
    script = """
        import sys
        from oktsec_lint.protocol.gate import Gate
        def receive(self, side, chunk, now):
            raise ZeroDivisionError("a defect")
        Gate.receive = receive
        from oktsec_lint.__main__ import main
        sys.argv = ["oktsec-lint", "run", "--journal", "journal.db", "--", *sys.argv[1:]]
        main()
    """
    command = [sys.executable, "-c", textwrap.dedent(script), sys.executable, str(ECHO)]
    with subprocess.Popen(
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        Client(process).send({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
        code, answers, err = left(process)
    assert (code, answers) == (2, [])
    assert "a defect" in err
    assert "internal error" in err
