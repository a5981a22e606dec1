"""Who may call, and the tokens that prove it: what cannot be read opens nothing."""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.config import Principal, Token
from oktsec_lint.core.fields import Field
from oktsec_lint.sources.grammar.gateway import TOKEN

from .wording import meant_key

_UNREAD = "unread"
"""What stands for a time that is written and could not be read: no time, so the token has ended."""


def principals(entries: Field) -> Iterator[Principal]:
    """Every entry that has a name; with those of its tokens that open the gateway and can be compared with."""
    for entry in entries.items:
        name = entry["id"].text()
        if name:
            yield Principal(name, entry.at.place(), tuple(_tokens(entry["tokens"])))


def _tokens(entries: Field) -> Iterator[Token]:
    for entry in entries.items:
        digest = entry["hash"]
        if entry["type"].text() == "gateway_bearer" and digest.text() and not digest.broken:
            yield Token(
                entry["id"].text(),
                digest.text(),
                entry.at.place(),
                entry["created_at"].text(),
                _ending(entry, "expires_at"),
                _ending(entry, "revoked_at"),
            )


def _ending(token: Field, name: str) -> str:
    """A time that ends a token. One under a misspelt key is one as well."""
    if token[name].text():
        return token[name].text()
    written = token.value if isinstance(token.value, dict) else {}
    meant = (meant_key(key, TOKEN) for key in written if key not in token.members)
    misspelt = any(key is not None and key.name == name for key in meant)
    return _UNREAD if token[name].broken or misspelt else ""
