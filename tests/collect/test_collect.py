"""Many servers at once: order, concurrency, progress, and what is imported for it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from oktsec_lint.collect import Options, collect
from oktsec_lint.core.config import ServerSpec, Transport
from oktsec_lint.core.model import Kind, Status
from oktsec_lint.protocol.listing import Limits
from tests.live import SERVERS, hostile, look, tool_names
from tests.reference import stdio

OPTIONS = Options(timeout=20.0, environ=os.environ, limits=Limits(probe=0.3))


def named(name: str, mode: str, **env: str) -> ServerSpec:
    return stdio(name, sys.executable, str(SERVERS / "hostile.py"), mode, env=env)


def test_nothing_to_collect() -> None:
    assert collect([], OPTIONS) == ()


def test_servers_come_in_configuration_order_and_the_dead_stop_nobody() -> None:
    modes = ["slow", "crash", "modern", "garbage", "exit-in-listing"]
    servers = collect([named(mode, mode) for mode in modes], OPTIONS)
    assert [server.name for server in servers] == modes
    assert [server.status for server in servers] == [
        Status.COMPLETE,
        Status.NOT_SCANNED,
        Status.COMPLETE,
        Status.COMPLETE,
        Status.PARTIAL,
    ]


def test_finding_about_a_server_is_placed_at_its_entry() -> None:
    spec = named("dead", "crash")
    (server,) = collect([spec], OPTIONS)
    assert server.place == spec.place
    assert [(fault.rule, fault.kind) for fault in server.faults] == [("LST-001", Kind.SERVER)]


def test_servers_start_at_the_same_time(tmp_path: Path) -> None:
    """Twelve processes, two for each server: none of them answers before all of them run."""
    specs = [named(f"s{index}", "meet", CACHE=str(tmp_path), PEERS="12") for index in range(6)]
    assert {server.status for server in collect(specs, OPTIONS)} == {Status.COMPLETE}


@pytest.mark.parametrize("jobs", [1, 2])
def test_jobs_cap_the_servers_at_work(jobs: int, tmp_path: Path) -> None:
    specs = [named(f"s{index}", "count-peers", CACHE=str(tmp_path)) for index in range(5)]
    options = Options(timeout=20.0, jobs=jobs, environ=os.environ)
    assert {server.status for server in collect(specs, options)} == {Status.COMPLETE}
    assert max(int(note.read_text()) for note in tmp_path.glob("*.seen")) <= 2 * jobs


def test_package_runner_is_not_started_twice_at_once(tmp_path: Path) -> None:
    runner = tmp_path / "npx"
    runner.write_text(f"#!/bin/sh\nexec {sys.executable} {SERVERS / 'hostile.py'} cold-install\n")
    runner.chmod(0o755)
    server = look(stdio("it", str(runner), env={"CACHE": str(tmp_path)}))
    assert (server.status, server.faults, tool_names(server)) == (Status.COMPLETE, (), ["read"])


def test_progress_is_told_in_the_callers_thread() -> None:
    told: list[tuple[str, str]] = []
    threads = set()

    def progress(server: str, what: str) -> None:
        told.append((server, what))
        threads.add(threading.current_thread())

    collect([named("good", "modern"), named("bad", "crash")], OPTIONS, progress)
    assert threads == {threading.main_thread()}
    assert [what for server, what in told if server == "good"] == ["starting", "listing", "complete, 2 tools"]
    assert [what for server, what in told if server == "bad"] == ["starting", "not scanned, 0 tools"]


def test_progress_that_fails_ends_the_servers(tmp_path: Path) -> None:
    def progress(_server: str, _what: str) -> None:
        raise KeyError("the terminal is gone")

    with pytest.raises(KeyError, match="terminal"):
        collect([hostile("hang-at-start", {"PIDS": str(tmp_path / "pids")})], OPTIONS, progress)


def test_other_children_of_this_process_are_left_alone() -> None:
    sleep = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(sleep, stdin=subprocess.PIPE, start_new_session=True) as other:
        look(hostile("leave-daemon"))
        assert other.poll() is None
        assert other.stdin is not None
        other.stdin.close()
    assert other.returncode == 0


def test_collecting_from_another_thread_works() -> None:
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.extend(tool_names(look(hostile("modern")))))
    thread.start()
    thread.join()
    assert found == ["read", "sample"]


def test_sdk_and_event_loop_are_imported_for_http_alone() -> None:
    code = (
        "import os, sys; from tests.live import hostile, look; look(hostile('modern'));"
        "print({'mcp', 'anyio', 'asyncio', 'httpx2', 'yaml', 'logging'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=SERVERS.parents[2]
    )
    assert done.stdout == "set()\n"


def test_http_servers_are_looked_at_beside_the_others() -> None:
    place = named("x", "modern").place
    specs = [ServerSpec("web", Transport.HTTP, place, url="http://127.0.0.1:9/"), named("pipe", "modern")]
    web, pipe = collect(specs, OPTIONS)
    assert (web.reason, pipe.status) == ("no connection: Connection refused", Status.COMPLETE)
