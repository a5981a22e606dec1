"""Entries of `rules` that contradict each other or themselves, and settings that need another one."""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.config import is_address
from oktsec_lint.core.display import quoted, visible
from oktsec_lint.core.fields import Field
from oktsec_lint.core.findings import Hit, Severity

from .wording import alike


def contradictions(root: Field) -> Iterator[Hit]:
    """CFG-013 and CFG-014: two scopes in one override, and two overrides of one rule."""
    seen: set[str] = set()
    for override in root["rules"].items:
        name = override["id"].text()
        if override["apply_to_tools"].items and override["exempt_tools"].items:
            message = f'rule "{visible(name, 60)}" cannot have both apply_to_tools and exempt_tools'
            yield override["exempt_tools"].at.hit("CFG-013", message, at_key=True)
        if name in seen:
            message = f'duplicate rule override for "{visible(name, 60)}"'
            yield override["id"].at.hit("CFG-014", message)
        if name:
            seen.add(name)


def unmet_conditions(root: Field) -> Iterator[Hit]:
    """CFG-020: recipients that `webhooks` does not know, and settings of upstream's other parts that it refuses
    without a further one."""
    yield from _unknown_webhooks(root)
    identity, proxy = root["identity"], root["forward_proxy"]
    if identity["require_signature"].value is True and not identity["keys_dir"].text():
        message = "keys_dir is required when require_signature is true"
        fix = "Add `keys_dir:`, or write `require_signature: false`."
        yield identity["require_signature"].at.hit("CFG-020", message, fix, at_key=True, severity=Severity.LOW)
    limits = ("allowed_domains", "blocked_domains", "scan_requests", "scan_responses")
    if proxy["enabled"].value is True and not any(proxy[limit].value for limit in limits):
        message = (
            "forward_proxy is enabled without allowed_domains, blocked_domains, or scanning; configure at least one"
        )
        yield proxy["enabled"].at.hit("CFG-020", message, "Add one of them.", at_key=True, severity=Severity.LOW)


def _unknown_webhooks(root: Field) -> Iterator[Hit]:
    known = [hook["name"].text() for hook in root["webhooks"].items if hook["name"].text()]
    for entry in (*root["rules"].items, *root["category_webhooks"].items):
        for item in entry["notify"].items:
            name = item.text()
            if name in known or is_address(name):
                continue
            message = f"no entry of `webhooks` has the name {quoted(name)}, so nobody is told"
            close = alike(name, known)
            fix = f"Did you mean {quoted(close, 60)}?" if close else "Add it to `webhooks`, or write a URL."
            yield item.at.hit("CFG-020", message, fix, severity=Severity.LOW)
