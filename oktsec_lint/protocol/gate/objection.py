"""Whether a text is one message that everybody reads in the same way; the same for a line and for a posted body."""

from __future__ import annotations

from oktsec_lint.protocol.strictjson import Ambiguity, WireFault
from oktsec_lint.protocol.wire import Decoded

from .names import misspelt
from .refusal import REFUSED, UNREADABLE

_TOLERATED = frozenset({Ambiguity.LOSSY_NUMBER})
"""An integer beyond a double keeps its digits here and on the wire; identifiers and schema bounds are such."""
_NO_JSON = frozenset({Ambiguity.NOT_JSON, Ambiguity.NOT_UTF8})


def objection_to(decoded: Decoded, *, batching: bool) -> WireFault | None:
    """The first reason why it is none. `batching` is for the revision in which an array is legal."""
    for fault in decoded.faults:
        if fault.kind not in _TOLERATED and not (batching and fault.kind is Ambiguity.BATCH):
            return fault
    items = decoded.value if isinstance(decoded.value, list) else [decoded.value]
    return next(filter(None, (misspelt(item) for item in items if isinstance(item, dict))), None)


def code_of(fault: WireFault) -> int:
    """The JSON-RPC error code that it is refused with."""
    return UNREADABLE if fault.kind in _NO_JSON else REFUSED
