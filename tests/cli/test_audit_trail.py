"""`audit`: the journal as a user reads it, and what the exit code says about it."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from oktsec_lint.core.chain import Head, verify
from oktsec_lint.core.record import Decision, Entry, Record, Sender, record_of, rules_text
from oktsec_lint.runtime.journal import Journal, utc
from tests.command import Ran, oktsec_lint
from tests.runtime.test_journal import key_files

HOSTILE = "\x1b[2J\u202e\nline"
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1")


def a_record(**fields: object) -> Record:
    plain = Record(utc(0), "coder", "files", Sender.CLIENT, "tools/call", "read", "1", Decision.FORWARDED)
    return plain._replace(**fields)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where the command looks by itself, with the home directory that `oktsec_lint` gives it."""
    path = tmp_path / ".local" / "state" / "oktsec-lint" / "journal.db"
    with Journal.open(path) as journal:
        journal.append(a_record())
        journal.append(a_record(agent="other", time=utc(86_400), tool=HOSTILE))
        blocked = a_record(
            decision=Decision.BLOCKED, rules=("IAP-001",), verdict="block", reason="says who is in charge"
        )
        journal.append(blocked._replace(time=utc(2 * 86_400), field="/arguments/text"))
    return path


def audit(path: Path, *args: str) -> Ran:
    home = next(folder for folder in path.parents if (folder / ".local").exists())
    return oktsec_lint("audit", *args, cwd=home)


def tamper(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def test_a_whole_journal(journal: Path) -> None:
    ran = audit(journal, "verify")
    assert (ran.code, ran.out, ran.err) == (0, "as written: 3 records of 1 writer\n", "")


def test_a_journal_that_was_tampered_with(journal: Path) -> None:
    tamper(journal, "DELETE FROM entries WHERE sequence = 2")
    ran = audit(journal, "verify")
    assert ran.code == 1
    first, last = ran.out.splitlines()
    assert first.endswith("-2: removed: gone")
    assert last == "the journal was tampered with: 1 break"


def test_what_tampering_left_behind_is_shown_inert(journal: Path) -> None:
    tamper(journal, "UPDATE entries SET writer = char(27) || '[2J', decision = 'x' WHERE sequence = 2")
    for command in (("verify",), ("tail",), ("export",), ("export", "--format", "csv"), ("heads",)):
        assert "\x1b" not in audit(journal, *command).out


@pytest.mark.parametrize("content", [None, b"", b"no database at all, but of some length" * 99])
def test_a_journal_that_cannot_be_read(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "j.db").write_bytes(content)
    for command in ("verify", "tail", "query", "export", "heads"):
        ran = oktsec_lint("audit", command, "--journal", "j.db", cwd=tmp_path)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("oktsec-lint: error: j.db: ")
        assert len(ran.err.splitlines()) == 1


def test_a_journal_in_which_nothing_was_recorded(tmp_path: Path) -> None:
    Journal.open(tmp_path / "j.db").close()
    ran = oktsec_lint("audit", "verify", "--journal", "j.db", cwd=tmp_path)
    assert (ran.code, ran.out) == (3, "as written: 0 records of 1 writer\n")


def test_a_journal_is_read_while_it_is_written(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "j.db") as journal:
        journal.append(a_record())
        ran = oktsec_lint("audit", "verify", "--journal", "j.db", cwd=tmp_path)
        assert (ran.code, ran.out) == (0, "as written: 1 record of 1 writer\n")


def test_signatures_are_checked_with_the_public_key(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private, _ = key_files(tmp_path, Ed25519PrivateKey.generate())
    with Journal.open(tmp_path / "j.db", key=private) as journal:
        journal.append(a_record())
    command = ("audit", "verify", "--journal", "j.db", "--public-key")
    ran = oktsec_lint(*command, "key.pub", cwd=tmp_path)
    assert (ran.code, ran.out) == (0, "as written: 1 record of 1 writer, 2 signed checkpoints\n")
    assert oktsec_lint(*command, "key.pem", cwd=tmp_path).code == 2
    tamper(tmp_path / "j.db", "UPDATE checkpoints SET sequence = 1")
    ran = oktsec_lint(*command, "key.pub", cwd=tmp_path)
    assert ran.code == 1
    assert "forged" in ran.out


def test_heads_that_were_kept_miss_a_writer_that_is_gone(journal: Path) -> None:
    home = journal.parents[3]
    (home / "heads.jsonl").write_text(audit(journal, "heads").out)
    assert audit(journal, "verify", "--heads", "heads.jsonl").code == 0
    for table in ("entries", "writers"):
        tamper(journal, f"DELETE FROM {table}")
    assert audit(journal, "verify").code == 3
    ran = audit(journal, "verify", "--heads", "heads.jsonl")
    assert ran.code == 1
    assert "-1 to 3: removed: all of this writer is gone" in ran.out
    for content in ("[]", "{", '{"writer": "x"}'):
        (home / "heads.jsonl").write_text(content)
        assert audit(journal, "verify", "--heads", "heads.jsonl").code == 2
    assert audit(journal, "verify", "--heads", "nowhere").code == 2


def test_tail_shows_the_newest_records_one_a_line(journal: Path) -> None:
    ran = audit(journal, "tail", "-n", "2")
    hostile, blocked = ran.out.splitlines()
    assert "\\u{1b}[2J\\u{202e}⏎line" in hostile
    for part in (
        "1970-01-03T",
        "blocked",
        "coder/files/read",
        "IAP-001",
        "/arguments/text",
        "says who is in charge",
        "-3",
    ):
        assert part in blocked
    assert len(audit(journal, "tail").out.splitlines()) == 3


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), [1, 2, 3]),
        (("--agent", "other"), [2]),
        (("--server", "files"), [1, 2, 3]),
        (("--tool", "read"), [1, 3]),
        (("--rule", "IAP-001"), [3]),
        (("--decision", "blocked"), [3]),
        (("--since", "1970-01-02"), [2, 3]),
        (("--until", "1970-01-02T02:00+02:00"), [1]),
        (("--since", "1970-01-02T00:00:00Z", "--until", "1970-01-03"), [2]),
        (("--since", "7d"), []),
        (("--tool", "' OR 1 --"), []),
    ],
)
def test_filters(options: tuple[str, ...], expected: list[int], journal: Path) -> None:
    ran = audit(journal, "query", "--format", "jsonl", *options)
    assert ran.code == 0
    assert [json.loads(line)["sequence"] for line in ran.out.splitlines()] == expected


@pytest.mark.parametrize("options", [("--since", "soon"), ("--until", "99999999d"), ("--decision", "maybe")])
def test_filters_that_mean_nothing(options: tuple[str, str], journal: Path) -> None:
    ran = audit(journal, "query", *options)
    assert (ran.code, ran.out) == (2, "")
    assert options[1] in ran.err


def test_exported_lines_are_inert_and_can_be_verified_by_anybody(journal: Path) -> None:
    ran = audit(journal, "export")
    assert ran.out.isascii()
    assert "\x1b" not in ran.out
    rows = [json.loads(line) for line in ran.out.splitlines()]
    heads = [Head(**json.loads(line)) for line in audit(journal, "heads").out.splitlines()]
    assert verify(map(exported, rows), heads) == []
    rows[1]["record"]["agent"] = "coder"
    assert [item.sequence for item in verify(map(exported, rows), heads)] == [2]


def test_the_recipe_in_the_documentation_checks_an_export(journal: Path) -> None:
    page = Path(__file__).parents[2].joinpath("docs", "journal.md").read_text(encoding="utf-8")
    recipe = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert recipe is not None
    names: dict[str, Callable[[list[str]], bool]] = {}
    exec(recipe[1], names)
    lines = audit(journal, "export").out.splitlines()
    assert names["check"](lines)
    assert not names["check"]([lines[0].replace("coder", "codex"), *lines[1:]])
    assert not names["check"]([lines[0], *lines[2:]])


def exported(row: dict[str, object]) -> Entry:
    record = dict(row["record"])
    record["rules"] = rules_text(record["rules"])
    return Entry(**{**row, "record": record_of(list(record.values()))})


def test_no_cell_is_a_formula_or_a_second_line(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "j.db") as journal:
        for name in (*FORMULAS, HOSTILE, 'a"b,c'):
            journal.append(a_record(tool=name))
    ran = oktsec_lint("audit", "export", "--format", "csv", "--journal", "j.db", cwd=tmp_path)
    assert ran.code == 0
    assert "\x1b" not in ran.out
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert len(ran.out.splitlines()) == len(rows) + 1
    tools = [row["tool"] for row in rows]
    assert [tool[0] for tool in tools[: len(FORMULAS)]] == ["'"] * len(FORMULAS)
    assert tools[-1] == 'a"b,c'
    assert set(rows[0]) == {"id", "previous", "hash", *Record._fields}


def test_a_journal_on_a_medium_that_cannot_be_written_is_read(journal: Path, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    copy = shutil.copy(journal, folder / "journal.db")
    copy.chmod(0o400)
    folder.chmod(0o500)
    ran = oktsec_lint("audit", "verify", "--journal", "evidence/journal.db", cwd=tmp_path)
    folder.chmod(0o700)
    assert (ran.code, ran.out) == (0, "as written: 3 records of 1 writer\n")
