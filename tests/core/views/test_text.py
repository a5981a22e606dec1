"""Readings: what a text looks like to a model, and that every place in them leads back to the original."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.views.characters import is_invisible
from oktsec_lint.core.views.text import Anchors, Piece, View, fold, folded, raw, splice

# Everything that changes a length, joins words, or must be left alone.
INVISIBLE = ["\u200b", "\u00ad", "\u2060", "\ufeff", "\u202e", "\U000e0041", "\ufe0f", "\u3164", "\ud800"]
SPACES = [*" \t\n\r", "\u00a0", "\u2028", "\u2003", "\u3000"]
WIDER = [*"é½ßİ…ﷺ”—", "ﬁ", "\u0301", "\u0336"]
LOOKALIKES = [*"аоркжНнαΟıłǾ", "ｉ", "𝓲", "🅐"]
TRICKY = st.text(
    st.sampled_from([*"aZ.,-[0m\x00\x07\x1b\x7f", *INVISIBLE, *SPACES, *WIDER, *LOOKALIKES, *"日ع😀가が"]), max_size=60
)
ANY_TEXT = TRICKY | st.text(max_size=60)

READS = [
    ("Ignore ALL", "ignore all"),
    ("a\n\n\t b\r\nc", "a b c"),
    ("  padded  ", "padded"),
    ("i\u200bgn\u00adore\u2060", "ignore"),
    ("ｉｇｎｏｒｅ", "ignore"),
    ("𝓲𝓰𝓷𝓸𝓻𝓮 🅘🅖🅝🅞🅡🅔", "ignore ignore"),
    ("ignоrе аll", "ignore all"),
    ("сору", "copy"),
    ("ᴄᴏᴘʏ", "copy"),
    ("рr\u0435vi\u043eus iп\u0455tru\u0441tions", "previous instructions"),
    ("ígnörē i\u0336g\u0336", "ignore ig"),
    ("re\x1b[1mad\x1b[0m\x07", "read"),
    ("“don’t” — now", '"don\'t" - now'),
    ("no\u00a0break\u3000wide\u2028line", "no break wide line"),
    ("ﬁle ½ ß", "file 1/2 ss"),
    ("\U000e0069\U000e0067nore", "nore"),
    ("a\ud800b", "ab"),
    ("НОТ", "hot"),
    ("ignоrе请求", "ignore请求"),
]
LEFT_ALONE = [
    "привет мир",
    "не говори пользователю",
    "και τα λοιπά",
    "請忽略",
    "تجاهل",
    "무시하세요",
    "が",
    "日本語のテキスト",
]


@pytest.mark.parametrize(("written", "read"), READS, ids=[read for _, read in READS])
def test_reads_as(written: str, read: str) -> None:
    assert fold(written) == read


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_words_of_other_scripts_stay_words(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert not any(char.isascii() and char.isalpha() for char in fold(text))


def test_a_capital_is_read_for_what_it_looks_like() -> None:
    assert fold("НЕТ") == "het", "these three capitals are H, E and T to a reader"
    assert fold("нет") == "нет"


def test_clean_ascii_needs_no_way_back() -> None:
    view = folded(raw("Reads a file."))
    assert (view.name, view.text, view.layers) == ("folded", "reads a file.", ())


def test_a_span_is_the_characters_it_was_made_of() -> None:
    text = "Please i\u200bgn\u043ere  ﬁles\n\n now"
    view = folded(raw(text))
    assert view.text == "please ignore files now"
    start = view.text.index("ignore files")
    first, last = view.span(start, start + len("ignore files"))
    assert text[first:last] == "i\u200bgn\u043ere  ﬁles"
    first, last = view.span(start + 7, start + 8)
    assert text[first:last] == "ﬁ", "half of a ligature is all of it"


@given(ANY_TEXT)
def test_every_span_lies_in_the_text_and_keeps_the_order(text: str) -> None:
    view = folded(raw(text))
    spans = [view.span(at, at + 1) for at in range(len(view.text))]
    assert all(0 <= first < last <= len(text) for first, last in spans)
    assert spans == sorted(spans)
    for (first, _), (_, last), start in zip(spans, spans[2:], range(len(spans)), strict=False):
        assert view.span(start, start + 3) == (first, last)


@given(ANY_TEXT)
def test_what_a_word_stands_on_folds_to_it(text: str) -> None:
    view = folded(raw(text))
    start = 0
    for word in view.text.split(" "):
        first, last = view.span(start, start + len(word))
        if word:
            assert word in fold(text[first:last])
        start += len(word) + 1


@given(ANY_TEXT)
def test_folding_is_final(text: str) -> None:
    once = fold(text)
    assert "  " not in once
    assert once == once.lower()
    assert not any(is_invisible(char) or (char.isspace() and char != " ") for char in once)


def test_no_character_shifts_the_places_behind_it() -> None:
    """Anchors are kept for the first step only: look-alikes and small letters must not change a length any more."""
    blocks = (0, 0x3400), (0xA000, 0xAC00), (0xF900, 0x10400), (0x1D400, 0x1F300), (0xE0000, 0xE0200)
    for char in map(chr, chain(*(range(*block) for block in blocks))):
        if fold(char) != char:
            view = folded(raw(f"a{char}a"))
            assert view.span(0, 1) == (0, 1), hex(ord(char))
            assert view.span(len(view.text) - 1, len(view.text)) == (2, 3), hex(ord(char))


@given(st.text(max_size=30), st.data())
def test_splicing_maps_back(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    news = data.draw(st.lists(st.text("xyz", max_size=3), min_size=3, max_size=3))
    pieces = [Piece(a, b, new) for a, b, new in zip(cuts[::2], cuts[1::2], news, strict=False) if len(new) != b - a]
    spliced, anchors = splice(text, pieces)
    for at in range(len(spliced)):
        first, last = anchors.span(at, at + 1)
        assert 0 <= first <= last <= len(text)
        inside = [piece for piece in pieces if (piece.start, piece.end) == (first, last)]
        assert inside or text[first:last] == spliced[at]


def test_an_empty_span_and_an_empty_text_have_a_place() -> None:
    assert folded(raw("   ")).span(0, 0) == (0, 0)
    assert Anchors((0, 0), (0, 0)).span(0, 0) == (0, 0)
    assert View("raw", "abc").span(1, 1) == (1, 1)
