"""HTML as a type: a text becomes `Html` only by being escaped, and an element takes nothing but `Html`.

So a page cannot hold a stranger's text as markup without mypy saying so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from typing import NewType

from oktsec_lint.reporters.excerpt import Mark
from oktsec_lint.reporters.inert import cells, ellipsis, shown

Html = NewType("Html", str)
"""Finished HTML."""

NOTHING = Html("")
_EMPTY = frozenset({"meta", "br", "col"})
"""Elements without an end tag."""
_PARTS = re.compile(r"`(?P<code>[^`]+)`|\[-(?P<del>.+?)-\]|\{\+(?P<ins>.+?)\+\}", re.DOTALL)
_BEFORE, _AFTER = 60, 240
"""Characters of a long line that are shown before and after its first mark."""


def text(value: str, limit: int = 500) -> Html:
    """Any text: visible, inert, escaped."""
    return Html(escape(shown(value, limit=limit)))


def element(name: str, /, *children: Html, **attributes: str) -> Html:
    """An element; `class_` is `class`, `http_equiv` is `http-equiv`. Attributes are texts; an empty one is left out."""
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"' for key, value in attributes.items() if value
    )
    return Html(f"<{name}{pairs}>" if name in _EMPTY else f"<{name}{pairs}>{''.join(children)}</{name}>")


def joined(parts: Iterable[Html], separator: str = "") -> Html:
    return Html(escape(separator).join(parts))


def code(value: str, limit: int = 200) -> Html:
    return element("code", text(value, limit) if value else Html("&quot;&quot;"))


def sentence(value: str, limit: int, *, changes: bool = False) -> Html:
    """A message: the names it quotes as code and, with `changes`, the words `core.lock.words` marks as such."""
    parts: list[Html] = []
    end = 0
    for match in _PARTS.finditer(value[:limit]):
        kind = match.lastgroup or ""
        if kind == "code" or changes:
            inner = text(match[kind], limit)
            parts += text(value[end : match.start()], limit), element(kind, inner)
            end = match.end()
    return joined((*parts, text(value[end:], limit - end)))


def tag(label: str, kind: str) -> Html:
    """A word with a coloured ground; the word says it all."""
    return element("span", text(label), class_=f"tag {kind}")


def folded(summary: Html, *children: Html) -> Html:
    return element("details", element("summary", summary), *children)


def highlighted(line: str, marks: Sequence[Mark]) -> Html:
    """A line with its marks, cut to a window from the first; what was made visible is told from what was written."""
    start = max(0, min((mark.start for mark in marks), default=0) - _BEFORE)
    part = line[start : start + _BEFORE + _AFTER]
    marked = {index for mark in marks for index in range(mark.start - start, min(mark.end - start, len(part)))}
    runs = groupby(enumerate(zip(part, cells(part), strict=True)), lambda item: item[0] in marked)
    dots = Html(ellipsis())
    body = [element("mark", _run(chars)) if inside else _run(chars) for inside, chars in runs]
    return joined((dots if start else NOTHING, *body, dots if start + len(part) < len(line) else NOTHING))


def _run(chars: Iterable[tuple[int, tuple[str, str]]]) -> Html:
    spelled = groupby((pair for _, pair in chars), lambda pair: len(pair[1]) > 1)
    return joined(
        element("span", Html(escape("".join(cell for _, cell in pairs))), class_="spelled")
        if is_spelled
        else Html(escape("".join(cell for _, cell in pairs)))
        for is_spelled, pairs in spelled
    )
