"""Readings of a text: as written (`raw`), and as a model reads it (`folded`), each mapped back to the original.

The folded reading is what rules are written against: NFKC, look-alike letters and accents reduced to plain ones,
invisible characters and terminal escapes gone, every run of white space one space, small letters only. Letters of
other scripts stay themselves, so rules in other languages see their words. Judging must never lose the place: every
span of a reading maps to the span of original characters it was made of.

Almost every text is clean, so a reading is made with a few passes at C speed, and the way back is worked out only when
somebody asks for a place. ASCII text needs no Unicode work at all.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple, Protocol

from .characters import BARE, LOOKALIKES, PLAIN, beyond_ascii, rewritten
from .confusables import STRONG


class Layer(Protocol):
    """One step of rewriting, seen backwards."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The characters before the step that `[start, end)` after it was made of."""


class View(NamedTuple):
    """One reading of a text."""

    name: str
    """`raw`, `folded` or `decoded`."""
    text: str
    layers: tuple[Layer, ...] = ()
    """The steps that made it, last step first."""
    note: str = ""
    """What a maintainer has to know to see it in the original, such as `decoded from base64`."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the original text `[start, end)` of this reading stands. Offsets are code points."""
        for layer in self.layers:
            start, end = layer.span(start, end)
        return start, end


class Piece(NamedTuple):
    """`text` in place of the characters `[start, end)`."""

    start: int
    end: int
    text: str
    why: str = ""
    """What was undone there."""


class Anchors:
    """A layer kept as the points at which the offsets of two texts shift against each other.

    Between two neighbouring anchors the texts either run in step, or one piece replaces another: a span that
    touches a replaced piece covers all of it.
    """

    __slots__ = ("_after", "_before")

    def __init__(self, after: Sequence[int], before: Sequence[int]) -> None:
        self._after = after
        self._before = before

    def span(self, start: int, end: int) -> tuple[int, int]:
        first = self._at(bisect_right(self._after, start) - 1, start, end_of_piece=False)
        last = self._at(bisect_left(self._after, end) - 1, end, end_of_piece=True) if end > start else first
        return first, last

    def _at(self, index: int, offset: int, *, end_of_piece: bool) -> int:
        index = min(index, len(self._after) - 2)
        after, before = self._after, self._before
        if after[index + 1] - after[index] == before[index + 1] - before[index]:
            return before[index] + offset - after[index]
        return before[index + 1] if end_of_piece else before[index]


class Later:
    """A layer whose anchors are worked out when the first place is asked for."""

    __slots__ = ("_anchors", "_measure", "_text")

    def __init__(self, text: str, measure: Callable[[str], Anchors]) -> None:
        self._text = text
        self._measure = measure
        self._anchors: Anchors | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        if self._anchors is None:
            self._anchors = self._measure(self._text)
        return self._anchors.span(start, end)


ESCAPE = "\x1b\\[[0-9;?]{0,32}[@-~]"
"""A control sequence of a terminal (ECMA-48, 5.4)."""
_UNUSUAL = "[^ -~]"
_LETTERS = frozenset(LOOKALIKES)
_AS_LATIN = str.maketrans(LOOKALIKES)
_ANY, _SURE = "".join(LOOKALIKES), "".join(STRONG)
_BEYOND_ASCII = "[^\x00-\x7f]+"
_CASED = "\u00c0-\u02af\u0370-\u058f\u10a0-\u10ff\u13a0-\u13ff\u1d00-\u1dbf\u1e00-\u1fff\u2c80-\u2cff\uab30-\uabbf"
_DISGUISED = (
    f"(?<=[A-Za-z])[{_ANY}]++|(?<![{_ANY}])[{_ANY}]++(?=[A-Za-z])|(?<![{_CASED}{_SURE}])[{_SURE}]++(?![{_CASED}])"
)
"""Look-alikes beside a Latin letter, and whole words of letters that pass for Latin anywhere. Each alternative only
begins where a run begins, so a long run costs no more than short ones."""


def raw(text: str) -> View:
    return View("raw", text)


def folded(view: View) -> View:
    """The folded reading of a raw or decoded view."""
    text, layers = view.text, view.layers
    if not (text.isascii() and text.isprintable()):
        text, layers = _plain(text, layers)
    if "  " in text:
        layers = (Later(text, _space_anchors), *layers)
        text = " ".join(text.split())
    return View("folded" if view.name == "raw" else view.name, text.lower(), layers, view.note)


def bared(view: View) -> View:
    """A raw view for whoever looks for encoded words: plain letters and nothing invisible, but capitals and line breaks
    as they are."""
    text, layers = view.text, view.layers
    if "\x1b" in text:
        layers = (Later(text, _escape_anchors), *layers)
        text = re.sub(ESCAPE, "", text)
    bare = rewritten(text, BARE)
    if bare != text:
        layers = (Later(text, _bare_anchors), *layers)
    return view._replace(text=_unmasked(bare), layers=layers)


def squeezed(view: View) -> View:
    """The view with every run of spaces one space."""
    if "  " not in view.text:
        return view
    text = " ".join(view.text.split())
    return view._replace(text=text, layers=(Later(view.text, _space_anchors), *view.layers))


def replaced(view: View, pattern: str, new: str) -> View:
    """The view with `new` for every match of a pattern; the very same view when there is none."""
    text = re.sub(pattern, new, view.text)
    if text == view.text:
        return view

    def measure(text: str) -> Anchors:
        return _anchors((Piece(*found.span(), new) for found in re.finditer(pattern, text)), 0, len(text))

    return view._replace(text=text, layers=(Later(view.text, measure), *view.layers))


def cut(view: View, spans: Iterable[tuple[int, int]], new: str) -> View:
    """The view with `new` for each of these spans of its text, which are in order; the very same view without any."""
    pieces = [Piece(start, end, new) for start, end in spans]
    if not pieces:
        return view
    text, anchors = splice(view.text, pieces)
    return view._replace(text=text, layers=(anchors, *view.layers))


def fold(text: str) -> str:
    """`text` as the folded reading shows it."""
    return folded(raw(text)).text


def splice(text: str, pieces: Sequence[Piece], first: int = 0, last: int | None = None) -> tuple[str, Anchors]:
    """`text[first:last]` with pieces replaced (sorted, not overlapping), and the layer that maps back to `text`."""
    last = len(text) if last is None else last
    out: list[str] = []
    position = first
    for start, end, new, _ in pieces:
        out += (text[position:start], new)
        position = end
    out.append(text[position:last])
    return "".join(out), _anchors(pieces, first, last)


def _anchors(pieces: Iterable[Piece], first: int, last: int) -> Anchors:
    after, before, length, position = [0], [first], 0, first
    for start, end, new, _ in pieces:
        length += start - position
        after += (length, length + len(new))
        before += (start, end)
        length += len(new)
        position = end
    return Anchors((*after, length + last - position), (*before, last))


def _plain(text: str, layers: tuple[Layer, ...]) -> tuple[str, tuple[Layer, ...]]:
    """Every character for itself, then look-alike words."""
    if "\x1b" in text:
        layers = (Later(text, _escape_anchors), *layers)
        text = re.sub(ESCAPE, "", text)
    layers = (Later(text, _character_anchors), *layers)
    return _unmasked(rewritten(text, PLAIN)), layers


def _unmasked(text: str) -> str:
    """The text with look-alikes as the letters they pass for; looking for any at all is far cheaper."""
    if text.isascii() or _LETTERS.isdisjoint(beyond_ascii(text)):
        return text
    return re.sub(_BEYOND_ASCII, lambda run: _as_meant(text, run), text)


def _as_meant(text: str, run: re.Match[str]) -> str:
    """A run of other than ASCII with look-alikes that pass for Latin there as the letters they pass for. What is around
    the run tells, so it is looked at in its place."""
    if _LETTERS.isdisjoint(run[0]):
        return run[0]
    pieces = [*_disguised().finditer(text, run.start(), run.end() + 1)]
    if not pieces:
        return run[0]
    plain = [(found.start(), found.end(), _undisguised(found), "") for found in pieces]
    return splice(text, [Piece(*piece) for piece in plain], *run.span())[0]


@cache
def _disguised() -> re.Pattern[str]:
    return re.compile(_DISGUISED)


def _undisguised(found: re.Match[str]) -> str:
    """The letters a run passes for, one for one, so that no place shifts."""
    return found[0].translate(_AS_LATIN)


def _escape_anchors(text: str) -> Anchors:
    return _anchors((Piece(*found.span(), "") for found in re.finditer(ESCAPE, text)), 0, len(text))


def _character_anchors(text: str) -> Anchors:
    return _table_anchors(text, PLAIN)


def _bare_anchors(text: str) -> Anchors:
    return _table_anchors(text, BARE)


def _table_anchors(text: str, table: Mapping[int, str]) -> Anchors:
    """Anchors where a character became none or several; every other one keeps its place."""
    plain = ((found.start(), table[ord(found[0])]) for found in re.finditer(_UNUSUAL, text))
    return _anchors((Piece(at, at + 1, new) for at, new in plain if len(new) != 1), 0, len(text))


def _space_anchors(text: str) -> Anchors:
    """Anchors around every run of spaces that became one, or none at either end of the text."""
    last = len(text.rstrip(" "))
    runs = (found.span() for found in re.finditer("^ +|  +", text) if found.start() < last)
    return _anchors((Piece(start, end, " " if start else "") for start, end in runs), 0, last)
