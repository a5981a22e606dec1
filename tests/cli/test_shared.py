"""`run`, `audit` and `quarantine` with what the configuration puts into PostgreSQL and Redis."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oktsec_lint.core.held import State
from oktsec_lint.runtime.addresses import Database, Server
from oktsec_lint.runtime.postgres.quarantine import DatabaseQuarantine
from oktsec_lint.runtime.redis.channel import ANY, Channel
from tests.command import oktsec_lint
from tests.databases import Postgres, postgres, redis
from tests.runtime.test_quarantine import a_call

SERVER = Path(__file__).parents[2] / "bench" / "servers" / "plain.py"
CONFIG = "db_backend: postgres\ndb_dsn: ${JOURNAL_DSN}\n"
RUN = ("run", "--enforce", "--", sys.executable, str(SERVER))
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}
LIMITED = "rate_limit: {per_agent: 3, window: 3600, backend: redis, redis_url: '${LIMITS}'}\n"


def said(*calls: int) -> str:
    """A client that says hello, then calls a tool so many times."""
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO}
    call = {"name": "list_invoices", "arguments": {"workspace": "x"}}
    asked: list[dict[str, Any]] = [{"jsonrpc": "2.0", "id": number, "method": "tools/call"} for number in calls]
    messages = [
        hello,
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        *(item | {"params": call} for item in asked),
    ]
    return "".join(json.dumps(message) + "\n" for message in messages)


SAID = said()


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as running:
        yield running


@pytest.mark.slow
def test_what_run_records_in_a_database_every_audit_command_reads(server: Postgres, tmp_path: Path) -> None:
    (tmp_path / "oktsec.yaml").write_text(CONFIG)
    env = {"JOURNAL_DSN": server.make("shared")}
    for _ in range(2):
        ran = oktsec_lint(*RUN, cwd=tmp_path, env=env, stdin=SAID)
        assert ran.code == 0
        assert json.loads(ran.out.splitlines()[0])["result"]["serverInfo"]
    ran = oktsec_lint("audit", "verify", cwd=tmp_path, env=env)
    assert (ran.code, ran.out, ran.err) == (0, "as written: 6 records of 2 writers\n", "")
    assert len(oktsec_lint("audit", "tail", "-n", "3", cwd=tmp_path, env=env).out.splitlines()) == 3
    rows = oktsec_lint("audit", "query", "--decision", "forwarded", "-f", "jsonl", cwd=tmp_path, env=env).out
    assert [json.loads(row)["sequence"] for row in rows.splitlines()] == [1, 2, 3, 1, 2, 3]
    (tmp_path / "elsewhere").mkdir()
    exported = oktsec_lint("audit", "export", "--config", "../oktsec.yaml", cwd=tmp_path / "elsewhere", env=env)
    assert exported.out == oktsec_lint("audit", "export", cwd=tmp_path, env=env).out
    (tmp_path / "heads.jsonl").write_text(oktsec_lint("audit", "heads", cwd=tmp_path, env=env).out)
    server.do("TRUNCATE oktsec_lint.entries, oktsec_lint.writers", "shared")
    ran = oktsec_lint("audit", "verify", "--heads", "heads.jsonl", cwd=tmp_path, env=env)
    assert ran.code == 1
    assert "the journal was tampered with: 2 breaks" in ran.out


@pytest.mark.slow
def test_a_journal_that_is_down_stops_an_enforcing_gate_before_it_starts(tmp_path: Path) -> None:
    (tmp_path / "oktsec.yaml").write_text(CONFIG)
    env = {"JOURNAL_DSN": "postgresql://u:correcthorse@127.0.0.1:1/x"}
    ran = oktsec_lint(*RUN, cwd=tmp_path, env=env, stdin=SAID)
    said = "oktsec-lint: error: oktsec.yaml:2: nothing listens where the database should be\n"
    assert (ran.code, ran.out, ran.err) == (5, "", said)
    ran = oktsec_lint("audit", "verify", cwd=tmp_path, env=env)
    assert (ran.code, ran.out, ran.err) == (2, "", said)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("db_backend: postgres\n", "oktsec.yaml:1:13: `db_dsn` is missing"),
        (CONFIG, "oktsec.yaml:2:9: environment variable `JOURNAL_DSN` not set"),
    ],
)
def test_a_database_that_is_not_named_is_no_file(config: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "oktsec.yaml").write_text(config)
    for command, code in ((RUN, 5), (("audit", "verify"), 2)):
        ran = oktsec_lint(*command, cwd=tmp_path)
        assert (ran.code, ran.out, ran.err) == (code, "", f"oktsec-lint: error: {said}\n")
    assert not (tmp_path / ".local").exists()


def test_without_the_extra_it_is_said_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "oktsec.yaml").write_text(CONFIG)
    (tmp_path / "psycopg.py").write_text("raise ImportError\n")
    path = os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))
    env = {"JOURNAL_DSN": "postgresql:///x", "PYTHONPATH": path}
    ran = oktsec_lint("audit", "verify", cwd=tmp_path, env=env)
    hint = 'this needs the package `psycopg` (pip install "oktsec-lint[postgres]")'
    assert (ran.code, ran.err) == (2, f"oktsec-lint: error: oktsec.yaml:2: {hint}\n")


@pytest.mark.slow
def test_limits_hold_over_gateways_and_without_them_an_enforcing_one_refuses(tmp_path: Path) -> None:
    (tmp_path / "oktsec.yaml").write_text(LIMITED)
    with redis() as limits:
        env = {"LIMITS": limits.url}
        refused = []
        for _ in range(2):
            ran = oktsec_lint(*RUN, cwd=tmp_path, env=env, stdin=said(2, 3))
            refused.append(ran.out.count("blocked by oktsec: rate_limited"))
            assert "share" not in ran.err
        assert refused == [0, 1]
        limits.stop()
        ran = oktsec_lint(*RUN, cwd=tmp_path, env=env, stdin=said(2, 3))
        assert ran.out.count("blocked by oktsec: limits_unavailable") == 2
        assert ran.err.count("cannot be asked about (nothing listens where Redis should be): calls that a limit") == 1
        observing = ("run", *RUN[2:])
        ran = oktsec_lint(*observing, cwd=tmp_path, env=env, stdin=said(2, 3, 4, 5))
        assert "blocked by oktsec" not in ran.out
        assert ran.err.count("they hold for each gateway") == 1


@pytest.mark.slow
def test_a_call_that_one_gateway_holds_is_approved_anywhere_and_it_learns_of_it(
    server: Postgres, tmp_path: Path
) -> None:
    (tmp_path / "oktsec.yaml").write_text(CONFIG + LIMITED)
    with redis() as limits:
        env = {"JOURNAL_DSN": server.make("held"), "LIMITS": limits.url}
        store = DatabaseQuarantine.open(Database(env["JOURNAL_DSN"]))
        store.add(a_call(at=time.time()))
        hearing = Channel(Server(limits.url))
        assert hearing.heard(30) == ANY
        listed = oktsec_lint("quarantine", "list", cwd=tmp_path, env=env)
        assert listed.out.startswith("a  pending ")
        ran = oktsec_lint("quarantine", "approve", "a", "--yes", "--by", "ann", cwd=tmp_path, env=env)
        assert (ran.code, ran.err) == (0, "")
        assert hearing.heard(30) == "a"
        hearing.close()
        call = store.get("a", time.time())
        store.close()
        assert call is not None
        assert (call.state, call.decided_by) == (State.APPROVED, "ann")
    recorded = oktsec_lint("audit", "query", "--decision", "approved", cwd=tmp_path, env=env)
    assert "approved by ann: a" in recorded.out
