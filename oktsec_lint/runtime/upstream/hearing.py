"""Ears that are told an end only once, and nothing after it."""

from __future__ import annotations

from .link import Ears


class Hearing:
    """What stands between a link and its ears."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self._closed = False
        self.over = False
        """Whether the link has ended, by itself or because it was closed."""

    def heard(self, line: bytes | None, about: str) -> None:
        if not self.over:
            self._ears.heard(line, about)

    def failed(self, about: str, reason: str, status: int = 0) -> None:
        if not self.over:
            self._ears.failed(about, reason, status)

    def refuse(self, about: str) -> None:
        """For what is sent over a link that has ended."""
        if not self._closed:
            self._ears.failed(about, "the link to it has ended", 0)

    def ended(self, reason: str) -> None:
        if not self.over:
            self.over = True
            self._ears.ended(reason)

    def close(self) -> None:
        self.over = self._closed = True
