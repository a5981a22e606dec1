"""Sentences under a label, wrapped at the width with a hanging indent; the author's own lines stay lines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from oktsec_lint.reporters.base import Style
from oktsec_lint.reporters.inert import columns, shown
from oktsec_lint.reporters.sgr import Role, paint

_LEAST_ROOM = 30
_LIMIT = 1500
_REMEMBERED = 512
"""Most findings of a rule carry the same advice."""


def wrapped(label: str, text: str, style: Style) -> Iterator[str]:
    """`label` (already visible) and `text` (anything). A line that begins with spaces, such as YAML to paste, is kept
    whole; a word longer than the width is too."""
    first, *others = _rows(text, max(_LEAST_ROOM, style.width - len(label)), style.unicode)
    yield f"{paint(label, Role.FRAME, color=style.color)}{first}".rstrip()
    margin = " " * len(label)
    for row in others:
        yield f"{margin}{row}".rstrip()


@lru_cache(_REMEMBERED)
def _rows(text: str, room: int, unicode: bool) -> tuple[str, ...]:  # noqa: FBT001
    rows: list[str] = []
    for line in text.strip("\n").split("\n"):
        inert = shown(line, unicode=unicode, limit=_LIMIT)
        rows.extend([inert] if line.startswith(" ") else _broken(inert, room))
    return tuple(rows)


def _broken(text: str, room: int) -> list[str]:
    if columns(text) <= room:
        return [text]
    rows: list[str] = []
    row, left = "", 0
    for word in text.split():
        width = columns(word)
        if width < left:
            row, left = f"{row} {word}", left - width - 1
        else:
            rows.append(row)
            row, left = word, room - width
    return [*rows[1:], row]
