"""Several processes on one port: one gateway to whoever asks it."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
from pathlib import Path

import pytest

from tests.command import oktsec_lint
from tests.live import SERVERS, is_gone
from tests.recording import ANSWERS
from tests.served import JSON, Gateway, configured, served

if sys.platform == "win32":
    pytest.skip("processes share no port there", allow_module_level=True)

ECHOING, WHOLE = str(SERVERS / "echoing.py"), str(SERVERS / "whole.py")


def workers(gateway: Gateway) -> list[int]:
    parent = gateway.process.pid
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def echoed(gateway: Gateway, text: str, session: dict[str, str]) -> bool:
    params = {"name": "echo_echo", "arguments": {"text": text}}
    try:
        answer = gateway.post({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}, session)[1]
    except OSError:  # of a worker that was just killed
        return False
    return "result" in answer


def sampled(gateway: Gateway, session: dict[str, str], number: int) -> str:
    """A call whose server asks back; the answer to that is posted on a connection of its own."""
    call = {"name": "whole_test_sampling", "arguments": {"prompt": "Hello"}}
    body = json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": call}).encode()
    with gateway.asking("POST", "/mcp", body, {**JSON, **session}) as response:
        for line in response:
            if not line.startswith(b"data: "):
                continue
            message = json.loads(line[6:])
            if "method" not in message:
                return json.dumps(message)
            said = {"jsonrpc": "2.0", "id": message["id"], "result": ANSWERS[message["method"]]}
            assert gateway.post(said, session)[0] == 202
    raise AssertionError("no answer")


def test_a_session_is_one_whichever_worker_is_reached(tmp_path: Path) -> None:
    configured(tmp_path, whole=WHOLE)
    with served(tmp_path, "--workers", "3") as gateway:
        session = gateway.guest(sampling={})
        for number in range(6):
            assert "It is Paris." in sampled(gateway, session, number)
        with gateway.asking("DELETE", "/mcp", headers=session) as response:
            assert response.status == 200
        over = [gateway.post({"jsonrpc": "2.0", "id": 9, "method": "ping"}, session)[0] for _ in range(6)]
    assert over == [404] * 6


def test_a_killed_worker_comes_back_and_loses_no_record(tmp_path: Path) -> None:
    configured(tmp_path, echo=ECHOING)
    with served(tmp_path, "--workers", "2") as gateway:
        sessions = [gateway.guest() for _ in range(6)]
        answered = sum(echoed(gateway, "before", session) for session in sessions)
        assert answered == 6
        os.kill(workers(gateway)[0], signal.SIGKILL)
        gateway.until_said("worker . was ended by SIGKILL; it is started again")
        answered += sum(echoed(gateway, "after", session) for _ in range(3) for session in sessions)
        again = gateway.guest()
        assert echoed(gateway, "at last", again)
        answered += 1
    assert answered > 6
    verified = oktsec_lint("audit", "verify", "--journal", "j.db", cwd=tmp_path)
    assert verified.code == 0, verified.err
    query = oktsec_lint("audit", "export", "--journal", "j.db", cwd=tmp_path)
    calls = [
        line for line in query.out.splitlines() if "tools/call" in line and re.search('"direction": ?"server"', line)
    ]
    assert len(calls) >= answered


def test_no_worker_outlives_the_one_that_started_it(tmp_path: Path) -> None:
    configured(tmp_path, echo=ECHOING)
    with served(tmp_path, "--workers", "2", TMPDIR=str(tmp_path)) as gateway:
        assert echoed(gateway, "once", gateway.guest())
        assert list(tmp_path.glob("oktsec-*"))
        left = workers(gateway)
        gateway.process.kill()
        reader = threading.Event()
        for _ in range(200):
            if all(map(is_gone, left)):
                break
            reader.wait(0.05)
    assert all(map(is_gone, left))
    assert not list(tmp_path.glob("oktsec-*"))


def test_a_gateway_that_cannot_start_does_not_try_for_ever(tmp_path: Path) -> None:
    configured(tmp_path, "gateway: {require_auth: true, auth_methods: [mtls]}\n", echo=ECHOING)
    ran = oktsec_lint("run", "--enforce", "oktsec.yaml", "--port", "0", "--workers", "2", cwd=tmp_path)
    assert ran.code == 5
    assert "error:" in ran.err
