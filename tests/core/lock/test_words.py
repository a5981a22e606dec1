"""Word-level differences."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.lock.words import added_spans, stretches, worded

TEXTS = st.text(st.sampled_from("ab c.\n"), max_size=60)


@given(TEXTS, TEXTS)
def test_nothing_is_lost(old: str, new: str) -> None:
    parts = stretches(old, new)
    assert "".join(part.old for part in parts) == old
    assert "".join(part.new for part in parts) == new
    assert all(new[part.start : part.start + len(part.new)] == part.new for part in parts)


@given(TEXTS, TEXTS)
def test_there_is_a_span_exactly_when_something_changed(old: str, new: str) -> None:
    assert bool(added_spans(old, new)) == (old != new)


def test_a_changed_word_is_shown_between_its_neighbours() -> None:
    assert worded("Reads a file.", "Reads a secret file.") == "Reads a {+secret +}file."
    assert worded("Reads a file.", "Sends a file.") == "[-Reads-]{+Sends+} a file."


def test_what_stays_is_cut_to_a_little_around_the_change() -> None:
    shown = worded("start " + "word " * 100 + "end", "start " + "word " * 100 + "fin")
    assert shown.startswith("…")
    assert shown.endswith("[-end-]{+fin+}")
    assert len(shown) < 80


def test_a_long_stretch_is_cut_and_counted() -> None:
    assert worded("", "x" * 1_000) == "{+" + "x" * 160 + "… 840 more+}"


def test_texts_too_long_to_align_are_one_replacement() -> None:
    old, new = "a b " * 300 + "z", "c d " * 300 + "y"
    assert [(part.old, part.new) for part in stretches(old, new)] == [(old, new)]
