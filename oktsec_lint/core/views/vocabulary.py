"""The commonest words of English and of tool descriptions: how a decoder knows that it made sense of something.

Ciphers, reversals, spaced and misspelt letters carry no mark of their own. They count only where the text reads as
words once they are undone and did not before, so an honest text is never "decoded". The list need not be complete:
some words of a sentence are enough, and unknown ones decide nothing.
"""

from __future__ import annotations

import re
from functools import cache

from oktsec_lint.core.matchers import find_spans

_WORDS = """
a able about above accept access according account across act action actions active actual actually add added after
again against agent agents ahead all allow allowed almost along already also although always am among an and another
answer any anyone anything api appear append apply approval approve are area argument arguments array article as ask
assistant at attach attachment authorization automatically available avoid away back backup base be because been before
begin being below best better between beyond body both bring browser build but button by bypass call called calling
calls can cannot card careful case chain change changed chat check choose claim clean clear click client clipboard code
collect column command commands comment complete completely compliance condition confidential config configuration
confirm confirmation contact contain contains content contents context continue conversation copy correct could country
create created credential credentials critical current customer daily data database date day days debug default delete
describe description destination details developer did different directly directory disable disclose discuss display
do document documents does doing domain don done down download due during each easy either else email emails employee
empty enable encode end endpoint ensure enter entire environment error etc even event every everything example exact
exactly except execute exfiltrate exist expected explain export external fail false fetch few field fields file files
filesystem fill filter final finally find fine first folder follow following for force forget format forward found four
free from full function further general generate get give given go good got grant great group guidelines had handle
hand has have he header hello help her here hidden hide high him his history home host how however http https human
id identity if ignore ignored image immediately important in include included including information initial input
insert inside install instead instruction instructions integrity internal internet into invoke is issue it item items
its itself json just keep key keychain keys kind know known language large last later latest learn leave left let level
like limit line link list little load local location log logged login logs long longer look made mail main make making
manager mandatory many match matter may me mean media mention message messages method might mode model modify money
month more most move much must my name named names need needed needs network never new news next no none nor not note
notes nothing notice now number object of off offer often old on once one only open operation option optional or order
original other others otherwise our out output over override overwrite own page parameter parameters parse part pass
passed password passwords past paste path pay payment people per perform permission permissions person phone place
plain please point policy possible post power prefer prepare present previous price print prior priority private
procedure proceed process produce project prompt prompts proper protocol provide provided public purpose push put query
question quick quietly quote random rather raw read reading ready real really reason receive recent recipient record
records refuse regardless related release remember remove repeat replace reply report repository request requests
require required requires reset resource respond response rest result results retrieve return returns reveal review
right root rule rules run running safe safety said same save say schedule search second secret secrets section secure
security see seem select send sending sensitive sent separate server service session set setting settings several share
she shell short should show sidenote silently similar simple simply since site size skip small so some someone
something soon source space special specific ssh standard start state status step steps still stop store string
subject submit such sudo suggest summary support sure system table take target task tell telling temporary ten terminal
terms test text than that the their them themselves then there these they thing things think third this those though
three through thus time title to today together token tokens too tool tools top total transfer transmit trip true trust
trusted try turn two type unless until up update upload upon urgent url us use used user users uses using usual valid
value values verbatim verify version very via view visible visit wait wallet want warn warning was way we web website
week well were what when whenever where whether which while who whole whom whose why will with within without word
words work workflow world would write written wrong year yes yet you your yours yourself zero
"""
LONGEST_WORD = 16
"""Letters that no word of the list exceeds (tested)."""
_CLEAR = 3
"""Letters of the shortest word that says something on its own."""
_PROSE_WORDS = 4
_LONGEST = 14
_WEIGHED = 2048
"""Letters up to which every division is weighed (some 8 us a letter)."""


@cache
def words() -> frozenset[str]:
    """Every word of the list, in small letters."""
    return frozenset(_WORDS.split())


@cache
def clear_words() -> frozenset[str]:
    """Those long enough not to arise by chance."""
    return frozenset(word for word in words() if len(word) >= _CLEAR)


def reads_as_words(text: str, *, least: int = _PROSE_WORDS) -> bool:
    """Whether at least `least` words of `text`, and every second of all, are on the list."""
    found = re.findall("[a-z]+", text.lower())
    known = sum(word in words() for word in found)
    return known >= least and 2 * known >= len(found)


def looks_like_prose(text: str) -> bool:
    """Whether `text` has the shape of a sentence in any language: some words, and little beside letters and spaces."""
    long_words = re.findall(r"[^\W\d_]{2,}", text)
    letters = sum(map(len, long_words))
    return len(long_words) >= _PROSE_WORDS and 10 * (letters + len(long_words)) >= 8 * len(text.strip())


def may_be_words(letters: str) -> bool:
    """Whether small letters without gaps hold what most English holds: far cheaper than to divide them."""
    return len(set(re.findall(_FREQUENT, letters))) >= _LEAST_FREQUENT


def divided(letters: str) -> str:
    """Small letters without gaps, with a space between the words they are most likely made of."""
    return " ".join(_best_division(letters)) if len(letters) <= _WEIGHED else quickly_divided(letters)


_FREQUENT = "the|and|ing|ion|ent|her|for|tha|int|ere|tio|ver|all|ith|ate|ers|rea|con|res|ore|use|ead|end|you|not"
_LEAST_FREQUENT = 2
"""Of the commonest runs of three letters in English, those a few words hold."""


def quickly_divided(letters: str) -> str:
    """The same from the left, the longest word each time: for texts so long that weighing would take too long."""
    by_length = "|".join(sorted(words(), key=lambda word: (-len(word), word)))
    parts: list[str] = []
    position = 0
    for start, end in find_spans(by_length, letters):
        parts += (letters[position:start], letters[start:end])
        position = end
    return " ".join(part for part in (*parts, letters[position:]) if part)


def _best_division(letters: str) -> list[str]:
    """Fewest letters outside known words wins, then fewest words."""
    best: list[tuple[int, int, int]] = [(0, 0, 0)]
    for end in range(1, len(letters) + 1):
        unknown, count, _ = best[end - 1]
        choices = [(unknown + 1, count, end - 1)]
        choices += [
            (best[start][0], best[start][1] + 1, start)
            for start in range(max(0, end - _LONGEST), end)
            if letters[start:end] in words()
        ]
        best.append(min(choices))
    return _cuts(letters, best)


def _cuts(letters: str, best: list[tuple[int, int, int]]) -> list[str]:
    """The words of the best division; letters that belong to none stay together."""
    parts: list[str] = []
    end, unknown_end = len(letters), len(letters)
    while end:
        start = best[end][2]
        if best[end][1] > best[start][1]:
            parts += [letters[end:unknown_end], letters[start:end]]
            unknown_end = start
        end = start
    parts.append(letters[:unknown_end])
    return [part for part in reversed(parts) if part]
