"""From signals to a score: a sum of reviewed weights, so every finding can say what it is made of.

The score of a definition is the highest over every two neighbouring sentences of the weights of their signals and of
the pairs of parts that meet within one of them. All weights are positive: one more sentence can only raise it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from oktsec_lint.core.values import NamedTuple

from .book import Book
from .signals import CUES, OFF_TOPIC, PARAMETER

_KEPT = 4096
_FILLERS = frozenset({"stuff", "place", "all", OFF_TOPIC, PARAMETER})


class Features(NamedTuple):
    """What counts in one sentence."""

    weights: Mapping[str, float]
    total: float
    filler: bool = True
    """Whether the sentence names data or arguments at most. Such sentences do not part two that belong together."""


class Window(NamedTuple):
    """The best two neighbouring sentences: the index of the first, and what they hold."""

    first: int
    weights: Mapping[str, float]
    total: float


_NOTHING = Features({}, 0.0)


class Scale:
    """Weighs readings by one book."""

    __slots__ = ("_known", "_pairs", "_part_of", "_seen", "_weights", "known")

    def __init__(self, book: Book) -> None:
        self._part_of = {**book.part_of, **{cue: cue for cue in CUES}}
        self.known = frozenset(self._part_of)
        self._weights = book.weights
        self._pairs = book.pairs
        self._known: dict[tuple[str, ...], Features] = {}
        self._seen: dict[frozenset[str], Mapping[str, float]] = {}

    def parts(self, signals: Iterable[str]) -> frozenset[str]:
        """The parts of the grammar that signals belong to."""
        part_of = self._part_of
        return frozenset(part_of[name] for name in signals if name in part_of)

    def parts_of(self, feature: str) -> Sequence[str]:
        """The parts that a weight speaks for: two for a pair."""
        if feature in self._pairs:
            return feature.split("+")
        return (self._part_of.get(feature.removeprefix("^"), ""),)

    def features(self, signals: tuple[str, ...]) -> Features:
        """The weighed signals and pairs of one sentence."""
        known = self._known.get(signals)
        if known is None:
            weights, parts = self._weights, self.parts(signals)
            found = {name: weights[name] for name in signals if name in weights}
            found.update(self._meetings(parts))
            known = Features(found, sum(found.values()), _FILLERS.issuperset(parts))
            self._known = {} if len(self._known) > _KEPT else self._known
            self._known[signals] = known
        return known

    def best(self, sentences: Sequence[Features]) -> Window:
        """The heaviest window; the first of equals."""
        best = Window(0, {}, 0.0)
        for index, one in enumerate(sentences):
            after = sentences[index + 1] if index + 1 < len(sentences) else _NOTHING
            if one.total + after.total > best.total:
                both = {**one.weights, **after.weights}
                total = sum(both.values())
                if total > best.total:
                    best = Window(index, both, total)
        return best

    def _meetings(self, parts: frozenset[str]) -> Mapping[str, float]:
        known = self._seen.get(parts)
        if known is None:
            names = sorted(parts)
            pairs = (f"{one}+{other}" for at, one in enumerate(names) for other in names[at + 1 :])
            known = {pair: self._pairs[pair] for pair in pairs if pair in self._pairs}
            self._seen = {} if len(self._seen) > _KEPT else self._seen
            self._seen[parts] = known
        return known
