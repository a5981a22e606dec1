"""One line of the wire to one JSON-RPC message, and back. Nothing here raises on what a peer sent.

`decode` is strict in what it notices and generous in what it returns: the linter still judges a message that a gate
has to refuse, so the value is the best reading there is and every objection stands beside it (`strictjson`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

from oktsec_lint.core.model import JsonValue, pointer_to
from oktsec_lint.core.values import NamedTuple

from .strictjson import Ambiguity, WireFault, parse

MAX_BYTES = 16 << 20
"""Bytes of one message, its line end not counted."""

MAX_BATCH = 1000
"""Messages of one batch whose envelopes are looked at; a batch of more is at fault, and so is an empty one."""

_ENVELOPE = ("jsonrpc", "id", "method", "params", "result", "error")
_encoder = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


class Decoded(NamedTuple):
    """A message, or the batch that came in its place, and what is wrong with it."""

    value: JsonValue = None
    """The JSON value, best effort; None as well when there is none."""
    faults: tuple[WireFault, ...] = ()
    shadowed: tuple[JsonValue, ...] = ()
    """Other readings of the whole message, for a parser that takes the first of repeated keys or ignores case."""

    def has(self, *kinds: Ambiguity) -> bool:
        return any(fault.kind in kinds for fault in self.faults)


TOO_LONG = Decoded(None, (WireFault(Ambiguity.TOO_LONG, detail=f"more than {MAX_BYTES} bytes"),))
"""What a line is that its reader had to drop because of its length."""


def decode(line: bytes) -> Decoded:
    """The message in `line` (with or without its line end)."""
    if len(line) > MAX_BYTES + 1:
        return TOO_LONG
    parsed = parse(line)
    faults = list(parsed.faults)
    shadowed = list(parsed.readings)
    if isinstance(parsed.value, list):
        faults.append(WireFault(Ambiguity.BATCH))
        if not 0 < len(parsed.value) <= MAX_BATCH:
            faults.append(WireFault(Ambiguity.BAD_SHAPE, detail=f"a batch of {len(parsed.value):,} messages"))
        for index, item in enumerate(islice(parsed.value, MAX_BATCH)):
            faults.extend(_envelope_faults(item, pointer_to(index)))
    elif parsed.value is not None or not faults:
        faults.extend(_envelope_faults(parsed.value, ""))
        shadowed.extend(_unfolded(parsed.value))
    return Decoded(parsed.value, tuple(faults), tuple(shadowed))


def encode(message: JsonValue) -> bytes:
    """The message as one line without its line end: ASCII, so that no text in it can break the framing.

    Raises ValueError for NaN and infinities.
    """
    return _encoder.encode(message).encode("ascii")


def id_text(value: JsonValue) -> str:
    """The JSON text of an id, in which `7` and `"7"` differ."""
    return str(value) if type(value) is int else encode(value).decode()


def _envelope_faults(message: JsonValue, base: str) -> Iterator[WireFault]:
    if not isinstance(message, dict):
        yield WireFault(Ambiguity.NOT_AN_OBJECT, base)
        return
    if message.get("jsonrpc") != "2.0":
        yield WireFault(Ambiguity.BAD_VERSION, base + "/jsonrpc")
    if "id" in message and not _is_id(message["id"], nullable="error" in message):
        yield WireFault(Ambiguity.BAD_ID, base + "/id", str(message["id"])[:40])
    for key in message:
        if key not in _ENVELOPE and key.casefold() in _ENVELOPE:
            yield WireFault(Ambiguity.CASE_VARIANT_KEY, base + pointer_to(key), key)
    if not _is_shaped(message):
        yield WireFault(Ambiguity.BAD_SHAPE, base)


def _is_id(value: JsonValue, *, nullable: bool) -> bool:
    """JSON-RPC 2.0 section 4 as MCP narrows it; only an error about an unreadable request may have a null id."""
    if value is None:
        return nullable
    return isinstance(value, str | int) and not isinstance(value, bool)


def _is_shaped(message: dict[str, JsonValue]) -> bool:
    if "method" in message:
        params = message.get("params", {})
        return isinstance(message["method"], str) and isinstance(params, dict) and message.keys().isdisjoint(_ANSWER)
    if len(_ANSWER & message.keys()) != 1 or "id" not in message or "params" in message:
        return False
    return isinstance(message.get("result", {}), dict) and isinstance(message.get("error", {}), dict)


_ANSWER = frozenset({"result", "error"})


def _unfolded(message: JsonValue) -> Iterator[JsonValue]:
    """How a parser that ignores case (Go's encoding/json) may read the envelope, where that differs."""
    if isinstance(message, dict):
        variants = {key.casefold(): value for key, value in message.items() if key not in _ENVELOPE}
        folded = {key: value for key, value in variants.items() if key in _ENVELOPE}
        if folded:
            yield message | folded
