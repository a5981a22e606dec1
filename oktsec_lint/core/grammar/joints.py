"""Sentences that were cut into pieces: over many fields, or by full stops in the middle of them.

No honest sentence ends in `the` or `must`. Where one does, the text was cut, and then it was cut at other words as
well; so its pieces are read once more as the whole that a model makes of them. A sentence that was cut in two between
any other words shows in nothing but a field that ends without a stop and one behind it that begins in small letters;
most honest fields do, so only objects that are in doubt anyhow are read that way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise, starmap
from typing import Protocol, TypeVar

from oktsec_lint.core.surfaces import Surface

from .sentences import Sheet
from .signals import STOPS, Reading

_GOES_ON = frozenset(
    """the an and your every these those must should will would is are be its their our my that of because whose
    please cannot were has or who so""".split()
)
"""Words that no sentence ends in: hardly one of 90,000 honest ones does."""
_MAY_GO_ON = frozenset("a to with for from by in on at as into than then if when not no this it can may was".split())
"""Words that few sentences end in."""
_ENDINGS = _GOES_ON | _MAY_GO_ON
_LOWERED = r"(?<=[a-z]{4})[.!?] {1,3}[a-z]"
_LEAST_LOWERED = 2
_SURE, _MAY = 3, 1
"""What the words at the ends of sentences have to come to; one honest object in a hundred does."""
_SHORT = 60
"""Characters of a piece that a stop may have cut off."""
_MOST = 40
"""Pieces that are put together at most."""
_UNFINISHED = ",;"
_COMPLETE = '.;!?:)]>"'
_REACH, _LEAST_BLANKS = 4, 2
"""Fields behind another among which its sentence may go on, and blanks in a piece of it."""


class Piece(Protocol):
    """A sentence with what was read in it, and where it stands."""

    @property
    def surface(self) -> Surface: ...
    @property
    def sheet(self) -> Sheet: ...
    @property
    def reading(self) -> Reading: ...


_Piece = TypeVar("_Piece", bound=Piece)


def is_cut(pieces: Sequence[Piece]) -> bool:
    """Whether the sentences of an object end where none does."""
    return sum(starmap(_sign, pairwise(pieces))) >= _SURE


def _sign(one: Piece, after: Piece) -> int:
    """How surely one sentence was cut off from the next."""
    text = one.reading.sentence.text
    last = _last_word(text)
    if last not in _ENDINGS and text[-1] != ",":
        return 0
    stopped = _is_stopped(one)
    if not stopped and one.surface is after.surface:
        return 0
    return _MAY * stopped if last in _MAY_GO_ON else _SURE


def is_lowered(text: str) -> bool:
    """Whether several sentences of a text begin in small letters."""
    return sum(1 for _ in islice(re.finditer(_LOWERED, text), _LEAST_LOWERED)) == _LEAST_LOWERED


def runs(pieces: Sequence[_Piece]) -> Iterator[Sequence[_Piece]]:
    """The pieces that belong together, in the order in which a model reads them; none where nothing is cut."""
    run: list[_Piece] = []
    for piece in sorted(pieces, key=lambda piece: _place(piece.surface)):
        if run and (len(run) == _MOST or not _goes_on(run[-1], piece)):
            yield from _told(run)
            run = []
        run.append(piece)
    yield from _told(run)


def lines(pieces: Sequence[_Piece]) -> Iterator[Sequence[_Piece]]:
    """Neighbouring lines of a field the first of which ends in a comma, as items of a list do that was a sentence."""
    for one, after in pairwise(pieces):
        if one.sheet is after.sheet and one.reading.sentence.text[-1] in _UNFINISHED and not _is_stopped(one):
            yield one, after


def borders(pieces: Sequence[_Piece]) -> Iterator[Sequence[_Piece]]:
    """The ends of fields that no stop ends, each with the beginning of a field not far behind that may go on there."""
    fields: dict[int, list[_Piece]] = {}
    for piece in sorted(pieces, key=lambda piece: _place(piece.surface)):
        fields.setdefault(id(piece.surface), []).append(piece)
    ordered = list(fields.values())
    for at, field in enumerate(ordered):
        if _is_open(field[-1]):
            yield from ((field[-1], after[0]) for after in ordered[at + 1 : at + 1 + _REACH] if _may_follow(after[0]))


def _is_open(piece: Piece) -> bool:
    text = piece.reading.sentence.text
    return text[-1] not in _COMPLETE and text.count(" ") >= _LEAST_BLANKS


def _may_follow(piece: Piece) -> bool:
    text = piece.reading.sentence.text
    return text[0].isalpha() and text.count(" ") >= _LEAST_BLANKS and not _begins(piece)


def _told(run: Sequence[_Piece]) -> Iterator[Sequence[_Piece]]:
    if len(run) > 1:
        yield run


def _goes_on(one: Piece, after: Piece) -> bool:
    """Whether a piece may be followed by the next one in the same sentence: behind a stop, or in the next field."""
    text, same = one.reading.sentence.text, one.surface is after.surface
    if same and (one.sheet is not after.sheet or not _is_stopped(one)):
        return False
    if _last_word(text) in _GOES_ON:
        return True
    return len(text) <= _SHORT and (same or not _is_stopped(one)) and not _begins(after)


def _is_stopped(piece: Piece) -> bool:
    """Whether a stop ends a sentence, and its line goes on."""
    sentence = piece.reading.sentence
    return sentence.text[-1] in STOPS and piece.sheet.view.text[sentence.end - 1 : sentence.end] != "\n"


def _begins(piece: Piece) -> bool:
    """Whether a piece has a capital where a sentence begins."""
    sentence, view = piece.reading.sentence, piece.sheet.view
    text = view.text[sentence.start : sentence.end]
    start = sentence.start + len(text) - len(text.lstrip())
    return piece.surface.text[slice(*view.span(start, start + 1))].isupper()


def _last_word(text: str) -> str:
    return text.rstrip(STOPS).rpartition(" ")[2]


def _place(surface: Surface) -> tuple[tuple[int, str], ...]:
    """A title before all else, then in the order of the pointers, numbers in them by what they count."""
    numbered = re.split("([0-9]{1,9})", surface.pointer)
    title = (0 if surface.pointer == "/title" else 1, "")
    return (title, *((int(part), "") if part.isdigit() else (-1, part) for part in numbered))
