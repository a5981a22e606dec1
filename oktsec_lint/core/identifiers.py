"""Numbers that states and banks give out, by their check digits.

Nine digits are an order number until a check digit says otherwise; still one random number in ten or eleven passes, so
patterns ask for the number's name beside it wherever a format is digits alone.

Some are written in groups, so a pattern for them may take in words that follow: `NHS number 401 023 2137 1.` It is the
beginning that counts then, up to the end of some word; what goes on without a space (`401 023 2137-1`) is another id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

_IBAN_LENGTHS: Mapping[str, int] = {
    country: int(length)
    for country, length in (
        item.split(":")
        for item in """AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BR:29 BY:28 CH:21 CR:22 CY:28 CZ:24 DE:22
        DK:18 DO:28 EE:20 EG:29 ES:24 FI:18 FO:18 FR:27 GB:22 GE:22 GI:23 GL:18 GR:27 GT:28 HR:21 HU:28 IE:22 IL:23
        IQ:23 IS:26 IT:27 JO:30 KW:30 KZ:20 LB:28 LC:32 LI:21 LT:20 LU:20 LV:21 MC:27 MD:24 ME:22 MK:19 MR:27 MT:31
        MU:30 NL:18 NO:15 PK:24 PL:28 PS:29 PT:25 QA:29 RO:24 RS:22 SA:24 SE:24 SI:19 SK:24 SM:27 TN:24 TR:26 UA:29
        VA:22 VG:24 XK:20""".split()
    )
}
_PUBLISHED = frozenset(
    """GB82WEST12345698765432 GB29NWBK60161331926819 DE89370400440532013000 FR1420041010050500013M02606
    NL91ABNA0417164300 ES9121000418450200051332 IT60X0542811101000000123456 BE68539007547034 CH9300762011623852957
    AT611904300234573201 PL61109010140000071219812874 SE4550000000058398257466 NO9386011117947
    DK5000400440116243""".split()
)
"""Example accounts of the IBAN registry; they are in every documentation."""
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_FISCAL_ODD = "1 0 5 7 9 13 15 17 19 21 2 4 18 20 11 3 6 8 12 14 16 10 22 25 24 23".split()
_BETWEEN = dict.fromkeys(map(ord, ":#=\"'"), " ")
_FISCAL = 16
_DNI = 8
_FEWEST = 3
"""Different digits that a number given out to somebody has."""
_PUBLISHED_SSN = frozenset({"078051120", "123456789", "987654321"})


def is_iban(text: str) -> bool:
    """ISO 13616: the country's length, and 1 modulo 97 once the first four characters stand last."""
    return any(map(_is_account, _beginnings(text)))


def _is_account(text: str) -> bool:
    compact = "".join(char for char in text.upper() if char.isalnum())
    if not compact.isascii() or _IBAN_LENGTHS.get(compact[:2]) != len(compact) or compact in _PUBLISHED:
        return False
    return int("".join(str(int(char, 36)) for char in compact[4:] + compact[:4])) % 97 == 1


def _beginnings(text: str) -> Iterator[str]:
    """The text, and what is left of it without its last word, its last two, and so on."""
    words = text.split()
    return ("".join(words[:count]) for count in range(len(words), 0, -1))


def is_dni(text: str) -> bool:
    """Spain's DNI or NIE: the letter is the number modulo 23."""
    compact = _last_word(text).upper().replace("-", "").replace(".", "")
    number = compact[:-1].translate(str.maketrans("XYZ", "012"))
    if not number.isascii() or not number.isdigit() or len(number) != _DNI:
        return False
    return compact not in {"12345678Z", "X1234567L"} and _DNI_LETTERS[int(number) % 23] == compact[-1]


def is_fiscal_code(text: str) -> bool:
    """Italy's codice fiscale: sixteen characters, the last a weighted sum of the others modulo 26."""
    compact = _last_word(text).upper()
    if len(compact) != _FISCAL or not (compact.isascii() and compact.isalnum()) or compact.startswith("RSSMRA"):
        return False
    ranks = [int(char) if char.isdigit() else ord(char) - ord("A") for char in compact[:-1]]
    total = sum(int(_FISCAL_ODD[rank]) if at % 2 == 0 else rank for at, rank in enumerate(ranks))
    return chr(ord("A") + total % 26) == compact[-1]


def is_national_number(text: str) -> bool:
    """Whether a text is the name of a country's number, and behind it one that passes the check of that country."""
    at = next((index for index, char in enumerate(text) if "0" <= char <= "9"), len(text))
    label = text[:at].lower()
    checks = [(length, check) for names, length, check in _NATIONAL if any(map(label.count, names))]
    return any(_is_given(number, checks) for number in _beginnings(text[at:]))


def _is_given(number: str, checks: Sequence[tuple[int, Callable[[str], bool]]]) -> bool:
    digits = "".join(char for char in number if "0" <= char <= "9")
    if len(set(digits)) < _FEWEST or "12345678" in digits:
        return False
    return any(check(digits) for length, check in checks if len(digits) == length)


def _is_ssn(digits: str) -> bool:
    """US: no area 000, 666 or 9xx, no group 00, no serial 0000 (20 CFR 422; SSA since 2011)."""
    if digits in _PUBLISHED_SSN:
        return False
    return digits[:3] not in {"000", "666"} and digits[0] != "9" and digits[3:5] != "00" and digits[5:] != "0000"


def _is_tax_id(digits: str) -> bool:
    """Germany's Steuer-ID: exactly one digit repeated among the first ten, ISO 7064 MOD 11,10."""
    if digits[0] == "0" or len(set(digits[:10])) not in {8, 9}:
        return False
    product = 10
    for digit in digits[:-1]:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    return (11 - product) % 10 == int(digits[-1])


def _is_bsn(digits: str) -> bool:
    """The Netherlands' burgerservicenummer: the eleven test, with -1 as the last weight."""
    return _weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def _is_nhs(digits: str) -> bool:
    """UK: eleven minus the weighted sum modulo eleven."""
    return (11 - _weighted(digits[:-1], range(10, 1, -1)) % 11) % 11 == int(digits[-1])


def _is_cpf(digits: str) -> bool:
    """Brazil: two check digits modulo eleven."""
    first = _weighted(digits[:9], range(10, 1, -1)) * 10 % 11 % 10
    second = _weighted(digits[:10], range(11, 1, -1)) * 10 % 11 % 10
    return digits[9:] == f"{first}{second}"


def _is_pesel(digits: str) -> bool:
    """Poland: the weighted sum of all eleven digits is a multiple of ten."""
    return _weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def _is_sin(digits: str) -> bool:
    """Canada: Luhn over nine digits, none of which is in series."""
    if digits[0] in "08":
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[1::2])
    in_series = all((int(b) - int(a)) % 10 == 1 for a, b in pairwise(digits))
    return not in_series and (sum(map(int, digits[::2])) + sum(doubled)) % 10 == 0


def _weighted(digits: str, weights: range | tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def _last_word(text: str) -> str:
    """Without what stands between a name and its value: `dni": "12345677J`."""
    words = text.translate(_BETWEEN).split()
    return words[-1] if words else ""


_NATIONAL: tuple[tuple[tuple[str, ...], int, Callable[[str], bool]], ...] = (
    (("ssn", "social security"), 9, _is_ssn),
    (("steuer", "idnr", "tin"), 11, _is_tax_id),
    (("bsn", "burgerservice"), 9, _is_bsn),
    (("nhs",), 10, _is_nhs),
    (("cpf",), 11, _is_cpf),
    (("pesel",), 11, _is_pesel),
    (("sin", "social insurance"), 9, _is_sin),
)
"""Words of a number's name, how many digits it has, and its check."""
