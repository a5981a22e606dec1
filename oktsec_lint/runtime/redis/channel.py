"""Word from gateway to gateway that a held call was decided: a hint, as the decision stands in the quarantine."""

from __future__ import annotations

from typing import cast

import redis

from oktsec_lint.runtime.addresses import Server

from .connection import client

_NAME = "oktsec:decided"
ANY = ""
"""The word for: something may have been decided before we listened."""


class Channel:
    """One end. Nothing raises: whoever hears nothing looks for himself."""

    def __init__(self, server: Server) -> None:
        """Raises SourceError for an address that is none."""
        self._client = client(server)
        self._listener = client(server, patience=None)
        self._subscription: redis.client.PubSub | None = None
        self.listens = False
        """Whether word would be heard."""

    def announce(self, call_id: str) -> None:
        """Tells every gateway that a call was decided."""
        try:
            self._client.publish(_NAME, call_id)
        except redis.RedisError:
            return

    def heard(self, seconds: float) -> str | None:
        """The id of a call that was decided, or `ANY`; None when there is no word for so long, or none to be heard."""
        try:
            if self._subscription is None:
                self._subscription = self._listener.pubsub()  # type: ignore[no-untyped-call]
                self._subscription.subscribe(_NAME)
            message = self._subscription.get_message(timeout=seconds)
        except redis.RedisError:
            self._deafen()
            return None
        if message is None:
            return None
        self.listens = True
        return cast("str", message["data"]) if message["type"] == "message" else ANY

    def close(self) -> None:
        """Lets go; a second call does nothing. Not while `heard` waits."""
        self._deafen()
        self._client.close()
        self._listener.close()

    def _deafen(self) -> None:
        self.listens = False
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None
