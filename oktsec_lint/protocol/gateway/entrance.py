"""Who may come in: one decision about a request's address and headers, before its body is read.

In this order: is it well formed, is it meant for us (Host), does a foreign page send it (Origin), who is it. A proof
that is presented has to hold, also where none is demanded: who believes to be an agent and is not would run without the
agent's limits. What a caller is told never says why a token does not hold; `Refusal.reason` does, for the journal.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from enum import StrEnum

from oktsec_lint.core.addresses import is_loopback
from oktsec_lint.core.config import Config
from oktsec_lint.core.identity.bearers import Identified, Identities, Refused
from oktsec_lint.core.identity.door import Door, door_of
from oktsec_lint.core.identity.tokens import PREFIX
from oktsec_lint.core.percent import unquoted
from oktsec_lint.core.values import NamedTuple

from .headers import Headers
from .names import Names

AGENT_HEADER = "x-oktsec-agent"
_ONCE = ("host", "authorization", AGENT_HEADER, "origin")
_FORWARDED = frozenset(
    "forwarded via x-real-ip x-client-ip x-cluster-client-ip true-client-ip cf-connecting-ip fastly-client-ip".split()
)
_FORWARDED_FAMILY = ("x-forwarded-", "x-envoy-", "x-original-forwarded-")
_TOKEN_PARAMETERS = frozenset("access_token auth_token bearer_token bearer token authorization api_key apikey".split())
_PARAMETER_END = re.compile("[&;]")
_OWN_PAGES = frozenset({"same-origin", "none"})
_FORBIDDEN, _MALFORMED, _UNPROVEN = 403, 400, 401
_CHALLENGE = ("WWW-Authenticate", "Bearer")
_INVALID = ("WWW-Authenticate", 'Bearer error="invalid_token"')
"""RFC 6750 section 3.1: one word for every token that does not hold."""


class Arrival(NamedTuple):
    """What is known of a request once its headers are there."""

    method: str
    target: str
    """As on the request line: path and query."""
    headers: Sequence[tuple[str, str]]
    """In order, repeated ones kept; HTTP/2's `:authority` as `Host`."""
    peer: str
    """The address at the other end of the connection, without port; empty for one that has none."""


class Proof(StrEnum):
    """How a caller is known."""

    BEARER = "bearer_token"
    LOOPBACK_HEADER = "trusted_loopback_header"
    NONE = "none"


class Caller(NamedTuple):
    """Somebody who may come in. What they may do is another question."""

    agent: str = ""
    """Empty for nobody in particular: `default_policy` decides."""
    proof: Proof = Proof.NONE
    token: str = ""
    """Id of the token, for `Proof.BEARER`."""
    claimed: str = ""
    """The name in the header where it is no configured agent: for the journal."""


class Refusal(NamedTuple):
    """An answer for somebody who may not."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    """One sentence; plain text."""
    reason: str
    """What it was, for the journal: never for the caller."""


class Entrance(NamedTuple):
    """By what requests are admitted; made once for each configuration that is loaded."""

    door: Door
    names: Names
    identities: Identities
    agents: Collection[str]
    """Names of the configured agents."""


def entrance_of(config: Config, names: Names, key: bytes) -> Entrance:
    """The entrance that a configuration asks for. `key` is random, see `Identities`."""
    agents = frozenset(agent.name for agent in config.agents)
    return Entrance(door_of(config), names, Identities(config.principals, key), agents)


def admit(arrival: Arrival, entrance: Entrance, now: float) -> Caller | Refusal:
    """Whether a request may come in at a time (seconds since 1970), and as whom. Never raises."""
    headers = Headers(arrival.headers)
    refusal = _misshapen(arrival, headers) or _foreign(arrival, headers, entrance.names)
    return refusal or _identified(arrival, headers, entrance, now)


def _misshapen(arrival: Arrival, headers: Headers) -> Refusal | None:
    repeated = headers.repeated(_ONCE)
    if repeated == "origin":
        return _refusal(_FORBIDDEN, "this origin may not use the gateway", "more than one Origin")
    if repeated or not headers.one("host"):
        problem = f"more than one {repeated} header" if repeated else "no Host header"
        return _refusal(_MALFORMED, problem, problem)
    if not arrival.target.startswith("/"):
        return _refusal(_MALFORMED, "the request target must be a path", "request target is no path")
    if _holds_token(arrival.target):
        sentence = "send the token in the Authorization header; one that was in a URL is known to logs, so revoke it"
        return _refusal(_MALFORMED, sentence, "token in the URL")
    return None


def _holds_token(target: str) -> bool:
    plain = unquoted(unquoted(target)).lower()
    parameters = _PARAMETER_END.split(plain.partition("?")[2])
    named = any(name in _TOKEN_PARAMETERS and value for name, _, value in (item.partition("=") for item in parameters))
    return named or PREFIX in plain


def _foreign(arrival: Arrival, headers: Headers, names: Names) -> Refusal | None:
    """Anything a web page makes a browser send that is none of ours."""
    host, origin = headers.one("host"), headers.one("origin")
    if not names.answers_for(host):
        return _refusal(_FORBIDDEN, "the gateway does not answer for this Host", "foreign Host")
    if arrival.method.upper() == "OPTIONS" or "access-control-request-method" in headers:
        return _refusal(_FORBIDDEN, "the gateway takes no requests of other origins", "CORS preflight")
    if "origin" in headers and not names.may_ask(origin, host):
        return _refusal(_FORBIDDEN, "this origin may not use the gateway", "foreign Origin")
    site = headers.one("sec-fetch-site")
    if site and site not in _OWN_PAGES and not names.is_allowed(origin):
        return _refusal(_FORBIDDEN, "this origin may not use the gateway", "request of another site")
    return None


def _identified(arrival: Arrival, headers: Headers, entrance: Entrance, now: float) -> Caller | Refusal:
    if "authorization" in headers:
        return _by_token(headers, entrance, now)
    claimed = headers.one(AGENT_HEADER)
    if claimed:
        problem = _disbelieved(arrival, headers, entrance.door)
        if problem:
            return _unproven(entrance.door, f"agent header without proof: {problem}")
        if claimed in entrance.agents:
            return Caller(claimed, Proof.LOOPBACK_HEADER)
    if entrance.door.demands:
        return _unproven(entrance.door, "agent header names no configured agent" if claimed else "no credentials")
    return Caller(claimed=claimed)


def _disbelieved(arrival: Arrival, headers: Headers, door: Door) -> str:
    """Why a name in the header is not believed; empty when it is."""
    if not door.by_header:
        return f"{Proof.LOOPBACK_HEADER} is off"
    if not is_loopback(arrival.peer):
        return "not from this machine"
    forwarded = _forwarded(headers)
    return f"sent on by a proxy ({forwarded})" if forwarded else ""


def _forwarded(headers: Headers) -> str:
    """A header that says a proxy asks for somebody else; empty for none."""
    return next((name for name in headers if name in _FORWARDED or name.startswith(_FORWARDED_FAMILY)), "")


def _by_token(headers: Headers, entrance: Entrance, now: float) -> Caller | Refusal:
    scheme, _, raw = headers.one("authorization").partition(" ")
    if not entrance.door.by_token:
        return _unproven(entrance.door, f"{Proof.BEARER} is off")
    if scheme.lower() != "bearer":
        return _unproven(entrance.door, "Authorization is no Bearer token")
    found = entrance.identities.of_bearer(raw.strip(" "), now)
    if isinstance(found, Refused):
        whose = f" {found.token} of {found.principal}" if found.principal else ""
        return _refusal(_UNPROVEN, "the token does not hold", f"{found.reason}{whose}", _INVALID)
    return _agreeing(found, headers.one(AGENT_HEADER))


def _agreeing(found: Identified, claimed: str) -> Caller | Refusal:
    if claimed and claimed != found.principal:
        sentence = "the token is another agent's than the one in the X-Oktsec-Agent header"
        return _refusal(_FORBIDDEN, sentence, f"token {found.token} of {found.principal} with another agent's header")
    return Caller(found.principal, Proof.BEARER, found.token)


def _unproven(door: Door, reason: str) -> Refusal:
    """Somebody who may try again with a token, where tokens are taken."""
    if door.by_token:
        sentence = "say who you are: send `Authorization: Bearer` with a token of `oktsec-lint tokens create`"
        return _refusal(_UNPROVEN, sentence, reason, _CHALLENGE)
    return _refusal(_FORBIDDEN, "the gateway cannot tell who you are", reason)


def _refusal(status: int, sentence: str, reason: str, *headers: tuple[str, str]) -> Refusal:
    plain = (("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"))
    return Refusal(status, (*headers, *plain), f"{sentence}\n", reason)
