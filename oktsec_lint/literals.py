"""Which words a pattern cannot match without: worked out when the rulebook is compiled, never at run time.

A match of `\\b(?:send|post) .{0,40}\\b(?:keys|tokens)\\b` holds one of two words and one of two others. Looking for
words is far cheaper than running patterns, so the engine runs a pattern only where its words are. Python's own parser
reads the pattern; what it cannot read, or what needs no word, has no words here, and the engine runs it everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any

from oktsec_lint.core.values import NamedTuple

Words = frozenset[str]

_MOST = 600
"""Words that one of which is needed; more say too little."""
_SPELT_OUT = 48
"""Texts that a part may match and that are still spelt out."""
_SHORTEST = 2
"""Letters of a word; signs such as `@` may stand alone."""
_TELLING = 3
"""Letters of a word that says enough by itself."""
_LONGEST = 14
_GROUPS = 2
_COMMON = frozenset(
    """after all also always and any are ask before call each every first from get how its make must need new not once
    one only open other out put read run send set should that the them then this time two use used using via was what
    when where which will with you your""".split()
)
"""Words of a clean description; needing them narrows nothing down."""
_EVERYWHERE = " .,-_'()/:\n"
"""Signs that stand in most texts."""
_CLASS = 10
"""Characters of a class that are still spelled out."""


class _Found(NamedTuple):
    """What is known about the matches of a part of a pattern."""

    exact: Words | None
    """Every text it can match, when those are few."""
    groups: tuple[Words, ...] = ()
    """Sets of words; each match holds one of each set."""


_ANYTHING = _Found(None)


def needed_words(pattern: str) -> tuple[tuple[str, ...], ...]:
    """Groups of lower-case words, of each of which every match holds at least one; empty when none are known."""
    parser: Any = import_module("re._parser")
    constants: Any = import_module("re._constants")
    try:
        parsed = parser.parse(pattern)
    except constants.error:
        return ()
    found = _sequence(parsed)
    groups = {group for group in map(_shortened, _groups_of(found)) if group}
    best = sorted(groups, key=lambda group: (_frequency(group), sorted(group)))
    return tuple(tuple(sorted(group)) for group in best[:_GROUPS])


def _frequency(group: Words) -> float:
    """How often a clean text may hold one of the words; only the order matters. Exact, as sets have no order."""
    return math.fsum(0.1 if word in _COMMON else 3.0 ** -min(8, len(word)) for word in group)


def _groups_of(found: _Found) -> tuple[Words, ...]:
    return found.groups if found.exact is None else (found.exact,)


def _shortened(group: Words) -> Words:
    """The group without words that hold another of its words; empty when it says too little."""
    words = {_trimmed(word.lower()[:_LONGEST]) for word in group}
    if len(words) > _MOST or not words or any(map(_says_little, words)):
        return frozenset()
    return frozenset(word for word in words if not any(other in word for other in words - {word}))


def _says_little(word: str) -> bool:
    return len(word) < _SHORTEST and (not word or word.isalnum() or word in _EVERYWHERE)


def _trimmed(word: str) -> str:
    bare = word.strip()
    return word if _says_little(bare) else bare


def _sequence(items: Iterable[Any]) -> _Found:
    run: Words = frozenset({""})
    groups: list[Words] = []
    whole = True
    for item in items:
        found = _item(item)
        longer = _product(run, found.exact)
        if longer is not None:
            run = longer
            continue
        whole = False
        groups.append(run)
        groups += found.groups
        run = found.exact or frozenset({""})
    return _Found(run) if whole else _Found(None, _usable((*groups, run)))


def _product(first: Words, second: Words | None) -> Words | None:
    """Both after one another. Two choices between words stay two groups: together they would be too many words."""
    if second is None or len(first) * len(second) > _SPELT_OUT:
        return None
    if len(first) > 1 and len(second) > 1 and min(map(len, (*first, *second))) >= _TELLING:
        return None
    return frozenset(one + other for one in first for other in second)


def _usable(groups: Iterable[Words]) -> tuple[Words, ...]:
    return tuple(group for group in groups if _shortened(group))


def _item(item: tuple[Any, Any]) -> _Found:
    kind, value = str(item[0]), item[1]
    readers: dict[str, Callable[[], _Found]] = {
        "LITERAL": lambda: _Found(frozenset({chr(value)})),
        "AT": lambda: _Found(frozenset({""})),
        "IN": lambda: _class(value),
        "BRANCH": lambda: _branch([_sequence(part) for part in value[1]]),
        "SUBPATTERN": lambda: _sequence(value[3]),
        "MAX_REPEAT": lambda: _repeat(value[0], value[1], _sequence(value[2])),
        "MIN_REPEAT": lambda: _repeat(value[0], value[1], _sequence(value[2])),
    }
    return readers[kind]() if kind in readers else _ANYTHING


def _class(members: Sequence[tuple[Any, Any]]) -> _Found:
    chars: set[str] = set()
    for kind, value in members:
        if str(kind) == "LITERAL":
            chars.add(chr(value))
        elif str(kind) == "RANGE" and value[1] - value[0] < _CLASS:
            chars.update(map(chr, range(value[0], value[1] + 1)))
        else:
            return _ANYTHING
    return _Found(frozenset(chars)) if len(chars) <= _CLASS else _ANYTHING


def _branch(parts: Sequence[_Found]) -> _Found:
    if all(part.exact is not None for part in parts):
        together = frozenset().union(*(part.exact or () for part in parts))
        return _Found(together) if len(together) <= _SPELT_OUT else _Found(None, _usable([together]))
    choices = [min(map(_shortened, _usable(_groups_of(part))), key=_frequency, default=frozenset()) for part in parts]
    return _Found(None, _usable([frozenset().union(*choices)])) if all(choices) else _ANYTHING


def _repeat(least: int, most: int, inner: _Found) -> _Found:
    if least == 0:
        optional = inner.exact is not None and most == 1
        return _Found((inner.exact or frozenset()) | {""}) if optional else _ANYTHING
    if least == most == 1:
        return inner
    return _Found(None, _usable(_groups_of(inner)))
