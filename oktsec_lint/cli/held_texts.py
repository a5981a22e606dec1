"""A held call in words. Everything in it was chosen by peers: all of it is shown inert."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

from oktsec_lint import rulebook
from oktsec_lint.core.display import visible
from oktsec_lint.core.engine import Engine
from oktsec_lint.core.evidence import masked
from oktsec_lint.core.held import OPEN, HeldCall, State
from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.redaction import rewritten
from oktsec_lint.runtime.journal import utc


def line(call: HeldCall) -> str:
    """A call in one line."""
    where = visible(f"{call.agent}/{call.server}/{call.tool}", 200)
    return f"{call.id}  {call.state:<8}  {_when(call)}  {where}  {visible(call.rule, 100)}"


def told(call: HeldCall) -> Iterator[str]:
    """A call for people; its arguments to the last character, but for secrets."""
    shown, covered = arguments(call)
    facts = {
        "call": call.id,
        "state": f"{call.state} {_when(call)}",
        "agent": call.agent,
        "server": call.server,
        "tool": call.tool,
        "held by": f"{call.rule}: {call.reason}",
        "found at": call.pointer,
        "held at": moment(call.time),
        "decided": _decision(call),
        "digest": call.digest,
    }
    yield from (f"{name:<9} {visible(value, 1000)}" for name, value in facts.items() if value)
    yield "arguments, with secrets covered by asterisks:" if covered else "arguments:"
    for row in json.dumps(shown, ensure_ascii=False, indent=2).split("\n"):
        yield f"  {visible(row, len(row))}"


def _when(call: HeldCall) -> str:
    return f"until {moment(call.expires)}" if call.state in OPEN else f"since {moment(call.decided_at)}"


def _decision(call: HeldCall) -> str:
    if not call.decided_by:
        return ""
    said = f"{'rejected' if call.state is State.REJECTED else 'approved'} by {call.decided_by}"
    return f"{said}: {call.decision}" if call.decision else said


def summary(call: HeldCall) -> dict[str, JsonValue]:
    """A call without its arguments, for programs."""
    times = {"time": utc(call.time), "expires": utc(call.expires)}
    decided = utc(call.decided_at) if call.decided_at else ""
    shown: dict[str, JsonValue] = {**call._asdict(), **times, "decided_at": decided, "state": str(call.state)}
    del shown["arguments"]
    return shown


def arguments(call: HeldCall) -> tuple[JsonValue, bool]:
    """The arguments with every secret covered, and whether there was one."""
    plain: JsonValue = json.loads(call.arguments)
    shown = rewritten(plain, _covered)
    return shown, shown != plain


def _covered(text: str) -> str:
    return masked(text, _sensitive().secrets([text]).get(text, ()))


@cache
def _sensitive() -> Engine:
    return Engine(rule for rule in rulebook.builtin() if rule.sensitive)


def moment(seconds: float) -> str:
    """A time for people: in UTC, to the minute."""
    return f"{utc(seconds)[:16]}Z"
