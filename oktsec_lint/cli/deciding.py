"""What `oktsec-lint quarantine` does, and how a decision gets into the journal."""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial
from pathlib import Path

from oktsec_lint.core.display import visible
from oktsec_lint.core.errors import NothingError, OktsecError, UsageError
from oktsec_lint.core.held import OPEN, HeldCall, State, Step
from oktsec_lint.core.policy import Level
from oktsec_lint.core.record import Decision as Recorded
from oktsec_lint.core.record import Record, Sender
from oktsec_lint.core.report import Exit
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.reporters.json_text import laid_out
from oktsec_lint.runtime.addresses import Database
from oktsec_lint.runtime.journal import utc
from oktsec_lint.runtime.quarantine import Decided, Quarantine
from oktsec_lint.runtime.quarantine_file import beside
from oktsec_lint.runtime.shared import AnyJournal, open_channel, open_journal, open_quarantine

from .choices import DataFormat, HeldState
from .held_texts import arguments, line, moment, summary, told
from .shared import Shared, found
from .terminal import ask, complain, somebody_answers, tell

_DEPTH = 3
"""Of JSON that is laid out: a call is a member of a list of an object."""


class Where(NamedTuple):
    """What the command line says about where calls are held."""

    journal: Path | None = None
    config: str | None = None


class Decision(NamedTuple):
    """What the command line says about one call."""

    call_id: str
    reason: str = ""
    by: str = ""


def listed(where: Where, state: HeldState, output_format: DataFormat) -> Exit:
    """Prints the held calls in one state, those that are open, or all."""

    def show(here: _Here, now: float) -> Exit:
        wanted = OPEN if state is HeldState.OPEN else [*State] if state is HeldState.ALL else [State(state)]
        calls = [
            call for call in here.store.calls(now, wanted[0] if len(wanted) == 1 else None) if call.state in wanted
        ]
        if output_format is DataFormat.JSON:
            _print([laid_out({"version": 1, "calls": [summary(call) for call in calls]}, _DEPTH).rstrip()])
            return Exit.CLEAN
        _print(map(line, calls))
        if not calls:
            tell("no call is waiting" if state is HeldState.OPEN else "there is no such call")
        return Exit.CLEAN

    return _with(where, show)


def shown(where: Where, call_id: str, output_format: DataFormat) -> Exit:
    """Prints one held call with its arguments."""

    def show(here: _Here, now: float) -> Exit:
        _print_call(_found(here.store.get(call_id, now), call_id), output_format)
        return Exit.CLEAN

    return _with(where, show)


def approved(where: Where, decision: Decision, output_format: DataFormat, *, yes: bool) -> Exit:
    """Approves one held call, after somebody has seen it and said yes."""

    def decide(here: _Here, now: float) -> Exit:
        call = _found(here.store.get(decision.call_id, now), decision.call_id)
        if call.state is State.PENDING and not yes:
            _confirm(call)
        return _decided(here, decision, Step.APPROVE, output_format)

    return _with(where, decide)


def rejected(where: Where, decision: Decision, output_format: DataFormat) -> Exit:
    """Rejects one held call."""
    return _with(where, lambda here, _: _decided(here, decision, Step.REJECT, output_format))


class _Here(NamedTuple):
    """The held calls, and where they and what is about them are kept."""

    store: Quarantine
    kept: Shared


def _with(where: Where, work: Callable[[_Here, float], Exit]) -> Exit:
    try:
        kept = found(where.journal, where.config)
        with closing(_opened(kept.journal)) as store:
            return work(_Here(store, kept), time.time())
    except OktsecError as error:
        return complain(error)


def _opened(place: Path | Database | None) -> Quarantine:
    if not isinstance(place, Database) and not beside(place).exists():
        raise NothingError("no call was ever held here", path=str(beside(place)))
    return open_quarantine(place)


def _found(call: HeldCall | None, call_id: str) -> HeldCall:
    if call is None:
        raise UsageError(f"no held call {visible(call_id, 40)}", hint="see oktsec-lint quarantine list --state all")
    return call


def _confirm(call: HeldCall) -> None:
    """Raises UsageError unless somebody has seen the call and says yes."""
    if not somebody_answers():
        raise UsageError("there is no terminal to ask on", hint="read `quarantine show`, then pass --yes")
    sys.stderr.write("".join(f"{item}\n" for item in told(call)))
    if (ask("Let this call be made, once? [y/N] ") or "").lower() not in {"y", "yes"}:
        raise UsageError("nothing was decided")


def _decided(here: _Here, decision: Decision, step: Step, output_format: DataFormat) -> Exit:
    by, now = decision.by or _user(), time.time()
    with open_journal(here.kept.journal) as writer:
        record = partial(_record, writer, by)
        outcome: Decided = here.store.decide(decision.call_id, step, now, by, decision.reason, record)
    call = _found(outcome.call, decision.call_id)
    if not outcome.changed:
        who = f" by {visible(call.decided_by, 40)}" if call.decided_by else ""
        raise UsageError(f"{call.id} is {call.state} already{who}, since {moment(call.decided_at)}")
    _announce(call.id, here.kept)
    if output_format is DataFormat.JSON:
        _print([laid_out(summary(call), 1).rstrip()])
    else:
        _print([line(call)])
    return Exit.CLEAN


def _announce(call_id: str, kept: Shared) -> None:
    """Whoever waits need not look for it."""
    channel = open_channel(kept.redis)
    if channel is not None:
        with closing(channel):
            channel.announce(call_id)


def _record(writer: AnyJournal, by: str, call: HeldCall) -> str:
    return writer.append(
        Record(
            utc(call.decided_at),
            call.agent,
            call.server,
            Sender.CLIENT,
            "tools/call",
            call.tool,
            "",
            Recorded(call.state),
            Level.QUARANTINE.label,
            (call.rule,),
            call.pointer,
            f"{call.state} by {visible(by, 100)}: {call.id}",
            call.digest,
        )
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        raise UsageError("the user who runs this has no name", hint="say who decides: --by NAME") from None


def _print_call(call: HeldCall, output_format: DataFormat) -> None:
    if output_format is DataFormat.JSON:
        plain, covered = arguments(call)
        _print([laid_out({**summary(call), "arguments": plain, "covered": covered}, 1).rstrip()])
    else:
        _print(told(call))


def _print(lines: Iterable[str]) -> None:
    sys.stdout.write("".join(f"{item}\n" for item in lines))
