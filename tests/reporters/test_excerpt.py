"""Carets stand under what is displayed, whatever the text is made of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.reporters.base import Style
from oktsec_lint.reporters.excerpt import Gutter, Mark, excerpt
from oktsec_lint.reporters.inert import columns, shown
from oktsec_lint.reporters.sgr import Role

ODD = st.text(st.sampled_from("ab :#[打ー\u200b\u202e\x1b🙂é\U000e0041"), max_size=60)


def rows(line: str, *marks: Mark, width: int = 2000, unicode: bool = True) -> list[str]:
    style = Style(width=width, unicode=unicode)
    return [row.partition("| ")[2] for row in excerpt(line, 1, marks, Gutter(1, style), Role.ERROR)]


def cut(row: str, start: int, end: int) -> str:
    """The part of a displayed row between two columns."""
    found, column = "", 0
    for char in row:
        if start <= column < end:
            found += char
        column += columns(char)
    return found


@given(ODD, st.text("xy打", min_size=1, max_size=9), ODD, st.booleans())
def test_carets_are_under_the_span(before: str, span: str, after: str, unicode: bool) -> None:  # noqa: FBT001
    mark = Mark(len(before), len(before) + len(span))
    text, carets = rows(before + span + after, mark, unicode=unicode)
    start = carets.index("^")
    assert set(carets) <= {" ", "^"}
    assert cut(text, start, len(carets)) == shown(span, unicode=unicode)


@given(ODD, st.integers(0, 70), st.integers(0, 70), st.integers(10, 60))
def test_no_row_is_wider_than_the_terminal(line: str, start: int, length: int, width: int) -> None:
    for row in rows(line, Mark(start, start + length), width=width):
        # 24 columns for the text are the least, and the dots at both ends and one caret may stick out
        assert columns(row) <= max(24, width - 5) + 3


def test_labels_stand_below_their_spans_from_right_to_left() -> None:
    assert rows("one two three", Mark(0, 3, "first"), Mark(4, 7, "second"), Mark(8, 13, "third")) == [
        "one two three",
        "^^^ ^^^ ^^^^^ third",
        "|   |",
        "|   second",
        "first",
    ]


def test_marks_may_overlap_and_share_a_start() -> None:
    assert rows("abcdef", Mark(0, 4, "x"), Mark(0, 6, "y"), Mark(2, 3, "z")) == [
        "abcdef",
        "^^^^^^ z",
        "|",
        "y",
        "x",
    ]


def test_the_same_label_is_written_once() -> None:
    assert rows("a b", Mark(0, 1, "same"), Mark(2, 3, "same")) == ["a b", "^ ^ same"]


def test_a_mark_without_width_still_has_a_caret() -> None:
    assert rows("ab", Mark(2, 2)) == ["ab", "  ^"]
    assert rows("", Mark(0, 5)) == ["", "^"]
    assert rows("ab", Mark(7, 9)) == ["ab", "  ^"]


def test_a_long_line_is_cut_to_windows_around_its_marks() -> None:
    line = "x" * 100_000 + "HERE" + "y" * 100_000 + "THERE"
    found = rows(line, Mark(100_000, 100_004, "a"), Mark(200_004, 200_009, "b"), width=60)
    assert len(found) == 4
    assert cut(found[0], found[1].index("^"), found[1].rindex("^") + 1) == "HERE"
    assert found[0].startswith("…")
    assert found[0].endswith("…")
    assert cut(found[2], found[3].index("^"), found[3].rindex("^") + 1) == "THERE"
    assert found[2].endswith("THERE")


def test_too_many_marks_are_counted() -> None:
    assert rows("ab" * 20, *(Mark(start, start + 1) for start in range(12)))[-1] == "… 4 more in this line"
    far = [Mark(start * 1000, start * 1000 + 1) for start in range(5)]
    assert rows("x" * 5000, *far, width=60, unicode=False)[-1] == "... 2 more in this line"
