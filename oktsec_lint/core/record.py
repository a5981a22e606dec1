"""What the journal keeps: one record for every decision and every outcome, sealed into a chain for each writer.

A record holds no content of messages: names, rule ids, digests, and a reason that its author has redacted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from enum import StrEnum
from json.encoder import encode_basestring as _quoted
from operator import attrgetter

from .display import visible
from .lock.canonical import digest, digest_of, number
from .policy import Level
from .values import NamedTuple

VERSION = 1
"""Of the chain rule: part of every genesis, so that two rules never give one chain."""

_LONG = 4096
_MOST_RULES = 32
_CUT = 200
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_EXACT = 2**53
"""From here on a double, and so canonical JSON, may write an integer in other digits than Python does."""


class Sender(StrEnum):
    """Who sent the message that was decided about."""

    CLIENT = "client"
    SERVER = "server"


class Decision(StrEnum):
    """What became of a message."""

    FORWARDED = "forwarded"
    BLOCKED = "blocked"
    """Refused: its sender got an error."""
    WITHHELD = "withheld"
    """Left out of what was forwarded, as a drifted tool is left out of a listing."""
    DROPPED = "dropped"
    """Thrown away; nobody was answered, because nobody was waiting."""
    WOULD_BLOCK = "would-block"
    """Forwarded by a gate that only observes."""
    HELD = "held"
    """Kept until somebody decides; what becomes of it then is a decision of its own."""
    APPROVED = "approved"
    """Somebody said that a held call may be made, once."""
    REJECTED = "rejected"
    """Somebody said that it may not."""
    UNANSWERED = "unanswered"
    """A request whose server ended first; its sender got an error."""


class Record(NamedTuple):
    """One decision or one outcome. Every text may be empty but `time` and `decision`."""

    time: str
    """ISO 8601 in UTC with microseconds: `2026-11-22T17:49:05.123456Z`."""
    agent: str
    server: str
    direction: Sender
    method: str
    tool: str
    message_id: str
    """The JSON text of the JSON-RPC id, so that `1` and `"1"` differ; empty for a notification."""
    decision: Decision
    verdict: str = Level.CLEAN.label
    """Label of a `core.policy.Level`."""
    rules: tuple[str, ...] = ()
    """What argued for the decision: rule ids, or the policy's names (`tool_allowlist:write_file`)."""
    field: str = ""
    """JSON pointer to what was found, in the params or the result."""
    reason: str = ""
    """A short sentence for people, without what was found in it."""
    arguments: str = ""
    """Digest, as every text from here on is one."""
    response: str = ""
    policy: str = ""
    lock: str = ""
    rulebook: str = ""
    latency_us: int = 0
    """Microseconds that the gate took, or for an outcome the server."""


class Entry(NamedTuple):
    """A record in its place in the chain of its writer."""

    writer: str
    """Random, new each time that a journal is opened."""
    sequence: int
    """1 for the writer's first entry."""
    previous: str
    """The hash of the entry before, or the writer's genesis."""
    record: Record | None
    """None for something that was stored and is no record: nothing of ours wrote it."""
    hash: str

    @property
    def id(self) -> str:
        """What users and `error.data` call it."""
        return f"{self.writer}-{self.sequence}"


_SORTED = sorted(Record._fields)
_in_order = attrgetter(*_SORTED)
_SHAPE = "{" + ",".join(f'"{name}":%s' for name in _SORTED) + "}"


def genesis(writer: str) -> str:
    """What the first entry of a writer names as the hash before it."""
    return digest({"journal": VERSION, "writer": writer})


def text_of(record: Record) -> str:
    """The record as `core.lock.canonical.canonical` writes the object of its fields, in an eighth of the time."""
    return _SHAPE % tuple(map(_written, _in_order(record)))


def rules_text(rules: Sequence[str]) -> str:
    """Rule ids as a canonical JSON list."""
    return f"[{','.join(map(_quoted, rules))}]"


def next_entry(writer: str, sequence: int, previous: str, record: Record) -> Entry:
    """The record as an entry, made fit to be stored whatever a peer chose for a name.

    Half surrogate pairs are spelled out; a record of thousands of characters has its texts cut.
    """
    text = text_of(record)
    if len(text) > _LONG or not (text.isascii() or _LONE_SURROGATE.search(text) is None):
        record = _fitted(record)
        text = text_of(record)
    return Entry(writer, sequence, previous, record, _seal(writer, sequence, previous, text))


def is_sealed(entry: Entry, sequence: int) -> bool:
    """Whether the entry is as it was written, had it been written as number `sequence`."""
    if entry.record is None:
        return False
    return entry.hash == _seal(entry.writer, sequence, entry.previous, text_of(entry.record))


def values_of(record: Record) -> tuple[str | int, ...]:
    """What is stored of a record, in the order of its fields: `rules` as canonical JSON."""
    return tuple(rules_text(value) if isinstance(value, tuple) else value for value in record)


def record_of(values: Sequence[object]) -> Record | None:
    """A record from stored values in the order of its fields, with `rules` as JSON; None when they are none."""
    stored = Record._make(values)
    rules = _rules_of(stored.rules)
    kinds = [type(value) for value in values]
    if rules is None or kinds != [int if name == "latency_us" else str for name in Record._fields]:
        return None
    try:
        return stored._replace(rules=rules, direction=Sender(stored.direction), decision=Decision(stored.decision))
    except ValueError:
        return None


def _seal(writer: str, sequence: int, previous: str, record: str) -> str:
    """The hash of an entry: SHA-256 of the canonical JSON of everything else in it."""
    link = f'{{"previous":{_quoted(previous)},"record":{record},"sequence":{_integer(sequence)}'
    return digest_of(f'{link},"writer":{_quoted(writer)}}}')


def _fitted(record: Record) -> Record:
    texts = Record._make(visible(value, _CUT) if type(value) is str else value for value in record)
    return texts._replace(rules=tuple(visible(rule, _CUT) for rule in record.rules[:_MOST_RULES]))


def _rules_of(text: object) -> tuple[str, ...] | None:
    """The ids of a canonical list; None for anything else, so that no other spelling of it goes unnoticed."""
    if not isinstance(text, str):
        return None
    try:
        rules = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in rules):
        return None
    return tuple(rules) if rules_text(rules) == text else None


def _written(value: str | int | tuple[str, ...]) -> str:
    if isinstance(value, str):
        return _quoted(value)
    return _integer(value) if isinstance(value, int) else rules_text(value)


def _integer(value: int) -> str:
    return str(value) if -_EXACT < value < _EXACT else number(value)
