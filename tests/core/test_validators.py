"""What a pattern cannot count: check digits, randomness, and that the engine drops what fails them."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.engine import Engine
from oktsec_lint.core.findings import Severity
from oktsec_lint.core.model import Kind, Subject
from oktsec_lint.core.ruleparse import parse_rule
from oktsec_lint.core.rules import VALIDATORS as NAMES
from oktsec_lint.core.rules import Pattern, PatternType, Rule
from oktsec_lint.core.surfaces import Surface
from oktsec_lint.core.validators import VALIDATORS, entropy, luhn, passes

CRC_TOKEN = "ghp" + "_aWFeOgd23eOp1ARVjVEeNJPXGyijpX1TFLh2"
"""Made up; the tail is right. In two pieces, so that nobody's scanner takes it for a leak."""
TWILIO_KEY = "S" + "K4f9a1c7e0b3d5826af71c4e9d20b6f38"
"""Made up, in two pieces as well."""

CASES = [
    ("luhn", "4539 5787 6362 1486", True),
    ("luhn", "4539 5787 6362 1487", False),
    ("luhn", "card number: 4539-5787-6362-1486", True),
    ("luhn", "4111111111111111", False),
    ("luhn", "0000000000000000", False),
    ("luhn", "18", False),
    ("mod97", "GB33 BUKB 2020 1555 5555 55", True),
    ("mod97", "gb33bukb20201555555555", True),
    ("mod97", "GB33BUKB20201555555556", False),
    ("mod97", "ES91 2100 0418 4502 0005 1333 1", False),
    ("mod97", "ES7921000813610123456789 and", True),
    ("mod97", "ES79 2100 0813 6101 2345 6789 1", True),
    ("mod97", "ES792100081361012345 6789and", False),
    ("mod97", "CZ65 0800 0000 1920 0014 5399 2024 pay", True),
    ("mod97", "GB33BUKB2020155555555", False),
    ("mod97", "DE89370400440532013000", False),
    ("mod97", "ZZ33BUKB20201555555555", False),
    ("crc32-base62", CRC_TOKEN, True),
    ("crc32-base62", CRC_TOKEN[:-1] + "3", False),
    ("crc32-base62", "ghp_short", False),
    ("live", "sk-proj-Zk3mQ9vT2xLrB7wNc5dJf8hY", True),
    ("live", "sk-xxxxxxxxxxxxxxxxxxxxxxxx", False),
    ("live", "glpat-YOUR-TOKEN-GOES-HERE", False),
    ("live", "AKIA0000000000000000", False),
    ("live", f"twilio_api_key={TWILIO_KEY}", True),
    ("live", f"twilio example: {TWILIO_KEY}", True),
    ("live", "?sv=2024-01-01&sr=sample&sig=q7Zr1nVb8XcM5kTd0LwJ3hYpq7Zr1nVb8XcM5kTd0LwJ", True),
    ("live", '"private_key_id": "0000000000000000000000000000000000000000"', False),
    ("entropy", "access_token=k9Xv2mQz7LpR4tWs&user=sample", True),
    ("entropy", "access_token=YOUR_TOKEN_12345&state=k9Xv2mQz7LpR4tWs", False),
    ("entropy", "DB_PASSWORD=k9Xv2mQz7LpR4tWs", True),
    ("entropy", "'token': 'q7Zr1nVb8XcM5kTd=='", True),
    ("entropy", "password=correcthorsebattery", False),
    ("entropy", "secret=aaaaaaaaaaaaaaa1", False),
    ("entropy", "token: 550e8400-e29b-41d4-a716-446655440000", False),
    ("entropy", "key=eu-west-1-prod-db-2", False),
    ("entropy", "key=${API_KEY_FOR_PRODUCTION_1}", False),
    ("basic-auth", "Basic " + b64encode(b"ann:v0lcano-Tide").decode(), True),
    ("basic-auth", "Basic " + b64encode(b"user:password").decode(), False),
    ("basic-auth", "Basic training", False),
    ("national-number", "BSN: 111222333", True),
    ("national-number", "BSN: 111222334", False),
    ("national-number", "NHS number 401 023 2137", True),
    ("national-number", "NHS number 401 023 2137 1", True),
    ("national-number", "NHS number 401 023 2137. 2", True),
    ("national-number", "NHS number 401 023 2137-1", False),
    ("national-number", "NHS number 401 023 21371", False),
    ("national-number", "NHS number 1 401 023 2137", False),
    ("national-number", "NHS number 401 023 213", False),
    ("national-number", "BSN 111222333 444", True),
    ("national-number", "BSN 111222333444", False),
    ("national-number", "Steuer-ID 86095742719", True),
    ("national-number", "Steuer-ID 86095742718", False),
    ("national-number", "CPF 529.982.247-25", True),
    ("national-number", "PESEL 44051401359", True),
    ("national-number", "SIN 046 454 286", False),
    ("national-number", "SIN 130 692 544", True),
    ("national-number", "ssn 666-12-3456", False),
    ("national-number", "ssn 536-22-8145", True),
    ("national-number", "order 111222333", False),
    ("letter-number", "DNI 12345677J", True),
    ("letter-number", 'dni": "12345677J', True),
    ("letter-number", "NIE X1234566W", False),
    ("letter-number", "DNI 12345678Z", False),
    ("letter-number", "codice fiscale: MRTMTT91D08F205J", True),
    ("letter-number", "codice fiscale: MRTMTT91D08F205K", False),
    ("metadata-host", "http://2852039166;id", True),
    ("metadata-host", "http://2852039166.", True),
    ("metadata-host", "http://a,b@169.254.169.254", True),
    ("metadata-host", "http://[::ffff:a9fe:a9fe],", True),
    ("metadata-host", "http://28520391661,", False),
    ("internal-host", "http://192.168.1.1&x=1", True),
    ("internal-host", "http://192.168.1.1.example.com,", False),
    ("disguised-host", "http://2130706433**", True),
    ("disguised-host", "http://127.0.0.1,", False),
]


@pytest.mark.parametrize(("name", "text", "counts"), CASES)
def test_what_counts(name: str, text: str, *, counts: bool) -> None:
    assert passes(name, text) is counts


def test_every_name_has_its_function() -> None:
    assert set(VALIDATORS) == NAMES


@given(st.sampled_from(sorted(VALIDATORS)), st.text(max_size=80))
def test_nothing_raises(name: str, text: str) -> None:
    assert passes(name, text) in (True, False)
    assert passes("", text)


@given(st.text("0123456789", min_size=1, max_size=30))
def test_exactly_one_check_digit_is_right(number: str) -> None:
    assert sum(luhn(number + digit) for digit in "0123456789") == 1


@given(st.text(min_size=1, max_size=40))
def test_entropy_is_that_of_its_letters(value: str) -> None:
    assert 0 <= entropy(value) <= 6
    assert entropy(value) == pytest.approx(entropy(value + value))


def inspect(text: str, validate: str) -> list[tuple[int, int]]:
    """The spans of a rule that looks for sixteen digits."""
    pattern = Pattern(PatternType.REGEX, r"\b[0-9]{16}\b", validate=validate)
    rule = Rule("X-1", "Digits", Severity.HIGH, "x", applies_to=("message",), views=("raw",), patterns=(pattern,))
    hits, _ = Engine([rule]).inspect([Surface("message.result", text, Subject("s", Kind.TOOL, "t"), "")])
    return [(item.start, item.end) for hit in hits for item in hit.evidence]


def test_a_match_that_fails_its_check_is_none() -> None:
    text = "4539578763621487 4539578763621486"
    assert inspect(text, "luhn") == [(17, 33)]
    assert len(inspect(text, "")) == 2


def test_a_flood_of_wrong_ones_hides_no_right_one() -> None:
    assert inspect("4539578763621487 " * 20_500 + "4539578763621486", "luhn")
    assert not inspect("4539578763621487 " * 100, "luhn")


def test_an_unknown_name_is_a_mistake_with_its_place() -> None:
    rule = {"id": "X-1", "name": "x", "severity": "low", "category": "x", "applies_to": ["tool"]}
    patterns = [{"type": "regex", "value": "abc", "validate": "luhm"}]
    parsed, (problem,) = parse_rule({**rule, "patterns": patterns})
    assert parsed is None
    assert problem.pointer == "/patterns/0/validate"
    assert "luhn" in problem.hint
