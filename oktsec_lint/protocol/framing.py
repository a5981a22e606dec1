"""Bytes to lines: one message each, whatever the chunks.

Only a line feed ends a message: a carriage return is white space in JSON, and U+2028 is a letter like any other.
"""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.protocol.wire import MAX_BYTES


class Lines:
    """One direction's bytes, cut into lines. A line beyond the limit is given as None once it has ended."""

    def __init__(self, limit: int = MAX_BYTES) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0
        self._over = False

    def feed(self, chunk: bytes) -> Iterator[bytes | None]:
        """Every line that this chunk completes, without its line end."""
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            self._keep(chunk[start:end] if start or self._parts else chunk[:end])
            yield self._take()
            start = end + 1
        if start < len(chunk):
            self._keep(chunk[start:])

    def rest(self) -> Iterator[bytes | None]:
        """What came after the last line end, when nothing more will come."""
        if self._parts or self._over:
            yield self._take()

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._limit:
            self._over = True
            self._parts.clear()
        elif part:
            self._parts.append(part)

    def _take(self) -> bytes | None:
        line = None if self._over else self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        self._size, self._over = 0, False
        return line
