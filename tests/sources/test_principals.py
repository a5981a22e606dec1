"""Principals and their tokens as they are read: what cannot be read opens nothing."""

from __future__ import annotations

import pytest

from oktsec_lint.core.config import Config
from oktsec_lint.core.identity.tokens import State, state_of
from oktsec_lint.sources import load_config

HASH = f"sha256:00ff:{'0' * 64}"
TOKEN = f"id: t1, type: gateway_bearer, hash: '{HASH}'"


def read(token: str) -> Config:
    text = f"identity:\n  principals:\n    - id: clerk\n      tokens:\n        - {{{token}}}\n"
    return load_config("oktsec.yaml", text).config


def test_a_token_with_everything() -> None:
    (principal,) = read(f"{TOKEN}, created_at: '2026-01-01T00:00:00Z', expires_at: '2027-01-01T00:00:00Z'").principals
    (token,) = principal.tokens
    assert (principal.id, principal.place.pointer) == ("clerk", "/identity/principals/0")
    assert token[:2] == ("t1", HASH)
    assert token[3:] == ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "")
    assert token.place.pointer == "/identity/principals/0/tokens/0"


NO_TOKENS = [
    f"id: t1, hash: '{HASH}'",
    f"id: t1, type: gateway_baerer, hash: '{HASH}'",
    f"id: t1, type: proxy_basic, hash: '{HASH}'",
    f"id: t1, type: [gateway_bearer], hash: '{HASH}'",
    "id: t1, type: gateway_bearer",
    "id: t1, type: gateway_bearer, hash: ''",
    "id: t1, type: gateway_bearer, hash: 'md5:00ff:00'",
    f"id: t1, type: gateway_bearer, hash: 'sha256::{'0' * 64}'",
    f"id: t1, type: gateway_bearer, hash: 'sha256:0:{'0' * 64}'",
    f"id: t1, type: gateway_bearer, hash: ['{HASH}']",
]


@pytest.mark.parametrize("token", NO_TOKENS)
def test_no_token_for_the_gateway(token: str) -> None:
    assert read(token).principals[0].tokens == ()


STATES = [
    ("", State.ACTIVE),
    ("expires_at: ''", State.ACTIVE),
    ("revoked_at: ~", State.ACTIVE),
    ("x-note: odd", State.ACTIVE),
    ("colour: odd", State.ACTIVE),
    ("expires_at: tomorrow", State.EXPIRED),
    ("expires_at: 2126-01-01", State.EXPIRED),
    ("expires_at: ['2126-01-01T00:00:00Z']", State.EXPIRED),
    ("expire_at: '2126-01-01T00:00:00Z'", State.EXPIRED),
    ("expiresAt: '2126-01-01T00:00:00Z'", State.EXPIRED),
    ("revoked_at: yes", State.REVOKED),
    ("revoked_at: {}", State.REVOKED),
    ("revoked-at: '2026-01-01T00:00:00Z'", State.REVOKED),
    ("revoked_att: '2026-01-01T00:00:00Z', revoked_at: ''", State.REVOKED),
]


@pytest.mark.parametrize(("more", "state"), STATES)
def test_an_end_that_cannot_be_read_has_come(more: str, state: State) -> None:
    (token,) = read(f"{TOKEN}, {more}" if more else TOKEN).principals[0].tokens
    assert state_of(token, 1_795_000_000.0) is state


@pytest.mark.parametrize(
    "text", ["identity: x", "identity: {principals: {id: clerk}}", "identity: {principals: [x, {}]}"]
)
def test_no_principals(text: str) -> None:
    assert load_config("oktsec.yaml", text).config.principals == ()
