"""Who is told about a decision of the gate, and in which words: a journal's record in, notices out.

A notice holds names, rule ids, the verdict and the record's id, and nothing of what a message said: no reason, no
pointer and no match, because each of them may repeat what an argument holds.
"""

from __future__ import annotations

from .body import body
from .repeats import Repeats
from .routes import RULE_TRIGGERED, Channel, Notice, Routes

__all__ = ["RULE_TRIGGERED", "Channel", "Notice", "Repeats", "Routes", "body"]
