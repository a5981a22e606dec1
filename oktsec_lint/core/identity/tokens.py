"""Bearer tokens of the gateway in upstream's form: how one is written down, and whether it still opens anything.

A token is `okt_gw_` and 64 hexadecimal digits (256 random bits); what is kept of it is a salted digest. One round of
SHA-256 is enough for that: nobody can guess 256 bits, however fast.
"""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum

from oktsec_lint.core.config import Token
from oktsec_lint.core.moments import epoch_seconds

PREFIX = "okt_gw_"
SECRET_BYTES, SALT_BYTES = 32, 16
_RAW = re.compile(rf"{PREFIX}[0-9a-f]{{{2 * SECRET_BYTES}}}")


class State(StrEnum):
    """What a token is worth now."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


def raw_token(secret: bytes) -> str:
    """The token that so many (`SECRET_BYTES`) random bytes are."""
    return f"{PREFIX}{secret.hex()}"


def is_raw_token(text: str) -> bool:
    """Whether a text has the form of a token for the gateway; only then is it worth a comparison."""
    return _RAW.fullmatch(text) is not None


def digest_of(raw: str, salt: bytes) -> bytes:
    """SHA-256 of the salt followed by the whole token, its prefix included."""
    return hashlib.sha256(salt + raw.encode()).digest()


def hash_of(raw: str, salt: bytes) -> str:
    """A token as `identity.principals[].tokens[].hash` keeps it."""
    return f"sha256:{salt.hex()}:{digest_of(raw, salt).hex()}"


def parts_of(written: str) -> tuple[bytes, bytes]:
    """Salt and digest of a `hash`. Raises ValueError for another form."""
    algorithm, salt, digest = written.split(":")
    if algorithm != "sha256":
        raise ValueError(algorithm)
    return bytes.fromhex(salt), bytes.fromhex(digest)


def state_of(token: Token, now: float) -> State:
    """What a token is worth at a time (seconds since 1970)."""
    if token.revoked_at:
        return State.REVOKED
    expires = epoch_seconds(token.expires_at)
    if token.expires_at and (expires is None or now >= expires):
        return State.EXPIRED
    return State.ACTIVE
