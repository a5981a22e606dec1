"""The Redis of `redis_url`: how it is reached, and what goes wrong with it in words that give no credential away."""

from __future__ import annotations

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from oktsec_lint.core.errors import SourceError
from oktsec_lint.runtime.addresses import Server

_PATIENCE = 0.25
"""Seconds for an answer: a call waits for it."""


def client(server: Server, *, patience: float | None = _PATIENCE) -> redis.Redis:
    """A client that connects when it is used. `patience` is None for who listens.

    A connection that turns out to be gone is replaced once; what is not answered in time is not asked again, because
    it may have been done. Raises SourceError for an address that is none.
    """
    try:
        made: redis.Redis = redis.Redis.from_url(
            server.url,
            socket_timeout=patience,
            socket_connect_timeout=_PATIENCE,
            retry=Retry(NoBackoff(), 1, (redis.ConnectionError,)),
            decode_responses=True,
        )
    except ValueError:
        hint = "redis://host:6379/0, rediss:// with TLS, unix:///path"
        raise SourceError("`redis_url` is no address of Redis", path=server.path, line=server.line, hint=hint) from None
    return made


def said_of(error: redis.RedisError) -> str:
    """What went wrong, for people; never the library's own text, which may name what stands in an address."""
    return next((said for kind, said in _SAID.items() if isinstance(error, kind)), "Redis refuses")


_SAID: dict[type[redis.RedisError], str] = {
    redis.AuthenticationError: "Redis does not accept this user or password",
    redis.exceptions.OutOfMemoryError: "Redis has no memory left",
    redis.exceptions.ReadOnlyError: "Redis is read-only: this is a replica",
    redis.BusyLoadingError: "Redis is starting",
    redis.TimeoutError: "Redis does not answer",
    redis.ConnectionError: "nothing listens where Redis should be",
}
