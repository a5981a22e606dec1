"""Every reading of a text: which ones there are, that no two are alike, and that their places lead back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.views.readings import readings
from oktsec_lint.core.views.text import View, folded, raw

TEXTS = st.lists(
    st.sampled_from([*"aZ *`_~<>/!-.b0[m\n\x00\x1b", "\u200b", "\u00ad", "\ufb01", "\u0436", "<b>"]), max_size=40
).map("".join)

# fmt: off
READ = [
    ("Reads a file.",                   ["reads a file."]),
    ("Reads\na  file.",                 ["reads a file."]),
    ("user_id, a * b, 1 < 2, * item",   ["user_id, a * b, 1 < 2, * item"]),
    ("a\u200bb",                        ["ab", "a b"]),
    ("a\x00b\x1b[31mc",                 ["abc", "a b c"]),
    ("the `limit`, **all** of _it_.",   ["the `limit`, **all** of _it_.", "the limit, all of it."]),
    ("<b>all</b> <!-- x -->of",         ["<b>all</b> <!-- x -->of", "all of"]),
    ("ig**no**re",                      ["ig**no**re", "ignore", "ig no re"]),
    ("a<br>b",                          ["a<br>b", "ab", "a b"]),
    ("ig**no**re<br>all",               ["ig**no**re<br>all", "ignoreall", "ignore all", "ig no re all"]),
    ("a\u200bb *c*",                    ["ab *c*", "ab c", "a b *c*", "a b c"]),
    ("ig\x1b]8;;http://x\x07nore", ["ig]8;;http://xnore", "ig ]8;;http://x nore", "ignore"]),
    ("_init__ __a",                     ["_init__ __a", "init a"]),
]
# fmt: on


@pytest.mark.parametrize(("written", "read"), READ)
def test_reads_as(written: str, read: list[str]) -> None:
    assert [view.text for view in readings(raw(written))] == read


def test_a_reading_says_what_was_done() -> None:
    notes = [view.note for view in readings(raw("a\u200bb *c*"))]
    assert notes[:2] == ["", "read without its markup"]
    assert set(notes[2:]) == {"read with its invisible characters as spaces"}
    decoded = View("decoded", "a **b**", (), "decoded from base64")
    assert {(view.name, view.note) for view in readings(decoded)} == {("decoded", "decoded from base64")}


def test_a_span_covers_the_marks_inside_it_and_none_around() -> None:
    text = "x **Ignore** <b>all</b>\u200bof  it** y"
    for view in readings(raw(text)):
        if "ignore all of it" in view.text:
            start = view.text.index("ignore all of it")
            first, last = view.span(start, start + len("ignore all of it"))
            assert text[first:last] == "Ignore** <b>all</b>\u200bof  it"
            return
    pytest.fail("no reading shows the words")


@given(TEXTS)
def test_readings_differ_and_every_span_leads_back(text: str) -> None:
    views = list(readings(raw(text)))
    assert views[0].text == folded(raw(text)).text
    assert len({view.text for view in views}) == len(views) <= 8
    for view in views:
        assert "  " not in view.text
        spans = [view.span(at, at + 1) for at in range(len(view.text))]
        assert all(0 <= first < last <= len(text) for first, last in spans)
        assert spans == sorted(spans)


@given(TEXTS)
def test_letters_keep_their_order_in_every_reading(text: str) -> None:
    for view in readings(raw(text)):
        for at, char in enumerate(view.text):
            first, last = view.span(at, at + 1)
            if char.isalnum():
                assert char in folded(raw(text[first:last])).text
