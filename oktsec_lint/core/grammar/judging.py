"""Definitions to hits: everything a model reads about one object, weighed as one text.

An attack may be split over a description and its parameters, so neighbouring sentences are weighed across them. A
message of the traffic is weighed alone, and it has no names of its own to be on or off the subject of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from oktsec_lint.core.evidence import Secrets, Spot, shown
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.model import Kind
from oktsec_lint.core.surfaces import Surface, in_words
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.core.views.text import View, raw

from .book import Book
from .joints import borders, is_cut, is_lowered, lines, runs
from .lexicon import Names
from .patterns import Patterns
from .score import Features, Scale, Window
from .sentences import Sheet, sheet
from .signals import Reader, Reading, stems

_WORTH_SHOWING = 0.5
"""What a neighbouring sentence has to add to a score to be pointed at."""
_SHOWN = 6
"""Signals that a finding names, heaviest first."""
_SHORT_NAME = 24
_SHORTEST_NAME = 3
_SHORT, _REMEMBERED = 200, 1 << 11
"""Characters of a text whose sentences are remembered, and how many texts."""
_WORTH_PATTERNS = 4.0
"""Score by words alone from which an object is put to the patterns: three honest ones in four stay below it, and one
attack in a thousand."""
_MEANT_TO_INSTRUCT = frozenset({"server.instructions", "message.prompt"})


class Weighed(NamedTuple):
    """One sentence with where it comes from."""

    surface: Surface
    sheet: Sheet
    reading: Reading
    features: Features


class _Read(NamedTuple):
    """One sentence with what it holds."""

    surface: Surface
    sheet: Sheet
    reading: Reading


class _Object(NamedTuple):
    """One object as far as its words tell."""

    weighed: Sequence[Weighed]
    doubtful: Sequence[_Read]
    """All its sentences, those that may have been cut in two as wholes too, if they say enough to be put to the
    patterns."""


_SILENT = _Object((), ())
"""An object without a text that could say anything."""


class Grammar:
    """One book, ready to be put to definitions and messages."""

    def __init__(self, book: Book, families: Mapping[str, str]) -> None:
        """`families` maps parts of the grammar to the ids of the rules that report them."""
        self._book = book
        self._families = families
        self._reader = Reader(book)
        self._scale = Scale(book)
        self._sheets: dict[str, Sheet] = {}
        self._patterns = Patterns(book.patterns)

    def hits(
        self, surfaces: Iterable[Surface], secrets: Mapping[str, Secrets], decoded: Mapping[str, Sequence[View]]
    ) -> Iterator[Hit]:
        """At most one hit an object of a definition, and one a text of the traffic, in their order."""
        for group in _objects(surfaces):
            hit = self.hit(group, secrets, decoded)
            if hit is not None:
                yield hit

    def hit(
        self, surfaces: Sequence[Surface], secrets: Mapping[str, Secrets], decoded: Mapping[str, Sequence[View]]
    ) -> Hit | None:
        """What is wrong with the texts of one object, if anything. `secrets` maps a text to what must not be shown."""
        return self._judged(self.weigh(surfaces, decoded), secrets)

    def weigh(self, surfaces: Sequence[Surface], decoded: Mapping[str, Sequence[View]]) -> Sequence[Weighed]:
        """Every sentence of one object that says something, in order, with its features.

        `decoded` maps a text to what was encoded in it.
        """
        return self._by_patterns(self._by_words(surfaces, decoded))

    def score(self, surfaces: Sequence[Surface]) -> float:
        """How much one object sounds like an attack; what is encoded in its texts does not count."""
        return self._scale.best([item.features for item in self.weigh(surfaces, {})]).total

    def _judged(self, weighed: Sequence[Weighed], secrets: Mapping[str, Secrets]) -> Hit | None:
        features = [item.features for item in weighed]
        least = self._points(weighed[0].surface.kind)[0] if weighed else 0.0
        if not self._scale.reaches(features, least):
            return None
        window = self._scale.best(features)
        pair = [item for item in weighed[window.first : window.first + 2] if item.features.total]
        heaviest = max(pair, key=lambda item: item.features.total)
        pair, chief = [item for item in pair if item is heaviest or _adds(item, heaviest, window)], heaviest.surface
        severity = self._severity(window.total, chief.kind)
        if severity is None:
            return None
        spots = sorted(_spot(item, window) for item in pair if item.surface is chief)
        return self._hit(chief, window, spots, secrets.get(chief.text, ()), severity)

    def _by_words(self, surfaces: Sequence[Surface], decoded: Mapping[str, Sequence[View]]) -> _Object:
        """The sentences of one object, weighed by their words alone."""
        prose = [(surface, text) for surface in surfaces if (text := _prose(surface))]
        if not prose:
            return _SILENT
        names, subject = ({}, None) if _stands_alone(surfaces[0]) else _names(surfaces)
        read: list[_Read] = []
        for surface, text in prose:
            for page in self._pages(text, decoded.get(surface.text, ()), kept=subject is not None):
                cued = surface.kind not in _MEANT_TO_INSTRUCT
                readings = self._reader.read(
                    page.sentences, names, subject, in_schema=_in_schema(surface.kind), cued=cued
                )
                read += [_Read(surface, page, reading) for reading in readings]
        cut = is_cut(read) or any(is_lowered(text) for _, text in prose)
        whole = [*read, *self._joined(runs(read), read[0], subject)] if cut else read
        weighed = self._weighed(whole)
        if not self._scale.reaches([item.features for item in weighed], _WORTH_PATTERNS):
            return _Object(weighed, ())
        if subject is None:  # the traffic carries code, whose lines end as those of lists do
            return _Object(weighed, whole)
        halves = chain(borders(read), lines(read))
        return _Object(weighed, [*whole, *self._joined(halves, read[0], subject)])

    def _by_patterns(self, found: _Object) -> Sequence[Weighed]:
        """The same with the patterns that match in each sentence, if its words are worth that."""
        return self._weighed(map(self._with_patterns, found.doubtful)) if found.doubtful else found.weighed

    def _with_patterns(self, item: _Read) -> _Read:
        """A sentence with the patterns that match in it among its signals; one without a known word has none."""
        surface, page, reading = item
        names = self._patterns.names(reading.sentence.text) if reading.tagged else ()
        if not names:
            return item
        return _Read(surface, page, reading._replace(signals=tuple(dict.fromkeys((*reading.signals, *names)))))

    def _joined(
        self, found: Iterable[Sequence[_Read]], first: _Read, subject: frozenset[str] | None
    ) -> Iterator[_Read]:
        """What was cut into pieces as whole sentences, each at the place of its first piece. `first` is the object's
        first sentence."""
        for run in found:
            cued = run[0] is not first and run[0].surface.kind not in _MEANT_TO_INSTRUCT
            yield run[0]._replace(reading=self._reader.rejoined([piece.reading for piece in run], subject, cued=cued))

    def _pages(self, text: str, decoded: Sequence[View], *, kept: bool) -> Iterator[Sheet]:
        """The sentences of a text and of what was encoded in it. Short texts, which schemas repeat, may be `kept`;
        what is said in the traffic is new nearly every time."""
        page = self._sheets.get(text)
        if page is None:
            page = sheet(raw(text))
            if kept and len(text) <= _SHORT:
                self._sheets = {} if len(self._sheets) > _REMEMBERED else self._sheets
                self._sheets[text] = page
        yield page
        yield from map(sheet, decoded)

    def _weighed(self, read: Iterable[_Read]) -> list[Weighed]:
        weigh = self._scale.features
        return [
            Weighed(surface, page, reading, features)
            for surface, page, reading in read
            if not (features := weigh(reading.signals)).filler
        ]

    def _points(self, kind: str) -> tuple[float, float]:
        """From which score on a text of this kind is shown, and withheld."""
        if kind.startswith("message."):
            return self._book.said_review, self._book.said_enforce
        if kind in _MEANT_TO_INSTRUCT:  # they are many sentences too, and only show what would withhold a tool
            return self._book.review, max(self._book.enforce, self._book.said_review)
        return self._book.review, self._book.enforce

    def _severity(self, score: float, kind: str) -> Severity | None:
        """How bad a score is. What is there to instruct the model has to be worse by one step than what is not."""
        review, enforce = self._points(kind)
        if score < (enforce if kind in _MEANT_TO_INSTRUCT else review):
            return None
        return Severity.HIGH if score >= enforce and kind not in _MEANT_TO_INSTRUCT else Severity.MEDIUM

    def _hit(self, chief: Surface, window: Window, spots: Iterable[Spot], secrets: Secrets, severity: Severity) -> Hit:
        part = self._chief_part(window)
        says = self._book.says.get(part, "speaks to the model rather than about itself")
        return Hit(
            self._families[part],
            f"{in_words(chief.kind)} {says} (score {window.total:.1f}: {_breakdown(window)})",
            chief.subject,
            chief.pointer,
            chief.place,
            tuple(shown(chief.text, spot, secrets) for spot in spots),
            severity,
        )

    def _chief_part(self, window: Window) -> str:
        """The part that weighs most, of those that a rule reports."""
        sums = dict.fromkeys(self._families, 0.0)
        for feature, weight in window.weights.items():
            for part in self._scale.parts_of(feature):
                if part in sums:
                    sums[part] += weight
        return max(sums, key=lambda part: (sums[part], part))


def _adds(item: Weighed, heaviest: Weighed, window: Window) -> bool:
    """Whether a sentence says enough that its neighbour does not: others only take the eye off."""
    others = heaviest.features.weights
    own = (weight for name, weight in window.weights.items() if name in item.features.weights and name not in others)
    return sum(own) >= _WORTH_SHOWING


def _breakdown(window: Window) -> str:
    heaviest = sorted(window.weights.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]
    return ", ".join(f"{name} {weight:.1f}" for name, weight in heaviest)


def _spot(item: Weighed, window: Window) -> Spot:
    """A sentence in the original text, with its weightiest signals as the note."""
    sentence, view = item.reading.sentence, item.sheet.view
    text = view.text[sentence.start : sentence.end]
    start = sentence.start + len(text) - len(text.lstrip())
    named = (name for name in item.reading.signals if name in window.weights)
    signals = ", ".join(sorted(named, key=lambda name: (-window.weights[name], name))[:_SHOWN])
    note = "; ".join(filter(None, (view.note, signals)))
    return Spot(*view.span(start, start + len(text.strip())), note)


def _objects(surfaces: Iterable[Surface]) -> Iterator[list[Surface]]:
    """Neighbouring surfaces of one object; a message is one by itself."""
    group: list[Surface] = []
    for surface in surfaces:
        if group and (surface.subject is not group[-1].subject or _stands_alone(surface) or _stands_alone(group[-1])):
            yield group
            group = []
        group.append(surface)
    if group:
        yield group


def _stands_alone(surface: Surface) -> bool:
    return surface.kind.startswith("message.") or surface.kind in _MEANT_TO_INSTRUCT


def _in_schema(kind: str) -> bool:
    return not kind.endswith((".description", ".instructions")) and not kind.startswith("message.")


def _names(surfaces: Iterable[Surface]) -> tuple[Names, frozenset[str]]:
    """What an object calls itself and its parameters."""
    tool, parameters = "", set()
    for surface in surfaces:
        if surface.pointer == "/name" and surface.subject.kind is Kind.TOOL:
            tool = surface.text
        elif surface.kind.endswith(".key") and surface.pointer.rpartition("/")[0].endswith("/properties"):
            parameters.add(surface.text)
    split = re.sub("([a-z])([A-Z])", r"\1 \2", " ".join((tool, *sorted(parameters)))).lower()
    subject = stems(re.sub("[_-]", " ", split))
    own = dict.fromkeys(map(str.lower, parameters), "ownparam")
    if not tool.isalpha():  # a tool that is called `fetch` owns no word of English
        own.setdefault(tool.lower(), "owntool")
    return {name: kind for name, kind in own.items() if len(name) >= _SHORTEST_NAME}, subject


def _prose(surface: Surface) -> str:
    """The text of a surface as far as it may say anything: names and keywords are for other rules,
    and what a user asks a tool to do is an order by nature."""
    text = surface.text
    if surface.kind == "message.argument":
        return ""
    if len(text.split()) > 1 or not text.isascii():
        return text
    return text.replace("_", " ") if len(text) > _SHORT_NAME else ""
