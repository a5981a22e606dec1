"""Whether an address may come from a URI template (RFC 6570), read as leniently as servers read them.

This decides which server is asked, never whether it may be: an expression stands for anything that it could expand to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

import re2

from oktsec_lint.core.calls.schema.patterns import compiled

_EXPANSIONS: Mapping[str, str] = {
    "+": ".*",
    "#": "(?:#.*)?",
    ".": "(?:[.][^/]*)?",
    "/": "(?:/.*)?",
    ";": "(?:;[^/]*)?",
    "?": "(?:[?][^#]*)?",
    "&": "(?:&[^#]*)?",
}
"""What an expression expands to, by its operator (RFC 6570 section 3.2), for RE2."""
_SIMPLE = "[^/]*"


@lru_cache(maxsize=1024)
def matcher(template: str) -> Callable[[str], bool] | None:
    """Whether an address is one of the template's; in linear time. None for a template that is far too long."""
    return compiled(f"(?s)^{''.join(_source(template))}$")


def _source(template: str) -> Iterator[str]:
    """Braces without a partner are characters like others."""
    rest = template
    while rest:
        literal, _, after = rest.partition("{")
        expression, closing, behind = after.partition("}")
        if not closing:
            yield _literal(rest)
            return
        yield _literal(literal)
        yield _EXPANSIONS.get(expression[:1], _SIMPLE)
        rest = behind


def _literal(text: str) -> str:
    """Half characters as `compiled` reads them."""
    return str(re2.escape(text.encode("utf-8", "replace").decode()))
