"""Whatever a server says, what reaches a person is one line of visible characters of bounded length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.display import is_hidden, listed, quoted, visible, visible_char

ANY_TEXT = st.text(st.characters(exclude_categories=()))
HOSTILE = st.text(st.sampled_from("\x00\x1b\x07\r\n\t\u2028\u202e\u200b\ufeff\U000e0041\ufe0f\u180b\u3164\ud800a b"))


# Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties), less what Python calls unprintable anyway.
_RANGES = (
    *((0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x3164, 0x3164)),
    *((0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xE0000, 0xE0FFF)),
)
IGNORABLE = frozenset(chr(code) for first, last in _RANGES for code in range(first, last + 1))


def is_inert(shown: str) -> bool:
    """Whether every character is seen, breaks no line and reorders nothing, by Unicode's own tables."""
    return shown.isprintable() and IGNORABLE.isdisjoint(shown)


@given(ANY_TEXT | HOSTILE)
def test_what_is_shown_is_inert(text: str) -> None:
    assert is_inert(visible(text))


@given(ANY_TEXT | HOSTILE, st.integers(1, 60))
def test_what_is_shown_is_bounded(text: str, limit: int) -> None:
    longest = len("\\u{10ffff}") * limit + len(f"… {len(text):,} more")
    assert len(visible(text, limit)) <= longest


@given(st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="\u3164\uffa0\u115f\u1160\u2800")))
def test_ordinary_text_in_any_script_is_left_alone(text: str) -> None:
    assert visible(text, len(text)) == text


def test_no_code_point_escapes() -> None:
    assert is_inert("".join(visible_char(chr(code)) for code in range(0x110000)))


# fmt: off
SHOWN = [
    ("plain ascii", "plain ascii"),
    ("two\nlines", "two⏎lines"),
    ("a\tb", "a b"),
    ("a\r\nb", "a\\u{d}⏎b"),
    ("\x1b[31mred", "\\u{1b}[31mred"),
    ("file\u202egpj.exe", "file\\u{202e}gpj.exe"),
    ("zero\u200bwidth", "zero\\u{200b}width"),
    ("tag\U000e0041", "tag\\u{e0041}"),
    ("nbsp\u00a0", "nbsp\\u{a0}"),
    ("lone\ud800", "lone\\u{d800}"),
    ("日本語 emoji 🙂", "日本語 emoji 🙂"),
    ("`code` [link](x) ::error::", "`code` [link](x) ::error::"),
]
# fmt: on


@pytest.mark.parametrize(("text", "shown"), SHOWN)
def test_examples(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_cut_says_how_much_is_missing() -> None:
    assert visible("x" * 2000, 10) == "x" * 10 + "… 1,990 more"
    assert visible("x" * 10, 10) == "x" * 10


def test_only_the_space_is_a_visible_space() -> None:
    spaces = [chr(code) for code in range(0x110000) if chr(code).isspace()]
    assert [char for char in spaces if not is_hidden(char)] == [" "]


def test_names_in_sentences() -> None:
    assert quoted("read\u202e") == "`read\\u{202e}`"
    assert listed([]) == ""
    assert listed(["a", "b"]) == "`a`, `b`"
    assert listed(["a", "b", "c"], 2) == "`a`, `b` and 1 more"
