"""Text of strangers inside GitHub and GitLab Markdown: no markup, no link, no mention, no reference to an issue.

Escaping characters is not enough: both sites look for `@name`, `#1`, addresses and commit hashes in the rendered text,
after every escape is undone. They leave code alone, so whatever is not a plain word becomes a code span.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from oktsec_lint.reporters.inert import shown

_RUNS = re.compile("`+")
_WORD = re.compile(r"\(?(?:[A-Za-z]+(?:['-][A-Za-z]+)*|\d{1,3}(?:,\d{3})*(?:\.\d{1,2})?)[.,;:!?)]*")
"""Letters or a number, and the marks a sentence needs around them."""
_HASH = re.compile(r"\W*[0-9a-f]{7,}\W*", re.IGNORECASE)
_QUOTED = re.compile(r"(?:(?<=\s)|^)\(?(`[^`]+`)[.,;:!?)]*(?=\s|$)")
"""A name as our own messages quote it, with the marks around it; the quotes are the code span's."""
_MARKS = re.compile(r"(\(?)(.*?)([.,;:!?)]*)")


def code(text: str, limit: int = 200) -> str:
    """A code span: `text` visible, on one line, whatever backquotes it holds. Safe in a table too."""
    return _span(shown(text, limit=limit)) if text else '`""`'


def prose(text: str, limit: int = 600) -> str:
    """A sentence in which the plain words are text and everything else is code."""
    line = shown(" ".join(text.split()), limit=limit)
    pieces: list[str] = []
    end = 0
    for match in _QUOTED.finditer(line):
        pieces.extend(_pieces(line[end : match.start()].split()))
        start, stop = match.span(1)
        pieces.append(line[match.start() : start] + _span(line[start + 1 : stop - 1]) + line[stop : match.end()])
        end = match.end()
    return " ".join((*pieces, *_pieces(line[end:].split())))


def fenced(lines: Iterable[str]) -> str:
    """A block of inert lines, under a fence that none of them can close."""
    body = "\n".join(lines)
    fence = "`" * max(3, _longest_run(body) + 1)
    return f"{fence}text\n{body}\n{fence}"


def _pieces(words: Iterable[str]) -> Iterator[str]:
    """Plain words as they are, neighbouring words that are none as one span."""
    for plain, group in groupby(words, _is_plain):
        together = " ".join(group)
        yield together if plain else _between_marks(together)


def _is_plain(word: str) -> bool:
    return _WORD.fullmatch(word) is not None and _HASH.fullmatch(word) is None


def _between_marks(text: str) -> str:
    """A span, with the sentence's own marks outside of it."""
    match = _MARKS.fullmatch(text)
    if match is None or not match[2]:
        return _span(text)
    return f"{match[1]}{_span(match[2])}{match[3]}"


def _span(visible: str) -> str:
    """A backquote or space at either end needs one more space; a bar would end the cell of a table, even in code."""
    inner = visible.replace("|", "\\u{7c}")
    fence = "`" * (_longest_run(inner) + 1)
    pad = " " if inner[0] in "` " or inner[-1] in "` " else ""
    return f"{fence}{pad}{inner}{pad}{fence}"


def _longest_run(text: str) -> int:
    return max(map(len, _RUNS.findall(text)), default=0)
