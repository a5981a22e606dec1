"""One HTTP endpoint in front of every configured server: what is decided about a request before it is a message."""

from __future__ import annotations

from .entrance import Arrival, Caller, Entrance, Proof, Refusal, admit, entrance_of
from .names import Names

__all__ = ["Arrival", "Caller", "Entrance", "Names", "Proof", "Refusal", "admit", "entrance_of"]
