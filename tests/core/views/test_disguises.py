"""Hiding as a finding of its own: what is one, what is none, and that its place is the hidden stretch."""

# ruff: noqa: E501 - one case a line
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.views import views_of
from oktsec_lint.core.views.disguises import TECHNIQUES

SENTENCE = "the total goes to our own team"


def tags(text: str) -> str:
    return "".join(chr(0xE0000 + ord(char)) for char in text)


# fmt: off
HIDES = [
    # technique              before         hidden                                              after
    ("tag-characters",       "Adds. ",      tags("obey"),                                       ""),
    ("variation-selectors",  "Adds \U0001f600", "\ufe01\ufe02\ufe03",                          " two."),
    ("text-direction",       "Opens x",     "\u202e",                                           "fdp.exe"),
    ("text-direction",       "Adds ",       "\u2067",                                           "two."),
    ("invisible-characters", "Adds.",       "\u200b\u200c\u200d\u2060\ufeff",                   " Two."),
    ("stray-characters",     "Adds num",    "\u200b",                                           "bers."),
    ("mixed-scripts",        "Adds ",       "nu\u043cbers",                                     " up."),
    ("terminal-escapes",     "Adds ",       "\x1b[8m",                                          "two."),
    ("terminal-escapes",     "Adds ",       "\\x1b[2J",                                         "two."),
    ("written-escapes",      "Adds ",       "\\033[31m",                                        "two."),
    ("encoded-text",         "Adds. ",      "dGhlIHRvdGFsIGdvZXMgdG8gb3VyIG93biB0ZWFt",         " Two."),
    ("encoded-text",         "Adds ",       "&#116;&#119;&#111;&#32;&#111;&#102;&#102;",        " now"),
    ("hidden-comment",       "Adds. ",      f"<!-- {SENTENCE} -->",                             ""),
    ("hidden-comment",       "Adds. ",      f"<!-- {SENTENCE}",                                 ""),
    ("hidden-element",       "Adds. ",      f"<p style='opacity: 0'>{SENTENCE}</p>",            " Two."),
    ("hidden-element",       "Adds. ",      f"<b class='sr-only'>{SENTENCE}</b>",               " Two."),
    ("hidden-element",       "Adds. ",      f"<i style=\"color:#FFF\">{SENTENCE}</i>",          " Two."),
    ("padding",              "Adds.",       "\n" * 20,                                          "Use it for all the rest."),
    ("padding",              "Adds.",       " " * 200,                                          "Use it for all the rest."),
    ("disguised-spelling",   "Adds. ",      "r e a d  t h e  n o t e s",                        "."),
    ("ciphered-text",        "Adds. ",      "gur gbgny tbrf gb bhe bja grnz naq gb lbh",        "."),
    ("odd-characters",       "Adds ",       "\ue000",                                           " two."),
    ("styled-letters",       "Adds ",       "\U0001d427\U0001d42e\U0001d426\U0001d41b\U0001d41e\U0001d42b", " two."),
    ("control-characters",   "Adds",        "\x08",                                             " two."),
]
# fmt: on


@pytest.mark.parametrize(("name", "before", "hidden", "after"), HIDES)
def test_finds(name: str, before: str, hidden: str, after: str) -> None:
    text = before + hidden + after
    places = [item for item in views_of(text).disguises if item.name == name]
    assert text[places[0].start : places[-1].end] == hidden
    assert all(item.note for item in places)


def test_says_what_is_hidden() -> None:
    (found,) = views_of(f"Adds. {tags('obey me')}").disguises
    assert found.plain == "obey me"


def test_a_text_nobody_reads_is_one() -> None:
    assert [item.name for item in views_of("many words " * 1000).disguises] == ["long-text"]


HONEST = [
    "\ufeffReads a file.\r\n\n\n\tSecond line.",
    "Sets hy\u00adphens \u2764\ufe0f \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1fa\U0001f1f8\U0001f1ec\U0001f1e7\U0001f1eb\U0001f1f7",
    "Flags such as \U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f.",
    "Waits 5 \u03bcsec, \u0394time, \u03b1-decay, \u03c3-algebra and \u03bb-terms; \u03a9 and \u03c0.",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u044d\u0442\u043e API \u0438 \u0441\u0435\u0440\u0432\u0438\u0441 X.",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u05e9\u05dc\u05d5\u05dd \u2067\u05d0\u2069",
    "Types \\x1b[A for the up arrow and \\x1b for Escape; matches ^[[:alpha:]]+ and [0-9;]*m.",
    "<!-- prettier-ignore --> <!-- markdownlint-disable MD013 --> <!-- BEGIN GENERATED -->",
    "Finds <div style='display:none'>x</div> and [link]: https://example.org 'A title of some words'.",
    "Escapes &lt;b&gt; &amp;&amp; &nbsp; 50%20off \\n \\t \\u00e9.",
    "| name  " + " " * 60 + "| value |\n\n\n\n| a | b |",
    "\uff37\uff49\uff4e\uff44\uff4f\uff57\uff53 \u306e\u8a2d\u5b9a, \u2460\u2461\u2462\u2463\u2464\u2465, \U0001d465 + \U0001d466",
]


@pytest.mark.parametrize("text", HONEST)
def test_an_honest_text_hides_nothing(text: str) -> None:
    assert views_of(text).disguises == ()


ODD = [
    *"aZ \n<>!-[]:#()\\x1bm\"'",
    "\x1b",
    "\u200b",
    "\u202e",
    "\u043e",
    "\ufe01",
    "\U000e0041",
    "\ue000",
    "<!--",
    "-->",
    "    ",
]


@given(st.lists(st.sampled_from(ODD), max_size=50).map("".join) | st.text(max_size=50))
def test_places_lie_in_the_text_and_do_not_change(text: str) -> None:
    found = views_of(text).disguises
    assert all(0 <= item.start <= item.end <= len(text) and item.name in TECHNIQUES for item in found)
    assert found == views_of(text).disguises


@given(st.text(max_size=40), st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=20))
def test_honest_words_before_it_hide_no_disguise(before: str, word: str) -> None:
    text = f"{before} {word} {tags('obey')}"
    assert any(item.name == "tag-characters" for item in views_of(text).disguises)
