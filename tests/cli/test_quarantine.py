"""`quarantine`: what somebody who decides gets to see, and what a decision leaves behind."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from oktsec_lint.core.calls import Call
from oktsec_lint.core.held import State, held
from oktsec_lint.runtime.quarantine_file import QuarantineFile, beside
from tests.command import Ran, oktsec_lint

HOSTILE = "\x1b[2J\u202e\nline"
SECRET = "AK" + "IA" + "Q7ZP2MKX4L9W8TRB"
ID, OTHER = "3fa91c02be77", "4fa91c02be77"
ARGUMENTS = {"amount": 500, "note": HOSTILE, "key": SECRET, "text": "x" * 5000}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory with two held calls, where the command looks by itself."""
    store = QuarantineFile.open(place(tmp_path))
    for call_id, tool, arguments in ((ID, "pay", ARGUMENTS), (OTHER, HOSTILE, None)):
        asked = Call(None, "coder", "files", tool, arguments)
        store.add(
            held(
                asked, "IAP-007", "severity high", "/params/arguments/note", named=call_id, now=time.time(), expiry=600
            )
        )
    store.close()
    return tmp_path


def place(home: Path) -> Path:
    return beside(home / ".local" / "state" / "oktsec-lint" / "journal.db")


def quarantine(home: Path, *args: str, stdin: str = "") -> Ran:
    return oktsec_lint("quarantine", *args, cwd=home, stdin=stdin)


def state(home: Path, call_id: str = ID) -> tuple[State, str, str]:
    store = QuarantineFile.open(place(home))
    call = store.get(call_id, time.time())
    store.close()
    assert call is not None
    return call.state, call.decided_by, call.decision


def recorded(home: Path) -> list[dict[str, Any]]:
    ran = oktsec_lint("audit", "export", cwd=home)
    return [json.loads(line)["record"] for line in ran.out.splitlines()] if ran.code == 0 else []


def test_the_list_is_a_line_a_call_and_inert(home: Path) -> None:
    ran = quarantine(home, "list")
    assert (ran.code, ran.err) == (0, "")
    first, second = ran.out.splitlines()
    assert first.startswith(f"{ID}  pending   until 2")
    assert first.endswith("Z  coder/files/pay  IAP-007")
    assert "\\u{1b}[2J\\u{202e}⏎line" in second


def test_a_call_is_shown_whole_without_its_secrets(home: Path) -> None:
    ran = quarantine(home, "show", ID)
    assert ran.code == 0
    assert "x" * 5000 in ran.out
    assert not set(ran.out) & {"\x1b", "\u202e"}
    assert SECRET not in ran.out
    assert f'"key": "AKIA{"*" * 16}"' in ran.out
    assert "arguments, with secrets covered by asterisks:\n" in ran.out
    assert "held by   IAP-007: severity high\nfound at  /params/arguments/note\n" in ran.out


def test_programs_get_the_same(home: Path) -> None:
    shown = json.loads(quarantine(home, "show", ID, "--format", "json").out)
    assert (shown["state"], shown["covered"], shown["arguments"]["note"]) == ("pending", True, HOSTILE)
    assert shown["arguments"]["key"] == "AKIA" + "*" * 16
    listed = json.loads(quarantine(home, "list", "--format", "json").out)
    assert [call["id"] for call in listed["calls"]] == [ID, OTHER]
    assert "arguments" not in listed["calls"][0]


def test_a_decision_says_who_and_why_and_is_in_the_journal(home: Path) -> None:
    ran = quarantine(home, "approve", ID, "--yes", "--by", "ann", "--reason", "invoice 7")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{ID}  approved  until 2")
    assert state(home) == (State.APPROVED, "ann", "invoice 7")
    taken_back = quarantine(home, "reject", ID, "--by", "bob", "--format", "json")
    assert json.loads(taken_back.out)["state"] == "rejected"
    assert state(home) == (State.REJECTED, "bob", "")
    records = recorded(home)
    assert [(item["decision"], item["reason"]) for item in records] == [
        ("approved", f"approved by ann: {ID}"),
        ("rejected", f"rejected by bob: {ID}"),
    ]
    assert {(item["agent"], item["server"], item["tool"]) for item in records} == {("coder", "files", "pay")}
    assert "invoice 7" not in json.dumps(records)
    assert oktsec_lint("audit", "verify", cwd=home).code == 0


def test_without_a_name_it_is_the_user(home: Path) -> None:
    done = oktsec_lint("quarantine", "reject", ID, cwd=home, env={"LOGNAME": "carol"})
    assert (done.code, state(home)[1]) == (0, "carol")


def test_who_comes_second_is_told(home: Path) -> None:
    quarantine(home, "reject", ID, "--by", "ann")
    ran = quarantine(home, "approve", ID, "--yes", "--by", "bob")
    assert ran.code == 2
    assert f"{ID} is rejected already by ann, since 2" in ran.err
    assert len(recorded(home)) == 1


def test_nothing_is_approved_unseen(home: Path) -> None:
    ran = quarantine(home, "approve", ID, stdin="y\n")
    assert (ran.code, ran.out) == (2, "")
    assert "there is no terminal to ask on (read `quarantine show`, then pass --yes)" in ran.err
    assert state(home)[0] is State.PENDING


@pytest.mark.parametrize(("answer", "after"), [("y", State.APPROVED), ("", State.PENDING), ("yes!", State.PENDING)])
def test_on_a_terminal_it_shows_the_call_and_asks(home: Path, answer: str, after: State) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "oktsec_lint", "quarantine", "approve", ID, "--by", "ann"],
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(home)},
    )
    os.close(theirs)
    said = b""
    while not said.endswith(b"[y/N] "):
        said += os.read(ours, 4096)
    os.write(ours, f"{answer}\n".encode())
    assert process.wait(60) == (0 if after is State.APPROVED else 2)
    os.close(ours)
    assert b"x" * 5000 in said
    assert b"\x1b" not in said
    assert state(home)[0] is after


def test_what_cannot_be_recorded_is_not_decided(home: Path) -> None:
    journal = home / ".local" / "state" / "oktsec-lint" / "journal.db"
    journal.write_text("this is no journal, and nothing can be written to it")
    ran = quarantine(home, "approve", ID, "--yes")
    assert ran.code == 2
    assert "this is no journal" in ran.err
    assert state(home)[0] is State.PENDING


def test_an_unknown_call_and_none_at_all(home: Path, tmp_path: Path) -> None:
    ran = quarantine(home, "show", HOSTILE)
    assert (ran.code, "\x1b" in ran.err) == (2, False)
    assert "see oktsec-lint quarantine list --state all" in ran.err
    assert quarantine(home, "list", "--journal", str(tmp_path / "other.db")).code == 3
    assert not (tmp_path / "other-quarantine.db").exists()


def test_states(home: Path) -> None:
    quarantine(home, "approve", ID, "--yes")
    quarantine(home, "reject", OTHER)
    found = {
        name: [line.split()[0] for line in quarantine(home, "list", "--state", name).out.splitlines()]
        for name in ("open", "pending", "approved", "rejected", "all")
    }
    assert found == {"open": [ID], "pending": [], "approved": [ID], "rejected": [OTHER], "all": [ID, OTHER]}
    assert quarantine(home, "list", "--state", "pending").err == "oktsec-lint: there is no such call\n"


def test_of_two_at_once_one_is_told_that_it_was_not_the_one(home: Path) -> None:
    line = [sys.executable, "-m", "oktsec_lint", "quarantine", "approve", ID, "--yes", "--by"]
    rivals = [
        subprocess.Popen(
            [*line, name], env={**os.environ, "HOME": str(home)}, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        for name in ("ann", "bob")
    ]
    assert sorted(rival.wait(60) for rival in rivals) == [0, 2]
    assert [record["decision"] for record in recorded(home)] == ["approved"]
