"""Sessions as text, one JSON line a step, and two that play them: the gate, and a relay that only knows its allowlist.

The format is described in `tests/fixtures/sessions/README.md`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from oktsec_lint.core.lock import Standing
from oktsec_lint.core.model import Definition, Kind
from oktsec_lint.protocol.gate import Answer, Command, Forward, Side
from tests.core.lock.offers import POLICY, RULEBOOK, lock_of, server
from tests.protocol.gate.playing import OPENED, READ, Peers

FOLDER = Path(__file__).parents[2] / "fixtures" / "sessions"
DAY = "2026-11-22"

Out = tuple[Side, bytes]
Play = Iterator[tuple["Step", list[Out], list[dict[str, Any]]]]
"""At every step, what goes out and what is recorded."""


class Step(NamedTuple):
    """What one side sends, and what has to follow from it."""

    number: int
    """Of its line in the file."""
    side: Side | None
    """None for time that passes."""
    sent: bytes
    """Without its line end."""
    wait: float
    expected: tuple[tuple[Side, Any], ...]
    records: tuple[dict[str, Any], ...]


class Session(NamedTuple):
    """One file."""

    name: str
    head: dict[str, Any]
    steps: tuple[Step, ...]

    @property
    def opened(self) -> list[Any] | None:
        """The tools of the handshake and the listing that come before the first step; None for neither."""
        tools: list[Any] | None = self.head.get("opened", [READ])
        return tools

    @property
    def config(self) -> str:
        return json.dumps(self.head["config"]) if self.head.get("config") else ""


def load(path: Path) -> Session:
    head, *lines = [json.loads(line) for line in path.read_text("ascii").splitlines()]
    steps: list[Step] = []
    for number, line in enumerate(lines, 2):
        ((key, value),) = line.items()
        if key in {"client", "server"}:
            steps.append(Step(number, Side(key), raw(value), 0.0, (), ()))
        elif key == "wait":
            steps.append(Step(number, None, b"", float(value), (), ()))
        elif key == "record":
            steps[-1] = steps[-1]._replace(records=(*steps[-1].records, value))
        else:
            side = Side(key.removeprefix("to_"))
            steps[-1] = steps[-1]._replace(expected=(*steps[-1].expected, (side, value)))
    return Session(path.stem, head, tuple(steps))


def raw(value: Any) -> bytes:
    """A message, a text as it is (`\\udcff` is the byte 0xff), or a list of texts and [text, times]."""
    if isinstance(value, list):
        return b"".join(raw(item) if isinstance(item, str) else raw(item[0]) * item[1] for item in value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogateescape")


def played(session: Session, size: int) -> Play:
    """What a gate does at every step when bytes come in chunks of `size`."""
    peers = Peers(session.config, enforce=session.head.get("enforce", True), standing=standing(session))
    if session.opened is not None:
        peers.opened(*session.opened)
    for step in session.steps:
        peers.now += step.wait
        data = step.sent + b"\n" if step.side is not None else b""
        commands = [
            command
            for start in range(0, len(data), size)
            for command in peers.gate.receive(step.side or Side.CLIENT, data[start : start + size], peers.now)
        ]
        yield step, [out for command in commands for out in _written(command)], [*_recorded(commands)]


def relayed(session: Session) -> Play:
    """What a relay does that forwards everything but calls, by their exact name, of tools that are not allowed."""
    agents = session.head.get("config", {}).get("agents", {})
    allowed = agents.get("coder", {}).get("allowed_tools", [])
    for step in session.steps:
        outs = [] if step.side is None else [_relay(step.side, line, allowed) for line in step.sent.split(b"\n")]
        yield step, outs, []


def _relay(side: Side, line: bytes, allowed: list[str]) -> Out:
    try:
        message = json.loads(line)
    except ValueError:
        message = None
    if side is Side.CLIENT and isinstance(message, dict) and message.get("method") == "tools/call":
        tool = message.get("params", {}).get("name")
        if allowed and tool not in allowed:
            error = {"code": -32600, "message": f"blocked by oktsec: tool_allowlist:{tool}"}
            return side, raw({"jsonrpc": "2.0", "id": message.get("id"), "error": error})
    return side.other, line


def standing(session: Session) -> Standing | None:
    """The lock of a session: what the server offered when it was audited."""
    locked = session.head.get("locked", session.opened if session.head.get("lock") else None)
    if locked is None:
        return None
    tools = tuple(Definition(Kind.TOOL, tool["name"], tool) for tool in locked)
    instructions = session.head.get("instructions", "")
    audited = server(*tools, info=OPENED["serverInfo"], instructions=instructions)
    return Standing(lock_of(audited), RULEBOOK, POLICY, DAY)


def difference(session: Session, play: Play, *, records: bool) -> str:
    """The first thing that is not as the session says; empty when everything is."""
    never = raw(session.head["never"]).lower() if "never" in session.head else None
    for step, outs, recorded in play:
        where = f"{session.name}.jsonl:{step.number}"
        shown = [(str(side), line[:300]) for side, line in outs]
        if len(outs) != len(step.expected):
            return f"{where}: expected {len(step.expected)} messages, not {shown}"
        for (side, line), (to, wanted) in zip(outs, step.expected, strict=True):
            if side is not to or not (line == step.sent if wanted == "same" else agrees(wanted, _value(line))):
                return f"{where}: expected {wanted} to the {to}, not {shown}"
            if never is not None and never in line.lower() and wanted != "same":
                return f"{where}: this must not be repeated: {shown}"
        if records and not all(any(agrees(wanted, item) for item in recorded) for wanted in step.records):
            return f"{where}: expected a record of {step.records}, not {recorded}"
    return ""


def agrees(wanted: Any, found: Any) -> bool:
    """Whether `found` is `wanted`, where an object may hold more than what is wanted of it."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(key in found and agrees(wanted[key], found[key]) for key in wanted)
    if isinstance(wanted, list):
        return isinstance(found, list) and len(wanted) == len(found) and all(map(agrees, wanted, found))
    return type(wanted) is type(found) and bool(wanted == found)


def _value(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _written(command: Command) -> Iterator[Out]:
    """What the driver writes, without the journal's id."""
    if isinstance(command, Forward):
        yield command.to, command.line
    elif isinstance(command, Answer):
        error = {"code": command.code, "message": command.message, "data": command.data}
        yield command.to, raw({"jsonrpc": "2.0", "id": command.message_id, "error": error})


def _recorded(commands: list[Command]) -> Iterator[dict[str, Any]]:
    for event in (getattr(command, "event", None) for command in commands):
        if event is not None:
            yield {
                **event._asdict(),
                "direction": str(event.direction),
                "decision": str(event.decision),
                "level": event.level.label,
                "rules": [*event.rules],
                "rule": event.rules[0] if event.rules else "",
            }
