"""The folded readings of a text: with whatever nobody sees removed, and with the same read as gaps between words.

Nobody can know which of the two a model takes: `Ignore<ZWSP>all` is one word or two, and `Ignore **all**` shows no
asterisk once it is rendered. So rules see both, and the plain reading first. A reading that says nothing new is never
made: clean text costs a few substring searches, and only text that holds marks is rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import punctuation

from .characters import is_invisible, rewritten
from .text import ESCAPE, View, folded, replaced, squeezed

_TAG = "</?[a-z][a-z0-9-]{0,20}(?: [^<>]{0,200})?/?>|<!--[^<>]{0,200}>"
"""A tag or a short comment of HTML, in folded text."""
_EMPHASIS = r"\*(?! )|\*(?<! \*)|`|~~|_(?<![a-z0-9_]_)_*|__*(?![a-z0-9_])"
"""Emphasis of Markdown: a bullet is none, nor is `_` inside a name. Every alternative begins with a character of its
own, so that a search skips from mark to mark."""
_MARKS = f"(?:{_EMPHASIS})++"
_LETTER = r"[^ !-/:-@\[-`{-~]"
_NO_LETTERS = frozenset(" " + punctuation)
_BETWEEN = f"(?<={_LETTER}){_MARKS}(?={_LETTER})"
_STRING = "\x1b[\\]PX^_][^\x07\x1b\x9c]{0,400}(?:\x07|\x1b\\\\|\x9c)"
"""A string that a terminal takes in without showing it: the address of a link, a title (ECMA-48, 5.6)."""
_AS_SHOWN = "read as a terminal shows it"
_NO_MARKUP = "read without its markup"
_NOT_SEEN = "read with its invisible characters as spaces"


def readings(view: View) -> Iterator[View]:
    """Every folded reading of a raw or decoded view that differs from the ones before it; `folded(view)` is the first.

    All of them have its name; `note` says what else was done.
    """
    first = folded(view)
    yield first
    gapped = _gapped(view)
    if gapped is None and not _may_hold_markup(first.text):
        return
    seen = {first.text.strip()}
    for reading in _variants(view, first, gapped):
        words = reading.text.strip()
        if words not in seen:
            seen.add(words)
            yield reading


def _variants(written: View, first: View, gapped: View | None) -> Iterator[View]:
    yield from _unmarked(first)
    if gapped is not None:
        second = folded(gapped)
        yield second
        yield from _unmarked(second)
        if "\x1b" in written.text:
            yield folded(_noted(replaced(written, _STRING, ""), _AS_SHOWN))


def _may_hold_markup(text: str) -> bool:
    return "*" in text or "`" in text or "<" in text or "_" in text or "~~" in text


def _unmarked(view: View) -> Iterator[View]:
    """A folded view without its markup: what it divides joined, and what it joins divided."""
    if not _may_hold_markup(view.text):
        return
    if "<" in view.text:
        yield _without_emphasis(squeezed(_noted(replaced(view, _TAG, ""), _NO_MARKUP)))
        view = squeezed(_noted(replaced(view, _TAG, " "), _NO_MARKUP))
    yield _without_emphasis(view)
    divided = replaced(view, _BETWEEN, " ") if _may_divide(view.text) else view
    if divided is not view:
        yield _without_emphasis(divided)


def _without_emphasis(view: View) -> View:
    plain = replaced(view, _MARKS, "")
    return view if plain is view else squeezed(_noted(plain, _NO_MARKUP))


def _may_divide(text: str) -> bool:
    """Whether some emphasis follows a letter; looking what follows it as well is dearer."""
    found = re.finditer(_MARKS, text)
    return any(mark.start() and text[mark.start() - 1] not in _NO_LETTERS for mark in found)


def _gapped(view: View) -> View | None:
    """The view with a space for each terminal escape and invisible character; None when there are none."""
    if view.text.isascii() and view.text.isprintable():
        return None
    shown = replaced(view, ESCAPE, " ") if "\x1b" in view.text else view
    text = rewritten(shown.text, _GAPS)
    return None if text == view.text else _noted(shown._replace(text=text), _NOT_SEEN)


def _noted(view: View, note: str) -> View:
    return view if view.note else view._replace(note=note)


class _Gaps(dict[int, str]):
    """Code point to a space where nobody sees it, worked out when first met: a table for `str.translate`."""

    def __missing__(self, code_point: int) -> str:
        char = chr(code_point)
        gap = " " if is_invisible(char) else char
        if code_point < _KEPT_BELOW:
            self[code_point] = gap
        return gap


_KEPT_BELOW = 0x3000
_GAPS = _Gaps()
