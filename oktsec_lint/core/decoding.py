"""The decoded reading: what a text says once its entities, escapes, base64, hex and smuggled characters are undone.

A model decodes what it reads without being asked, so a rule must see the plain words. Each encoding is one `Decoder`;
what it finds is replaced in place, so a phrase that is only partly encoded is whole again, and the result is decoded
again up to `MAX_ROUNDS` times. Only the surroundings of what was encoded become views: the rest is already judged.

Nothing here can grow: every decoder makes a text shorter, there is no decompression, and rounds are few. A text that
is still encoded after the last round is reported, never dropped.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable, Iterator
from itertools import chain
from typing import NamedTuple, TypeAlias

from .matchers import find_spans, holds
from .text import Anchors, Layer, Piece, View, splice

MAX_ROUNDS = 3
REACH = 256
"""Characters on either side of an encoded piece that its view shows, so that rules see the phrase around it."""

Find: TypeAlias = Callable[[str], Iterator[tuple[int, int]]]


class Decoder(NamedTuple):
    """One encoding: where in a text it may stand, and what it says there."""

    name: str
    find: Find
    """Candidates, in linear time; it decides nothing."""
    decode: Callable[[str], str | None]
    """The plain text of a candidate, or None when it is not what it looks like."""

    def pieces(self, text: str) -> list[Piece]:
        found = ((start, end, self.decode(text[start:end])) for start, end in self.find(text))
        return [Piece(start, end, plain, self.name) for start, end, plain in found if plain is not None]


def _marked(pattern: str) -> Find:
    """A finder for encodings that begin with a mark of their own; compiled when first needed."""

    def find(text: str) -> Iterator[tuple[int, int]]:
        return (found.span() for found in re.finditer(pattern, text))

    return find


def _blob(pattern: str) -> Find:
    """A finder for encodings that look like long words: RE2, as there is nothing to search for but the word itself."""

    def find(text: str) -> Iterator[tuple[int, int]]:
        return find_spans(pattern, text)

    return find


class Decoded(NamedTuple):
    """The decoded views of a text."""

    views: tuple[View, ...] = ()
    exhausted: bool = False
    """True when something was still encoded after the last round."""


_NOTHING = Decoded()


def decoded(text: str) -> Decoded:
    """Every encoded stretch of `text` with its surroundings, decoded."""
    pieces = _pieces(text) if _is_worth_asking(text) else []
    if not pieces:
        return _NOTHING
    results = [_deepen(text, window) for window in _windows(pieces, len(text))]
    return Decoded(tuple(view for view, _ in results), any(exhausted for _, exhausted in results))


def _pieces(text: str) -> list[Piece]:
    """What the decoders find, in order; where two overlap the earlier (then the longer) one stands."""
    lists = [pieces for decoder in _worth_asking(text) if (pieces := decoder.pieces(text))]
    if len(lists) <= 1:
        return lists[0] if lists else []
    kept: list[Piece] = []
    for piece in sorted(chain(*lists), key=lambda piece: (piece.start, -piece.end)):
        if not kept or piece.start >= kept[-1].end:
            kept.append(piece)
    return kept


def _is_worth_asking(text: str) -> bool:
    return not text.isascii() or _has_mark(text) or holds(_ANY_BLOB, text)


def _has_mark(text: str) -> bool:
    return "&" in text or "%" in text or "\\" in text


def _worth_asking(text: str) -> Iterator[Decoder]:
    if _has_mark(text):
        yield from MARKED_DECODERS
    if holds(_ANY_BLOB, text):
        yield from BLOB_DECODERS
    if not text.isascii():
        yield from HIDDEN_DECODERS


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


def _deepen(text: str, window: _Window) -> tuple[View, bool]:
    """The view of one window, decoded until nothing is left or the rounds are used up; and whether they were."""
    layers: tuple[Layer, ...] = ()
    names: set[str] = set()
    pieces, span = window.pieces, (window.first, window.last)
    for _ in range(MAX_ROUNDS):
        anchors: Anchors
        text, anchors = splice(text, pieces, *span)
        layers = (anchors, *layers)
        names.update(piece.why for piece in pieces)
        pieces, span = _pieces(text), (0, len(text))
        if not pieces:
            break
    return View("decoded", text, layers, f"decoded from {', '.join(sorted(names))}"), bool(pieces)


def _readable(data: bytes) -> str | None:
    """Bytes as text, when they are text that a person could have meant."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    visible = "".join(text.split())
    return text if visible and visible.isprintable() else None


def _from_entity(found: str) -> str | None:
    from html import unescape  # its table of names costs start-up time, and few texts have entities

    plain = unescape(found)
    return None if plain == found else plain


def _from_percent(found: str) -> str | None:
    data = bytes.fromhex(found.replace("%", ""))
    return " " if data.isspace() else _readable(data)


_LETTER_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "/": "/"}


def _from_escapes(found: str) -> str | None:
    return "".join(map(_from_escape, found.split("\\")[1:]))


def _from_escape(found: str) -> str:
    """One escape without its backslash."""
    if found in _LETTER_ESCAPES:
        return _LETTER_ESCAPES[found]
    code_point = int(found[1:].strip("{}"), 16)
    return chr(code_point) if code_point <= _LAST_CODE_POINT else _REPLACEMENT


_LAST_CODE_POINT = 0x10FFFF
_REPLACEMENT = "\ufffd"


def _from_base64(found: str) -> str | None:
    packed = found.rstrip("=").replace("-", "+").replace("_", "/")
    packed = "".join(packed.split()) if "\n" in packed else packed
    try:
        return _readable(a2b_base64(packed[: len(packed) - (len(packed) % 4 == 1)] + "=="))
    except Base64Error:
        return None


def _from_hex(found: str) -> str | None:
    digits = "".join(char for char in found.removeprefix("0x") if char.isalnum())
    return _readable(bytes.fromhex(digits)) if len(digits) % 2 == 0 else None


def _from_tags(found: str) -> str | None:
    plain = "".join(chr(ord(char) - 0xE0000) for char in found)
    return "".join(char for char in plain if char.isprintable()) or None


def _from_selectors(found: str) -> str | None:
    """Bytes hidden in variation selectors: VS1-16 are 0-15, VS17-256 are 16-255 (Paul Butler's scheme, 2025)."""
    return _readable(bytes(ord(char) - (0xFE00 if char <= "\ufe0f" else 0xE00F0) for char in found))


_ANY_BLOB = "[A-Za-z0-9+/_-]{20}|(?:[0-9a-fA-F]{2}[ :]){9}"
MARKED_DECODERS: tuple[Decoder, ...] = (
    Decoder(
        "HTML entities",
        _marked("(?:&(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};))+"),
        _from_entity,
    ),
    Decoder("percent encoding", _marked("(?:%[0-9a-fA-F]{2})+"), _from_percent),
    Decoder(
        "backslash escapes",
        _marked(r"""(?:\\(?:u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,6}\}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|[nrt"'/]))+"""),
        _from_escapes,
    ),
)
BLOB_DECODERS: tuple[Decoder, ...] = (
    Decoder("base64", _blob(r"[A-Za-z0-9+/_-]{20,}(?:\r?\n[A-Za-z0-9+/_-]{4,})*={0,2}"), _from_base64),
    Decoder("hex", _blob(r"\b(?:0x)?(?:[0-9a-fA-F]{2}[ :]?){9,}[0-9a-fA-F]{2}\b"), _from_hex),
)
HIDDEN_DECODERS: tuple[Decoder, ...] = (
    Decoder("tag characters", _marked("[\U000e0020-\U000e007e]+"), _from_tags),
    Decoder("variation selectors", _marked("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}"), _from_selectors),
)
