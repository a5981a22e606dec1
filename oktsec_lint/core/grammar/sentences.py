"""A text as the sentences a model reads, each leading back to the original characters.

A hard-wrapped line goes on in the next one; a bullet, a heading, a blank line or a full stop ends a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from oktsec_lint.core.mentions import quotations
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.core.views.text import View, cut, folded, replaced

_MARKS = '[*"`]|<!-- {0,8}-->'
"""Emphasis and quotation marks, and comments that hold nothing: no reader sees them."""
_PLACEHOLDER = (
    r"(?i)\b(?:users?|(?:user|your|first|last)?[._-]?name|(?:john|jane)(?:[._-]?(?:doe|smith))?|you|your[._-]?e?mail|someone"
    r"|alice|bob|foo|email|recipient|customer|test)\d?"
    r"@(?:(?:your|my)?-?(?:domain|company|org|organi[sz]ation)|example|test|acme)"
    r"\.(?:com|org|net|io)\b"
)
"""Addresses of nobody, as documentation gives them: both halves stand for others."""
_BREAK = "\u00b6"
"""What stands for a line break while a text is folded, which would make it a space."""
_END = r"[.!?;]['\")\]]?(?= )|[。！？；।؟]"
_COMMENT = "<!--|-->"
_MIN_WRAPPED = 30
_GOES_ON = r"[a-z('~/]"
_NAMES_ITSELF = r"[a-z_0-9\[\].]{1,30}(?: ?\([^)\n]{0,40}\))? ?(?::|=|- )"
_COMPLETE = (".", "!", "?", ":", ";", ">", "]", ")", "}")


class Sentence(NamedTuple):
    """One sentence of a view: single spaced, folded, without marks."""

    text: str
    start: int
    end: int
    """Where it stands in the view's text."""


class Sheet(NamedTuple):
    """A view cut into sentences."""

    view: View
    sentences: tuple[Sentence, ...]


def sheet(view: View) -> Sheet:
    """The sentences of a text as it is written, or of a decoded stretch of it."""
    plain = _plain(view)
    return Sheet(plain, tuple(_sentences(plain.text)))


def _plain(written: View) -> View:
    view = replaced(written, _PLACEHOLDER, "someone") if "@" in written.text else written
    view = cut(view, quotations(view.text), "example")
    if "\x1b" not in view.text and view.text.isascii():
        bare = replaced(view, _MARKS, "") if _has_marks(view.text) else view
        return bare._replace(text=bare.text.lower())
    kept = replaced(view, _BREAK, " ") if _BREAK in view.text else view
    kept = replaced(kept, "\r?\n", _BREAK) if "\n" in kept.text else kept
    plain = folded(kept)
    plain = replaced(plain, _MARKS, "") if _has_marks(plain.text) else plain
    return plain._replace(text=plain.text.replace(_BREAK, "\n"))


def _has_marks(text: str) -> bool:
    return "*" in text or "`" in text or '"' in text or "<!--" in text


def _sentences(text: str) -> Iterator[Sentence]:
    for start, end in _paragraphs(text):
        for first, last in _split(text, start, end):
            words = " ".join(text[first:last].split())
            if words:
                yield Sentence(words, first, last)


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Spans of lines that belong together."""
    if "\n" not in text:
        yield 0, len(text)
        return
    start, end, last = 0, 0, ""
    for found in re.finditer("[^\n]*\n?", text):
        line = found[0].strip()
        if line and last and _continues(last, line):
            end = found.end()
        else:
            if end > start:
                yield start, end
            start, end = found.span()
        last = line
    if end > start:
        yield start, end


def _continues(last: str, line: str) -> bool:
    if len(last) <= _MIN_WRAPPED or last.endswith(_COMPLETE):
        return False
    return re.match(_GOES_ON, line) is not None and re.match(_NAMES_ITSELF, line) is None


def _split(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    part = text[start:end]
    pattern = f"{_END}|{_COMMENT}" if "<!--" in part or "-->" in part else _END
    first = 0
    for found in re.finditer(pattern, part):
        yield start + first, start + found.end()
        first = found.end()
    if first < len(part):
        yield start + first, end
