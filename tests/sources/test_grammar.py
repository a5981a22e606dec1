"""The grammar is data that other things are made of: it has to be well formed, and to hold what upstream's holds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oktsec_lint.sources.grammar import ROOT, Key, Shape, Type


def walk(shape: Shape, path: str = "") -> Iterator[tuple[str, Key]]:
    if shape.items is not None:
        yield from walk(shape.items, path + ("[]" if shape.type is Type.LIST else ".*"))
    for key in shape.keys:
        here = f"{path}.{key.name}".lstrip(".")
        yield here, key
        yield from walk(key.shape, here)


KEYS = dict(walk(ROOT))


@pytest.mark.parametrize("path", KEYS)
def test_key_is_well_formed(path: str) -> None:
    key, shape = KEYS[path], KEYS[path].shape
    assert (shape.items is not None) is (shape.type in (Type.LIST, Type.MAP))
    assert bool(shape.keys) is (shape.type is Type.SECTION)
    assert len({inner.name for inner in shape.keys}) == len(shape.keys)
    assert not key.doc.endswith(".")
    assert not key.note.endswith(".")
    if shape.choices and isinstance(key.default, str):
        assert key.default in shape.choices
    if shape.minimum is not None and isinstance(key.default, int | float):
        assert key.default >= shape.minimum


DEFAULTS = {
    "version": "1", "server.port": 8080, "server.log_level": "info", "identity.require_signature": True,
    "default_policy": "allow", "db_backend": "sqlite", "db_path": "oktsec.db", "quarantine.enabled": True,
    "quarantine.expiry_hours": 24, "quarantine.retention_days": 0, "rate_limit.per_agent": 100, "rate_limit.window": 60,
    "anomaly.risk_threshold": 80, "forward_proxy.port": 8083, "forward_proxy.scan_requests": False,
    "gateway.port": 9090, "gateway.bind": "127.0.0.1", "gateway.endpoint_path": "/mcp", "gateway.scan_responses": False,
    "gateway.require_auth": "auto", "agents.*.scan_profile": "strict", "deployment.profile": "local",
}  # fmt: skip


@pytest.mark.parametrize(("path", "default"), DEFAULTS.items())
def test_defaults_are_upstreams(path: str, default: object) -> None:
    assert KEYS[path].default == default


DEEP = """agents.*.acl_entries[].constraints[].max_messages agents.*.tool_constraints[].parameters.*.max_length
    agents.*.egress.tool_restrictions identity.principals[].tokens[].hash identity.principals[].context.claims_hash
    mcp_servers.*.egress_sandbox rules[].managed_by_policy webhooks[].events category_webhooks[].notify
    llm.triage.sample_rate telemetry.tracing.sampling_ratio hooks.auth_methods lint dashboard""".split()


@pytest.mark.parametrize("path", DEEP)
def test_far_corners_are_there(path: str) -> None:
    assert path in KEYS


ACTED_ON = """agents.*.allowed_tools agents.*.tool_policies agents.*.tool_chain_rules
    mcp_servers.*.headers rules[].notify rate_limit.per_agent gateway.require_auth
    identity.principals[].tokens quarantine db_dsn custom_rules_dir webhooks[].headers alerting.cooldown""".split()
LEFT_ALONE = """server forward_proxy llm anomaly guard hooks dashboard identity.ephemeral mcp_servers.*.egress_sandbox
    alerting.anomalies""".split()


def test_what_is_not_enforced_says_why() -> None:
    assert all(not KEYS[path].note for path in ACTED_ON)
    assert all(KEYS[path].note for path in LEFT_ALONE)
