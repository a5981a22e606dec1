"""Who may come in through the gateway, before it starts: what the configuration asks for, or why that cannot be had."""

from __future__ import annotations

import secrets

from oktsec_lint.core.display import quoted
from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.identity.bearers import KEY_BYTES
from oktsec_lint.core.identity.door import unsupported_method
from oktsec_lint.protocol.gateway import Entrance, Names, entrance_of
from oktsec_lint.sources import LoadedConfig


def entrance_for(opened: LoadedConfig, names: Names) -> Entrance:
    """The entrance of a gateway that answers under `names`. Raises SourceError for a method that does not exist here:
    who configured it relies on it."""
    method = unsupported_method(opened.config)
    if method is not None:
        where = opened.document.locate(method.place.pointer)
        message = f"client certificates are not supported: {quoted(method.name)} in `gateway.auth_methods`"
        hint = "remove it and use `bearer_token`, or let a proxy in front of the gateway check certificates"
        raise SourceError(message, path=where.path, line=where.line, column=where.column, hint=hint)
    return entrance_of(opened.config, names, secrets.token_bytes(KEY_BYTES))
