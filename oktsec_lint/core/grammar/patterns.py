"""The patterns of a book that match in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from oktsec_lint.core.matchers import Encoded, PatternSet, Width

from .book import Patterned

_SHORT, _REMEMBERED = 200, 1 << 12
"""Characters of a sentence whose patterns are remembered, and how many sentences."""


class Patterns:
    """A sentence sees nothing of the ones beside it, so what it holds is told by its text alone."""

    def __init__(self, patterns: Sequence[Patterned]) -> None:
        self._names = [item.name for item in patterns]
        self._patterns = PatternSet([item.pattern for item in patterns], Width.NARROW)
        self._known: dict[str, Sequence[str]] = {}

    def names(self, sentence: str) -> Sequence[str]:
        """The names of those that match somewhere in a folded sentence, in the order of the book."""
        found = self._known.get(sentence)
        if found is None:
            found = self._found(sentence)
            if len(sentence) <= _SHORT:
                self._known = {} if len(self._known) > _REMEMBERED else self._known
                self._known[sentence] = found
        return found

    def _found(self, sentence: str) -> Sequence[str]:
        encoded = Encoded(sentence, Width.NARROW)
        possible = self._patterns.matching(encoded)
        return tuple(
            self._names[index] for index, chunks in possible.items() if self._patterns.matches(index, encoded, chunks)
        )
