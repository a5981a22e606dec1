"""Who a gateway can recognise, and what it lets a stranger do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from oktsec_lint.core.checks.identity import check
from oktsec_lint.core.config import Config
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.model import Inventory
from oktsec_lint.sources import load_config

Declare = Callable[..., Config]

LIMITED = {"clerk": ["read_file"]}
ON = {"enabled": True}
ENTERPRISE = {"deployment": {"profile": "enterprise"}}


def of_rule(rule: str, config: Config) -> list[Hit]:
    return [hit for hit in check(Inventory(), config) if hit.rule == rule]


def _principal(name: str, **token: Any) -> dict[str, Any]:
    digest = f"sha256:00ff:{'0' * 64}"
    return {"id": name, "tokens": [{"id": "t", "type": "gateway_bearer", "hash": digest, **token}]}


def _written(agents: dict[str, list[str]], **sections: Any) -> Config:
    """The configuration as it is read from a file; JSON is YAML."""
    entries = {name: {"allowed_tools": allowed} for name, allowed in agents.items()}
    return load_config("oktsec.yaml", json.dumps({"agents": entries, **sections})).config


def _identity(*principals: Any) -> dict[str, Any]:
    return {"identity": {"principals": list(principals)}}


# fmt: off
DOORS = [
    pytest.param({}, None, id="no gateway"),
    pytest.param({"gateway": ON}, None, id="local: the header names the agent"),
    pytest.param({"gateway": ON, "deployment": {"profile": "local"}}, None, id="local profile, written"),
    pytest.param({"gateway": {**ON, "require_auth": "true"}}, None, id="local: the header still counts"),
    pytest.param({"gateway": {"enabled": False}, **ENTERPRISE}, None, id="enterprise without a gateway"),
    pytest.param({"gateway": ON, **ENTERPRISE}, "turned away", id="enterprise"),
    pytest.param({"gateway": {**ON, "require_auth": "no"}, **ENTERPRISE}, "as nobody", id="enterprise, open"),
    pytest.param({"gateway": {**ON, "auth_methods": ["bearer_token"]}}, "as nobody", id="tokens only, open"),
    pytest.param({"gateway": {**ON, "auth_methods": ["bearer_token"], "require_auth": "true"}}, "turned away",
                 id="tokens only, demanded"),
    pytest.param({"gateway": {**ON, "auth_methods": ["bearer_token"]}, "deployment": {"require_surface_auth": True}},
                 "turned away", id="surface auth"),
    pytest.param({"gateway": {**ON, "auth_methods": ["bearer_token", "trusted_loopback_header"]}}, None, id="both"),
    pytest.param({"gateway": {**ON, "auth_methods": ["mtls"], "trusted_loopback_headers": True}}, None, id="flag"),
    pytest.param({"gateway": ON, **ENTERPRISE, **_identity(_principal("clerk"))}, None, id="a token"),
    pytest.param({"gateway": ON, **ENTERPRISE, **_identity(_principal("other"))}, "turned away", id="another's"),
    pytest.param({"gateway": ON, **ENTERPRISE, **_identity(_principal("clerk", revoked_at="2026-01-01"))},
                 "turned away", id="a revoked token"),
    pytest.param({"gateway": ON, **ENTERPRISE, **_identity(_principal("clerk", type="proxy_basic"))}, "turned away",
                 id="a token for another door"),
    pytest.param({"gateway": {**ON, "auth_methods": ["mtls"]}, **_identity(_principal("clerk"))}, "as nobody",
                 id="a token that no method takes"),
]
# fmt: on


@pytest.mark.parametrize(("sections", "effect"), DOORS)
def test_who_the_gateway_can_recognise(sections: dict[str, Any], effect: str | None) -> None:
    config = _written(LIMITED, **sections)
    hits = of_rule("COV-008", config)
    if effect is None:
        assert not hits
        return
    (hit,) = hits
    assert effect in hit.message
    assert "`identity.principals`, id `clerk`" in hit.help
    assert hit.place == config.agents[0].place


def test_a_suspended_agent_needs_no_identity(declare: Declare) -> None:
    assert not of_rule("COV-008", declare({"clerk": {"suspended": True}}, gateway=ON, **ENTERPRISE))


@pytest.mark.parametrize("principals", [None, "clerk", [None, "clerk", 3, {"id": 5}, {"tokens": "x"}, {"tokens": [1]}]])
def test_sections_of_the_wrong_type_identify_nobody(principals: Any) -> None:
    config = _written(LIMITED, gateway=ON, identity={"principals": principals}, **ENTERPRISE)
    assert len(of_rule("COV-008", config)) == 1


@pytest.mark.parametrize("key", ["can_message", "acl_entries"])
def test_a_message_target_that_is_not_declared(declare: Declare, key: str) -> None:
    targets = ["manger", "*", "manager", 7]
    entry = targets if key == "can_message" else [{"target": target} for target in targets]
    config = declare({"clerk": {key: entry}, "manager": ["read_file"]})
    (hit,) = of_rule("COV-008", config)
    assert hit.severity is Severity.LOW
    assert "may message `manger`, which is not declared" in hit.message
    assert "Did you mean `manager`?" in hit.help
    assert hit.pointer == f"/agents/clerk/{key}/0" + ("" if key == "can_message" else "/target")


# fmt: off
STRANGERS = [
    pytest.param(LIMITED, {}, 0, id="no gateway"),
    pytest.param(LIMITED, {"gateway": ON}, 1, id="a local gateway"),
    pytest.param({"clerk": []}, {"gateway": ON}, 0, id="nobody is limited, so nobody escapes"),
    pytest.param({}, {"gateway": ON}, 0, id="no agents"),
    pytest.param(LIMITED, {"gateway": ON, "default_policy": "deny"}, 0, id="denied by default"),
    pytest.param(LIMITED, {"gateway": {**ON, "require_auth": "true"}}, 1, id="a made-up header is still taken"),
    pytest.param(LIMITED, {"gateway": ON, **ENTERPRISE}, 0, id="enterprise"),
    pytest.param(LIMITED, {"gateway": {**ON, "require_auth": "0"}, **ENTERPRISE}, 1, id="enterprise, open"),
    pytest.param(LIMITED, {"gateway": ON, **ENTERPRISE, **_identity(_principal("clerk"))}, 0, id="declared principal"),
    pytest.param(LIMITED, {"gateway": ON, **ENTERPRISE, **_identity(None, _principal("ghost"))}, 1, id="undeclared"),
    pytest.param(LIMITED, {"gateway": ON, **ENTERPRISE, **_identity({"id": "ghost"})}, 0, id="one without a token"),
]
# fmt: on


@pytest.mark.parametrize(("agents", "sections", "found"), STRANGERS)
def test_strangers_at_the_gateway(agents: dict[str, Any], sections: dict[str, Any], found: int) -> None:
    hits = of_rule("COV-009", _written(agents, **sections))
    assert len(hits) == found
    assert all("default_policy: deny" in hit.help for hit in hits)


def test_a_stranger_is_reported_at_the_gateway_and_a_principal_at_its_entry() -> None:
    (stranger,) = of_rule("COV-009", _written(LIMITED, gateway=ON))
    ghost = _identity(None, _principal("ghost"))
    (principal,) = of_rule("COV-009", _written(LIMITED, gateway=ON, **ENTERPRISE, **ghost))
    assert stranger.pointer == "/gateway"
    assert "the allowlist of `clerk`" in stranger.message
    assert principal.pointer == "/identity/principals/1"
    assert "`ghost`" in principal.message
