"""Layout that parts a sentence without changing a word: one word a line, or the same mark before every line.

Quoted lines, comments of code and rows of a table are honest, and a sentence is read across them all the same. So they
are no disguise, and only marks and line breaks are taken away: every word keeps its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .encodings import Decoder
from .text import Piece

WORD_LINES, MARKED_LINES = "words on lines of their own", "marks before lines"
LAYOUT_NAMES = (WORD_LINES, MARKED_LINES)
_LINE = r"[ \t]*(?:(?:[^\s|>#*-]|--?\w)\S{0,80}|[^\s|>#*-]\S{0,23} \S{1,16})[ \t]*"
_WORD_LINES = rf"(?m)^{_LINE}(?:\n{_LINE}$){{5,}}"
_MARKED_LINES = r"(?m)^[ \t]*(>|#|//|--|;|%|\|)[^\n]*(?:\n[ \t]*\1[^\n]*)+"
_MARK = r"[ \t]*(?:>[> ]*|#|//|--|;|%|\|(?:[^|\n]{0,8}\|(?=[^\n]*\|))?)[ \t]*"
_SMALL = frozenset("a an the of to in on and or it is that this from with for by as be you your all any not if".split())
_LEAST_SMALL = 3
_WRAPPED = 50
"""Characters of a line that may have been cut to fit; a shorter one ends where it was meant to."""
_COMPLETE = ".!?:;|"


def _is_prose(text: str) -> bool:
    return len(_SMALL.intersection(re.findall("[a-z]+", text.lower()))) >= _LEAST_SMALL


def _word_lines(text: str) -> Iterator[Piece]:
    for run in re.finditer(_WORD_LINES, text):
        if _is_prose(run[0]):
            for gap in re.finditer(r"\s*\n\s*", run[0]):
                yield Piece(run.start() + gap.start(), run.start() + gap.end(), " ", WORD_LINES)


def _marked_lines(text: str) -> Iterator[Piece]:
    for run in re.finditer(_MARKED_LINES, text):
        if _is_prose(run[0]):
            yield from _marks(run[0], run.start())


def _marks(run: str, offset: int) -> Iterator[Piece]:
    """The mark of each line; with the line break before it where the line was cut to fit."""
    before = ""
    for found in re.finditer(r"[^\n]*\n?", run):
        line = found[0]
        mark = re.match(_MARK, line)
        start, end = found.start() + offset, found.start() + offset + (mark.end() if mark else 0)
        if len(before) > _WRAPPED and before[-1] not in _COMPLETE:
            yield Piece(start - 1, end, " ", MARKED_LINES)
        elif end > start:
            yield Piece(start, end, "", MARKED_LINES)
        before = line.rstrip()


LAYOUT: tuple[Decoder, ...] = (
    Decoder(WORD_LINES, _word_lines, r"(?:\n[ \t]*[A-Za-z0-9'\"(`/~.$][^\n]{0,40}){5}"),
    Decoder(MARKED_LINES, _marked_lines, r"\n[ \t]*(?:>|#|//|--|;|%|\|)[^\n]"),
)
