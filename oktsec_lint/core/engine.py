"""Surfaces to hits: every rule that is patterns, over every reading of every text.

The engine knows no policy and no message: it says what matched and where, in original characters. Nothing inside a
text can switch a rule off, and what could not be read is reported as unfinished. All budgets are sizes, so the same
input always gives the same answer.

A text is read once for all rules and remembered by its characters while a call lasts: the schemas of a server repeat
the same few words hundreds of times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from .evidence import Secrets, Spot, shown
from .findings import Hit, Unfinished
from .grammar import Book, Grammar
from .matchers import Encoded, PatternSet, Width, find_spans, source, width_of
from .mentions import mentions
from .model import Kind, Subject
from .rules import Pattern, Rule
from .surfaces import DEFINITION_KINDS, MESSAGE_KINDS, Surface, expand, in_words
from .values import NamedTuple
from .views import Views, views_of
from .views.decoding import MAX_ROUNDS
from .views.disguises import TECHNIQUES, Disguise
from .views.text import View

_SHOWN = 5
"""Spans of one rule in one text that become evidence."""
_MASKED = 200
"""Spans of a sensitive rule that are looked for, so that no secret is shown beside another finding."""
_EXCUSED = 200
"""Matches of one pattern in one text that exclude patterns may excuse; the next one counts, whatever surrounds it."""
_TRIED = 20_000
"""Matches of one pattern in one text that are put to its validator; the next one counts untried."""
_SHORT, _REMEMBERED = 80, 1 << 14
"""Characters of a text whose reading is remembered, and how many readings."""
_NOBODY = Subject("", Kind.TOOL, "")
_DEFINITIONS, _MESSAGES = frozenset(DEFINITION_KINDS), frozenset(MESSAGE_KINDS)
_EXCUSE_REACH = 256
_LINE_REACH = 4096
_TOO_DEEP = f"something in this text is encoded more than {MAX_ROUNDS} times over and was not read"


class Engine:
    """A rulebook ready to be put to texts. Patterns compile when the first text of their kind arrives."""

    def __init__(self, rules: Iterable[Rule], book: Book | None = None) -> None:
        """Raises ValueError for rules of the attack grammar without its book: they must not be passed over."""
        every = tuple(rules)
        self._rules = tuple(rule for rule in every if rule.patterns or rule.check in TECHNIQUES)
        self._panels: dict[frozenset[str], _Panel] = {}
        families = {part: rule.id for rule in every for part in rule.parts}
        if families and book is None:
            raise ValueError("rules of the attack grammar need its book")
        self._grammar = Grammar(book, families) if book is not None and families else None

    def inspect(self, surfaces: Iterable[Surface]) -> tuple[list[Hit], list[Unfinished]]:
        """At most one hit a rule and surface, in the order of the surfaces, and what could not be read."""
        hits: list[Hit] = []
        unfinished: list[Unfinished] = []
        every = tuple(surfaces)
        messages = self._readings(every, _MESSAGES)
        definitions = self._readings(every, _DEFINITIONS)
        for surface in every:
            reading = (messages if surface.kind in _MESSAGES else definitions)[surface.text]
            if reading is not _CLEAN:
                hits += _hits(surface, reading)
                if reading.exhausted:
                    unfinished.append(Unfinished(surface.subject, _TOO_DEEP, surface.pointer))
        if self._grammar is not None:
            read = {**definitions, **messages}
            secrets = {text: item.secrets for text, item in read.items() if item.secrets}
            decoded = {text: item.decoded for text, item in read.items() if item.decoded}
            hits += self._grammar.hits(every, secrets, decoded)
        return hits, unfinished

    def secrets(self, texts: Iterable[str]) -> Mapping[str, Secrets]:
        """Where texts of definitions hold what sensitive rules match."""
        described = [Surface("tool.description", text, _NOBODY, "") for text in texts]
        return {text: item.secrets for text, item in self._readings(described, _DEFINITIONS).items() if item.secrets}

    def _readings(self, surfaces: Iterable[Surface], kinds: frozenset[str]) -> Mapping[str, _Reading]:
        """What the rules for these kinds say about the texts of such surfaces. Panels are made when first needed:
        definitions and messages seldom meet in one run."""
        texts = {surface.text: None for surface in surfaces if surface.kind in kinds}
        if texts and kinds not in self._panels:
            self._panels[kinds] = _Panel(self._rules, kinds)
        return self._panels[kinds].read(texts) if texts else {}


class _Reading(NamedTuple):
    """What all rules of a panel have to say about one text."""

    found: tuple[tuple[_Entry, tuple[Spot, ...]], ...] = ()
    secrets: Secrets = ()
    exhausted: bool = False
    decoded: tuple[View, ...] = ()
    """What was encoded in the text, as it is written there."""


_CLEAN = _Reading()


class _Entry(NamedTuple):
    """A rule with the surface kinds it is for."""

    rule: Rule
    kinds: frozenset[str]


class _Reference(NamedTuple):
    """Whose pattern an index of a pattern set is."""

    entry: _Entry
    pattern: int

    @property
    def source(self) -> Pattern:
        return self.entry.rule.patterns[self.pattern]


class _Lens(NamedTuple):
    """The patterns that look at one kind of reading."""

    patterns: PatternSet
    references: tuple[_Reference, ...]


class _Panel:
    """The rules for definitions, or those for messages."""

    def __init__(self, rules: Iterable[Rule], kinds: frozenset[str]) -> None:
        self._known: dict[str, _Reading] = {}
        entries = [_Entry(rule, kinds & _kinds(rule)) for rule in rules]
        entries = [entry for entry in entries if entry.kinds]
        self._raw = _lenses(entries, "raw")
        self._folded = _lenses(entries, "folded")
        self._disguises = {entry.rule.check: entry for entry in entries if entry.rule.check in TECHNIQUES}

    def read(self, texts: Iterable[str]) -> Mapping[str, _Reading]:
        """The reading of each text. Short ones are remembered from call to call: types, names and the like make up
        most texts of most manifests."""
        self._known = {} if len(self._known) > _REMEMBERED else self._known
        found = {text: self._known.get(text) for text in texts}
        fresh = [views_of(text) for text, reading in found.items() if reading is None]
        new = {views.written[0].text: self._look(views) for views in fresh}
        self._known.update((text, reading) for text, reading in new.items() if len(text) <= _SHORT)
        return {text: reading or new[text] for text, reading in found.items()}

    def _look(self, views: Views) -> _Reading:
        search = _Search(views.written[0].text)
        search.look(self._raw, views.written)
        if self._folded:
            search.look(self._folded, views.folded)
        for disguise in views.disguises if self._disguises else ():
            search.note(disguise, self._disguises.get(disguise.name))
        decoded = views.written[1:]
        if not (search.matched or views.exhausted or decoded):
            return _CLEAN
        return search.reading(exhausted=views.exhausted)._replace(decoded=decoded)


def _kinds(rule: Rule) -> frozenset[str]:
    return frozenset().union(*map(expand, rule.applies_to))


def _lenses(entries: Sequence[_Entry], reading: str) -> tuple[_Lens, ...]:
    """The patterns for one reading, by width. Rules of ours keep the width limit (tested); of others nobody knows."""
    groups: dict[Width, list[_Reference]] = {}
    for entry in entries:
        if reading in entry.rule.views:
            for index, pattern in enumerate(entry.rule.patterns):
                width = width_of(pattern, bounded=not entry.rule.origin)
                groups.setdefault(width, []).append(_Reference(entry, index))
    return tuple(
        _Lens(PatternSet([item.source for item in group], width), tuple(group)) for width, group in groups.items()
    )


class _Search:
    """The matches in one text so far, by rule and pattern."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.matched: dict[str, dict[int, list[Spot]]] = {}
        self.entries: dict[str, _Entry] = {}
        self._excused: set[tuple[str, int, int]] = set()

    def look(self, lenses: Iterable[_Lens], views: Iterable[View]) -> None:
        """Through every lens at every view."""
        for view in views:
            for lens in lenses:
                self._through(lens, view)

    def _through(self, lens: _Lens, view: View) -> None:
        encoded = Encoded(view.text, lens.patterns.width)
        named = lens.patterns.matching(encoded)
        for index, chunks in named.items() if named else ():
            entry, pattern = lens.references[index]
            if view.name == "decoded" and "decoded" not in entry.rule.views:
                continue
            check = entry.rule.patterns[pattern].validate
            spans = lens.patterns.spans(index, encoded, chunks, every=bool(check) or _has_excuses(entry.rule))
            spots = list(self._spots(entry.rule, view, _confirmed(check, view.text, spans) if check else spans))
            if spots:
                self.entries[entry.rule.id] = entry
                self.matched.setdefault(entry.rule.id, {}).setdefault(pattern, []).extend(spots)

    def note(self, disguise: Disguise, entry: _Entry | None) -> None:
        """A place where the text hides something, for the rule that is about it."""
        if entry:
            spot = Spot(disguise.start, disguise.end, disguise.note, disguise.plain)
            self.entries[entry.rule.id] = entry
            self.matched.setdefault(entry.rule.id, {}).setdefault(0, []).append(spot)

    def _spots(self, rule: Rule, view: View, spans: Iterator[tuple[int, int]]) -> Iterator[Spot]:
        wanted = _MASKED if rule.sensitive else _SHOWN
        excused = 0
        for span in spans:
            if wanted == 0:
                return
            note = view.note or _folding_note(self.text, view, span)
            spot = Spot(*view.span(*span), note, view.text[slice(*span)] if view.name == "decoded" else "")
            if excused < _EXCUSED and _has_excuses(rule) and self._is_excused(rule, view, span, spot):
                excused += 1
                continue
            wanted -= 1
            yield spot

    def _is_excused(self, rule: Rule, view: View, span: tuple[int, int], spot: Spot) -> bool:
        """Whether an exclude pattern covers the match, here or in an earlier reading that showed its quotation marks.
        What was decoded has no memory: all of a blob maps to one place."""
        key = (rule.id, spot.start, spot.end)
        if view.name == "decoded":
            return self._is_covered(rule, view, span, spot)
        if key not in self._excused and self._is_covered(rule, view, span, spot):
            self._excused.add(key)
        return key in self._excused

    def _is_covered(self, rule: Rule, view: View, span: tuple[int, int], spot: Spot) -> bool:
        if rule.excludes_line and view.name != "decoded":
            line = _line_around(self.text, spot.start)
            return any(next(find_spans(source(pattern), line), None) for pattern in rule.exclude_patterns)
        first = max(0, span[0] - _EXCUSE_REACH)
        around = view.text[first : span[1] + _EXCUSE_REACH]
        excuses = chain.from_iterable(find_spans(source(pattern), around) for pattern in rule.exclude_patterns)
        if rule.spares_mentions:
            excuses = chain(excuses, mentions(around))
        return any(first + start <= span[0] and span[1] <= first + end for start, end in excuses)

    def reading(self, *, exhausted: bool) -> _Reading:
        found: list[tuple[_Entry, tuple[Spot, ...]]] = []
        secrets: list[tuple[int, int]] = []
        for rule_id, by_pattern in sorted(self.matched.items()):
            entry = self.entries[rule_id]
            if entry.rule.match_all and len(by_pattern) < len(entry.rule.patterns):
                continue
            spots = _outermost(spot for spots in by_pattern.values() for spot in spots)
            found.append((entry, spots[:_SHOWN]))
            secrets += [(spot.start, _end_of_secret(self.text, spot)) for spot in spots if entry.rule.sensitive]
        return _Reading(tuple(found), tuple(secrets), exhausted)


def _has_excuses(rule: Rule) -> bool:
    return bool(rule.exclude_patterns) or rule.spares_mentions


def _confirmed(check: str, text: str, spans: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The matches that pass the check their pattern names."""
    from .validators import passes  # few texts come that far

    for number, (start, end) in enumerate(spans):
        if number >= _TRIED or passes(check, text[start:end]):
            yield start, end


def _outermost(spots: Iterable[Spot]) -> tuple[Spot, ...]:
    """Spots in reading order without those that lie inside another."""
    kept: list[Spot] = []
    for spot in sorted(spots, key=lambda spot: (spot.start, -spot.end)):
        if not kept or spot.end > kept[-1].end:
            kept.append(spot)
    return tuple(kept)


def _end_of_secret(text: str, spot: Spot) -> int:
    """Where the word or the key block ends: a pattern need not see all of a secret, but nobody shall."""
    last = min(len(text), spot.end + _LINE_REACH)
    if text.startswith("-----BEGIN", spot.start):
        foot = text.find("-----END", spot.end, last)
        return foot if foot > 0 else last
    return next((at for at in range(spot.end, last) if text[at].isspace() or text[at] in "\"'`"), last)


def _line_around(text: str, offset: int) -> str:
    start = max(text.rfind("\n", 0, offset) + 1, offset - _LINE_REACH)
    end = text.find("\n", offset)
    return text[start : min(len(text) if end < 0 else end, offset + _LINE_REACH)]


def _folding_note(text: str, view: View, span: tuple[int, int]) -> str:
    if view.name != "folded":
        return ""
    start, end = view.span(*span)
    original = text[start:end]
    return "" if original.isascii() and original.isprintable() else "read with its letters folded"


def _hits(surface: Surface, reading: _Reading) -> Iterator[Hit]:
    for entry, spots in reading.found:
        if surface.kind in entry.kinds:
            evidence = tuple(shown(surface.text, spot, reading.secrets) for spot in spots)
            message = _message(entry.rule, surface.kind)
            yield Hit(entry.rule.id, message, surface.subject, surface.pointer, surface.place, evidence)


def _message(rule: Rule, kind: str) -> str:
    return f"{in_words(kind)} {rule.message}" if rule.message else f"{rule.name} in {in_words(kind)}"
