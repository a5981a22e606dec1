"""How a gateway recognises callers, as `deployment` and `gateway` together decide it; upstream's precedence."""

from __future__ import annotations

from oktsec_lint.core.config import AuthMethod, Config
from oktsec_lint.core.values import NamedTuple

BEARER, LOOPBACK_HEADER, MUTUAL_TLS = "bearer_token", "trusted_loopback_header", "mtls"


class Door(NamedTuple):
    """How the configured gateway recognises callers."""

    demands: bool
    """A caller without identity is turned away (401)."""
    by_token: bool
    by_header: bool
    """Whether a name in a header is believed when it comes from this machine."""


def door_of(config: Config) -> Door:
    """What the configuration asks for. An empty list of methods is the profile's own; a token is always among those."""
    strict = config.deployment.enterprise or config.deployment.require_surface_auth
    methods = {method.name for method in config.gateway.auth_methods}
    header = LOOPBACK_HEADER in methods or config.gateway.trusted_loopback_headers or not methods
    return Door(
        demands=_demanded(config.gateway.require_auth, strict=strict),
        by_token=not methods or BEARER in methods,
        by_header=header and not config.deployment.enterprise,
    )


def unsupported_method(config: Config) -> AuthMethod | None:
    """The first configured method that this tool cannot carry out: it must not start as if it did."""
    return next((method for method in config.gateway.auth_methods if method.name == MUTUAL_TLS), None)


def _demanded(require_auth: str, *, strict: bool) -> bool:
    """`gateway.require_auth`: yes, no, or as the deployment asks."""
    return require_auth == "true" or (strict and require_auth != "false")
