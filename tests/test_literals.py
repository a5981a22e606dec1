"""The words a pattern needs: never a word too many, or the engine would miss what it must find."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.literals import needed_words

LONG_LIST = [f"{first}{second}" for first in "abcdefghij" for second in "klmnopqrst"]
KNOWN = [
    ("conversation", [["conversation"]]),
    (r"\b(?:send|post) .{0,40}\b(?:keys?|tokens)\b", [["key", "tokens"], ["post", "send"]]),
    ("(?i)API[_-]?KEY", [["api-key", "api_key", "apikey"]]),
    (r"x{0,9}[/\\]\.(?:ssh|aws)/id", [["/.aws/id", "/.ssh/id", "\\.aws/id", "\\.ssh/id"]]),
    ("(?:ab|[0-9]+)x", []),
    ("a{3}", []),
    ("(?:token){2,}", [["token"]]),
    ("(?:token)*x", []),
    ("[a-z]{4}", []),
    ("ab", [["ab"]]),
    ("[a-z]{2}@", [["@"]]),
    ("[a-z]{2},", []),
    (rf"\b(?:{'|'.join(LONG_LIST)})ing\b", [sorted(LONG_LIST), ["ing"]]),
    (r"\x{202E}abcd", []),
    ("(?P<name>secret)s?", [["secret"]]),
    ("abc|", []),
]


@pytest.mark.parametrize(("pattern", "words"), KNOWN)
def test_needs(pattern: str, words: list[list[str]]) -> None:
    assert sorted(map(list, needed_words(pattern))) == words


LETTERS = st.text("abc ", min_size=1, max_size=4)
ATOMS = LETTERS | st.sampled_from(["[ab]", "[a-c]", ".", r"\w", r"\b", "[^a]", "(?i:Ab)"])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map("".join)
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})")
        | st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{1,3}", "{0,2}", "*?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        )
    ),
    max_leaves=8,
)


@given(PATTERNS, st.text("abcAB ", max_size=20))
def test_every_match_holds_a_word_of_each_group(pattern: str, text: str) -> None:
    groups = needed_words(pattern)
    for found in re.finditer(pattern, text):
        for group in groups:
            assert any(word in found[0].lower() for word in group), (pattern, found[0], groups)
