"""Definitions to hits: everything a model reads about one object, weighed as one text.

An attack may be split over a description and its parameters, so neighbouring sentences are weighed across them. A
message of the traffic is weighed alone, and it has no names of its own to be on or off the subject of.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from oktsec_lint.core.evidence import Secrets, Spot, shown
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.matchers import Encoded, PatternSet, Width
from oktsec_lint.core.model import Kind
from oktsec_lint.core.surfaces import Surface, in_words
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.core.views.text import View, raw

from .book import Book
from .lexicon import Names
from .score import Features, Scale, Window
from .sentences import Sheet, sheet
from .signals import Reader, Reading, stems

_SHOWN = 6
"""Signals that a finding names, heaviest first."""
_SHORT_NAME = 24
_SHORT, _REMEMBERED = 200, 1 << 13
"""Characters of a text whose sentences are remembered, and how many texts."""
_WORTH_PATTERNS = 4.5
"""Score by words alone from which an object is put to the patterns: three honest ones in four stay below it, and one
attack in a thousand."""
_MEANT_TO_INSTRUCT = frozenset({"server.instructions", "message.prompt"})


class Weighed(NamedTuple):
    """One sentence with where it comes from."""

    surface: Surface
    sheet: Sheet
    reading: Reading
    features: Features


class Grammar:
    """One book, ready to be put to definitions and messages."""

    def __init__(self, book: Book, families: Mapping[str, str]) -> None:
        """`families` maps parts of the grammar to the ids of the rules that report them."""
        self._book = book
        self._families = families
        self._reader = Reader(book)
        self._scale = Scale(book)
        self._sheets: dict[str, Sheet] = {}
        self._patterns = PatternSet([item.pattern for item in book.patterns], Width.NARROW)

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
        weighed = self.weigh(surfaces, decoded)
        window = self._scale.best([item.features for item in weighed])
        if window.total < self._book.review:
            return None
        pair = [item for item in weighed[window.first : window.first + 2] if item.features.total]
        chief = max(pair, key=lambda item: item.features.total).surface
        severity = self._severity(window.total, chief.kind)
        if severity is None:
            return None
        spots = sorted(_spot(item, window) for item in pair if item.surface is chief)
        return self._hit(chief, window, spots, secrets.get(chief.text, ()), severity)

    def weigh(self, surfaces: Sequence[Surface], decoded: Mapping[str, Sequence[View]]) -> list[Weighed]:
        """Every sentence of one object that says something, in order, with its features.

        `decoded` maps a text to what was encoded in it.
        """
        names, subject = _names(surfaces)
        read: list[tuple[Surface, Sheet, Reading]] = []
        for surface in surfaces:
            text = _prose(surface)
            for page in self._pages(text, decoded.get(surface.text, ())) if text else ():
                cued = surface.kind not in _MEANT_TO_INSTRUCT
                readings = self._reader.read(
                    page.sentences, names, subject, in_schema=_in_schema(surface.kind), cued=cued
                )
                read += ((surface, page, reading) for reading in readings)
        weighed = self._weighed(read)
        if self._scale.best([item.features for item in weighed]).total < _WORTH_PATTERNS:
            return weighed
        changed = self._add_patterns([reading for _, _, reading in read])
        return self._weighed(read) if changed else weighed

    def _pages(self, text: str, decoded: Sequence[View]) -> Iterator[Sheet]:
        """The sentences of a text and of what was encoded in it; short texts, which schemas repeat, are remembered."""
        page = self._sheets.get(text)
        if page is None:
            page = sheet(raw(text))
            if len(text) <= _SHORT:
                self._sheets = {} if len(self._sheets) > _REMEMBERED else self._sheets
                self._sheets[text] = page
        yield page
        yield from map(sheet, decoded)

    def _weighed(self, read: Iterable[tuple[Surface, Sheet, Reading]]) -> list[Weighed]:
        return [
            Weighed(surface, page, reading, self._scale.features(reading))
            for surface, page, reading in read
            if not self._scale.is_filler(reading)
        ]

    def _add_patterns(self, readings: Sequence[Reading]) -> bool:
        """Puts all sentences of an object to the patterns at once; whether that added anything."""
        encoded = Encoded("\n".join(reading.sentence.text for reading in readings), Width.NARROW)
        named = self._patterns.matching(encoded)
        if not named:
            return False
        before = sum(len(reading.signals) for reading in readings)
        starts = [0, *accumulate(len(reading.sentence.text) + 1 for reading in readings)]
        for index, chunks in named.items():
            for start, _ in self._patterns.spans(index, encoded, chunks, every=False):
                found = readings[bisect_right(starts, start) - 1]
                if found.tagged:
                    found.signals[self._book.patterns[index].name] = None
        return sum(len(reading.signals) for reading in readings) > before

    def _severity(self, score: float, kind: str) -> Severity | None:
        """How bad a score is. What is there to instruct the model has to be worse by one step than what is not."""
        if kind in _MEANT_TO_INSTRUCT:
            return Severity.MEDIUM if score >= self._book.enforce else None
        return Severity.HIGH if score >= self._book.enforce else Severity.MEDIUM

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
    return Names(tool.lower(), frozenset(name.lower() for name in parameters)), subject


def _prose(surface: Surface) -> str:
    """The text of a surface as far as it may say anything: names and keywords are for other rules,
    and what a user asks a tool to do is an order by nature."""
    text = surface.text
    if surface.kind == "message.argument":
        return ""
    if len(text.split()) > 1 or not text.isascii():
        return text
    return text.replace("_", " ") if len(text) > _SHORT_NAME else ""
