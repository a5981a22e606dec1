"""Encodings that are read back character by character or byte by byte: entities, escapes, base64, hex and their like.

Each is a pattern for candidates, found in linear time, and a function that gives the plain text of a candidate, or
None when it is not what it looks like. Nothing here decompresses, so nothing can grow.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from oktsec_lint.core.matchers import find_spans

from .text import Piece
from .vocabulary import clear_words, reads_as_words

Find: TypeAlias = Callable[[str], Iterator[Piece]]


class Decoder(NamedTuple):
    """One way to hide words, undone."""

    name: str
    find: Find
    """What stands in a text that way, with what it says: in order, not overlapping, in linear time."""
    gate: str = ""
    """RE2 pattern that matches in every text in which `find` finds something."""


Decode: TypeAlias = Callable[[str], str | None]


def marked(name: str, pattern: str, decode: Decode, gate: str = "") -> Decoder:
    """An encoding that begins with a mark of its own, so that a search skips from mark to mark."""

    def find(text: str) -> Iterator[Piece]:
        for found in re.finditer(pattern, text):
            plain = decode(found[0])
            if plain is not None:
                yield Piece(*found.span(), plain, name)

    return Decoder(name, find, gate)


def shaped(name: str, gate: str, pattern: str, decode: Decode) -> Decoder:
    """An encoding that looks like words: RE2, as there is nothing to search for but the words themselves."""

    def find(text: str) -> Iterator[Piece]:
        for start, end in find_spans(pattern, text):
            plain = decode(text[start:end])
            if plain is not None:
                yield Piece(start, end, plain, name)

    return Decoder(name, find, gate)


def _readable(data: bytes) -> str | None:
    """Bytes as text, when they are text that a person could have meant."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    visible = "".join(text.split())
    return text if visible and visible.isprintable() else None


def _legible(data: bytes) -> str | None:
    """What can be read in bytes that are no text as a whole: UTF-16, a text with a stray byte, one behind a header.

    In compressed or random bytes so many printable ones in a row do not come up, and in a program they are few.
    """
    narrow = data.replace(b"\0", b"") if data.count(0) * _PART > len(data) else data
    runs = _LEGIBLE.findall(narrow)
    return " ".join(run.decode("ascii") for run in runs) if sum(map(len, runs)) * _PART > len(narrow) else None


_PART = 4
"""Of how many bytes one is enough: zero bytes for characters of several bytes, legible ones for a text."""
_LEGIBLE = re.compile(rb"[ -~\t\r\n]{24,}")


def _from_entity(found: str) -> str | None:
    from html import unescape  # its table of names costs start-up time, and few texts have entities

    plain = unescape(found)
    return None if plain == found else plain


def _from_percent(found: str) -> str | None:
    data = bytes.fromhex(found.replace("%", ""))
    return " " if data.isspace() else _readable(data)


_LETTER_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "/": "/", "e": "\x1b"}


def _from_escapes(found: str) -> str:
    return "".join(map(_from_escape, found.split("\\")[1:]))


def _from_escape(found: str) -> str:
    """One escape without its backslash."""
    if found in _LETTER_ESCAPES:
        return _LETTER_ESCAPES[found]
    if found.isdigit():
        return chr(int(found, 8))
    return _char(int(found[1:].strip("{}"), 16))


def _char(code_point: int) -> str:
    return chr(code_point) if code_point <= _LAST_CODE_POINT else _REPLACEMENT


_LAST_CODE_POINT = 0x10FFFF
_REPLACEMENT = "\ufffd"


def _from_caret(found: str) -> str:
    return "\x1b" + found[2:]


def _from_base64(found: str) -> str | None:
    packed = found.rstrip("=").replace("-", "+").replace("_", "/")
    packed = "".join(packed.split()) if "\n" in packed else packed
    try:
        data = a2b_base64(packed[: len(packed) - (len(packed) % 4 == 1)] + "==")
    except Base64Error:
        return None
    return _readable(data) or _legible(data)


def _base64_words(text: str) -> Iterator[Piece]:
    """Single words in base64 among plain ones: by chance hardly anything comes out as letters."""
    plain = {word: _from_base64(word) for word in set(re.findall(_BASE64_WORD, text))}
    letters = {word: said for word, said in plain.items() if said and re.fullmatch("[A-Za-z][a-z]{2,}", said)}
    if len(set(letters.values())) >= _LEAST_BASE64_WORDS:
        for found in re.finditer(_BASE64_WORD, text):
            if found[0] in letters:
                yield Piece(*found.span(), letters[found[0]], "base64")


_LEAST_BASE64_WORDS = 2
_SIGN = "[A-Za-z0-9+/]"
_BASE64_WORD = f"(?<![A-Za-z0-9+/=])(?:{_SIGN}{{4}}){{1,5}}(?:{_SIGN}{{2}}==|{_SIGN}{{3}}=|(?![A-Za-z0-9+/=]))"


def _split_words(text: str) -> Iterator[Piece]:
    """Words with elements or comments inside: a page shows them whole."""
    found = list(re.finditer(_SPLIT, text))
    if len(found) >= _LEAST_SPLIT:
        yield from (Piece(*item.span(), re.sub(_INNER_TAG, "", item[0]), SPLIT) for item in found)


SPLIT = "markup inside words"
_LEAST_SPLIT = 2
_INLINE = "b|i|u|s|em|strong|span|font|wbr|sub|sup|small|big|mark|code|tt|ins|del|bdi|bdo|abbr|kbd|q|a"
_INNER_TAG = rf"</?(?:{_INLINE})(?: [^<>]{{0,80}})?/?>|<!--[^<>]{{0,80}}-->"
_SPLIT = f"(?<![A-Za-z])[A-Za-z]++(?:(?:{_INNER_TAG}){{1,8}}+[A-Za-z]++)++"


def _from_base32(found: str) -> str | None:
    """RFC 4648, in either letter case; a long word of letters alone has to come out as plain ASCII."""
    from base64 import b32decode  # imports more than a clean text has to pay for

    packed = found.rstrip("=").upper()
    try:
        plain = _readable(b32decode(packed + "=" * (-len(packed) % 8)))
    except Base64Error:
        return None
    return plain if plain and (plain.isascii() or not packed.isalpha()) else None


def _from_hex(found: str) -> str | None:
    digits = "".join(char for char in found.removeprefix("0x") if char.isalnum())
    return _readable(bytes.fromhex(digits)) if len(digits) % 2 == 0 else None


def _from_bits(found: str) -> str | None:
    bits = "".join(char for char in found if char in "01")
    return _letters(int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8))


def _from_code_points(found: str) -> str | None:
    return "".join(_char(int(number, 16)) for number in re.findall("[0-9a-fA-F]{4,6}", found))


def _from_decimals(found: str) -> str | None:
    return _letters(int(number) for number in re.findall("[0-9]+", found))


def _letters(codes: Iterator[int]) -> str | None:
    """Character codes as text, when most of them are letters."""
    plain = _text_of(tuple(codes))
    if plain is None:
        return None
    visible = "".join(plain.split())
    letters = sum(char.isalpha() for char in visible)
    return plain if visible.isprintable() and 10 * letters >= 7 * len(visible) else None


def _text_of(codes: tuple[int, ...]) -> str | None:
    """Numbers as bytes of UTF-8, or else as code points."""
    try:
        return bytes(codes).decode("utf-8")
    except ValueError:
        return "".join(map(_char, codes)) if max(codes, default=0) > _LAST_BYTE else None


_LAST_BYTE = 0xFF


def _from_morse(found: str) -> str | None:
    words = re.split(r" {2,}| ?[/|] ?", found.strip())
    plain = " ".join("".join(_MORSE.get(code, "?") for code in word.split()) for word in words)
    return None if "?" in plain or len(set(plain)) < _MORSE_LETTERS else plain


_MORSE_LETTERS = 4
"""Different letters a message has at least: a line of dashes has one."""
_MORSE = dict(
    zip(
        """.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.--
        --.. ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----. .-.-.- --..-- -..-. -....- ..--.-""".split(),
        "abcdefghijklmnopqrstuvwxyz0123456789.,/-_",
        strict=True,
    )
)


def _from_tags(found: str) -> str | None:
    plain = "".join(chr(ord(char) - 0xE0000) for char in found)
    return "".join(char for char in plain if char.isprintable()) or None


def _from_selectors(found: str) -> str | None:
    """Bytes hidden in variation selectors: VS1-16 are 0-15, VS17-256 are 16-255 (Paul Butler's scheme, 2025)."""
    return _readable(bytes(ord(char) - (0xFE00 if char <= "\ufe0f" else 0xE00F0) for char in found))


def _from_zero_width(found: str) -> str | None:
    """Bits as two kinds of zero-width characters, eight to a letter; a third kind may stand between letters. What they
    say is apart from the words that they hide behind."""
    for zero, one in ((0x200B, 0x200C), (0x200C, 0x200B), (0x200C, 0x200D), (0x200D, 0x200C), (0x200B, 0x200D)):
        bits = found.translate({zero: "0", one: "1"})
        plain = _from_bits(bits)
        if plain and len(plain) * 8 == bits.count("0") + bits.count("1"):
            return f" {plain} "
    return None


def _from_braille(found: str) -> str | None:
    """Grade 1 English braille; cells with another meaning stay."""
    if sum(map(found.count, _BRAILLE)) < _LEAST_CELLS:
        return None
    return "".join(_BRAILLE.get(char, char) for char in found)


_BRAILLE = dict(zip("⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵⠀⠲⠂⠤⠌", "abcdefghijklmnopqrstuvwxyz .,-/", strict=True))
_LEAST_CELLS = 3
_CELLS = "\u2800-\u283f"
_TURNED = "a-zɐɔǝɟƃɓɥᴉıɾʞןɯɹʇʌʍʎ"
_UPSIDE_DOWN = dict(zip("ɐqɔpǝɟƃɓɥᴉıɾʞlןɯuodbɹsʇnʌʍxʎz˙'⅄¡¿,", "abcdefgghiijkllmnopqrstuvwxyz.,y!?'", strict=True))


_TURNED_ONLY = frozenset(char for char in _UPSIDE_DOWN if not char.isascii())


def _from_upside_down(found: str) -> str | None:
    """Turned by half a circle, so read from its end. The blank behind it marks that no letter kept its place."""
    if _TURNED_ONLY.isdisjoint(found):
        return None
    plain = "".join(_UPSIDE_DOWN.get(char, char) for char in reversed(found)) + " "
    clear = clear_words().intersection(re.findall("[a-z]+", plain))
    return plain if len(clear) >= _LEAST_TURNED or reads_as_words(plain, least=2) else None


_LEAST_TURNED = 4
"""Words that make sense of a longer text upside down, however rare the others are."""


LONG_WORD = "[A-Za-z0-9+/_.|~=-]{20}"
"""What base64, base32, hex and words run together have in common."""

MARKED: tuple[Decoder, ...] = (
    marked(
        "HTML entities",
        "(?:&(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};))+",
        _from_entity,
    ),
    marked("percent encoding", "(?:%[0-9a-fA-F]{2})+", _from_percent),
    marked(
        "backslash escapes",
        r"""(?:\\(?:u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,6}\}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|[nrt"'/]|[01][0-7]{2}"""
        r"""|e(?=[\[\]])))+""",
        _from_escapes,
    ),
    marked("caret notation", r"\^\[\[[0-9;]{0,32}m", _from_caret),
)
"""Those whose mark (`&`, `%`, `\\`, `^[`) a substring search finds."""

SHAPED: tuple[Decoder, ...] = (
    shaped(
        "base64",
        "[A-Za-z0-9+/_-]{20}",
        r"[A-Za-z0-9+/_-]{20,}(?:\r?\n[A-Za-z0-9+/_-]{4,})*={0,2}",
        _from_base64,
    ),
    shaped("base32", "[A-Z2-7]{20}|[a-z2-7]{24}", r"\b(?:[A-Z2-7]{20,}|[a-z2-7]{24,})\b={0,6}", _from_base32),
    shaped(
        "hex",
        "[0-9a-fA-F]{20}|(?:[0-9a-fA-F]{2}[ :]){9}",
        r"\b(?:0x)?(?:[0-9a-fA-F]{2}[ :]?){9,}[0-9a-fA-F]{2}\b",
        _from_hex,
    ),
    shaped("hex", "(?:=[0-9a-fA-F]{2}){5}", "(?:=[0-9a-fA-F]{2}){5,}", _from_hex),
    shaped("binary", "[01]{8}[ ,]{0,2}[01]{8}", "[01]{8}(?:[ ,]{0,2}[01]{8}){4,}", _from_bits),
    shaped(
        "character codes",
        r"U\+[0-9a-fA-F]{4}",
        r"U\+[0-9a-fA-F]{4,6}(?:[ ,]{0,2}U\+[0-9a-fA-F]{4,6})+",
        _from_code_points,
    ),
    shaped("character codes", "(?:[0-9]{2,3}[ ,]{1,2}){5}", "(?:[0-9]{2,4}[ ,]{1,2}){7,}[0-9]{2,4}", _from_decimals),
    Decoder("base64", _base64_words, "[A-Za-z0-9+/]{5,19}=(?:[^=A-Za-z0-9]|=|$)"),
    Decoder(SPLIT, _split_words, "[A-Za-z]<[!/a-z][^<>]{0,90}>"),
    marked("Morse code", r"(?<!\S)[.-]{1,6}(?:(?: {1,3}| ?[/|] ?)[.-]{1,6}){7,}", _from_morse, "(?:[.-]{1,6} ){5}"),
)
"""Those that have to be looked for all over a text."""

HIDDEN: tuple[Decoder, ...] = (
    marked("tag characters", "[\U000e0020-\U000e007e]+", _from_tags),
    marked("zero-width characters", "[\u200b-\u200d\u2060\ufeff]{32,}", _from_zero_width),
    marked("variation selectors", "[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}", _from_selectors),
)
"""Characters that nobody sees: read before these are taken away."""

DRAWN: tuple[Decoder, ...] = (
    marked("braille", f"[{_CELLS}](?:[!-~{_CELLS}]|\\s(?=\\S{{0,3}}[{_CELLS}])){{0,4000}}", _from_braille),
    marked(
        "letters upside down", f'[{_TURNED}][{_TURNED}˙⅄¡¿\\s"-+/-:;-@\\[-`{{-~-]{{6,}}[{_TURNED}]', _from_upside_down
    ),
)
"""Characters of another shape."""
