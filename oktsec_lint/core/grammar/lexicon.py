"""Sentences to word classes, by dictionary.

A word may have several classes, and an entry may be several words; the longest one that fits is taken. What is no
plain word is told by its shape: an address, a path, an identifier. Every step is a dictionary look-up, so the cost
depends on the length of the sentence alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

from oktsec_lint.core.values import NamedTuple
from oktsec_lint.core.views.vocabulary import words as common_words

from .book import Book, Entries, Entry
from .shapes import shape_of

_LETTER = r"\w\u0300-\u036f\u064b-\u0652\u0900-\u0dff"
"""Letters, and the vowel signs and accents that `\\w` leaves out."""
_WORD = (
    r"https?://[^\s,;)>'\"]{1,300}|<\|?/?[a-z_!][^<>\s]{0,30}\|?>"
    rf"|[~$./\\]{{0,4}}[{_LETTER}](?:[{_LETTER}'./\\@:+%-]{{0,300}}[{_LETTER}/])?"
)
"""A word, an address or a tag of folded text. What stands between words is nobody's."""
_PREFIXES = ("وال", "بال", "ال", "و", "ف", "ب", "ل", "ك")
"""What Arabic writes in one with the next word: and, so, with, to, like, the."""
_ELISIONS = ("l'", "d'", "qu'", "s'", "n'", "j'", "c'", "un'", "dell'", "all'", "nell'")
"""What French and Italian write in one with the next word."""
_SHORTEST_STEM = 2
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_KEPT = 1 << 15
"""Words whose meaning is remembered."""
_LEAST_MISSPELT = 2
"""Misspelt words of one sentence that are no slip any more: none of 90,000 honest sentences holds so many."""
_SHORTEST_MISSPELT, _LONGEST_MISSPELT = 4, 24

Names: TypeAlias = Mapping[str, str]
"""The words that a definition calls its own, in small letters, to their class: `ownparam` or `owntool`."""


class Tagged(NamedTuple):
    """A word class at a place in a sentence."""

    position: int
    """Counted in words."""
    classes: Sequence[str]
    first: int
    last: int
    """Indexes of the sentence's tokens that make it up, the last one included."""


def tokens(sentence: str) -> list[str]:
    return re.findall(_WORD, sentence)


class _Sense(NamedTuple):
    """What an English word means, whatever text it stands in."""

    alone: Sequence[str]
    """Its classes where it is no part of an entry of several words."""
    looks: Sequence[str]
    """The class of its looks, if it has any."""
    longer: Mapping[str, Sequence[Entry]]
    """Second word to the entries of several words that begin so, longest first."""


_NO_SENSE = _Sense((), (), {})
"""Of most words: one for them all, because there is no end of them."""


class _Senses(dict[str, _Sense]):
    """Word to its sense, worked out when first met."""

    def __init__(self, entries: Entries) -> None:
        super().__init__()
        self._entries = entries
        self.misspelt: dict[str, str] = {}
        """Words met that are no words, to the known one each of them was meant to be."""

    def __missing__(self, word: str) -> _Sense:
        longer: dict[str, list[Entry]] = {}
        alone: Sequence[str] = ()
        for entry in self._entries.get(word, ()):
            rest, classes = entry
            if rest:
                longer.setdefault(rest[0], []).append(entry)
            else:
                alone = classes
        shape = shape_of(word)
        sense = _Sense(alone, (shape,) if shape else (), longer) if alone or shape or longer else _NO_SENSE
        if len(self) >= _KEPT:
            self.clear()
            self.misspelt.clear()
        self[word] = sense
        if sense is _NO_SENSE and (meant := _meant(word, self._spelt)):
            self.misspelt[word] = meant
        return sense

    @cached_property
    def _spelt(self) -> frozenset[str]:
        """Every word that is known to be spelt right."""
        rests = (rest for entries in self._entries.values() for rest, _ in entries)
        return common_words().union(self._entries, *rests)


class Lexicon:
    """The dictionaries of a book."""

    def __init__(self, book: Book) -> None:
        self._words = book.words
        self._senses = _Senses(book.words)
        self._marks = book.marks
        self._foreign = book.foreign

    def is_foreign(self, words: Sequence[str], sentence: str) -> bool:
        """Whether the lists of other languages have to be asked too."""
        if not sentence.isascii() and any(char > "\x7f" and char.isalpha() for char in sentence):
            return True
        return len(self._marks.intersection(words)) > 1

    def misspelt(self, words: Sequence[str]) -> Mapping[str, str]:
        """The misspelt words of a sentence that was tagged, each with the one that was meant; none where they may be
        slips."""
        known = self._senses.misspelt
        if known.keys().isdisjoint(words):
            return {}
        found = {word: known[word] for word in words if word in known}
        return found if len(found) >= _LEAST_MISSPELT else {}

    def tagged(self, words: Sequence[str], names: Names, *, foreign: bool) -> list[Tagged]:
        """The classes of a sentence's words, in order; words without a class are left out but counted."""
        if foreign:
            return self._tagged_of_all(words, names)
        found: list[Tagged] = []
        position = after = 0
        for index, word in enumerate(words):
            if index < after:
                continue
            sense = self._senses[word]
            last, classes = _longest(sense, words, index) if sense.longer else (index, sense.alone)
            if word in names:
                classes = (*classes, names[word])
            elif sense.looks:
                classes = (*classes, *sense.looks)
            if classes:
                found.append(Tagged(position, classes, index, last))
            position += 1
            after = last + 1
        return found

    def _tagged_of_all(self, words: Sequence[str], names: Names) -> list[Tagged]:
        """The same with the lists of all languages."""
        found: list[Tagged] = []
        position = index = 0
        while index < len(words):
            word = words[index]
            length, classes = self._longer(_entry(self._words, words, index), self._of_foreign(words, index))
            if not classes and re.search(f"[{_UNSPACED}]", word):
                position = self._run(word, index, position, found)
                index += 1
                continue
            shape = names.get(word) or shape_of(word)
            if shape:
                classes = (*classes, shape)
            if classes:
                found.append(Tagged(position, classes, index, index + length - 1))
            position += 1
            index += length
        return found

    @staticmethod
    def _longer(one: tuple[int, Sequence[str]], other: tuple[int, Sequence[str]]) -> tuple[int, Sequence[str]]:
        """The longer entry that means something; both when they are as long."""
        if not one[1] or not other[1]:
            return one if one[1] else other
        if one[0] == other[0]:
            return one[0], tuple(dict.fromkeys((*one[1], *other[1])))
        return max(one, other)

    def _of_foreign(self, words: Sequence[str], index: int) -> tuple[int, Sequence[str]]:
        length, classes = _entry(self._foreign().words, words, index)
        if length > 1:
            return length, classes
        return 1, tuple(dict.fromkeys((*classes, *self._stem(words[index]))))

    def _stem(self, word: str) -> Sequence[str]:
        stems, longest = self._foreign().stems, self._longest_stem
        for bare in _bare(word):
            for end in range(min(len(bare), longest), _SHORTEST_STEM - 1, -1):
                classes = stems.get(bare[:end])
                if classes:
                    return classes
        return ()

    def _run(self, word: str, index: int, position: int, found: list[Tagged]) -> int:
        """The classes in a word of a script without spaces; two letters that mean nothing count as one word."""
        runs, lengths = self._foreign().runs, self._lengths
        at = skipped = 0
        while at < len(word):
            ends = (at + length for length in lengths.get(word[at], ()))
            entry = next((word[at:end] for end in ends if word[at:end] in runs), "")
            if entry:
                position += (skipped + 1) // 2
                skipped = 0
                found.append(Tagged(position, runs[entry], index, index))
                position += 1
            else:
                skipped += 1
            at += len(entry) or 1
        return position + (skipped + 1) // 2

    @cached_property
    def _lengths(self) -> Mapping[str, Sequence[int]]:
        """First character to how long the words of scripts without spaces that begin so may be, longest first."""
        lengths: dict[str, set[int]] = {}
        for run in self._foreign().runs:
            lengths.setdefault(run[0], set()).add(len(run))
        return {first: sorted(found, reverse=True) for first, found in lengths.items()}

    @cached_property
    def _longest_stem(self) -> int:
        return max(map(len, self._foreign().stems), default=0)


def _meant(word: str, spelt: frozenset[str]) -> str:
    """The known word that has one letter less of a doubled one, or two neighbours changed back; empty for none."""
    if not (_SHORTEST_MISSPELT <= len(word) <= _LONGEST_MISSPELT and word.isascii() and word.isalpha()):
        return ""
    if word in spelt:
        return ""
    return next((plain for plain in _respelt(word) if plain in spelt), "")


def _respelt(word: str) -> Iterator[str]:
    for at in range(1, len(word)):
        if word[at] == word[at - 1]:
            yield word[:at] + word[at + 1 :]
    for at in range(1, len(word) - 1):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _longest(sense: _Sense, words: Sequence[str], index: int) -> tuple[int, Sequence[str]]:
    """The index of the last word of the longest entry that fits, and its classes."""
    after = words[index + 1] if index + 1 < len(words) else ""
    for rest, classes in sense.longer.get(after, ()):
        if words[index + 1 : index + 1 + len(rest)] == rest:
            return index + len(rest), classes
    return index, sense.alone


def _entry(entries: Entries, words: Sequence[str], index: int) -> tuple[int, Sequence[str]]:
    for rest, classes in entries.get(words[index], ()):
        if not rest:
            return 1, classes
        if _follows(words, index + 1, rest):
            return 1 + len(rest), classes
    return 1, ()


def _follows(words: Sequence[str], start: int, rest: Sequence[str]) -> bool:
    """Whether an entry goes on here; a star at its end stands for any ending of the last word."""
    here = words[start : start + len(rest)]
    if not rest[-1].endswith("*"):
        return here == rest
    return len(here) == len(rest) and here[:-1] == rest[:-1] and here[-1].startswith(rest[-1][:-1])


def _bare(word: str) -> Iterator[str]:
    yield word
    for prefix in (*_PREFIXES, *_ELISIONS):
        if word.startswith(prefix):
            yield word[len(prefix) :]
