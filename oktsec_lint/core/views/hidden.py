"""What a page keeps to itself once it is rendered: comments, and elements styled so that nobody sees them.

A model reads the source, so it reads these; a person who reviews a description in a browser does not. Their text stands
in the open for every rule; here it becomes a text of its own, so that it is not mistaken for part of a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

COMMENT = "comment"
ELEMENT = "element"
_OPENING, _CLOSING = "<!--", "-->"
_REFERENCE = (
    r"""(?m)^[ \t]{0,3}\[[^\]\[\n]{1,40}\]:[ \t]{0,8}(?:#|//|<>)[ \t]{0,8}[("']([^\n]{1,4000})[)"'][ \t]{0,8}$"""
)
"""A Markdown link that leads nowhere, whose title nobody sees: `[//]: # (text)`."""
_TAG = r"<([A-Za-z][A-Za-z0-9-]{0,20})((?:\s[^<>]{0,600})?)>"
_UNSEEN = (
    r"(?i)display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?<![-\w])opacity\s*:\s*0?\.?0*(?![.\d])"
    r"|font-size\s*:\s*[01]?\.?0*(?:px|pt|em|rem|%)?\s*(?:[;\"'!]|$)|font\s*:\s*0"
    r"|(?<![-\w])color\s*:\s*(?:white|transparent|#fff(?:fff)?\b|rgba\([^)]{1,30},\s*0?\.?0*\s*\))"
    r"|(?:left|top|text-indent|margin-left)\s*:\s*-\d{3,5}|(?<![-\w])(?:max-)?(?:width|height)\s*:\s*0(?:px)?\s*[;\"'!]"
    r"|clip\s*:\s*rect\(0|\bsr-only\b|(?:^|\s)hidden(?:[\s=/]|$)|aria-hidden\s*=\s*[\"']?true"
)
_NEVER_SHOWN = frozenset({"script", "style", "template", "noscript", "noembed", "datalist"})


class Concealed(NamedTuple):
    """A stretch that is not shown, with the text inside it."""

    what: str
    """`comment` or `element`."""
    start: int
    end: int
    first: int
    last: int


def may_conceal(text: str) -> bool:
    return "<" in text or "]:" in text


def concealed(text: str) -> list[Concealed]:
    """Comments and hidden elements in reading order; those inside another are left out."""
    found = sorted((*_comments(text), *_references(text), *_elements(text)), key=lambda item: (item.start, -item.end))
    kept: list[Concealed] = []
    for item in found:
        if not kept or item.start >= kept[-1].end:
            kept.append(item)
    return kept


def _comments(text: str) -> Iterator[Concealed]:
    """HTML comments; one that is never closed takes in the rest of the text, as in a browser."""
    start = text.find(_OPENING)
    while start >= 0:
        first = start + len(_OPENING)
        last = text.find(_CLOSING, first)
        end = len(text) if last < 0 else last + len(_CLOSING)
        yield Concealed(COMMENT, start, end, first, len(text) if last < 0 else last)
        start = text.find(_OPENING, end)


def _references(text: str) -> Iterator[Concealed]:
    if "]:" in text:
        for found in re.finditer(_REFERENCE, text):
            yield Concealed(COMMENT, *found.span(), *found.span(1))


def _elements(text: str) -> Iterator[Concealed]:
    if "<" not in text or ">" not in text:
        return
    ends = _Ends(text)
    position = 0
    for found in re.finditer(_TAG, text):
        name = found[1].lower()
        if found.start() < position or not (name in _NEVER_SHOWN or re.search(_UNSEEN, found[2])):
            continue
        last = ends.after(name, found.end())
        if last is not None:
            position = text.find(">", last) + 1 or len(text)
            yield Concealed(ELEMENT, found.start(), position, found.end(), last)


class _Ends:
    """Where elements end, each end tag looked for once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._places: dict[str, list[int]] = {}

    def after(self, name: str, offset: int) -> int | None:
        """The next end tag of that name; None when there is none."""
        if name not in self._places:
            pattern = f"(?i)</{re.escape(name)}(?![A-Za-z0-9-])"
            self._places[name] = [found.start() for found in re.finditer(pattern, self._text)][::-1]
        places = self._places[name]
        while places and places[-1] < offset:
            places.pop()
        return places[-1] if places else None
