"""The grammar as a value: words, sequences, patterns, weights. `oktsec_lint.grammarbook` makes it from its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from oktsec_lint.core.rules import Pattern
from oktsec_lint.core.values import NamedTuple

Entry: TypeAlias = tuple[Sequence[str], Sequence[str]]
"""The words that follow the first, and the classes."""
Entries: TypeAlias = Mapping[str, Sequence[Entry]]
"""First word of an entry to the entries that begin with it, longest first."""


class Step(NamedTuple):
    """One place of a sequence: any of these classes, at most `gap` words after the step before."""

    classes: frozenset[str]
    gap: int


class Sequential(NamedTuple):
    """A signal made of word classes in order."""

    name: str
    steps: tuple[Step, ...]
    elsewhere: bool = False
    """True for orders of words that only other languages than English have."""


class Patterned(NamedTuple):
    """A signal that is one RE2 pattern over the folded sentence."""

    name: str
    pattern: Pattern


class Foreign(NamedTuple):
    """The words of other languages."""

    words: Entries
    stems: Mapping[str, Sequence[str]]
    """Beginnings of words to classes."""
    runs: Mapping[str, Sequence[str]]
    """Words of scripts that are written without spaces."""


class Book(NamedTuple):
    """Everything the grammar knows."""

    says: Mapping[str, str]
    """Part of the grammar to what it means, as a finding says it."""
    part_of: Mapping[str, str]
    """Word class or signal to its part."""
    words: Entries
    marks: frozenset[str]
    """Small words that tell a language in Latin letters; two of them in a sentence open the other lists."""
    foreign: Callable[[], Foreign]
    """The words of other languages, fetched when a text first needs them."""
    sequences: tuple[Sequential, ...]
    patterns: tuple[Patterned, ...]
    weights: Mapping[str, float]
    """Signal to its weight, in log-odds; a signal without one counts nothing. `^send` is a sentence that begins so."""
    pairs: Mapping[str, float]
    """`part+part`, in alphabetical order, to the weight of their meeting in one sentence."""
    rates: Mapping[str, float]
    """Word class to the share of honest sentences that hold it; it only decides what is looked for first."""
    review: float
    """Score from which a definition is shown for review."""
    enforce: float
    """Score from which it is withheld."""
    said_review: float
    """The same for a text of the traffic, which may be a whole document: out of many sentences one may sound like an
    order."""
    said_enforce: float
