"""Equal notices told once in a while: a model that tries the same call a hundred times is one piece of news."""

from __future__ import annotations

from .routes import Notice

_MOST = 1_000
"""Notices that are remembered; the one that was told longest ago is forgotten first."""


class Repeats:
    """What was told when. Time is the caller's, in seconds, from a clock that does not go backwards."""

    def __init__(self, cooldown: float) -> None:
        self._cooldown = cooldown
        self._told: dict[tuple[int | str, ...], tuple[float, int]] = {}
        """When it was told last, and how many equal ones were kept back since; in the order of telling."""

    def admit(self, notice: Notice, now: float) -> int | None:
        """How many equal notices were kept back since the last one; None when this one is kept back as well."""
        key = notice.sameness
        last, kept = self._told.get(key, (None, 0))
        if last is not None and now - last < self._cooldown:
            self._told[key] = last, kept + 1
            return None
        self._told.pop(key, None)
        self._told[key] = now, 0
        if len(self._told) > _MOST:
            del self._told[next(iter(self._told))]
        return kept
