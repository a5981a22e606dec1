"""Every known way round a proxy as a session, through the gate in several chunkings, and through a naive relay."""

from __future__ import annotations

import pytest

from tests.protocol.gate.sessions import FOLDER, Session, difference, load, played, relayed

SESSIONS = [load(path) for path in sorted(FOLDER.glob("*.jsonl"))]
SMALL = 20_000
"""Bytes of a session that is also played in small pieces."""


def sizes(session: Session) -> list[int]:
    return [1 << 30, 4096] if sum(len(step.sent) for step in session.steps) > SMALL else [1 << 30, 1, 7]


@pytest.mark.parametrize(
    ("session", "size"),
    [pytest.param(item, size, id=f"{item.name} by {size}") for item in SESSIONS for size in sizes(item)],
)
def test_the_gate_does_what_the_session_says(session: Session, size: int) -> None:
    assert difference(session, played(session, size), records=True) == ""


@pytest.mark.parametrize("session", [pytest.param(item, id=item.name) for item in SESSIONS])
def test_a_naive_relay_does_not(session: Session) -> None:
    honest = session.head.get("clean", False)
    assert (difference(session, relayed(session), records=False) == "") == honest


def test_every_session_says_what_it_is_about() -> None:
    for session in SESSIONS:
        assert session.head["about"], session.name
        assert session.head["case"], session.name
        assert any(step.expected or step.records for step in session.steps), session.name
