"""What a gate's driver does about a held call: uses up an approval that is there, or keeps the call and waits."""

from __future__ import annotations

from oktsec_lint.core.held import HeldCall, State, held
from oktsec_lint.protocol.gate import Hold

from .quarantine import Quarantine, new_id


def begin(store: Quarantine, hold: Hold, expiry: float, now: float) -> HeldCall | None:
    """The call as it is kept: `USED` when it was approved before and may be made now, else pending or just approved,
    which `outcome` tells. None when no more are kept, and it is to be refused.

    `expiry` is in seconds, `now` in seconds since 1970. Raises JournalError.
    """
    event = hold.event
    call = held(hold.call, event.rules[0], event.reason, event.field, named=new_id(), now=now, expiry=expiry)
    return store.take(call.binding, now) or store.add(call)


def outcome(store: Quarantine, call_id: str, now: float) -> bool | None:
    """Whether the caller that waits for this call may make it now; None as long as nobody has decided.

    True is told once: it has used the approval up. To be asked only while the gate still holds the call. Raises
    JournalError.
    """
    call = store.get(call_id, now)
    if call is not None and call.state is State.PENDING:
        return None
    return call is not None and call.state is State.APPROVED and store.take(call.binding, now) is not None
