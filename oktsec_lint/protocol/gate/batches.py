"""What becomes of a batch: its messages are judged one by one, and what passes stays together.

Only revision 2025-03-26 has batches; who sent one waits for one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .commands import Command, Forward, Side


def joined(to: Side, line: bytes, items: Sequence[bytes], commands: Sequence[Command]) -> Iterator[Command]:
    """The commands for a batch's messages, with everything that goes on to the other side in one line.

    That is `line` itself when all `items` pass as they came.
    """
    passing = [item for item in commands if isinstance(item, Forward) and item.to is to and item.event is not None]
    yield from (command for command in commands if command not in passing)
    if passing:
        lines = [command.line for command in passing]
        whole = line if lines == list(items) else b"[" + b",".join(lines) + b"]"
        events = [command.event for command in passing if command.event is not None]
        yield Forward(to, whole, events[0], tuple(events[1:]))
