"""What a conversation has to say about its peer: wire objections and listing observations as `Fault`s.

Bounded: a server that is wrong ten thousand times is told so once per place, and a hundred times in all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from oktsec_lint.core.display import quoted
from oktsec_lint.core.model import Fault, Kind

from .strictjson import Ambiguity, WireFault
from .wire import Decoded

_MOST = 100
_KEPT = 1 << 16
"""Bytes of a line. Much more than is shown: whoever shows it masks it first, and cuts it then."""

_WIRE: Mapping[Ambiguity, tuple[str, str]] = {
    Ambiguity.TOO_DEEP: ("LST-005", "a message nests deeper than this tool reads; its innermost part was kept as text"),
    Ambiguity.NOT_UTF8: ("LST-007", "a message is not valid UTF-8 ({}); every reader mends it in another way"),
    Ambiguity.DUPLICATE_KEY: ("LST-007", "an object has the key {} twice; parsers disagree which one counts"),
    Ambiguity.CASE_VARIANT_KEY: ("LST-007", "a message has the key {}, which some parsers take for another one"),
    Ambiguity.LONE_SURROGATE: ("LST-007", "a text holds half of a surrogate pair; parsers drop, replace or refuse it"),
    Ambiguity.NOT_A_NUMBER: ("LST-007", "a message holds {}, which JSON does not have"),
    Ambiguity.OVERFLOW: ("LST-007", "the number {} is too large for a double; parsers read infinity, null or an error"),
    Ambiguity.BATCH: ("LST-013", "an array of messages came, which the negotiated revision does not allow"),
    Ambiguity.BYTE_ORDER_MARK: ("LST-013", "a message starts with a byte order mark"),
    Ambiguity.BAD_VERSION: ("LST-013", "a message does not say `jsonrpc: 2.0`"),
    Ambiguity.BAD_ID: ("LST-013", "a message's id is {}, which is neither a string nor an integer"),
    Ambiguity.BAD_SHAPE: ("LST-013", "a message is neither a request, nor a notification, nor a response"),
}
"""What is missing here says nothing about a definition: a 64-bit `maximum` is honest, and a lost message is a gap."""


class Complaints:
    """Faults in order of discovery, each place once."""

    def __init__(self) -> None:
        self._faults: dict[tuple[str, Kind, str, str], Fault] = {}
        self._noise = 0
        self._first_noise = ""

    def add(self, fault: Fault) -> None:
        if len(self._faults) < _MOST:
            self._faults.setdefault((fault.rule, fault.kind, fault.name, fault.pointer or fault.message), fault)

    def wire(self, *faults: WireFault, kind: Kind = Kind.SERVER, name: str = "") -> None:
        """Objections to a message; pointers are the object's own when `name` says which object it was."""
        for fault in faults:
            if fault.kind in _WIRE:
                rule, message = _WIRE[fault.kind]
                pointer = fault.pointer if kind is not Kind.SERVER else ""
                self.add(Fault(rule, message.format(quoted(fault.detail)), kind, name, pointer))

    def noise(self, line: bytes, decoded: Decoded) -> None:
        """A line that is no message at all; blank ones are nobody's business."""
        if decoded.has(Ambiguity.TOO_DEEP):
            self.wire(*decoded.faults)
        elif line.strip():
            self._noise += 1
            self._first_noise = self._first_noise or line[:_KEPT].decode(errors="replace").strip()

    def faults(self) -> Iterator[Fault]:
        yield from self._faults.values()
        if self._noise:
            lines = "1 line" if self._noise == 1 else f"{self._noise:,} lines"
            message = f"the server sent {lines} that cannot be read as JSON-RPC"
            yield Fault("LST-008", message, evidence=self._first_noise)
