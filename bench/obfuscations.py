"""Other characters, spellings and encodings for the same words: everything a model reads through.

Each function is text and seed number in, text out; the number picks a variant, never anything random.
"""

from __future__ import annotations

import base64
import codecs
import html
import re
import textwrap
from collections.abc import Callable
from string import ascii_letters, ascii_lowercase, ascii_uppercase

COVER = "Works on the data it is given and returns the result."
"""What stays in sight where the order itself goes out of sight."""
_INSIDE = r"(?<=[A-Za-z])(?=[A-Za-z])"
_WORD = r"[A-Za-z]{2,}"


def _per_letter(table: dict[str, str]) -> Callable[[str], str]:
    translation = str.maketrans(table)
    return lambda text: text.translate(translation)


def inside_words(text: str, mark: str, number: int) -> str:
    """The mark between all letters of a word, or (odd numbers) once in the middle of each longer one."""
    if number % 2:
        return re.sub(r"[A-Za-z]{3,}", lambda found: in_middle(found[0], mark), text)
    return re.sub(_INSIDE, mark, text)


def in_middle(word: str, mark: str) -> str:
    return word[: len(word) // 2] + mark + word[len(word) // 2 :]


def zero_width_inside_words(text: str, number: int) -> str:
    """Zero-width spaces, joiners or non-joiners between the letters of words."""
    return inside_words(text, "\u200b\u200c\u200d\u2060"[number // 2 % 4], number)


def zero_width_for_spaces(text: str, number: int) -> str:
    """A zero-width space instead of every second space."""
    parts = text.split(" ")
    return "".join(part + ("\u200b" if index % 2 else " ") for index, part in enumerate(parts)).strip(
        " "
    ) + "\u200b" * (number % 2)


def soft_hyphens(text: str, number: int) -> str:
    """Soft hyphens inside words."""
    return inside_words(text, "\u00ad", number)


def tag_characters(text: str, _number: int) -> str:
    """The text in the tags block, behind a cover sentence."""
    return COVER + "".join(chr(0xE0000 + ord(char)) for char in text if " " <= char <= "~" or char == "\n")


def variation_selectors(text: str, _number: int) -> str:
    """The bytes of the text as variation selectors behind an emoji."""
    return f"{COVER} \U0001f642" + "".join(
        chr(0xFE00 + byte if byte < 16 else 0xE0100 + byte - 16) for byte in text.encode()
    )


def zero_width_bits(text: str, _number: int) -> str:
    """The bits of the text as zero-width spaces and non-joiners."""
    bits = "".join(f"{byte:08b}" for byte in text.encode())
    return COVER + "".join("\u200b" if bit == "0" else "\u200c" for bit in bits)


def bidi_override(text: str, _number: int) -> str:
    """Written backwards behind a right-to-left override, so that a screen shows it forwards."""
    return f"\u202e{text[::-1]}\u202c"


def full_width(text: str, _number: int) -> str:
    """Full-width Latin letters, digits and signs."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def mathematical_letters(text: str, number: int) -> str:
    """Mathematical bold, sans-serif bold, monospaced or script letters."""
    upper = (0x1D400, 0x1D5D4, 0x1D670, 0x1D4D0)[number % 4]
    table = {letter: chr(upper + index) for index, letter in enumerate(ascii_uppercase + ascii_lowercase)}
    return _per_letter(table)(text)


def circled_letters(text: str, _number: int) -> str:
    """Letters in circles."""
    small = {letter: chr(0x24D0 + index) for index, letter in enumerate(ascii_lowercase)}
    return _per_letter(small | {letter.upper(): chr(ord(sign) - 26) for letter, sign in small.items()})(text)


def small_capitals(text: str, _number: int) -> str:
    """Small capitals of the phonetic alphabet."""
    return text.lower().translate(str.maketrans(ascii_lowercase, "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡxʏᴢ"))


def cyrillic_lookalikes(text: str, number: int) -> str:
    """Cyrillic letters that look like Latin ones, all of them or (odd numbers) the vowels."""
    return text.translate(
        str.maketrans(*(("aeo", "аео") if number % 2 else ("aceopxyijsABCEHKMOPTX", "асеорхуіјѕАВСЕНКМОРТХ")))
    )


def greek_lookalikes(text: str, _number: int) -> str:
    """Greek letters that look like Latin ones."""
    return text.translate(str.maketrans("aioupvktnABEHIKMNOPTXYZ", "αιουρνκτηΑΒΕΗΙΚΜΝΟΡΤΧΥΖ"))


def heaped_accents(text: str, number: int) -> str:
    """Combining marks on every letter."""
    marks = "".join(chr(0x300 + (number + step * 7) % 0x40) for step in range(3))
    return re.sub("[A-Za-z]", lambda found: found[0] + marks, text)


def single_accents(text: str, _number: int) -> str:
    """An accented letter for every vowel."""
    return text.translate(str.maketrans("aeiouAEIOU", "áèîõüÁÈÎÕÜ"))


def upside_down(text: str, _number: int) -> str:
    """Letters turned upside down, last one first."""
    return text.lower().translate(str.maketrans("abcdefghijklmnopqrstuvwxyz.,!?'", "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz˙'¡¿,"))[
        ::-1
    ]


def braille(text: str, _number: int) -> str:
    """The braille alphabet."""
    cells = "⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵"
    return text.lower().translate(str.maketrans(ascii_lowercase, cells))


def no_break_spaces(text: str, number: int) -> str:
    """No-break, thin or ideographic spaces between the words."""
    return text.replace(" ", "\u00a0\u2009\u3000\u202f"[number % 4])


def typographic_punctuation(text: str, _number: int) -> str:
    """One-dot leaders, fraction slashes and curly quotes for ASCII punctuation."""
    return text.translate(str.maketrans("./'`-_,", "․⁄’‘‐＿‚"))


def letters_apart(text: str, number: int) -> str:
    """A space between all letters and three between words."""
    return (
        "   ".join(" ".join(word) for word in text.split())
        if number % 2
        else "  ".join(" ".join(word) for word in text.split())
    )


def dots_between_letters(text: str, number: int) -> str:
    """A dot (or another sign) between all letters of a word."""
    return re.sub(_INSIDE, "..*·"[number % 4], text)


def hyphens_between_letters(text: str, number: int) -> str:
    """A hyphen or underscore between all letters of a word."""
    return re.sub(_INSIDE, "-_"[number % 2], text)


def leetspeak(text: str, number: int) -> str:
    """Digits and signs for letters."""
    return text.translate(str.maketrans("aeiostAEIOST", "431057431057" if number % 2 else "@310$7@310$7"))


def words_joined(text: str, number: int) -> str:
    """Words run together, at capitals or by underscores, sentence by sentence."""
    if number % 2:
        return re.sub(r"(?<=\w) (?=\w)", "_", text)
    return re.sub(r"(?<=\w) (\w)", lambda found: found[1].upper(), text)


def all_caps(text: str, _number: int) -> str:
    """Capitals only."""
    return text.upper()


def random_case(text: str, number: int) -> str:
    """Capitals and small letters in turn, or by another fixed pattern."""
    return "".join(
        char.upper() if (index * (2 + number % 3) + index // 3) % 3 else char.lower() for index, char in enumerate(text)
    )


def swapped_letters(text: str, number: int) -> str:
    """Two inner letters of every longer word change places: people and models read on."""
    return re.sub(r"\b[A-Za-z]{5,}\b", lambda found: _swapped(found[0], number), text)


def _swapped(word: str, number: int) -> str:
    at = 1 + (number + len(word)) % (len(word) - 3)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def doubled_letters(text: str, number: int) -> str:
    """One letter of every longer word stands twice."""
    return re.sub(r"\b[A-Za-z]{4,}\b", lambda found: _doubled(found[0], number), text)


def _doubled(word: str, number: int) -> str:
    at = 1 + (number + len(word)) % (len(word) - 2)
    return word[:at] + word[at] + word[at:]


def base64_text(text: str, _number: int) -> str:
    """Base64."""
    return base64.b64encode(text.encode()).decode()


def base64url(text: str, _number: int) -> str:
    """Base64 with the alphabet of URLs and no padding."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def base64_twice(text: str, _number: int) -> str:
    """Base64 of base64."""
    return base64.b64encode(base64.b64encode(text.encode())).decode()


def base64_of_reversed(text: str, _number: int) -> str:
    """Base64 of the text written backwards."""
    return base64.b64encode(text[::-1].encode()).decode()


def base64_lines(text: str, number: int) -> str:
    """Base64 in lines of 60 or 76."""
    return "\n".join(textwrap.wrap(base64_text(text, number), 60 + 16 * (number % 2)))


def base64_words(text: str, number: int) -> str:
    """Every third longer word in base64, the others as they are."""
    count = iter(range(number, len(text) + number))
    return re.sub(
        r"\b[A-Za-z]{4,}\b", lambda found: base64_text(found[0], 0) if next(count) % 3 == 0 else found[0], text
    )


def base32(text: str, _number: int) -> str:
    """Base32."""
    return base64.b32encode(text.encode()).decode()


def hexadecimal(text: str, number: int) -> str:
    """Hexadecimal bytes, with or without spaces."""
    return text.encode().hex(" ") if number % 2 else text.encode().hex()


def binary(text: str, _number: int) -> str:
    """Bytes as binary digits."""
    return " ".join(f"{byte:08b}" for byte in text.encode())


def decimal_codes(text: str, number: int) -> str:
    """Character codes in decimal."""
    return (", " if number % 2 else " ").join(str(byte) for byte in text.encode())


def percent(text: str, _number: int) -> str:
    """Percent encoding of every byte."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def quoted_printable(text: str, _number: int) -> str:
    """Quoted-printable, every byte of it."""
    return "".join(f"={byte:02X}" for byte in text.encode())


def unicode_escapes(text: str, _number: int) -> str:
    """A \\u escape for every character."""
    return "".join(f"\\u{ord(char):04x}" for char in text)


def byte_escapes(text: str, _number: int) -> str:
    """A \\x escape for every byte."""
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


def decimal_entities(text: str, _number: int) -> str:
    """A decimal HTML entity for every character."""
    return "".join(f"&#{ord(char)};" for char in text)


def hexadecimal_entities(text: str, _number: int) -> str:
    """A hexadecimal HTML entity for every character."""
    return "".join(f"&#x{ord(char):x};" for char in text)


_BY_SIGN = {
    sign: name
    for name, sign in html.entities.html5.items()
    if name.endswith(";") and len(sign) == 1 and ord(sign) < 128
}


def named_entities(text: str, number: int) -> str:
    """Named entities for all that have a name; decimal ones for every third letter."""
    return "".join(
        f"&{_BY_SIGN[char]}" if char in _BY_SIGN else f"&#{ord(char)};" if (index + number) % 3 == 0 else char
        for index, char in enumerate(text)
    )


def rot13(text: str, _number: int) -> str:
    """ROT13."""
    return codecs.encode(text, "rot13")


def atbash(text: str, _number: int) -> str:
    """The alphabet turned round."""
    backwards = ascii_lowercase[::-1]
    return text.translate(str.maketrans(ascii_letters, backwards + backwards.upper()))


def reversed_text(text: str, _number: int) -> str:
    """Last character first."""
    return text[::-1]


def reversed_words(text: str, _number: int) -> str:
    """Every word backwards, in its place."""
    return re.sub(r"\S+", lambda found: found[0][::-1], text)
