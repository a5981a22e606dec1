"""Words written so that a program misses them and a model does not: letters set apart, digits for letters, words run
together.

Honest texts hold lists of letters, names with digits, and long identifiers. So each of these counts only where what
comes out are words on the vocabulary.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from oktsec_lint.core.matchers import find_spans

from .encodings import Decoder
from .text import Piece
from .vocabulary import LONGEST_WORD, clear_words, divided, may_be_words, quickly_divided, reads_as_words, words

_MARK = r"[._*|~+,/\\·•‧∙-]"
_GAP = rf"(?:[ \t]|{_MARK})"
SPACED = "letters set apart"
_SPACED_GATE = r"(?:^|[^A-Za-z0-9])[A-Za-z0-9](?:[ \t._*|~+,/\\?-]{1,3}[A-Za-z0-9]){4}(?:[^A-Za-z0-9]|$)"
"""Texts come to a gate with `?` for all that is not ASCII."""
_LEAST_LETTERS = 5
_LEAST_CLEAR = 4
_LEAST_MARKED = 3


def _spaced_pieces(text: str) -> Iterator[Piece]:
    """Runs that make sense by themselves; all of them where they make sense together."""
    runs = _runs(text)
    clear = _clear_letters(plain for _, plain in runs)
    everything = clear[0] >= _LEAST_CLEAR and 6 * clear[1] >= sum(len(plain) for _, plain in runs)
    for found, plain in runs:
        if everything or _makes_sense(plain):
            yield Piece(*found.span(), plain, SPACED)


def _runs(text: str) -> list[tuple[re.Match[str], str]]:
    """Letters with blanks between all characters, or else with marks between those of each word."""
    blank = [(found, _closed(found[0], _BLANK)) for found in re.finditer(_BLANK_RUN, text)]
    if sum(len(plain) for _, plain in blank) >= len(text) // 4:
        return blank
    found_runs = [(found, _closed(found[0], _GAP)) for found in re.finditer(_RUN, text)]
    return [(found, plain) for found, plain in found_runs if plain]


def _clear_letters(texts: Iterable[str]) -> tuple[int, int]:
    """How many different clear words the texts hold, and how many letters all of them have together."""
    found = [word for text in texts for word in re.findall("[a-z]+", text.lower()) if word in clear_words()]
    return len(set(found)), sum(map(len, found))


_BLANK = r"[ \t\n]"
_BLANK_RUN = rf"(?<!\S)[^\W_](?:{_BLANK}{{1,6}}\S(?!\S)){{8,}}{_BLANK}{{1,6}}[^\W_](?![^\W_])"
_RUN = f"(?<![A-Za-z0-9])[A-Za-z0-9](?:{_GAP}{{1,6}}[A-Za-z0-9](?![A-Za-z0-9]))+"


def _closed(run: str, gap: str) -> str:
    """Letters set apart as words: the commonest gap stands between letters, any other one between words."""
    gaps = re.findall(f"{gap}+", run)
    if len(gaps) + 1 < (_LEAST_LETTERS if any(map(str.isspace, gaps)) else _LEAST_MARKED):
        return ""
    usual = Counter(gaps).most_common(1)[0][0]
    parts = re.split(f"({gap}+)", run)
    plain = "".join(
        " " if index % 2 and part != usual else "" if index % 2 else part for index, part in enumerate(parts)
    )
    return plain if " " in plain else divided(plain.lower()) if may_be_words(plain.lower()) else plain


def _makes_sense(plain: str) -> bool:
    """Whether most of the letters belong to words that do not arise by chance."""
    found = plain.lower().split()
    known = sum(len(word) for word in found if word in clear_words())
    return known >= _LEAST_LETTERS and 2 * known >= sum(map(len, found))


DIGITS = "digits for letters"
_LEET = str.maketrans("013457@$!|€£", "oieastasiiel")
_OTHER_LEET = str.maketrans("013457@$!|896+", "oleastasllbgbt")
_LEET_WORD = r"[A-Za-z0-9@$!|€£+]{2,40}"
_LEAST_DISGUISED = 2


def _leet_pieces(text: str) -> Iterator[Piece]:
    """Once two words of a text turn out to be written so, every word that mixes letters and digits is read so."""
    mixed = [found for found in re.finditer(_LEET_WORD, text) if not found[0].isalpha()]
    short = {found[0] for found in mixed if found.end() - found.start() <= LONGEST_WORD}
    sure = {word.lower() for word in short if _unleet(word) in clear_words()}
    if len(sure) < _LEAST_DISGUISED:
        return
    for found in mixed:
        plain = _unleet(found[0])
        if plain in words() or (plain.isalpha() and any(char.isalpha() for char in found[0])):
            yield Piece(*found.span(), plain, DIGITS)


def _unleet(word: str) -> str:
    """The word that letters and digits stand for; the likelier reading of `1` where neither is a known word."""
    small = word.lower().rstrip("!|")
    one, other = small.translate(_LEET), small.translate(_OTHER_LEET)
    plain = other if other in words() and one not in words() else one
    return plain + word[len(small) :]


JOINED = "words run together"
_JOINED_GATE = "(?:[A-Za-z']{1,20}[._+|~=-]){4}[A-Za-z]|[a-z](?:[A-Z][a-z]{0,20}){4}|[A-Za-z]{24}"
_JOINED_RUN = "[A-Za-z'._+|~=-]{19,}[A-Za-z]"
_LEAST_JOINED = 5
_LONG_WORD = 14
_WEIGHED = 16_384
"""Letters of one text whose best division is looked for; the rest is divided in a simpler way."""


def _joined_pieces(text: str) -> Iterator[Piece]:
    """Runs that are words; in a text of little else, names of a few words are read so as well."""
    runs = [Piece(start, end, plain, JOINED) for start, end, plain in _long_runs(text)]
    names = list(re.finditer(_JOINED_NAME, text))
    if sum(len(found[0]) for found in names) < len(text) // 2 or not _hold_small_words(names):
        yield from runs
        return
    yield from (Piece(*found.span(), _at_seams(found[0]), JOINED) for found in names)


def _hold_small_words(names: Iterable[re.Match[str]]) -> bool:
    found = {word for name in names for word in _at_seams(name[0]).lower().split()}
    return len(_SMALL & found) >= _LEAST_SMALL


_SMALL = frozenset(
    "the and of to in a is that or for what which they it with any all you this from on when if be".split()
)
_LEAST_SMALL = 3
_SNAKE, _CAMEL = "[A-Za-z0-9']++(?:[_-][A-Za-z0-9']++)++", "[A-Z]?[a-z0-9']++(?:-?[A-Z]++[a-z0-9']*+)++"
_JOINED_NAME = rf"(?<![A-Za-z0-9'_@/~-])(?:(?:{_SNAKE})|(?:{_CAMEL}))(?![\w@/])"


def _at_seams(name: str) -> str:
    return re.sub("[_-]+", " ", re.sub("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name))


def _long_runs(text: str) -> Iterator[tuple[int, int, str]]:
    letters = 0
    for start, end in find_spans(_JOINED_RUN, text):
        if not may_be_words(text[start:end].lower()):
            continue
        letters += end - start
        plain = _parted(text[start:end], divided if letters <= _WEIGHED else quickly_divided)
        if len(plain.split()) >= _LEAST_JOINED and reads_as_words(plain, least=_LEAST_JOINED):
            yield start, end, plain


def _is_long(word: str) -> bool:
    return len(word) >= _LONG_WORD and may_be_words(word.lower())


def _parted(run: str, divide: Callable[[str], str]) -> str:
    """The words of a run: between its marks, at its capitals, or where words of the vocabulary meet."""
    apart = re.sub("[._+|~=-]+", " ", re.sub("(?<=[a-z0-9])(?=[A-Z])", " ", run))
    return " ".join(_divided(word, divide) if _is_long(word) else word for word in apart.split())


def _divided(word: str, divide: Callable[[str], str]) -> str:
    """The words a long one is made of; itself when much of it is none of them."""
    parts = divide(word.lower())
    known = sum(len(part) for part in parts.split() if len(part) > 1 and part in words())
    return parts if 5 * known >= 4 * len(word) else word


SPELLINGS: tuple[Decoder, ...] = (
    Decoder(SPACED, _spaced_pieces, _SPACED_GATE),
    Decoder(DIGITS, _leet_pieces, r"[A-Za-z][013457@$!][A-Za-z]"),
    Decoder(JOINED, _joined_pieces, _JOINED_GATE),
)
