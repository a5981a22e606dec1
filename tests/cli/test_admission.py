"""What a gateway needs before its first request."""

from __future__ import annotations

import pytest

from oktsec_lint.cli.admission import entrance_for
from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.identity.tokens import hash_of
from oktsec_lint.protocol.gateway import Arrival, Caller, Names, Proof, admit
from oktsec_lint.sources import load_config

NAMES = Names("127.0.0.1", 9090)
RAW = "okt_gw_" + "ab" * 32


def test_a_method_that_does_not_exist_here_is_named_with_its_line() -> None:
    text = "gateway:\n  auth_methods:\n    - bearer_token\n    - mtls  # later\n"
    with pytest.raises(SourceError) as caught:
        entrance_for(load_config("oktsec.yaml", text), NAMES)
    assert str(caught.value) == (
        "oktsec.yaml:4:7: client certificates are not supported: `mtls` in `gateway.auth_methods` (remove it and use "
        "`bearer_token`, or let a proxy in front of the gateway check certificates)"
    )


def test_a_configured_token_comes_in() -> None:
    entry = f'{{id: t1, type: gateway_bearer, hash: "{hash_of(RAW, b"salt")}"}}'
    text = f"identity: {{principals: [{{id: clerk, tokens: [{entry}]}}]}}\n"
    entrance = entrance_for(load_config("oktsec.yaml", text), NAMES)
    headers = [("Host", "localhost:9090"), ("Authorization", f"Bearer {RAW}")]
    assert admit(Arrival("POST", "/mcp", headers, "203.0.113.9"), entrance, 0.0) == Caller("clerk", Proof.BEARER, "t1")


def test_each_start_remembers_under_a_key_of_its_own() -> None:
    first, second = (entrance_for(load_config("f", "agents: {}\n"), NAMES).identities for _ in range(2))
    assert vars(first)["_key"] != vars(second)["_key"]
