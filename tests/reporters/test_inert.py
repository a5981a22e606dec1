"""What no stranger's text may do to a terminal or a CI log."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.reporters.inert import cells, columns, joined, shown

COMMAND = re.compile(r"^\s*::|##\w*\[")
TRICKY = st.text(st.sampled_from(":# \t\n[]avso\x1b\u202e\u200b打é\U0001f642\ud800")) | st.text()


def is_harmless(text: str) -> bool:
    return not COMMAND.search(text) and not any(
        unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in text
    )


@given(TRICKY, st.booleans())
def test_shown_text_is_harmless(text: str, unicode: bool) -> None:  # noqa: FBT001
    visible = shown(text, unicode=unicode)
    assert is_harmless(visible)
    assert unicode or visible.isascii()


@given(TRICKY)
def test_any_word_of_shown_text_may_begin_a_line(text: str) -> None:
    assert not any(word.startswith("::") for word in shown(text).split())


@given(TRICKY, st.booleans())
def test_one_cell_for_each_character(text: str, unicode: bool) -> None:  # noqa: FBT001
    parts = cells(text, unicode=unicode)
    assert len(parts) == len(text)
    assert all(parts)
    assert joined(parts) == shown(text, unicode=unicode, limit=len(text))
    assert columns(joined(parts)) == sum(map(columns, parts))


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("plain text: a::b # c", "plain text: a::b # c"),
        ("::error::x", "\\u{3a}:error::x"),
        ("a ::error::x", "a \\u{3a}:error::x"),
        ("::::x", "\\u{3a}:::x"),
        ("## Heading", "## Heading"),
        ("##[error]x", "\\u{23}#[error]x"),
        ("x##vso[task.x]", "x\\u{23}#vso[task.x]"),
        ("###[x", "#\\u{23}#[x"),
        ("a\nb\tc", "a⏎b c"),
        ("\x1b[31mred\x7f\x9b", "\\u{1b}[31mred\\u{7f}\\u{9b}"),
        ("打招呼", "打招呼"),
    ],
)
def test_what_is_shown(text: str, visible: str) -> None:
    assert shown(text) == visible


def test_without_unicode_everything_is_spelled_out() -> None:
    assert shown("é打\nx", unicode=False) == "\\u{e9}\\u{6253}\\nx"
    assert shown("x" * 9, unicode=False, limit=4) == "xxxx... 5 more"


def test_a_long_text_is_cut_and_says_so() -> None:
    assert shown("x" * 2000, limit=10) == "xxxxxxxxxx… 1,990 more"


WIDTHS = {"": 0, "abc": 3, "打招呼": 6, "e\u0301": 1, "한": 2, "Ａ": 2, "\u1112\u1161\u11ab": 2, "🙂": 2}


@pytest.mark.parametrize(("text", "width"), WIDTHS.items())
def test_columns(text: str, width: int) -> None:
    assert columns(text) == width
