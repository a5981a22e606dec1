"""One HTTP endpoint in front of every configured server: what is decided about a request before it is a message, and
whose the things are that it asks for."""

from __future__ import annotations

from .directory import Directory
from .entrance import Arrival, Caller, Entrance, Proof, Refusal, admit, entrance_of
from .names import Names
from .offers import Excluded, Offered, Target

__all__ = [
    "Arrival",
    "Caller",
    "Directory",
    "Entrance",
    "Excluded",
    "Names",
    "Offered",
    "Proof",
    "Refusal",
    "Target",
    "admit",
    "entrance_of",
]
