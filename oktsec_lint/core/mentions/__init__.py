"""What a text names without ordering it: what it forbids, what it detects, and what it quotes as an example.

A rule may spare such a match (`spares_mentions`), and the attack grammar does not read it. Each kind is told by form
alone and ends with its clause or its quotation, so nothing beside it is excused.
"""

from __future__ import annotations

from collections.abc import Iterator

from .detections import detections
from .prohibitions import joined_prohibitions, prohibitions
from .quotations import quotations

__all__ = ["mentions", "quotations", "without_mentions"]


def mentions(text: str) -> Iterator[tuple[int, int]]:
    """Every such place of a text; they may overlap."""
    yield from joined_prohibitions(text)
    yield from detections(text)
    yield from quotations(text)


def without_mentions(sentence: str) -> str:
    """A folded sentence with a comma for each clause in which it forbids or detects something."""
    parts, last = [], 0
    for start, end in sorted((*prohibitions(sentence), *detections(sentence))):
        if start >= last:
            parts.append(sentence[last:start])
            last = end
    return ", ".join((*parts, sentence[last:])) if parts else sentence
