"""Which principal a bearer token stands for.

Every digest has a salt of its own, so a token that was never seen costs one digest for each that is configured. What a
token was found to be is remembered under a keyed digest (HMAC) of it: memory holds no token, and nothing that could be
compared with one elsewhere. Whether it has expired is asked anew each time.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Iterable
from enum import StrEnum

from oktsec_lint.core.config import Principal, Token
from oktsec_lint.core.values import NamedTuple

from .tokens import State, digest_of, is_raw_token, parts_of, state_of

MOST_REMEMBERED = 16_384
"""Tokens; each takes about 250 bytes."""
KEY_BYTES = 32


class Identified(NamedTuple):
    """A token that is what it claims to be."""

    principal: str
    token: str
    """The token's id."""


class Reason(StrEnum):
    """Why a token opens nothing: for the journal, never for who presented it."""

    UNKNOWN = "unknown token"
    EXPIRED = "expired token"
    REVOKED = "revoked token"


class Refused(NamedTuple):
    """A token that opens nothing."""

    reason: Reason
    principal: str = ""
    """Whose token it was; empty for one that nobody has."""
    token: str = ""


class _Known(NamedTuple):
    principal: str
    token: Token
    salt: bytes
    digest: bytes


class Identities:
    """Every token of a configuration, ready to be compared with. One for each configuration that is loaded, so that
    nothing is remembered of tokens that were taken out of it."""

    def __init__(self, principals: Iterable[Principal], key: bytes) -> None:
        """`key` is random, `KEY_BYTES` long, and kept by nobody else."""
        self._known = tuple(
            _Known(principal.id, token, *parts_of(token.hash)) for principal in principals for token in principal.tokens
        )
        self._key = key
        self._remembered: OrderedDict[bytes, tuple[_Known, ...]] = OrderedDict()

    def of_bearer(self, raw: str, now: float) -> Identified | Refused:
        """Who presents this token at a time (seconds since 1970). Never raises, whatever text it is."""
        if not is_raw_token(raw):
            return Refused(Reason.UNKNOWN)
        found = self._found(raw)
        states = [state_of(known.token, now) for known in found]
        for state, reason in _ENDED:
            if state in states:
                known = found[states.index(state)]
                return Refused(reason, known.principal, known.token.id)
        if len({known.principal for known in found}) != 1:
            return Refused(Reason.UNKNOWN)
        return Identified(found[0].principal, found[0].token.id)

    def _found(self, raw: str) -> tuple[_Known, ...]:
        """Every entry that is this token: one, unless somebody copied it."""
        name = hmac.digest(self._key, raw.encode(), "sha256")
        found = self._remembered.get(name)
        if found is None:
            found = tuple(
                filter(lambda known: hmac.compare_digest(digest_of(raw, known.salt), known.digest), self._known)
            )
            if found:
                self._remember(name, found)
        else:
            self._remembered.move_to_end(name)
        return found

    def _remember(self, name: bytes, found: tuple[_Known, ...]) -> None:
        """Only tokens that exist: others are as many as somebody wants."""
        self._remembered[name] = found
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)


_ENDED = ((State.REVOKED, Reason.REVOKED), (State.EXPIRED, Reason.EXPIRED))
"""In this order: an entry that was copied and then revoked in one place is revoked."""
