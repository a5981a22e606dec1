"""Every way a text can be read, for whoever has to judge it: `views_of`.

A text is given once as it is written, and once for every encoding that was undone in it; each of those is folded in
turn, as a model reads it. Every view leads back to the original characters. Nothing here decides what is harmful, and
what was still encoded when the budget was used up is said, never dropped.
"""

from __future__ import annotations

from .decoding import Decoded, decoded
from .disguises import Disguise, disguises
from .readings import readings
from .text import View, raw


class Views:
    """The views of one text. Folded ones are made when first asked for, and kept."""

    __slots__ = ("_decoded", "_disguises", "_folded", "written")

    def __init__(self, text: str, found: Decoded) -> None:
        self._decoded = found
        self._folded: tuple[View, ...] | None = None
        self._disguises: tuple[Disguise, ...] | None = None
        self.written: tuple[View, ...] = (raw(text), *found.views)
        """The text itself, then every stretch of it that was decoded (named `decoded`); capitals are kept."""

    @property
    def folded(self) -> tuple[View, ...]:
        """Every folded reading of every written view; those of decoded stretches are named `decoded` too."""
        if self._folded is None:
            self._folded = tuple(reading for view in self.written for reading in readings(view))
        return self._folded

    @property
    def disguises(self) -> tuple[Disguise, ...]:
        """Every place at which the text hides something, whatever it hides."""
        if self._disguises is None:
            self._disguises = disguises(self.written[0].text, self._decoded)
        return self._disguises

    @property
    def exhausted(self) -> bool:
        """Whether something was still encoded after the last round."""
        return self._decoded.exhausted


def views_of(text: str) -> Views:
    """Every reading of a text, in a fixed order; `views_of(text).folded` is what grammar and most rules read."""
    return Views(text, decoded(text))
