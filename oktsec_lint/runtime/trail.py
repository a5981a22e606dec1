"""The journal as people read it: entries by what they are looking for, and whether all of them are as written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from json.encoder import encode_basestring
from pathlib import Path

from oktsec_lint.core.chain import Break, Fault, Head, verify
from oktsec_lint.core.record import Entry, Record, record_of
from oktsec_lint.core.values import NamedTuple

from .addresses import Database
from .reading import Reading, Row
from .shared import shared_reading
from .signing import Checkpoint, Verifier
from .store import file_reading

_COLUMNS = f"writer, sequence, previous, hash, {', '.join(Record._fields)}"


class Filter(NamedTuple):
    """Which entries are wanted; an empty text asks for nothing."""

    agent: str = ""
    server: str = ""
    tool: str = ""
    rule: str = ""
    decision: str = ""
    since: str = ""
    """The first moment, as records write time."""
    until: str = ""
    """The first moment that is not wanted any more."""


class Examined(NamedTuple):
    """What came of looking at a whole journal."""

    entries: int
    writers: int
    breaks: tuple[Break, ...]
    signed: int
    """Checkpoints that the public key vouches for; 0 when none was given."""


class Trail:
    """A journal that is open for reading, while others may write."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def entries(self, wanted: Filter | None = None, last: int = 0) -> Iterator[Entry]:
        """The entries in the order in which they are stored; of those, only the `last` ones, unless that is 0."""
        condition, values = _condition(wanted or Filter(), self._reading.find)
        order = f"ORDER BY position DESC LIMIT {last:d}" if last else "ORDER BY position"
        rows = self._rows(_COLUMNS, "entries", f"{condition} {order}", values)
        yield from map(_entry, reversed([*rows]) if last else rows)

    def count(self) -> int:
        """How many entries there are."""
        ((number,),) = self._rows("count(*)", "entries")
        return _number(number)

    def heads(self) -> list[Head]:
        """Each writer's newest entry, as the store has it."""
        return [*map(_head, self._rows("writer, sequence, hash", "writers", "ORDER BY writer"))]

    def checkpoints(self) -> list[Checkpoint]:
        rows = self._rows("writer, sequence, hash, time, key, signature", "checkpoints", "ORDER BY rowid")
        return [Checkpoint(_head(row[:3]), *map(_text, row[3:])) for row in rows]

    def examined(self, key: Verifier | None = None, kept: Iterable[Head] = ()) -> Examined:
        """Everything that is wrong with the journal, as it is at one moment.

        With `key`, every writer must have a checkpoint that it vouches for. `kept` are heads noted down elsewhere.
        """
        with self._reading.moment():
            heads, checkpoints = self.heads(), self.checkpoints()
            good = [item for item in checkpoints if key is None or key.vouches(item)]
            breaks = verify(self.entries(), heads, [*(item.head for item in good), *kept])
            if key:
                writers = {head.writer for head in heads}
                breaks += _unsigned(writers, {item.head.writer for item in good})
                breaks += [_forged(item) for item in checkpoints if item not in good]
            return Examined(self.count(), len(heads), tuple(breaks), len(good) if key else 0)

    def _rows(self, columns: str, table: str, rest: str = "", values: Sequence[str] = ()) -> Iterable[Row]:
        return self._reading.rows(f"SELECT {columns} FROM {self._reading.prefix}{table} {rest}", values)  # noqa: S608


@contextmanager
def opened(place: Path | Database) -> Iterator[Trail]:
    """The journal in a file or a database. Raises JournalError, also from the methods of what it gives."""
    with shared_reading(place) if isinstance(place, Database) else file_reading(place) as reading:
        yield Trail(reading)


def _unsigned(writers: Iterable[str], signed: set[str]) -> list[Break]:
    what = "no checkpoint of this writer is signed with this key"
    return [Break(writer, 0, 0, Fault.UNSIGNED, what) for writer in sorted(writers) if writer not in signed]


def _forged(item: Checkpoint) -> Break:
    head = item.head
    return Break(head.writer, head.sequence, head.sequence, Fault.FORGED, "a checkpoint is not signed with this key")


def _condition(wanted: Filter, find: str) -> tuple[str, list[str]]:
    """The filter as SQL; what a rule is looked up by is its JSON text, quotes and all, in the list of them."""
    asked = {
        "agent = ?": wanted.agent,
        "server = ?": wanted.server,
        "tool = ?": wanted.tool,
        f"{find}(rules, ?) > 0": encode_basestring(wanted.rule) if wanted.rule else "",
        "decision = ?": wanted.decision,
        "time >= ?": wanted.since,
        "time < ?": wanted.until,
    }
    given = {condition: value for condition, value in asked.items() if value}
    return ("WHERE " + " AND ".join(given) if given else ""), [*given.values()]


def _entry(row: Row) -> Entry:
    writer, sequence, previous, seal, *values = row
    return Entry(_text(writer), _number(sequence), _text(previous), record_of(values), _text(seal))


def _head(row: Row) -> Head:
    writer, sequence, seal = row
    return Head(_text(writer), _number(sequence), _text(seal))


def _text(value: object) -> str:
    """What is no text was not written by us; its description equals nothing that was."""
    return value if isinstance(value, str) else repr(value)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
