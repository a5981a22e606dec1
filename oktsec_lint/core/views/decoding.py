"""The decoded reading: what a text says once its entities, escapes, base64, ciphers and smuggled characters are undone.

A model decodes what it reads without being asked, so a rule must see the plain words. What a decoder finds is replaced
in place, so a phrase that is only partly encoded is whole again, and the result is decoded again up to `MAX_ROUNDS`
times. Only the surroundings of what was encoded become views: the rest is already judged. Comments and hidden elements
become views of their own, without surroundings.

Nothing here can grow: no decoder makes a text much longer, there is no decompression, and rounds are few. A text that
is still encoded after the last round is reported, never dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import NamedTuple

from oktsec_lint.core.matchers import holding, holds

from .characters import holds_invisible
from .ciphers import CIPHERS
from .encodings import DRAWN, HIDDEN, LONG_WORD, MARKED, SHAPED, Decoder
from .hidden import Concealed, concealed, may_conceal
from .layout import LAYOUT
from .spellings import SPELLINGS
from .text import Anchors, Piece, View, bared, raw, splice

MAX_ROUNDS = 4
REACH = 256
"""Characters on either side of an encoded piece that its view shows, so that rules see the phrase around it."""
MOST_GUESSED = 4000
"""Pieces of one text and one guessing decoder that are undone; no honest text has that many."""
_GUESSING: tuple[Decoder, ...] = (*CIPHERS, *SPELLINGS)
_FAMILIES = tuple(
    (family, tuple(decoder.gate for decoder in family)) for family in (SHAPED, LAYOUT, CIPHERS, SPELLINGS)
)
"""Decoders that are asked where their gates hold, in order."""
_CERTAIN = frozenset(decoder.name for decoder in (*MARKED, *SHAPED, *LAYOUT, *HIDDEN, *DRAWN))
_ANY_CIPHER = "|".join(decoder.gate for decoder in CIPHERS)
_ANY_OTHER = "|".join(
    (
        LONG_WORD,
        "[A-Za-z]<[!/a-z]|[A-Za-z0-9+/]{5}=(?:[^A-Za-z0-9]|$)",
        "(?:[ :,=]{1,2}[0-9a-fA-F]{2,3}){5}|[01]{8}|U\\+[0-9]|[.-] [.-]{1,6} [.-]",
        *(decoder.gate for decoder in LAYOUT),
        r"[A-Za-z0-9](?:[^A-Za-z0-9]{1,3}[A-Za-z0-9]\b){4}|(?:[A-Za-z0-9]_{1,3}){4}|[A-Za-z][013457@$!][A-Za-z]",
    )
)
"""These two match wherever one of the gates does: most texts are done with after them. Apart, their automata stay
small; as one they cost ten times as much."""


class Decoded(NamedTuple):
    """The decoded views of a text."""

    views: tuple[View, ...] = ()
    pieces: tuple[Piece, ...] = ()
    """What was undone first, in reading order, each with what it said."""
    concealed: tuple[Concealed, ...] = ()
    exhausted: bool = False
    """True when something was still encoded after the last round."""


_NOTHING = Decoded()


def decoded(text: str) -> Decoded:
    """Every encoded stretch of `text` with its surroundings, decoded, and every hidden one."""
    if text.isascii() and not holds_invisible(text):
        if not (_has_mark(text) or may_conceal(text) or _may_be_encoded(text)):
            return _NOTHING
        return _joined(_undone(raw(text), _pieces(text)), _unhidden(text))
    bare = bared(raw(text))
    return _joined(
        _undone(raw(text), [piece for decoder in HIDDEN for piece in decoder.find(text)]),
        _undone(bare, _pieces(bare.text)),
        _unhidden(text),
    )


def plain(piece: Piece) -> str:
    """What a piece says in the end."""
    found = decoded(piece.text)
    return found.views[0].text if found.pieces else piece.text


def _joined(*parts: Decoded) -> Decoded:
    said = [part for part in parts if part is not _NOTHING]
    if len(said) <= 1:
        return said[0] if said else _NOTHING
    views = tuple(chain(*(part.views for part in parts)))
    pieces = tuple(sorted(chain(*(part.pieces for part in parts))))
    hidden = tuple(chain(*(part.concealed for part in parts)))
    return Decoded(views, pieces, hidden, any(part.exhausted for part in parts))


def _undone(view: View, pieces: list[Piece]) -> Decoded:
    """The views of everything encoded in a written or bared view."""
    if not pieces:
        return _NOTHING
    results = [_deepen(view, window) for window in _windows(pieces, len(view.text))]
    guessed = sum(piece.why not in _CERTAIN for piece in pieces)
    exhausted = guessed >= MOST_GUESSED or any(left for _, left in results)
    places = tuple(Piece(*view.span(piece.start, piece.end), piece.text, piece.why) for piece in pieces)
    return Decoded(tuple(found for found, _ in results), places, (), exhausted)


def _unhidden(text: str) -> Decoded:
    """The text of all comments and hidden elements, a line each, as a view of its own."""
    found = concealed(text) if may_conceal(text) else []
    if not found:
        return _NOTHING
    kinds = " or ".join(sorted({item.what for item in found}))
    inner, anchors = splice(text, list(_shown_parts(text, found)))
    return Decoded((View("decoded", inner, (anchors,), f"read in a hidden {kinds}"),), (), tuple(found))


def _shown_parts(text: str, found: list[Concealed]) -> Iterator[Piece]:
    """What stands between hidden texts, as a line break."""
    position = 0
    for item in found:
        yield Piece(position, item.first, "\n")
        position = item.last
    yield Piece(position, len(text), "\n")


def _pieces(text: str) -> list[Piece]:
    """What the decoders find, in order; where two overlap the earlier (then the longer) one stands."""
    lists = [pieces for decoder in _worth_asking(text) if (pieces := _found(decoder, text))]
    if not lists:
        return []
    kept: list[Piece] = []
    for piece in sorted(chain(*lists), key=lambda piece: (piece.start, -piece.end)):
        if not kept or piece.start >= kept[-1].end:
            kept.append(piece)
    return kept


def _found(decoder: Decoder, text: str) -> list[Piece]:
    return list(islice(decoder.find(text), MOST_GUESSED) if decoder in _GUESSING else decoder.find(text))


def _has_mark(text: str) -> bool:
    return "&" in text or "%" in text or "\\" in text or "^[" in text


def _may_be_encoded(text: str) -> bool:
    return holds(_ANY_OTHER, text) or holds(_ANY_CIPHER, text)


def _worth_asking(text: str) -> Iterator[Decoder]:
    if _has_mark(text):
        yield from MARKED
    if _may_be_encoded(text):
        for family, gates in _FAMILIES:
            yield from (family[index] for index in holding(gates, text))
    if not text.isascii():
        yield from (*HIDDEN, *DRAWN)


class _Window:
    """A stretch of the text with the pieces to replace in it."""

    __slots__ = ("first", "last", "pieces")

    def __init__(self, first: int, piece: Piece) -> None:
        self.first = first
        self.last = piece.end
        self.pieces = [piece]


def _windows(pieces: list[Piece], length: int) -> list[_Window]:
    windows: list[_Window] = []
    for piece in pieces:
        if windows and piece.start - REACH <= windows[-1].last:
            windows[-1].pieces.append(piece)
        else:
            windows.append(_Window(max(0, piece.start - REACH), piece))
        windows[-1].last = min(length, piece.end + REACH)
    return windows


def _deepen(view: View, window: _Window) -> tuple[View, bool]:
    """The view of one window, decoded until nothing is left or the rounds are used up; and whether they were."""
    text, layers = view.text, view.layers
    names: dict[str, None] = {}
    pieces, span = window.pieces, (window.first, window.last)
    for _ in range(MAX_ROUNDS):
        anchors: Anchors
        text, anchors = splice(text, pieces, *span)
        layers = (anchors, *layers)
        names.update((piece.why, None) for piece in pieces)
        pieces, span = _pieces(text), (0, len(text))
        if not pieces:
            break
    return View("decoded", text, layers, f"decoded from {', '.join(sorted(names))}"), bool(pieces)
