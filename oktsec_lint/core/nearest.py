"""Did you mean: the known words that are spelled most like an unknown one.

Shared letter pairs find the few candidates and difflib ranks them, so that one question costs a look at an index and
not a comparison with every word. Two swapped neighbours are one slip but break three pairs, which a short word has not
to spare: those are looked up by swapping them back. Only for advice: nothing is ever allowed or judged by likeness.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice, pairwise

from .words import words_of

LONGEST = 128
"""Longer words come from no honest server; they are neither suggested nor looked up."""
_SHARED_PAIRS = 0.45
"""Least share of letter pairs (Dice coefficient) for a candidate to be compared letter by letter."""
_ALIKE = 0.84
"""Least difflib ratio of a misspelling: `raed_file` is `read_file`, `rename_file` is not `read_media_file`."""
_SAME_WORDS = 0.9
"""What one name being a short form of the other is worth, as a ratio."""
_SWAPPED = 0.99
"""What two swapped neighbours are worth, as a ratio: the likeliest slip of all."""
_SWAPPABLE = 4
"""Letters that a word needs for a swap to be a slip: `raed` is `read`, but `nad` may be anything."""
_SHORTEST = 3
"""Letters that a short form needs more of, to say anything."""
_COMPARED = 6
_QUESTIONS = 100
"""An index answers this many; a file with more misspellings has another problem, and an answer is not free."""


class Spelling:
    """An index over known words. Case and the separators `-`, `_`, `.`, `/` and space do not count as differences."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = tuple(word for word in dict.fromkeys(words) if 0 < len(word) <= LONGEST)
        self._pairs: list[int] = []
        self._holders: dict[str, list[int]] = {}
        self._spelled: dict[str, list[str]] = {}
        self._asked = 0

    def nearest(self, word: str, limit: int = 1) -> tuple[str, ...]:
        """At most `limit` known words, the most alike first; empty when none is alike enough."""
        self._asked += 1
        if not 0 < len(word) <= LONGEST or self._asked > _QUESTIONS:
            return ()
        if not self._holders:
            self._index()
        ratios = {known: _likeness(word, known) for known in self._candidates(word)}
        ratios |= dict.fromkeys(self._swapped(word), _SWAPPED)
        scored = sorted((-ratio, known) for known, ratio in ratios.items())
        return tuple(known for score, known in scored[:limit] if -score >= _ALIKE)

    def _candidates(self, word: str) -> list[str]:
        mine = _letter_pairs(_plain(word))
        least = _SHARED_PAIRS * len(mine) / 2
        shared = Counter(chain.from_iterable(self._holders.get(pair, ()) for pair in mine))
        scores = (
            (2 * count / (len(mine) + self._pairs[number]), number) for number, count in shared.items() if count > least
        )
        best = sorted((score for score in scores if score[0] >= _SHARED_PAIRS), key=lambda score: (-score[0], score[1]))
        return [self._words[number] for _, number in best[:_COMPARED]]

    def _swapped(self, word: str) -> list[str]:
        """Known words that two swapped neighbours make of `word`."""
        found = (known for plain in _swaps(_plain(word)) for known in self._spelled.get(plain, ()))
        return list(islice(found, _COMPARED))

    def _index(self) -> None:
        for number, word in enumerate(self._words):
            plain = _plain(word)
            self._spelled.setdefault(plain, []).append(word)
            pairs = _letter_pairs(plain)
            self._pairs.append(len(pairs))
            for pair in pairs:
                self._holders.setdefault(pair, []).append(number)


_SEPARATORS = str.maketrans("", "", "-_./ ")


def _plain(word: str) -> str:
    return word.lower().translate(_SEPARATORS)


def _letter_pairs(plain: str) -> frozenset[str]:
    """Neighbouring letters, with a mark at each end: so one-letter words have pairs too."""
    marked = f"^{plain}$"
    return frozenset(marked[at : at + 2] for at in range(len(marked) - 1))


def _swaps(plain: str) -> Iterator[str]:
    """`plain` with each two neighbours swapped, letters only: a number with its digits swapped is another number."""
    if len(plain) < _SWAPPABLE:
        return
    for at, (one, other) in enumerate(pairwise(plain)):
        if one != other and one.isalpha() and other.isalpha():
            yield f"{plain[:at]}{other}{one}{plain[at + 2 :]}"


def _likeness(one: str, other: str) -> float:
    """1 for the same letters, less for a misspelling, `_SAME_WORDS` at least for a short form."""
    from difflib import SequenceMatcher

    ratio = SequenceMatcher(None, _plain(one), _plain(other), autojunk=False).ratio()
    return max(ratio, _SAME_WORDS) if _is_short_form(one, other) or _is_short_form(other, one) else ratio


def _is_short_form(short: str, long: str) -> bool:
    """Whether every word of `short` begins a word of `long`, in order: `list_dir` of `list_directory`."""
    rest = iter(words_of(long))
    words = words_of(short)
    return sum(map(len, words)) > _SHORTEST and all(any(known.startswith(word) for known in rest) for word in words)
