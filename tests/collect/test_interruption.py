"""Ctrl-C, and a parent that is told to go: no server stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import SERVERS, is_gone, listening

CODE = """
import os, sys
from tests.live import hostile, http
from oktsec_lint.collect import Options, collect

def told(server, what):
    print(server, what, flush=True)

specs = [hostile(mode, {"PIDS": sys.argv[1]}) for mode in sys.argv[3:]]
if sys.argv[2]:
    specs.append(http(sys.argv[2]))
try:
    collect(specs, Options(timeout=60.0, environ=os.environ), told)
finally:
    print("over", flush=True)
"""


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, -signal.SIGINT),
        (signal.SIGTERM, 128 + signal.SIGTERM),
        (signal.SIGHUP, 128 + signal.SIGHUP),
        (signal.SIGQUIT, 128 + signal.SIGQUIT),
    ],
)
def test_signal_ends_every_server(number: signal.Signals, code: int, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    os.mkfifo(pids)
    modes = ["hang-in-listing", "ignore-sigterm", "leave-daemon-and-hang"]
    with (
        listening("raw_http.py") as url,
        os.fdopen(os.open(pids, os.O_RDWR)) as started,
        subprocess.Popen(
            [sys.executable, "-c", CODE, str(pids), f"{url}hang", *modes],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=SERVERS.parents[2],
        ) as process,
    ):
        running = [int(started.readline()) for _ in range(8)]
        process.send_signal(number)
        out, errors = process.communicate()
    assert out.endswith("over\n")
    assert process.returncode == code
    assert "KeyboardInterrupt" in errors if number is signal.SIGINT else not errors
    assert [pid for pid in running if not is_gone(pid)] == []


def test_handlers_of_others_are_kept() -> None:
    code = (
        "import os, signal; from tests.live import hostile, look;"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "look(hostile('modern'));"
        "print(signal.getsignal(signal.SIGTERM) is signal.SIG_IGN, signal.getsignal(signal.SIGHUP) is signal.SIG_DFL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=SERVERS.parents[2],
        env=dict(os.environ),
    )
    assert done.stdout == "True True\n"
