"""JSON Schema 2020-12, as far as tools use it: may a call have these arguments?

A schema comes from a server, so it is hostile input like everything else: compiling and checking never raise, follow
nothing that is not in the document, and take a bounded amount of work. What cannot be checked (a pattern that RE2 does
not know, a keyword whose value means nothing, a reference to somewhere else) restricts nothing; it is never taken for
something that holds, either, where that would restrict (`not`, `oneOf`, `if`).
"""

from __future__ import annotations

from .compiled import Schema, Violation

__all__ = ["Schema", "Violation"]
