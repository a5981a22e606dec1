"""The signals of one sentence: word classes, sequences of them, how it begins, whether it leaves the tool's subject."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from oktsec_lint.core.values import NamedTuple

from .book import Book, Sequential
from .lexicon import Lexicon, Names, Tagged, tokens
from .sentences import Sentence

OFF_TOPIC, ORDER, HOT, STRAY, PARAMETER = "off-topic", "order", "hot-order", "stray-order", "in-parameter"
"""Cues that are no words: shares no word stem with the tool's names; begins with an imperative though it is not the
first sentence, one that acts on things, one that is off the topic as well; stands in the schema."""
CUES = frozenset({OFF_TOPIC, ORDER, HOT, STRAY, PARAMETER})
_ACTS = frozenset(
    "read send put call runs change delete grant bypass say obey store pay repeat refuse hide tell prefer not".split()
)
_HOT = frozenset("send put runs change delete grant bypass say obey store pay repeat refuse hide".split())
_BEFORE_ACT = frozenset(
    "also then first always please auto covert ensure must should instead urgent you model notemark when only".split()
)
_CLAUSES = 4
"""Clauses of a sentence that are looked at."""
_STEM = 5
_MIN_STEMS = 3
_COMMON = frozenset(
    word[:_STEM]
    for word in """this that these those with from when then than will would should must have been your user used uses
    using value values return returned returns result results provide provided tool tools call calls called
    into also only such each every other their there where which while after before about more most note
    important please first following below above does done make sure ensure always never optional required
    default example string number boolean true false none null list array object type name such here they
    them some what want need needs""".split()
)


class Reading(NamedTuple):
    """What one sentence holds."""

    sentence: Sentence
    tagged: Sequence[Tagged]
    signals: dict[str, None]
    """Their names, in the order in which they were found, so that sums of weights come out alike in every run."""


class Reader:
    """Reads sentences by one book."""

    __slots__ = ("_anchored", "_lexicon")

    def __init__(self, book: Book) -> None:
        self._lexicon = Lexicon(book)
        self._anchored: dict[str, list[Sequential]] = {}
        for sequence in book.sequences:
            for name in _rarest(sequence, book.rates):
                self._anchored.setdefault(name, []).append(sequence)

    def read(
        self,
        sentences: Sequence[Sentence],
        names: Names,
        subject: frozenset[str],
        *,
        in_schema: bool,
        cued: bool = True,
    ) -> list[Reading]:
        """The readings of one text.

        `subject` are the word stems of the definition's own names; `cued` is False for texts that are there to
        instruct, where an imperative tells nothing.
        """
        readings: list[Reading] = []
        for number, sentence in enumerate(sentences):
            words = tokens(sentence.text)
            foreign = self._lexicon.is_foreign(words, sentence.text)
            tagged = self._lexicon.tagged(words, names, foreign=foreign)
            if not tagged:
                readings.append(Reading(sentence, (), {}))
                continue
            signals = dict.fromkeys(name for item in tagged for name in item.classes)
            signals.update(dict.fromkeys(self._found(tagged, foreign=foreign)))
            if number and cued:
                signals.update(dict.fromkeys(_opening(tagged, _clauses(sentence.text))))
                if _is_off_topic(sentence.text, subject):
                    signals[OFF_TOPIC] = None
                    if ORDER in signals:
                        signals[STRAY] = None
            if in_schema:
                signals[PARAMETER] = None
            readings.append(Reading(sentence, tagged, signals))
        return readings

    def _found(self, tagged: Sequence[Tagged], *, foreign: bool) -> Iterator[str]:
        places: dict[str, list[int]] = {}
        for item in tagged:
            for name in item.classes:
                places.setdefault(name, []).append(item.position)
        anchored = self._anchored
        candidates = {sequence.name: sequence for name in places if name in anchored for sequence in anchored[name]}
        for name, sequence in candidates.items():
            if (foreign or not sequence.elsewhere) and _stands_in(places, sequence):
                yield name


def _rarest(sequence: Sequential, rates: Mapping[str, float]) -> frozenset[str]:
    """The classes of the step that honest sentences hold least often: without them nothing else need be asked."""
    return min(
        (step.classes for step in sequence.steps), key=lambda classes: sum(rates.get(name, 0.0) for name in classes)
    )


def stems(text: str) -> frozenset[str]:
    """The beginnings of the telling words of a text."""
    return frozenset(word[:_STEM] for word in re.findall("[a-z]{4,}", text)) - _COMMON


def _stands_in(places: Mapping[str, list[int]], sequence: Sequential) -> bool:
    """Whether there is a way through the steps; `places` maps a class to its positions."""
    for step in sequence.steps:
        if step.classes.isdisjoint(places):
            return False
    ways: set[int] = set()
    for number, (classes, gap) in enumerate(sequence.steps):
        here = {at for name in classes if name in places for at in places[name]}
        ways = {at for at in here if not number or any(before in ways for before in range(at - gap, at))}
        if not ways:
            return False
    return True


def _opening(tagged: Sequence[Tagged], clauses: Sequence[int]) -> Iterator[str]:
    """`^class` for how the sentence begins, and whether it or one of its clauses begins with an order."""
    opening = tagged[0]
    if opening.first == 0:
        for name in opening.classes:
            yield f"^{name}"
    for start in (0, *clauses):
        order = _order(tagged, start)
        if order is not None and order.last + 1 not in clauses:
            for name in order.classes:
                if name in _ACTS:
                    yield f"^{name}"
            yield ORDER
            if not _HOT.isdisjoint(order.classes):
                yield HOT
            return


def _order(tagged: Sequence[Tagged], start: int) -> Tagged | None:
    """The imperative at a token, behind words such as `then` and `please`."""
    expected = start
    for item in tagged:
        if item.first < start:
            continue
        if item.first != expected:
            return None
        if not _ACTS.isdisjoint(item.classes):
            return item
        if _BEFORE_ACT.isdisjoint(item.classes):
            return None
        expected = item.last + 1
    return None


def _clauses(sentence: str) -> list[int]:
    """Indexes of the tokens that begin a clause: behind a comma, a colon, a dash or a bracket."""
    starts: list[int] = []
    first = 0
    for found in re.finditer(r"[,:\])] |[-=]{1,8}> ?| - ", sentence):
        starts.append((starts[-1] if starts else 0) + len(tokens(sentence[first : found.end()])))
        first = found.end()
        if len(starts) == _CLAUSES:
            break
    return starts


def _is_off_topic(sentence: str, subject: frozenset[str]) -> bool:
    words = stems(sentence)
    return len(words) >= _MIN_STEMS and words.isdisjoint(subject)
