"""Second looks at a match: what a pattern cannot count, such as a check digit or how random a value is.

A pattern of a rule names one (`validate: luhn`); the engine drops a match that does not pass. Each is a pure function
of the matched characters, of any length and any script, linear in them, and answers False for what it cannot read: a
number that looks like a card but fails its check digit is an order number, and crying wolf over it costs the rule its
worth. None of them may ever look anything up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import log2

from .addresses import is_disguised, is_internal, is_metadata
from .identifiers import is_dni, is_fiscal_code, is_iban, is_national_number

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TAIL = 6
_CARD_LENGTHS = range(13, 20)
_TEST_CARDS = frozenset(
    """4242424242424242 4111111111111111 4012888888881881 4000056655665556 5555555555554444 5105105105105100
    2223003122003222 378282246310005 371449635398431 6011111111111117 6011000990139424 30569309025904 38520000023237
    3530111333300000 3566002020360505 5200828282828210 4000000000000002 4222222222222""".split()
)
"""Numbers that payment companies publish for tests."""
_STAND_INS = (
    "your example sample placeholder changeme change_me redacted dummy insert replace xxxx **** .... todo fixme "
    "foobar notreal not_real fake test1234 1234567 abcdefg 0000000 deadbeef password mysecret my_secret secret_key "
    "api_key apikey undefined string"
).split()
_UUID = [8, 4, 4, 4, 12]
_BETWEEN = dict.fromkeys(map(ord, ":=&\"'"), " ")
"""What stands between a name and its value, or between two such pairs."""
_BEHIND_HOST = ",;&!*(]{}^$=+~%"
"""What a pattern for URLs may still take in although no host holds it."""
_NO_VALUE = frozenset("<>{}()[]$%* ")
_LEAST_BITS = 3.0
"""Shannon entropy of one character, in bits: English words have 2.5 to 3.2, random letters and digits over 3.3."""
_LEAST_LENGTH = 12
_FEWEST = 3
"""Different digits that a card number has; parts that a joined word has."""


def is_card(text: str) -> bool:
    """ISO/IEC 7812: 13 to 19 digits whose last is the Luhn check digit; published test numbers do not count."""
    digits = _digits(text)
    return len(digits) in _CARD_LENGTHS and digits not in _TEST_CARDS and len(set(digits)) >= _FEWEST and luhn(digits)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1 annex B)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def has_crc32_tail(text: str) -> bool:
    """GitHub's and npm's tokens end in the CRC-32 of what stands between prefix and tail, in six base-62 digits."""
    from zlib import crc32

    secret = text.rpartition("_")[2]
    if len(secret) <= _TAIL or not secret.isascii():
        return False
    return _base62(crc32(secret[:-_TAIL].encode())) == secret[-_TAIL:]


def _base62(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits.rjust(_TAIL, "0")


def is_live(text: str) -> bool:
    """Whether a token is no stand-in such as `sk-xxxxxxxx`, `YOUR_TOKEN` or `abcdefgh12345678`."""
    lowered = text.lower()
    return not any(word in lowered for word in _STAND_INS) and len(set(lowered)) >= min(10, len(lowered) // 2)


def is_live_secret(text: str) -> bool:
    """Whether the secret at the end of a match is live, whatever the names before it say (`TWILIO_API_KEY=SK...`)."""
    words = text.translate(_BETWEEN).split()
    return bool(words) and is_live(words[-1])


def is_random_value(text: str) -> bool:
    """Whether what follows the first `=` or `:` of an assignment looks drawn at random: long, mixed, no stand-in.

    In a query (`token=...&user=sample`) it may end at the first `&`.
    """
    value = _assigned(text)
    return _is_random(value) or _is_random(value.partition("&")[0])


def _is_random(value: str) -> bool:
    if len(value) < _LEAST_LENGTH or not is_live(value) or not _NO_VALUE.isdisjoint(value):
        return False
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return mixed and entropy(value) >= _LEAST_BITS and not _is_wordy(value)


def entropy(value: str) -> float:
    """Shannon entropy a character, in bits."""
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * log2(share) for share in shares)


def is_basic_credential(text: str) -> bool:
    """Whether the last word is the Base64 of `user:password` (RFC 7617)."""
    from base64 import b64decode

    word = text.rpartition(" ")[2]
    try:
        pair = b64decode(word + "=" * (-len(word) % 4), validate=True).decode("utf-8")
    except ValueError:
        return False
    user, colon, password = pair.partition(":")
    return bool(user and colon and password) and pair.isprintable() and is_live(password)


def _assigned(text: str) -> str:
    """What follows the first `=` or `:`, without quotation marks."""
    at = min((at for at in (text.find("="), text.find(":")) if at >= 0), default=-1)
    return text[at + 1 :].strip(" \t\"'`,;")


def _is_wordy(value: str) -> bool:
    """Paths, versions, UUIDs and joined words (`my-service-account-2`) are long and mixed without being secret."""
    if [len(part) for part in value.split("-")] == _UUID:
        return True
    parts = value.replace("/", "-").replace(".", "-").replace("_", "-").split("-")
    return len(parts) >= _FEWEST and all(part.isalpha() or part.isdigit() for part in parts)


def _digits(text: str) -> str:
    return "".join(char for char in text if "0" <= char <= "9")


def _joined(checks: Sequence[Callable[[str], bool]]) -> Callable[[str], bool]:
    return lambda text: any(check(text) for check in checks)


def _at_host(check: Callable[[str], bool]) -> Callable[[str], bool]:
    """Of a URL as it is, and as whoever reads it from a sentence or a command has it: `curl http://2130706433;id`."""

    def checked(text: str) -> bool:
        scheme, mark, rest = text.partition("://")
        end = next((at for at, char in enumerate(rest) if char in _BEHIND_HOST), len(rest))
        return check(text) or check(f"{scheme}{mark}{rest[:end]}")

    return checked


VALIDATORS: Mapping[str, Callable[[str], bool]] = {
    "luhn": is_card,
    "mod97": is_iban,
    "crc32-base62": has_crc32_tail,
    "live": is_live_secret,
    "entropy": is_random_value,
    "basic-auth": is_basic_credential,
    "national-number": is_national_number,
    "letter-number": _joined((is_dni, is_fiscal_code)),
    "metadata-host": _at_host(is_metadata),
    "internal-host": _at_host(is_internal),
    "disguised-host": _at_host(is_disguised),
}
"""The names that a pattern's `validate` may give."""


def passes(name: str, text: str) -> bool:
    """Whether a match counts; an empty name asks for nothing. Raises KeyError for a name that means nothing."""
    return not name or VALIDATORS[name](text)
