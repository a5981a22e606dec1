"""From signals to a score: a sum of reviewed weights, so every finding can say what it is made of.

What counts in a sentence are its signals and the pairs of parts that meet in it; what only a neighbouring sentence
holds counts in part. The heaviest counts in full and each lighter one less than the one before: an attack has a few
things that honest text hardly ever says, a long honest sentence has many that it sometimes says. The score of a
definition is the highest over its sentences. All weights are positive: one more signal or sentence can only raise it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from oktsec_lint.core.values import NamedTuple

from .book import Book
from .signals import CUES, OFF_TOPIC, PARAMETER

FADE = 0.85
"""What each weight counts for, as a share of the next heavier one's."""
ASIDE = 0.7
"""What the neighbouring sentence counts for."""
_KEPT = 4096
_ROUNDING = 1e-9
"""More than sums of the same weights in another order may differ by."""
_FILLERS = frozenset({"stuff", "place", "all", OFF_TOPIC, PARAMETER})


class Features(NamedTuple):
    """What counts in one sentence, and its plain sum."""

    weights: Mapping[str, float]
    total: float
    filler: bool = True
    """Whether the sentence names data or arguments at most. Such sentences do not part two that belong together."""


class Window(NamedTuple):
    """The best sentence with its neighbour: the index of the first, and what each feature adds to the total."""

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

    def reaches(self, sentences: Sequence[Features], total: float) -> bool:
        """Whether some window is that heavy. Its plain sum is no less than the faded one, and far cheaper to tell."""
        before, least = _NOTHING, total - _ROUNDING
        for item in sentences:
            light, heavy = sorted((before.total, item.total))
            if heavy + ASIDE * light >= least:
                pairs = ((before, item), (item, before))
                if any(_faded(_together(main, aside).values()) >= total for main, aside in pairs):
                    return True
            before = item
        return False

    def best(self, sentences: Sequence[Features]) -> Window:
        """The heaviest window; the first of equals."""
        first, best, total = 0, _NOTHING.weights, 0.0
        for index, (one, after) in enumerate(pairwise((*sentences, _NOTHING))):
            for main, aside in ((one, after), (after, one)):
                if main.total + ASIDE * aside.total > total:
                    weights = _together(main, aside)
                    faded = _faded(weights.values())
                    if faded > total:
                        first, best, total = index, weights, faded
        return Window(first, _shares(best), total)

    def _meetings(self, parts: frozenset[str]) -> Mapping[str, float]:
        known = self._seen.get(parts)
        if known is None:
            names = sorted(parts)
            pairs = (f"{one}+{other}" for at, one in enumerate(names) for other in names[at + 1 :])
            known = {pair: self._pairs[pair] for pair in pairs if pair in self._pairs}
            self._seen = {} if len(self._seen) > _KEPT else self._seen
            self._seen[parts] = known
        return known


def _together(main: Features, aside: Features) -> Mapping[str, float]:
    return {**{name: ASIDE * weight for name, weight in aside.weights.items()}, **main.weights}


def _faded(weights: Iterable[float]) -> float:
    total = 0.0
    for weight in sorted(weights):
        total = total * FADE + weight
    return total


def _shares(weights: Mapping[str, float]) -> Mapping[str, float]:
    """What each weight adds to the faded sum."""
    heaviest = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    return {name: weight * FADE**rank for rank, (name, weight) in enumerate(heaviest)}
