"""How a text hides what it says, as a matter of its own: honest authors have no reason for any of this.

What a disguise hides is judged by every rule, for the views show it. Here only the hiding is found, so that a text is
reported even where nobody understands the hidden words. Names are those the rule files give as `check:`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import NamedTuple

from .characters import holds_invisible
from .confusables import STRONG, WEAK
from .decoding import Decoded, plain
from .encodings import SPLIT
from .hidden import COMMENT, Concealed
from .layout import LAYOUT_NAMES
from .spellings import DIGITS, JOINED, SPACED
from .text import Piece
from .vocabulary import looks_like_prose, reads_as_words

TAGS = "tag-characters"
SELECTORS = "variation-selectors"
DIRECTION = "text-direction"
INVISIBLE = "invisible-characters"
STRAY = "stray-characters"
LOOKALIKE = "mixed-scripts"
TERMINAL = "terminal-escapes"
WRITTEN = "written-escapes"
ENCODED = "encoded-text"
HIDDEN_COMMENT = "hidden-comment"
HIDDEN_ELEMENT = "hidden-element"
PADDING = "padding"
SPELLING = "disguised-spelling"
CIPHER = "ciphered-text"
ODD = "odd-characters"
STYLED = "styled-letters"
CONTROL = "control-characters"
LENGTH = "long-text"

_MOST = 20
"""Places of one disguise in one text that are told."""


class Disguise(NamedTuple):
    """One place at which a text hides something."""

    name: str
    start: int
    end: int
    note: str
    """What it is, in a few words."""
    plain: str = ""
    """What it says, where that is known: may hold a secret, so whoever shows it has to mask it."""


def disguises(text: str, found: Decoded) -> tuple[Disguise, ...]:
    """Every disguise of a text, in the order of the techniques; `found` is what was decoded in it."""
    return () if _is_plain(text, found) else tuple(chain(*_searches(text, found)))


def _is_plain(text: str, found: Decoded) -> bool:
    """Whether nothing can be hidden here: true of most texts, and cheap to tell."""
    if found.pieces or found.concealed or len(text) > _LONG or not (text.isascii() and text.isprintable()):
        return False
    return "    " not in text and "\\" not in text and "^[" not in text


def _searches(text: str, found: Decoded) -> Iterator[Iterator[Disguise]]:
    if not text.isascii() and re.search(_SUSPECT, text):
        yield from (_first(_unicode(name, pattern, note, text)) for name, pattern, note in _PATTERNS)
        yield _first(_tags(text))
        yield _first(_invisible(text))
        yield _first(_direction(text))
        yield _first(_lookalikes(text))
        yield _first(_full_width(text))
    if "\x1b" in text or "\\" in text or "^[" in text or "\x9b" in text or "\u241b" in text:
        yield _first(_terminal(text))
    if holds_invisible(text) if text.isascii() else re.search(_CONTROLS, text):
        yield _first(_unicode(CONTROL, _CONTROLS, "control characters", text))
    if found.pieces:
        yield _first(_undone(found.pieces))
    if found.concealed:
        yield _first(_concealed(text, found.concealed))
    if "    " in text or "\n\n\n" in text or "\n \n" in text or "\t\t" in text or not text.isascii():
        yield _first(_padding(text))
    if len(text) > _LONG:
        yield iter((Disguise(LENGTH, 0, 0, f"{len(text):,} characters in one text"),))


def _first(places: Iterator[Disguise]) -> Iterator[Disguise]:
    return islice(places, _MOST)


def _unicode(name: str, pattern: str, note: str, text: str) -> Iterator[Disguise]:
    return (Disguise(name, *found.span(), note) for found in re.finditer(pattern, text))


_SUSPECT = (
    "[\u0300-\u036f\u0370-\u03ff\u0400-\u058f\u00ad\u061c\u115f\u1160\u13a0-\u13ff\u17b4\u17b5\u180b-\u180f\u1d00-\u1d7f"
    "\u0262-\u029f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u249c-\u24e9\u2c80-\u2cff\u3164\ua4d0-\ua4ff\ua730\ua731\ud800-\uf8ff"
    "\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uff00-\uffff\U0001d400-\U0001d7ff\U0001f110-\U0001f189\U000e0000-\U0010ffff]"
)
"""What the searches for other than ASCII begin with; accents, quotation marks and most scripts are not among it."""
_CONTROLS = r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]+"
_DECORATIVE = "\U0001d400-\U0001d7cb\u249c-\u24e9\U0001f110-\U0001f189"
_FULL_WIDTH = "\uff21-\uff3a\uff41-\uff5a"
_EAST_ASIAN = "[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
_SMALL_CAPITALS = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ"
_PATTERNS: tuple[tuple[str, str, str], ...] = (
    (SELECTORS, "[\ufe00-\ufe0f\U000e0100-\U000e01ef]{3,}", "bytes as variation selectors"),
    (STYLED, f"[{_DECORATIVE}]{{3,}}(?:[ ,.]?[{_DECORATIVE}]){{3,}}", "letters of a decorative alphabet"),
    (STYLED, f"[{_SMALL_CAPITALS}]{{3,}}(?:[ ,.]?[{_SMALL_CAPITALS}]){{3,}}", "small capitals of phonetics"),
    (STYLED, "(?:\\w[\u0300-\u036f]{3,}){4}", "letters under heaps of accents"),
    (
        ODD,
        "[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd\ufdd0-\ufdef\ufffe\uffff\ufff9-\ufffb]+",
        "private or unassigned characters",
    ),
)


def _full_width(text: str) -> Iterator[Disguise]:
    """Wide Latin letters in a line without the scripts that have a use for them."""
    pattern = f"[{_FULL_WIDTH}]{{3,}}(?:[ \u3000,.]?[{_FULL_WIDTH}]){{2,}}"
    for found in re.finditer(pattern, text):
        if not re.search(_EAST_ASIAN, _line_around(text, found.start())):
            yield Disguise(STYLED, *found.span(), "full-width letters")


def _line_around(text: str, offset: int) -> str:
    start = max(text.rfind("\n", 0, offset) + 1, offset - _REACH)
    end = text.find("\n", offset)
    return text[start : min(len(text) if end < 0 else end, offset + _REACH)]


_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]{1,16}\U000e007f"
_TAG_RUN = f"{_FLAG}|([\U000e0000-\U000e007f]+)"


def _tags(text: str) -> Iterator[Disguise]:
    """Tag characters anywhere but in the flag of a region."""
    for found in re.finditer(_TAG_RUN, text):
        if found[1]:
            said = "".join(chr(ord(char) - 0xE0000) for char in found[1])
            yield Disguise(TAGS, *found.span(1), "read from tag characters", "".join(filter(str.isprintable, said)))


_NEVER_SEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0"
)
_SPLIT = f"(?<=[A-Za-z])[{_NEVER_SEEN}]+(?=[A-Za-z])"
_LEAST_SPLITS = 2
_CODE = "[\u200b-\u200d\u2060-\u2064\ufeff]{4,}"
_STRAY = "[\u200b\u2060-\u2064\u206a-\u206f\u115f\u1160\u3164\uffa0\u034f]|(?<!^)\ufeff"


def _invisible(text: str) -> Iterator[Disguise]:
    """Characters nobody sees between Latin letters, or so many in a row that they spell something; soft hyphens alone
    are how pages are set, and one stray character is most likely a slip."""
    found = list(islice(re.finditer(_SPLIT, text), _MOST))
    odd = [item for item in found if set(item[0]) != {"\u00ad"}]
    codes = list(islice(re.finditer(_CODE, text), _MOST))
    if len(odd) >= _LEAST_SPLITS:
        yield from (Disguise(INVISIBLE, *item.span(), f"{_names_of(item[0])} inside a word") for item in found)
    elif codes:
        yield from (Disguise(INVISIBLE, *item.span(), f"{len(item[0])} invisible characters") for item in codes)
    elif odd or (found and len(found) >= _LEAST_HYPHENS):
        yield from (Disguise(STRAY, *item.span(), f"{_names_of(item[0])} inside a word") for item in found)
    else:
        yield from (Disguise(STRAY, *item.span(), _names_of(item[0])) for item in re.finditer(_STRAY, text))


_LEAST_HYPHENS = 12
"""Soft hyphens in one text that are no typesetting any more."""


def _names_of(chars: str) -> str:
    codes = list(dict.fromkeys(f"U+{ord(char):04X}" for char in chars))
    return ", ".join(codes[:3])


_TURNS = "[\u202d\u202e]|[\u202b\u2067]"
_OVERRIDES = frozenset("\u202d\u202e")
_RIGHT_TO_LEFT = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]"


def _direction(text: str) -> Iterator[Disguise]:
    """Overrides anywhere; right-to-left embeddings and isolates only where nothing is written from right to left."""
    found = list(islice(re.finditer(_TURNS, text), _MOST))
    honest = bool(found) and re.search(_RIGHT_TO_LEFT, text.replace("\ufeff", "")) is not None
    for item in found:
        if item[0] in _OVERRIDES or not honest:
            yield Disguise(DIRECTION, *item.span(), f"U+{ord(item[0]):04X} turns the direction of what follows")


_SCRIPTS = ("\u0370", "\u058f"), ("\u13a0", "\u13ff"), ("\u2c80", "\u2cff"), ("\ua4d0", "\ua4ff")
_FOREIGN = frozenset(char for char in (*STRONG, *WEAK) if any(low <= char <= high for low, high in _SCRIPTS))
_FOREIGN_CLASS = "".join(sorted(_FOREIGN))
_OTHER_LETTERS = f"[\u0370-\u058f\u13a0-\u13ff](?<![{_FOREIGN_CLASS}])"
_WORD = f"[A-Za-z{_FOREIGN_CLASS}]{{4,40}}"
_SYMBOLS = "αβγδεζηθικλμνξπρσςτυφχψωΓΔΘΛΞΠΣΦΨΩµ"
"""Greek letters that stand for a quantity or a unit."""


def _lookalikes(text: str) -> Iterator[Disguise]:
    """Words of Latin and look-alike letters in a text that is Latin otherwise."""
    if _FOREIGN.isdisjoint(text) or re.search(_OTHER_LETTERS, text):
        return
    for found in re.finditer(_WORD, text):
        word = found[0]
        core = word.strip(_SYMBOLS)
        if not core.isascii() and any(char.isascii() for char in core):
            odd = [f"U+{ord(char):04X}" for char in dict.fromkeys(core) if not char.isascii()]
            yield Disguise(LOOKALIKE, *found.span(), f"{', '.join(odd[:3])} for Latin letters")


_SEQUENCE = "(?:\x1b\\[|\x9b)[0-9;?]{0,16}[@-~]?|\x1b[\\]PX^_()#%*+./78=>cDEHMNOZ-][0-9;]{0,4}"
_SPELT_OUT = (
    r"(?:\\x1[bB]|\\033|\\e|\\u001[bB]|\\u009[bB]|\^\[(?=\[[0-9;]*m)|\u241b)"
    r"(?:\[[0-9;?]{0,16}[A-Za-z]|\][0-9]{1,3};)"
)
_KEYS = "ABCDFHPQRSZn"
"""Last letters of what a keyboard sends: tools that type into a terminal explain these."""
_CONCEALING = r"\[(?:[0-3]?J|[0-2]?K|(?:[0-9;]*;)?8m)|\][0-9]"
"""Clears the screen or the line, hides what follows, or begins a title or a link."""


def _terminal(text: str) -> Iterator[Disguise]:
    for found in re.finditer(_SEQUENCE, text):
        yield Disguise(TERMINAL, *found.span(), "a control sequence of a terminal")
    spelt = [found for found in re.finditer(_SPELT_OUT, text) if found[0][-1] not in _KEYS]
    conceals = any(re.search(_CONCEALING, found[0]) for found in spelt)
    for found in spelt:
        yield Disguise(TERMINAL if conceals else WRITTEN, *found.span(), "a control sequence, written out")


_IN_FULL = frozenset({"base64", "base32", "hex", "binary", "character codes", "Morse code", "braille"})
_BY_LETTER = frozenset({"HTML entities", "percent encoding", "backslash escapes"})
_SPELLINGS: Mapping[str, int] = {SPACED: 2, DIGITS: 1, JOINED: 6}
"""Words on the vocabulary that make a spelling a disguise."""
_LEAST_ENCODED = 6
_LEAST_BROKEN = 4
"""Words with markup inside that no page sets so."""
_UNSEEN_BYTES = frozenset({"tag characters", "variation selectors", "zero-width characters"})
_NOTHING_TO_TELL = frozenset({*_UNSEEN_BYTES, *LAYOUT_NAMES, "caret notation"})
"""Told by other searches, or honest."""


def _undone(pieces: tuple[Piece, ...]) -> Iterator[Disguise]:
    """What of the decoded pieces nobody would have encoded for a reason."""
    broken = sum(piece.why == SPLIT for piece in pieces)
    needless = sum(sum(map(_is_plain_letter, piece.text)) for piece in pieces if piece.why in _BY_LETTER)
    for piece in pieces:
        if piece.why in _BY_LETTER:
            if needless >= _LEAST_ENCODED and any(map(_is_plain_letter, piece.text)):
                yield _disguise(ENCODED, piece, piece.text)
        elif piece.why == SPLIT:
            if broken >= _LEAST_BROKEN:
                yield _disguise(SPELLING, piece, piece.text)
        else:
            yield from _by_itself(piece)


def _by_itself(piece: Piece) -> Iterator[Disguise]:
    """A piece that tells by itself whether it was written so for a reason."""
    if piece.why in _IN_FULL:
        said = plain(piece)
        if looks_like_prose(said):
            yield _disguise(ENCODED, piece, said)
    elif piece.why in _SPELLINGS:
        if piece.why != JOINED and reads_as_words(piece.text, least=_SPELLINGS[piece.why]):
            yield _disguise(SPELLING, piece, piece.text)
    elif piece.why not in _NOTHING_TO_TELL:
        yield _disguise(CIPHER, piece, plain(piece))


def _is_plain_letter(char: str) -> bool:
    return char.isascii() and char.isalpha()


def _disguise(name: str, piece: Piece, said: str) -> Disguise:
    return Disguise(name, piece.start, piece.end, f"decoded from {piece.why}", " ".join(said.split()))


_MARKERS = (
    r"(?i)\s*(?:[a-z]+-(?:ignore|disable|enable)|(?:markdownlint|eslint|prettier|textlint|vale|cspell|tslint|stylelint|"
    r"spell-?checker|lint|toc|begin|end|start|stop|todo|fixme|note|copyright|spdx|license|auto-?generated|generated|"
    r"do not edit|this (?:file|section|table|list) (?:is|was) (?:auto|generated)|example|omitted|more)\b)"
)
"""How the comments of tools and authors begin."""
_EXECUTED = r"(?i)\s*(?:\(?function|var |let |const |import |window|document|console|alert|[.#@]?[a-z-]+\s*\{)"


def _concealed(text: str, found: tuple[Concealed, ...]) -> Iterator[Disguise]:
    for item in found:
        inner = text[item.first : item.last]
        if looks_like_prose(inner) and not re.match(_MARKERS, inner):
            if item.what == COMMENT:
                yield Disguise(HIDDEN_COMMENT, item.start, item.end, "a comment that no page shows")
            elif not re.match(_EXECUTED, inner):
                yield Disguise(HIDDEN_ELEMENT, item.start, item.end, "an element that no page shows")


_BLANK = "[\\s\u2800\u3164\u200b\ufeff\u00a0]"
_PUSHED = f"(?<=\\S){_BLANK}{{12,}}(?=\\S)"
_LEAST_LINES = 12
_LEAST_BLANKS = 120


def _padding(text: str) -> Iterator[Disguise]:
    """Blanks that push what follows out of a reader's sight: many lines of them, or far more than a screen is wide."""
    for found in re.finditer(_PUSHED, text):
        lines = found[0].count("\n")
        longest = max(map(len, found[0].split("\n")))
        if (lines >= _LEAST_LINES or longest >= _LEAST_BLANKS) and reads_as_words(text[found.end() :][:400], least=3):
            yield Disguise(PADDING, *found.span(), f"{len(found[0])} blanks in {lines + 1} lines before more text")


_LONG = 10_000
_REACH = 400
"""Characters to each side in which the same line may explain wide letters."""
_OF_CHARACTERS = (TAGS, SELECTORS, DIRECTION, INVISIBLE, STRAY, LOOKALIKE, ODD, STYLED, CONTROL, TERMINAL, WRITTEN)
_OF_WORDS = (ENCODED, SPELLING, CIPHER, HIDDEN_COMMENT, HIDDEN_ELEMENT, PADDING, LENGTH)
TECHNIQUES = frozenset((*_OF_CHARACTERS, *_OF_WORDS))
"""Every name a disguise may have."""
