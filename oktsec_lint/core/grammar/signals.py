"""The signals of one sentence: word classes, sequences of them, how it begins, whether it leaves the tool's subject."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from oktsec_lint.core.mentions import without_mentions
from oktsec_lint.core.values import NamedTuple

from .asides import without_asides
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
_MARKER = r"^(?:[-+•–] ?|\d{1,2}[.)] ?|[a-z]\) )"
"""What an item of a list begins with."""
STOPS = ".;!?"
"""What ends a sentence, or a piece of one."""
_CLAUSES = 4
"""Clauses of a sentence that are looked at."""
_SHORT, _REMEMBERED = 200, 1 << 11
"""Characters of a sentence whose reading is remembered, and how many sentences."""
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
    signals: tuple[str, ...]
    """Their names, in the order in which they were found, so that sums of weights come out alike in every run."""


class Plain(NamedTuple):
    """What a sentence holds whoever says it."""

    text: str
    """The sentence as it was meant to be spelt."""
    words: Sequence[str]
    foreign: bool
    tagged: Sequence[Tagged]
    signals: tuple[str, ...]


class Reader:
    """Reads sentences by one book."""

    __slots__ = ("_anchored", "_bits", "_known", "_lexicon")

    def __init__(self, book: Book) -> None:
        self._lexicon = Lexicon(book)
        self._known: dict[str, Plain] = {}
        stepped = {name for sequence in book.sequences for step in sequence.steps for name in step.classes}
        self._bits = {name: 1 << at for at, name in enumerate(sorted(stepped))}
        self._anchored: dict[str, list[tuple[Sequential, tuple[int, ...]]]] = {}
        for sequence in book.sequences:
            masks = tuple(sum(map(self._bits.__getitem__, step.classes)) for step in sequence.steps)
            for name in _rarest(sequence, book.rates):
                self._anchored.setdefault(name, []).append((sequence, masks))

    def read(
        self,
        sentences: Sequence[Sentence],
        names: Names,
        subject: frozenset[str] | None,
        *,
        in_schema: bool,
        cued: bool = True,
    ) -> list[Reading]:
        """The readings of one text.

        `subject` are the word stems of the definition's own names, None for what has none; `cued` is False for texts
        that are there to instruct, where an imperative tells nothing.
        """
        readings: list[Reading] = []
        known = self._kept(subject)
        for number, written in enumerate(sentences):
            plain = known.get(written.text) or self._plain(written.text, known)
            sentence = written if plain.text == written.text else written._replace(text=plain.text)
            if not names.keys().isdisjoint(plain.words):
                plain = self._renamed(plain, names)
            signals = plain.signals
            if plain.tagged and number and cued:
                signals = tuple(dict.fromkeys((*signals, *_cues(sentence.text, plain.tagged, subject))))
            if plain.tagged and in_schema:
                signals = (*signals, PARAMETER)
            readings.append(Reading(sentence, plain.tagged, signals))
        return readings

    def rejoined(self, pieces: Sequence[Reading], subject: frozenset[str] | None, *, cued: bool) -> Reading:
        """Pieces of one sentence as a whole, which begins as the first does and stands where it stands."""
        first, *others = (piece.sentence.text.rstrip(STOPS) for piece in pieces)
        text = " ".join((first, *(re.sub(_MARKER, "", other) for other in others)))
        known = self._kept(subject)
        plain = known.get(text) or self._plain(text, known)
        cues = _cues(plain.text, plain.tagged, subject) if cued and plain.tagged else ()
        signals = dict.fromkeys((*plain.signals, *pieces[0].signals, *cues))
        return Reading(pieces[0].sentence._replace(text=plain.text), plain.tagged, tuple(signals))

    def _kept(self, subject: frozenset[str] | None) -> dict[str, Plain]:
        """Where readings are remembered: what is said in the traffic is new nearly every time."""
        return self._known if subject is not None else {}

    def _plain(self, sentence: str, known: dict[str, Plain]) -> Plain:
        """The reading of a sentence by itself; short ones, which many definitions share, are kept among `known`."""
        plain = self._as_spelt(without_mentions(without_asides(sentence)))
        meant = {} if plain.foreign else self._lexicon.misspelt(plain.words)
        if meant:
            plain = self._as_spelt(re.sub("[a-z]+", lambda word: meant.get(word[0], word[0]), plain.text))
        if len(sentence) <= _SHORT:
            if len(known) > _REMEMBERED:
                known.clear()
            known[sentence] = plain
        return plain

    def _as_spelt(self, sentence: str) -> Plain:
        words = tokens(sentence)
        foreign = self._lexicon.is_foreign(words, sentence)
        tagged = self._lexicon.tagged(words, {}, foreign=foreign)
        return Plain(sentence, words, foreign, tagged, self._signals(tagged, foreign=foreign))

    def _renamed(self, plain: Plain, names: Names) -> Plain:
        """The reading of a sentence that holds names of the definition."""
        tagged = self._lexicon.tagged(plain.words, names, foreign=plain.foreign)
        return plain._replace(tagged=tagged, signals=self._signals(tagged, foreign=plain.foreign))

    def _signals(self, tagged: Sequence[Tagged], *, foreign: bool) -> tuple[str, ...]:
        """The classes of the words and the sequences of them."""
        places: dict[str, list[int]] = {}
        for item in tagged:
            for name in item.classes:
                places.setdefault(name, []).append(item.position)
        return (*places, *self._found(places, foreign=foreign))

    def _found(self, places: Mapping[str, list[int]], *, foreign: bool) -> Iterator[str]:
        anchored, bits = self._anchored, self._bits
        held = sum(bits[name] for name in places if name in bits)
        candidates = {
            sequence.name: sequence
            for name in places
            if name in anchored
            for sequence, masks in anchored[name]
            if all(map(held.__and__, masks))
        }
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
    ways: set[int] = set()
    for number, (classes, gap) in enumerate(sequence.steps):
        here = {at for name in classes if name in places for at in places[name]}
        ways = {at for at in here if not ways.isdisjoint(range(at - gap, at))} if number else here
        if not ways:
            return False
    return True


def _cues(sentence: str, tagged: Sequence[Tagged], subject: frozenset[str] | None) -> Iterator[str]:
    """What only a sentence behind others tells: how it begins, and whether it leaves the subject."""
    orders = False
    for cue in _opening(tagged, sentence):
        orders = orders or cue == ORDER
        yield cue
    if subject is not None and _is_off_topic(sentence, subject):
        yield OFF_TOPIC
        if orders:
            yield STRAY


def _opening(tagged: Sequence[Tagged], sentence: str) -> Iterator[str]:
    """`^class` for how the sentence begins, and whether it or one of its clauses begins with an order."""
    opening = tagged[0]
    if opening.first == 0:
        for name in opening.classes:
            yield f"^{name}"
    if all(_ACTS.isdisjoint(item.classes) for item in tagged):
        return
    clauses = tuple(_clauses(sentence))
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


def _clauses(sentence: str) -> Iterator[int]:
    """Indexes of the tokens that begin a clause: behind a comma, a colon, a dash or a bracket."""
    start = first = 0
    for found in islice(re.finditer(r"[,:\])] |[-=]{1,8}> ?| - ", sentence), _CLAUSES):
        start += len(tokens(sentence[first : found.end()]))
        yield start
        first = found.end()


def _is_off_topic(sentence: str, subject: frozenset[str]) -> bool:
    words = stems(sentence)
    return len(words) >= _MIN_STEMS and words.isdisjoint(subject)
