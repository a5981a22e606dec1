"""What a bearer token stands for: upstream's form of a digest, and what ends a token."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.config import Principal, Token
from oktsec_lint.core.identity import bearers
from oktsec_lint.core.identity.bearers import Identified, Identities, Reason, Refused
from oktsec_lint.core.identity.tokens import hash_of, is_raw_token, raw_token
from oktsec_lint.core.model import Place

PLACE = Place("oktsec.yaml", "/identity/principals/0/tokens/0")
KEY = bytes(32)
RAW = "okt_gw_" + "ab" * 32
NOW = 1_795_000_000.0
"""In November 2026."""
VECTORS = [
    ("00ff", RAW, "438ab9d17969631dd6ff9277ed91db2c46ee507608bfacc30b2232bfbc260908"),
    (
        "000102030405060708090a0b0c0d0e0f",
        "okt_gw_" + "0123456789abcdef" * 4,
        "c20ae57c5bbcea67998d7062aa8268c4fac9d9cd64181805738d5185eadcd37c",
    ),
]
"""Made by hand: `(printf '\\x00\\xff'; printf okt_gw_abab...) | sha256sum`."""


def token(raw: str = RAW, name: str = "t1", *, salt: bytes = b"\0\xff", expires: str = "", revoked: str = "") -> Token:
    return Token(name, hash_of(raw, salt), PLACE, expires_at=expires, revoked_at=revoked)


def identities(*tokens: Token, agent: str = "clerk") -> Identities:
    return Identities([Principal(agent, PLACE, tokens)], KEY)


@pytest.mark.parametrize(("salt", "raw", "digest"), VECTORS)
def test_the_digest_is_upstreams(salt: str, raw: str, digest: str) -> None:
    written = f"sha256:{salt}:{digest}"
    assert hash_of(raw, bytes.fromhex(salt)) == written
    known = Identities([Principal("clerk", PLACE, (Token("t1", written, PLACE),))], KEY)
    assert known.of_bearer(raw, NOW) == Identified("clerk", "t1")


@pytest.mark.parametrize(
    "raw",
    [
        "",
        RAW.upper(),
        RAW[:-1],
        RAW + "0",
        RAW + "\n",
        RAW.replace("okt_gw_", "okt_hook_"),
        RAW[7:],
        "okt_gw_" + "ü" * 64,
        "okt_gw_" + "٣" * 64,
        "\ud800",
        "okt_gw_" + "0" * 64,
    ],
)
def test_anything_else_is_unknown(raw: str) -> None:
    assert identities(token()).of_bearer(raw, NOW) == Refused(Reason.UNKNOWN)


def test_a_token_of_the_right_form_that_was_not_hashed_in_that_form_opens_nothing() -> None:
    """Not even one whose digest is there: what counts is the form of what is presented."""
    assert identities(token("secret")).of_bearer("secret", NOW) == Refused(Reason.UNKNOWN)


ENDS = [
    ("2026-11-22T17:46:40Z", True),
    ("2026-11-18T17:06:40Z", False),
    ("2026-11-18T11:06:41-06:00", True),
    ("2026-11-18T11:06:40-06:00", False),
    ("never", False),
    ("2126-02-30T00:00:00Z", False),
    ("2126-01-01t00:00:00z", False),
    ("2126-01-01", False),
    (" ", False),
]


@pytest.mark.parametrize(("expires", "holds"), ENDS)
def test_an_end_that_has_come_or_cannot_be_read_ends_a_token(expires: str, *, holds: bool) -> None:
    found = identities(token(expires=expires)).of_bearer(RAW, 1_795_021_600.0)
    assert found == (Identified("clerk", "t1") if holds else Refused(Reason.EXPIRED, "clerk", "t1"))


@pytest.mark.parametrize("revoked", ["2026-01-01T00:00:00Z", "2126-01-01T00:00:00Z", "no", " "])
def test_whatever_is_written_revokes(revoked: str) -> None:
    expired = "2020-01-01T00:00:00Z"
    found = identities(token(revoked=revoked, expires=expired)).of_bearer(RAW, NOW)
    assert found == Refused(Reason.REVOKED, "clerk", "t1")


def test_a_token_expires_while_it_is_remembered() -> None:
    known = identities(token(expires="2026-11-22T00:00:00Z"))
    assert isinstance(known.of_bearer(RAW, 1_795_000_000.0), Identified)
    assert isinstance(known.of_bearer(RAW, 1_795_000_000.0), Identified)
    assert known.of_bearer(RAW, 1_796_000_000.0) == Refused(Reason.EXPIRED, "clerk", "t1")
    assert isinstance(known.of_bearer(RAW, 1_795_000_000.0), Identified)


def test_a_copy_that_is_revoked_revokes_the_original() -> None:
    copies = token(), token(name="t2", salt=b"x", revoked="2026-01-01T00:00:00Z")
    assert identities(*copies).of_bearer(RAW, NOW) == Refused(Reason.REVOKED, "clerk", "t2")


def test_one_token_for_two_principals_is_nobodys() -> None:
    principals = [Principal(name, PLACE, (token(salt=name.encode()),)) for name in ("clerk", "boss")]
    assert Identities(principals, KEY).of_bearer(RAW, NOW) == Refused(Reason.UNKNOWN)


@given(st.lists(st.integers(0, 5), max_size=12), st.lists(st.integers(0, 9), min_size=1, max_size=20))
def test_what_is_remembered_changes_no_answer(owners: Iterable[int], asked: Iterable[int]) -> None:
    raws = [raw_token(bytes([number]) * 32) for number in range(10)]
    owned = dict(enumerate(owners))
    principals = [
        Principal(f"p{owner}", PLACE, (token(raws[number % 10], f"t{number}", salt=bytes([number])),))
        for number, owner in owned.items()
    ]
    lasting = Identities(principals, KEY)
    for number in asked:
        fresh = Identities(principals, KEY).of_bearer(raws[number], NOW)
        assert lasting.of_bearer(raws[number], NOW) == fresh


def test_memory_is_bounded_and_holds_neither_tokens_nor_their_digests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bearers, "MOST_REMEMBERED", 3)
    raws = [raw_token(bytes([number]) * 32) for number in range(5)]
    known = identities(*(token(raw, raw[-4:]) for raw in raws))
    for raw in [*raws, *raws]:
        assert isinstance(known.of_bearer(raw, NOW), Identified)
    for number in range(50):
        known.of_bearer(raw_token(bytes([200 - number]) * 32), NOW)
    remembered = vars(known)["_remembered"]
    assert len(remembered) == 3
    kept = repr(vars(known)).encode()
    for raw in raws:
        assert raw.encode() not in kept
        assert hashlib.sha256(raw.encode()).digest() not in remembered


def test_the_key_decides_under_what_a_token_is_remembered() -> None:
    names = []
    for key in (KEY, b"\1" * 32):
        known = Identities([Principal("clerk", PLACE, (token(),))], key)
        known.of_bearer(RAW, NOW)
        names.append(set(vars(known)["_remembered"]))
    assert names[0].isdisjoint(names[1])


@given(st.binary(min_size=32, max_size=32))
def test_every_secret_is_a_token(secret: bytes) -> None:
    assert is_raw_token(raw_token(secret))
