"""`run` and `audit` with the journal that the configuration puts into PostgreSQL."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import oktsec_lint
from tests.databases import Postgres, postgres

SERVER = Path(__file__).parents[2] / "bench" / "servers" / "plain.py"
CONFIG = "db_backend: postgres\ndb_dsn: ${JOURNAL_DSN}\n"
RUN = ("run", "--enforce", "--", sys.executable, str(SERVER))
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}
SAID = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO}) + "\n"


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
    assert (ran.code, ran.out, ran.err) == (0, "as written: 4 records of 2 writers\n", "")
    assert len(oktsec_lint("audit", "tail", "-n", "3", cwd=tmp_path, env=env).out.splitlines()) == 3
    rows = oktsec_lint("audit", "query", "--decision", "forwarded", "-f", "jsonl", cwd=tmp_path, env=env).out
    assert [json.loads(row)["sequence"] for row in rows.splitlines()] == [1, 2, 1, 2]
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
