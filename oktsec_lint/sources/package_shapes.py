"""Which package's manifest a file is, told by its shape: every snapshot is asked this, so it imports nothing."""

from __future__ import annotations

from collections.abc import Mapping

from oktsec_lint.core.model import JsonValue

_SCHEMA = "/server.schema.json"
"""The end of the address of every version of the registry's schema."""
_REGISTERED = frozenset({"packages", "remotes", "repository"})
_DOCKER_TYPES = frozenset({"server", "remote", "poci"})
_DOCKER_MEMBERS = frozenset({"image", "remote", "run", "source", "about", "tools", "config"})
_TILE_MEMBERS = frozenset({"image", "remote", "type", "sseEndpoint", "tools"})
_SMITHERY_MEMBERS = frozenset(
    {"$schema", "name", "runtime", "target", "entry", "env", "build", "startCommand", "version"}
)


def is_server_json(value: JsonValue) -> bool:
    """A `server.json`, or an answer of the registry with one or many of them."""
    if isinstance(value, list):
        return _is_list(value)
    if not isinstance(value, dict):
        return False
    inner = value.get("server")
    return _is_one(value) or (isinstance(inner, dict) and _is_one(inner)) or _is_list(value.get("servers"))


def _is_list(items: JsonValue) -> bool:
    """Whether all of a list are servers of the registry, as far as each says what it is, and one of them surely."""
    if not isinstance(items, list):
        return False
    inner = [item.get("server", item) if isinstance(item, dict) else None for item in items]
    servers = [item for item in inner if isinstance(item, dict) and "name" in item]
    return len(servers) == len(items) and any(map(_is_one, servers)) and all(map(_may_be_one, servers))


def _may_be_one(value: Mapping[str, JsonValue]) -> bool:
    return "$schema" in value or not _REGISTERED.isdisjoint(value)


def _is_one(value: Mapping[str, JsonValue]) -> bool:
    schema = value.get("$schema")
    if isinstance(schema, str) and schema.endswith(_SCHEMA):
        return True
    return "name" in value and (
        _lists(value.get("packages"), "registryType", "registry_type", "registry_name")
        or _lists(value.get("remotes"), "url")
    )


def _lists(items: JsonValue, *members: str) -> bool:
    """Whether this is a list of objects of which one has one of these members."""
    return isinstance(items, list) and any(
        isinstance(item, dict) and any(member in item for member in members) for item in items
    )


def is_bundle(value: JsonValue) -> bool:
    """An MCPB manifest that says how its server is started; without that it is a listing."""
    versions = {"manifest_version", "dxt_version"}
    return isinstance(value, dict) and not versions.isdisjoint(value) and isinstance(value.get("server"), dict)


def is_docker_server(value: JsonValue) -> bool:
    """A `server.yaml` of Docker's registry."""
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return False
    kind = value.get("type")
    return isinstance(kind, str) and kind in _DOCKER_TYPES and not _DOCKER_MEMBERS.isdisjoint(value)


def is_docker_catalog(value: JsonValue) -> bool:
    """A catalog of Docker's gateway: `registry` maps names to servers."""
    servers = value.get("registry") if isinstance(value, dict) else None
    return (
        isinstance(servers, dict)
        and bool(servers)
        and all(isinstance(item, dict) and not _TILE_MEMBERS.isdisjoint(item) for item in servers.values())
    )


def is_smithery(value: JsonValue) -> bool:
    """A `smithery.yaml` of either generation."""
    if not isinstance(value, dict):
        return False
    start = value.get("startCommand")
    if isinstance(start, dict):
        return isinstance(start.get("type"), str)
    return isinstance(value.get("runtime"), str) and _SMITHERY_MEMBERS.issuperset(value)
