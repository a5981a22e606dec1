"""A rule document to a `Rule`, strictly: every mistake at once, each with the place it stands at.

Two dialects are read. Ours has keys upstream lacks (`applies_to`, `why` ...). A document with none of them is
upstream's, and keeps the meaning it has there: it looks at every text, in every reading, and an exclude pattern
excuses a match on its own line. Three things of upstream are left behind on purpose: `targets` is read and ignored
(globs over virtual file names that no MCP text has), excludes no longer look at other lines (whoever writes the text
writes those too), and unknown keys are refused (a misspelled `patterns` must not become a rule that finds nothing).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from .findings import Confidence, Severity
from .matchers import objection
from .model import JsonValue, pointer_to
from .rules import VALIDATORS, Example, Pattern, PatternType, Rule
from .surfaces import expand
from .values import NamedTuple

T = TypeVar("T")

_USUAL_SURFACE = "tool.description"
_GRAMMAR = "grammar"
VIEWS = ("raw", "folded", "decoded")
_REQUIRED = ("id", "name", "severity", "category")
_OURS = frozenset(
    "message confidence tags applies_to views spares_mentions check parts why fix references taxa".split()
)
_UPSTREAM = frozenset(
    """id name description severity category targets match_mode patterns exclude_patterns remediation examples
    sensitive""".split()
)
_ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_EVERYWHERE = ("definition", "message")
_SEVERITIES = {severity.label: severity for severity in Severity}
_CONFIDENCES = {confidence.label: confidence for confidence in Confidence}
_MODES = {"any": False, "all": True}
_TYPES = {kind.value: kind for kind in PatternType}
_EXAMPLE_LISTS = {"flag": True, "pass": False, "true_positive": True, "false_positive": False}
_PATTERN_KEYS = frozenset({"type", "value", "validate"})
_VALIDATORS = {name: name for name in VALIDATORS}
_EXAMPLE_KEYS = frozenset("text on span definition config file servers note".split())
_BOOLEANS: Mapping[str, JsonValue] = {"true": True, "false": False, "null": None, "~": None, "": None}
_INTEGER = r"-?(?:0|[1-9][0-9]{0,17})"
_NUMBER = r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?(?:[eE][-+]?[0-9]{1,2})?"


class Plain(str):
    """An unquoted YAML scalar: text where a rule wants text, and what it looks like where a rule holds JSON."""

    __slots__ = ()

    def resolved(self) -> JsonValue:
        if self in _BOOLEANS:
            return _BOOLEANS[self]
        if re.fullmatch(_INTEGER, self):
            return int(self)
        return float(self) if re.fullmatch(_NUMBER, self) else str(self)


class Problem(NamedTuple):
    """One mistake in a rule document."""

    pointer: str
    message: str
    hint: str = ""


def resolved(value: JsonValue) -> JsonValue:
    """The same value with every unquoted scalar as what it looks like."""
    if isinstance(value, Plain):
        return value.resolved()
    if isinstance(value, list):
        return [resolved(item) for item in value]
    if isinstance(value, dict):
        return {str(key): resolved(item) for key, item in value.items()}
    return value


def parse_rule(document: JsonValue, origin: str = "") -> tuple[Rule | None, list[Problem]]:
    """The rule a document describes, or None and why not."""
    if not isinstance(document, dict):
        return None, [Problem("", "a rule is a mapping of keys to values", "start with `id:`")]
    fields = _Fields(document)
    rule = _rule(fields, upstream=_OURS.isdisjoint(document), origin=origin)
    return (None, fields.problems) if fields.problems else (rule, [])


def objections(rule: Rule) -> Iterator[Problem]:
    """Which patterns of a parsed rule cannot be used, and why."""
    for key, patterns in (("patterns", rule.patterns), ("exclude_patterns", rule.exclude_patterns)):
        for index, pattern in enumerate(patterns):
            reason = objection(pattern)
            if reason:
                hint = "RE2 has no look-ahead, look-behind or back-reference" if "perl operator" in reason else ""
                yield Problem(pointer_to(key, index, "value"), f"pattern {index + 1} of {rule.id} {reason}", hint)


def _rule(fields: _Fields, *, upstream: bool, origin: str) -> Rule:
    fields.refuse_unknown(_OURS | _UPSTREAM)
    fields.require(_REQUIRED)
    rule = Rule(
        id=fields.identifier("id"),
        name=fields.text("name"),
        severity=fields.choice("severity", _SEVERITIES, Severity.INFO),
        category=fields.text("category"),
        description=fields.text("description"),
        message=fields.text("message"),
        sensitive=fields.flag("sensitive"),
        confidence=fields.choice("confidence", _CONFIDENCES, Confidence.MEDIUM),
        applies_to=fields.known_texts("applies_to", _is_surface) or (_EVERYWHERE if upstream else _EVERYWHERE[:1]),
        views=fields.known_texts("views", VIEWS.__contains__) or VIEWS,
        match_all=fields.choice("match_mode", _MODES, default=False),
        patterns=fields.patterns("patterns"),
        exclude_patterns=fields.patterns("exclude_patterns"),
        excludes_line=upstream,
        spares_mentions=fields.flag("spares_mentions"),
        check=fields.text("check"),
        parts=fields.texts("parts"),
        why=fields.text("why"),
        fix=fields.text("fix") or fields.text("remediation"),
        references=fields.texts("references"),
        taxa=fields.taxa("taxa"),
        tags=fields.texts("tags"),
        examples=fields.examples("examples"),
        origin=origin,
    )
    fields.texts("targets")
    if bool(rule.patterns) == bool(rule.check) and not fields.problems:
        fields.problem("/patterns", "a rule has either patterns or a check")
    if bool(rule.parts) != (rule.check == _GRAMMAR):
        fields.problem("/parts", "`parts` goes with `check: grammar`, and the other way round")
    return rule


def _is_surface(name: str) -> bool:
    try:
        return bool(expand(name))
    except KeyError:
        return False


class _Fields:
    """The keys of one document, read one by one; what is wrong is collected, and a default stands in for it."""

    def __init__(
        self, document: Mapping[str, JsonValue], base: str = "", problems: list[Problem] | None = None
    ) -> None:
        self._document = document
        self._base = base
        self.problems: list[Problem] = [] if problems is None else problems

    def names(self) -> Iterable[str]:
        return self._document

    def problem(self, pointer: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(self._base + pointer, message, hint))

    def refuse_unknown(self, known: frozenset[str]) -> None:
        for key in self._document:
            if key not in known:
                from difflib import get_close_matches

                close = get_close_matches(key, sorted(known), n=1)
                hint = f"did you mean `{close[0]}`?" if close else f"known keys: {', '.join(sorted(known))}"
                self.problem(pointer_to(key), f"unknown key `{key[:80]}`", hint)

    def require(self, keys: Sequence[str]) -> None:
        for key in keys:
            if self._document.get(key) in (None, ""):
                self.problem("", f"`{key}` is missing")

    def text(self, key: str) -> str:
        value = self._document.get(key)
        if value is None or isinstance(value, str):
            return str(value or "").strip()
        self.problem(pointer_to(key), f"`{key}` has to be text")
        return ""

    def identifier(self, key: str) -> str:
        value = self.text(key)
        if value and not re.fullmatch(_ID, value):
            self.problem(pointer_to(key), f"`{value[:80]}` is no rule id", "letters, digits, `.`, `_` and `-`")
        return value

    def flag(self, key: str) -> bool:
        value = resolved(self._document.get(key))
        if not isinstance(value, bool | None):
            self.problem(pointer_to(key), f"`{key}` is true or false")
        return value is True

    def choice(self, key: str, choices: Mapping[str, T], default: T) -> T:
        value = self.text(key).lower()
        if value and value not in choices:
            self.problem(
                pointer_to(key), f"`{value[:80]}` is no {key.replace('_', ' ')}", f"one of {', '.join(choices)}"
            )
        return choices.get(value, default)

    def texts(self, key: str) -> tuple[str, ...]:
        items = self.items(key)
        if not all(isinstance(item, str) for item in items):
            self.problem(pointer_to(key), f"`{key}` has to be a list of texts")
        return tuple(str(item) for item in items if isinstance(item, str))

    def known_texts(self, key: str, known: Callable[[str], bool]) -> tuple[str, ...]:
        values = self.texts(key)
        for index, value in enumerate(values):
            if not known(value):
                self.problem(pointer_to(key, index), f"`{value[:80]}` means nothing in `{key}`")
        return values

    def patterns(self, key: str) -> tuple[Pattern, ...]:
        found: list[Pattern] = []
        for index, item in enumerate(self.items(key)):
            fields = self._below(item, pointer_to(key, index), "a pattern is a mapping with `type` and `value`")
            fields.refuse_unknown(_PATTERN_KEYS)
            fields.require(("type", "value"))
            kind, value = fields.choice("type", _TYPES, PatternType.REGEX), fields.exact("value")
            found.append(Pattern(kind, value, validate=fields.choice("validate", _VALIDATORS, "")))
        return tuple(found)

    def taxa(self, key: str) -> Mapping[str, tuple[str, ...]]:
        fields = self._below(self._document.get(key, {}), pointer_to(key), "`taxa` maps a taxonomy to a list of ids")
        return {str(name): fields.texts(name) for name in fields.names()}

    def examples(self, key: str) -> tuple[Example, ...]:
        value = self._document.get(key) or {}
        lists = self._below(value, pointer_to(key), "examples are `flag` and `pass` lists")
        lists.refuse_unknown(frozenset(_EXAMPLE_LISTS))
        return tuple(
            lists.example(item, pointer_to(name, index), flagged=flagged)
            for name, flagged in _EXAMPLE_LISTS.items()
            for index, item in enumerate(lists.items(name))
        )

    def example(self, item: JsonValue, pointer: str, *, flagged: bool) -> Example:
        if isinstance(item, str):
            return Example(flagged, text=str(item))
        fields = self._below(item, pointer, "an example is a text, or a mapping with `text`, `definition` or `config`")
        fields.refuse_unknown(_EXAMPLE_KEYS)
        example = Example(
            flagged,
            text=fields.optional("text"),
            on=fields.text("on") or _USUAL_SURFACE,
            span=fields.exact("span"),
            definition=fields.mapping("definition"),
            config=fields.optional("config"),
            file=fields.text("file") or Example._field_defaults["file"],
            servers=fields.mapping("servers"),
            note=fields.text("note"),
        )
        if not _is_surface(example.on):
            fields.problem("/on", f"`{example.on[:80]}` is no surface")
        if example.text is None and example.definition is None and example.config is None and example.servers is None:
            fields.problem("", "an example needs a `text`, a `definition`, a `config` or `servers`")
        return example

    def exact(self, key: str) -> str:
        """Text in which leading and trailing blanks count."""
        return self.optional(key) or ""

    def optional(self, key: str) -> str | None:
        value = self._document.get(key)
        if value is None or isinstance(value, str):
            return None if value is None else str(value)
        self.problem(pointer_to(key), f"`{key}` has to be text")
        return None

    def mapping(self, key: str) -> Mapping[str, JsonValue] | None:
        value = resolved(self._document.get(key))
        if value is None or isinstance(value, dict):
            return value
        self.problem(pointer_to(key), f"`{key}` has to be a mapping")
        return None

    def items(self, key: str) -> Sequence[JsonValue]:
        value = self._document.get(key)
        if value in (None, ""):
            return ()
        if isinstance(value, list):
            return value
        self.problem(pointer_to(key), f"`{key}` has to be a list")
        return ()

    def _below(self, value: JsonValue, pointer: str, expectation: str) -> _Fields:
        """The fields of a mapping further down; problems go to the same list."""
        if not isinstance(value, dict):
            self.problem(pointer, expectation)
            value = {}
        return _Fields(value, self._base + pointer, self.problems)
