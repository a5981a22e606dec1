"""Server-sent events as the HTML standard reads them (section 9.2), whatever the chunks; pure bytes in, events out."""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.values import NamedTuple

from .framing import Lines
from .wire import MAX_BYTES

_MARK = b"\xef\xbb\xbf"
"""A byte order mark, which may stand at the very beginning."""
_FIELD = len(b"data: ")


class Event(NamedTuple):
    """One event of a stream."""

    kind: str
    data: bytes | None
    """Its lines of data, joined by line feeds; None when they were beyond the limit and thrown away."""


class EventStream:
    """The events of one stream. What its end cuts off is no event."""

    def __init__(self, limit: int = MAX_BYTES) -> None:
        """`limit` is the bytes of data that one event may hold."""
        self.last_id = ""
        """What a reader that comes again says it has seen; empty when the stream has named no event."""
        self.retry: int | None = None
        """After how many milliseconds it wants its reader back; None when it has not said."""
        self._limit = limit
        self._lines = Lines(limit + _FIELD)
        self._opening: bytes | None = b""
        """What may be the beginning of a byte order mark; None behind it."""
        self._returned = False
        """Whether the last character was a carriage return: a line feed right behind it ends no line of its own."""
        self._id = ""
        self._clear()

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Every event that this chunk completes."""
        for line in self._lines.feed(self._with_feeds(self._unmarked(chunk))):
            if line is None:
                self._size = self._limit + 1
            elif line:
                self._field(line)
            else:
                yield from self._dispatch()

    def _unmarked(self, chunk: bytes) -> bytes:
        if self._opening is None:
            return chunk
        begun = self._opening + chunk
        if len(begun) < len(_MARK) and _MARK.startswith(begun):
            self._opening = begun
            return b""
        self._opening = None
        return begun.removeprefix(_MARK)

    def _with_feeds(self, chunk: bytes) -> bytes:
        """The chunk with a line feed for each line end: LF, CR, or both together."""
        if self._returned and chunk:
            chunk, self._returned = chunk.removeprefix(b"\n"), False
        if b"\r" not in chunk:
            return chunk
        self._returned = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._size += len(value) + bool(self._data)
            if self._size <= self._limit:
                self._data.append(value)
        elif name == b"event":
            self._kind = value
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode(errors="replace")
        elif name == b"retry" and value.isdigit():
            self.retry = int(value[:9])

    def _dispatch(self) -> Iterator[Event]:
        self.last_id = self._id
        kind = self._kind.decode(errors="replace") or "message"
        if self._size > self._limit:
            yield Event(kind, None)
        elif self._data:
            yield Event(kind, b"\n".join(self._data))
        self._clear()

    def _clear(self) -> None:
        self._data: list[bytes] = []
        self._size = 0
        self._kind = b""
