"""One request or answer in the words of the other era: what a client and a server that never met say to each other.

Up to 2025-11-25 a connection is opened once; since 2026-07-28 every request carries its envelope in `_meta`, and a
server that needs something of its client answers `input_required` instead of asking.
"""

from __future__ import annotations

from collections.abc import Mapping

from oktsec_lint.core.model import EMPTY, JsonValue
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.protocol.gate.message import members
from oktsec_lint.protocol.revisions import MODERN, SERVER_INFO

_META = "io.modelcontextprotocol/"
_VERSION, _CAPABILITIES, _INFO, _LEVEL = (
    _META + key for key in ("protocolVersion", "clientCapabilities", "clientInfo", "logLevel")
)
SUBSCRIPTION = _META + "subscriptionId"
"""Names the `subscriptions/listen` request that a notification belongs to."""
_ENVELOPE = frozenset({_VERSION, _CAPABILITIES, _INFO, _LEVEL})
_ROUNDS = frozenset({"inputResponses", "requestState"})
"""What a client says when a server that needed something is asked again."""
_CACHED = frozenset("server/discover tools/list prompts/list resources/list resources/templates/list".split())
_OWN_ERA = frozenset({"resultType", "ttlMs", "cacheScope"})
_CAPABILITY = {"sampling/createMessage": "sampling", "elicitation/create": "elicitation", "roots/list": "roots"}
"""What a client must be able to do for a server to ask it."""

JsonObject = dict[str, JsonValue]


class Client(NamedTuple):
    """Who asks, as it has said when it connected, or says with every request."""

    revision: str = ""
    """The agreed revision; empty before that."""
    capabilities: Mapping[str, JsonValue] = EMPTY
    info: Mapping[str, JsonValue] = EMPTY
    level: str = ""
    """The log level it wants; empty for none."""

    @property
    def modern(self) -> bool:
        return self.revision in MODERN

    def can(self, method: str) -> bool:
        """Whether it can be asked for this."""
        return _CAPABILITY.get(method, method) in self.capabilities


def client_in(params: Mapping[str, JsonValue]) -> Client:
    """The client of a modern request, from its envelope."""
    meta = members(params.get("_meta"))
    revision, level = meta.get(_VERSION), meta.get(_LEVEL)
    return Client(
        revision if isinstance(revision, str) else "",
        members(meta.get(_CAPABILITIES)),
        members(meta.get(_INFO)),
        level if isinstance(level, str) else "",
    )


def to_server(params: Mapping[str, JsonValue], client: Client, revision: str) -> JsonObject:
    """A request's params for a server of `revision`."""
    meta = {key: value for key, value in members(params.get("_meta")).items() if key not in _ENVELOPE}
    modern = revision in MODERN
    dropped = {"_meta"} if modern else {"_meta", *_ROUNDS}
    if modern:
        meta |= {_VERSION: revision, _CAPABILITIES: dict(client.capabilities), _INFO: dict(client.info)}
        if client.level:
            meta[_LEVEL] = client.level
    rest = {key: value for key, value in params.items() if key not in dropped}
    return {**rest, "_meta": meta} if meta else rest


def to_client(method: str, result: JsonObject, *, modern: bool) -> JsonObject:
    """An answer's result for a client of either era. What one agent is shown is never for others to keep."""
    if not modern:
        plain = {key: value for key, value in result.items() if key not in _OWN_ERA}
        if not isinstance(plain.get("structuredContent", {}), dict):
            del plain["structuredContent"]
        return plain
    found = {"resultType": "complete", **result}
    if method in _CACHED or method == "resources/read" or "cacheScope" in found:
        found.setdefault("ttlMs", 0)
        found["cacheScope"] = "private"
    return found


def named(result: JsonObject, info: JsonObject) -> JsonObject:
    """A modern result that names its server."""
    return {**result, "_meta": {SERVER_INFO: info, **members(result.get("_meta"))}}


def needs(result: Mapping[str, JsonValue]) -> dict[str, JsonObject]:
    """What a modern server needs of its client before it answers, by the keys it wants it under; empty for nothing."""
    if result.get("resultType") != "input_required":
        return {}
    return {key: request for key, request in members(result.get("inputRequests")).items() if isinstance(request, dict)}
