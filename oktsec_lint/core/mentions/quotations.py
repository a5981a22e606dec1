"""Short quotations of what a tool looks for: detects overrides such as "ignore previous instructions".

Tools that find, teach or filter attacks have to name them. A few plain words in quotation marks, behind a word that
says what is done about such texts, are an example; anything longer, or with an address or a path in it, may be an order
all the same and is read as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_DONE_ABOUT = (
    r"(?:detect|recogni[sz]|flag|identif|classif|categor|scan|block|filter|moderat|reject|refus|spot|score|match"
    r"|quarantin)(?:e|es|s|ed|ing|y|ies|ied|ation|er|ers|or|ors|ion|ions)?"
)
_SUCH_TEXTS = (
    "(?:injection|jailbreak|override|attack|phishing|scam|spam|sign|attempt|technique|adversarial|red[ -]team)s?"
)
_LEADS = r"(?:[(:,/–—-] ?|such as |like |including |e\.g\.,? |for |as |or |phrases? |texts? |words? |messages? )"
_OPEN, _CLOSE = "(?:[\"“`]|(?<!\\w)')", "(?:[\"”`]|'(?!\\w))"
_QUOTE = rf"{_OPEN}(?P<quoted>[A-Za-z][A-Za-z'’ -]{{2,44}}?)[,.]?{_CLOSE}"
_FIRST = rf"\b(?:(?:{_DONE_ABOUT}|{_SUCH_TEXTS})\b[^.!?\"“”`\n]{{0,100}}?{_LEADS}|{_SUCH_TEXTS} )(?={_QUOTE})"
_NEXT = rf"{_QUOTE},? ?(?:and |or |and/or |/ ?)?"
_MARKS = "\"“`'"
_MOST_WORDS, _MOST = 6, 128
"""Words of a quotation, and quotations of one text after which no more are looked for."""


def quotations(text: str) -> Iterator[tuple[int, int]]:
    """Where a text quotes such examples, their marks included."""
    if not any(mark in text for mark in _MARKS):
        return
    (first, following), at = _compiled(), 0
    for _ in range(_MOST):
        found = first.search(text, at)
        if found is None:
            return
        at = found.end()
        while quote := following.match(text, at):
            if len(quote["quoted"].split()) > _MOST_WORDS:
                break
            yield at, at + len(quote[0].rstrip(" ,adnor/"))
            at = quote.end()


@cache
def _compiled() -> tuple[re.Pattern[str], re.Pattern[str]]:
    return re.compile(_FIRST, re.IGNORECASE), re.compile(_NEXT)
