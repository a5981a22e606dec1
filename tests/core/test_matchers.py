"""Matching: the same answers whichever way a pattern is asked, wherever a text is cut."""

from __future__ import annotations

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.matchers import (
    CHUNK,
    MAX_PATTERN,
    MAX_WIDTH,
    Encoded,
    PatternSet,
    Width,
    find_spans,
    objection,
    width_of,
)
from oktsec_lint.core.rules import Pattern, PatternType
from oktsec_lint.literals import needed_words


def regex(value: str) -> Pattern:
    return Pattern(PatternType.REGEX, value)


def contains(value: str) -> Pattern:
    return Pattern(PatternType.CONTAINS, value)


def worded(pattern: Pattern) -> Pattern:
    return pattern._replace(words=needed_words(pattern.value))


def spans_of(patterns: list[Pattern], width: Width, text: str, *, every: bool = False) -> list[list[tuple[int, int]]]:
    encoded, chosen = Encoded(text, width), PatternSet(patterns, width)
    named = chosen.matching(encoded)
    return [list(chosen.spans(index, encoded, named.get(index, ()), every=every)) for index in range(len(patterns))]


OBJECTIONS = [
    ("", "is empty"),
    ("(?!x)y", "not valid RE2: invalid perl operator: (?!"),
    ("(?<=x)y", "not valid RE2"),
    (r"(a)\1", "invalid escape sequence"),
    ("(a", "missing )"),
    ("a{1001}", "invalid repetition size"),
    ("a*", "matches the empty text"),
    ("^", "matches the empty text"),
    (r"\b", "matches the empty text"),
    (r"b?\b", "matches the empty text"),
    ("x" * (MAX_PATTERN + 1), "4,097 characters long"),
    ("x" * MAX_PATTERN, ""),
    (r"\x{202E}", ""),
    (r"(?i)\bkey\b", ""),
]


@pytest.mark.parametrize(("value", "reason"), OBJECTIONS)
def test_says_what_is_wrong_with_a_pattern(value: str, reason: str) -> None:
    found = objection(regex(value))
    assert reason in found if reason else not found


@pytest.mark.parametrize("width", Width)
def test_a_contained_text_is_taken_literally_and_in_any_letter_case(width: Width) -> None:
    assert spans_of([contains("a.b(C")], width, "xxA.B(c a-b(c") == [[(2, 7)]]


WIDE_TEXTS = [
    (r"b.d", "абв bжd ebed", [(4, 7), (9, 12)]),
    (r"(?i)привет", "ну ПРИВЕТ", [(3, 9)]),
    (r"\x{200b}", "a\u200bb", [(1, 2)]),
    (r"a.b", "\ud800 a\ud800b", [(2, 5)]),
    (r"z\z", "жz", [(1, 2)]),
]


@pytest.mark.parametrize(("value", "text", "spans"), WIDE_TEXTS)
def test_wide_spans_are_characters(value: str, text: str, spans: list[tuple[int, int]]) -> None:
    assert spans_of([regex(value)], Width.WIDE, text) == [spans]
    assert list(find_spans(value, text)) == spans


def test_narrow_patterns_see_one_byte_a_character() -> None:
    assert spans_of([regex(r"a.{3}b"), regex(r"\bkey\b")], Width.NARROW, "жa日\ud800éb日key本") == [[(1, 6)], [(7, 10)]]


NARROW = [("a", True), (r"\bx\s", True), (r"\x41", True), ("é", False), (r"\x{e9}", False), (r"\p{Greek}", False)]


@pytest.mark.parametrize(("value", "narrow"), NARROW)
def test_only_plain_and_bounded_patterns_are_narrow(value: str, narrow: bool) -> None:  # noqa: FBT001
    assert (width_of(regex(value), bounded=True) is Width.NARROW) is narrow
    assert width_of(regex(value), bounded=False) is Width.WIDE


@pytest.mark.parametrize("width", Width)
def test_empty_matches_are_passed_over(width: Width) -> None:
    assert spans_of([regex(r"x?\b")], width, "é ax, b") == [[(3, 4)]]


def test_matches_that_overlap_are_found_when_asked_for() -> None:
    assert spans_of([regex("aba")], Width.NARROW, "ababa") == [[(0, 3)]]
    assert spans_of([regex("aba")], Width.NARROW, "ababa", every=True) == [[(0, 3), (2, 5)]]


@pytest.mark.parametrize("width", Width)
@pytest.mark.parametrize("filler", ["x", "é"])
def test_a_match_is_found_wherever_chunks_are_cut(width: Width, filler: str) -> None:
    pattern = regex("begin.{0,1000}finish")
    found = "begin" + filler * 1000 + "finish"
    for at in (0, 1, CHUNK - 1, CHUNK, CHUNK + 7, 2 * CHUNK - 3, 3 * CHUNK + MAX_WIDTH, 5 * CHUNK):
        text = filler * at + found + filler * (5 * CHUNK)
        assert spans_of([pattern, worded(pattern)], width, text) == [[(at, at + len(found))]] * 2


def test_the_edge_of_a_chunk_is_no_edge_of_the_text() -> None:
    patterns = [regex(r"\bword\b"), regex("^word"), regex("word$")]
    for at in range(CHUNK - 8, CHUNK + 8):
        text = "x" * at + "word" + "x" * (2 * CHUNK)
        assert spans_of(patterns, Width.NARROW, text) == [[], [], []]
    for at in range(CHUNK + MAX_WIDTH - 4, CHUNK + MAX_WIDTH + 16):
        text = "x" * at + "word" + "x" * (2 * CHUNK)
        assert spans_of(patterns, Width.NARROW, text) == [[], [], []]
    assert spans_of(patterns, Width.NARROW, "word " + "x" * (2 * CHUNK) + " word") == [
        [(0, 4), (2 * CHUNK + 6, 2 * CHUNK + 10)],
        [(0, 4)],
        [(2 * CHUNK + 6, 2 * CHUNK + 10)],
    ]


def test_a_match_in_an_overlap_is_told_once() -> None:
    text = "x " * (CHUNK // 2) + "needle " + "x " * CHUNK
    assert len(spans_of([regex("needle")], Width.NARROW, text)[0]) == 1


PATTERNS = [
    r"\b(?:send|post|forward) .{0,20}\b(?:keys?|tokens)\b",
    r"(?i)\bapi[_-]?key\b",
    r"[0-9]{3}-[0-9]{2}",
    r"a(?:b|cd)e|xyz+",
    r"(?:\.ssh|\.aws)/(?:id_rsa|config)",
    r"<(?:important|system)>.{0,30}(?:read|send)",
]
VOCABULARY = (
    "send post forward keys key tokens api_key API-KEY apikey 123-45 abe acde xyzz .ssh/ .aws/ id_rsa config "
    "<important> <system> read x é 日 \ud800 . -"
).split()


FOLDED = [
    (r"(?i)привет.{0,9}медвед", "ну ПРИВЕТ, МЕДВЕДЬ"),
    (r"(?i)secret.{0,9}token", "a \u017fecret to\u212aen"),
    (r"(?i)λόγος", "ΛΌΓΟΣ"),
    (r"(?i)straße", "STRA\u1e9eE"),
]


@pytest.mark.parametrize(("value", "text"), FOLDED)
def test_words_are_known_in_every_letter_case_that_re2_knows(value: str, text: str) -> None:
    (spans,) = spans_of([worded(regex(value))], Width.WIDE, text)
    assert [spans] == spans_of([regex(value)], Width.WIDE, text)
    assert spans


@given(st.lists(st.sampled_from([*VOCABULARY, " ", "\n"]), max_size=25).map("".join))
def test_prefilters_agree_with_asking_each_pattern(text: str) -> None:
    plain = list(map(regex, PATTERNS))
    options = re2.Options()
    options.never_capture = True
    data = text.encode("ascii", "replace")
    truth = [[found.span() for found in re2.compile(value, options).finditer(data)] for value in PATTERNS]
    for width in Width:
        by_filter = spans_of(plain, width, text)
        assert by_filter == spans_of(list(map(worded, plain)), width, text)
        assert by_filter == truth or width is Width.WIDE
