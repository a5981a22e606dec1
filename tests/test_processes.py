"""Processes as Windows would have them; what POSIX does is tested wherever a server is started."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Any

import pytest

from oktsec_lint import processes


class Recorded:
    """A process that remembers what was done to it."""

    pid = 4711
    code: int | None = None

    def __init__(self) -> None:
        self.done: list[Any] = []

    def send_signal(self, number: int) -> None:
        self.done.append(number)

    def terminate(self) -> None:
        self.done.append("terminate")

    def poll(self) -> int | None:
        return self.code


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(signal, "SIGBREAK", 21, raising=False)
    monkeypatch.setattr(signal, "CTRL_BREAK_EVENT", "ctrl+break", raising=False)


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize(
    ("number", "done"), [(signal.SIGINT, "ctrl+break"), (21, "ctrl+break"), (signal.SIGTERM, "terminate")]
)
def test_windows_knows_two_things_to_tell_a_process(number: int, done: str) -> None:
    process: Any = Recorded()
    processes.tell_group(process, number)
    assert process.done == [done]


@pytest.mark.usefixtures("windows")
def test_windows_ends_what_is_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: ran.append(command))
    process: Any = Recorded()
    processes.kill_group(process)
    process.code = 0
    processes.kill_group(process)
    assert ran == [["taskkill", "/F", "/T", "/PID", "4711"]]


@pytest.mark.usefixtures("windows")
def test_windows_finds_a_command_on_the_path_that_the_server_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[list[str], dict[str, Any]]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **how: started.append((command, how)))
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 512, raising=False)
    monkeypatch.setattr("shutil.which", lambda command, path: f"{path}/{command}.cmd" if command == "npx" else None)
    processes.start(["npx", "-y"], {"PATH": "C:/node"})
    processes.start(["absent"], {})
    assert [command for command, _ in started] == [["C:/node/npx.cmd", "-y"], ["absent"]]
    assert [how["start_new_session"] for _, how in started] == [False, False]
    assert [how["creationflags"] for _, how in started] == [512, 512]
