"""MCPB bundle manifests (`manifest.json`, formerly DXT): what the bundle says its server offers.

Source: modelcontextprotocol/mcpb, manifest versions 0.1 to 0.4. A manifest's `tools` are names and descriptions for
people; the full listings, when there are any, are the static responses.
"""

from __future__ import annotations

from collections.abc import Mapping

from oktsec_lint.core.model import JsonValue, Kind, Place, pointer_to

from .offers import Offers

_RESPONSES = ("_meta", "com.microsoft.windows", "static_responses")
_METHODS = ("initialize", "tools/list", "prompts/list", "resources/list", "resources/templates/list")
SHORT = "short form for people"
"""`Definition.variant` of what a manifest says about a definition that it also has in full."""
_OWN_LISTS = (("tools", Kind.TOOL), ("prompts", Kind.PROMPT))


def is_mcpb(value: Mapping[str, JsonValue]) -> bool:
    return "manifest_version" in value or "dxt_version" in value


def take_mcpb(manifest: Mapping[str, JsonValue], place: Place, offers: Offers) -> None:
    """Everything a manifest says its server offers."""
    responses, below = manifest, place
    for key in _RESPONSES:
        inner = responses.get(key)
        responses = inner if isinstance(inner, dict) else {}
        below = below.child(pointer_to(key))
    for method in _METHODS:
        result = responses.get(method)
        if isinstance(result, dict):
            offers.take(result, below.child(pointer_to(method)))
    for member, kind in _OWN_LISTS:
        _take_own(manifest, member, kind, place, offers)


def _take_own(manifest: Mapping[str, JsonValue], member: str, kind: Kind, place: Place, offers: Offers) -> None:
    """What is listed for people; of what is already there in full, it is another reading."""
    items = manifest.get(member)
    known = {item.name for item in offers.definitions if item.kind is kind}
    if isinstance(items, list):
        offers.note(place.child(pointer_to(member)))
    for index, item in enumerate(items if isinstance(items, list) else ()):
        name = item.get("name") if isinstance(item, dict) else None
        variant = SHORT if isinstance(name, str) and name in known else ""
        offers.take_one(item, place.child(pointer_to(member, index)), kind, variant, brief=True)
    if manifest.get(f"{member}_generated") is True:
        offers.gap(member, "the manifest says that more are made when the server runs")
