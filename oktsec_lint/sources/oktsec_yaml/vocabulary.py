"""Names that only mean something beside a rulebook: rule ids, categories, content classes.

Upstream's documentation blocks `credentials` and `pii`; no rule of upstream's has such a category, so there the words
do nothing at all. Here they mean what their writer meant, and a report says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from oktsec_lint.core.display import listed, quoted
from oktsec_lint.core.fields import Field
from oktsec_lint.core.findings import Edit, Hit, Severity
from oktsec_lint.core.nearest import Spelling

_CLASSES: Mapping[str, tuple[str, ...]] = {
    "credentials": ("credentials", "credential-leak"),
    "pii": ("pii",),
    "system-prompt": ("system-prompt",),
    "system-prompts": ("system-prompt",),
}
"""Words of upstream's documentation that are no category there, to what they are read as here."""
_SAME: Mapping[str, tuple[str, ...]] = {"credential-leak": ("credential-leak", "credentials")}
"""Categories of upstream's that a content class of ours is part of."""
_UPSTREAM_CATEGORIES = frozenset(
    """command-execution container-escape credential-leak exfiltration external-download indirect-injection inter-agent
    mcp-attack mcp-config memory-poisoning openclaw-config overeager prompt-injection ssrf-cloud supply-chain
    supply-chain-exfil third-party-content tool-call toxic-flow unicode-attack""".split()
)
_NUMBERED = re.compile(r"([A-Za-z]{2,8})[-_ ]?([0-9]{1,3})")
_UPSTREAM_RULE = re.compile(r"(?:TC|IPI|MEM|CE|OCLAW|OE)-[0-9]{3}|[A-Z]+(?:_[A-Z]+)*_[0-9]{3}|NLP_[A-Z_]+")


def resolved(categories: Iterable[str]) -> tuple[str, ...]:
    """The category and tag ids that `blocked_content` means, each once."""
    return tuple(dict.fromkeys(name for word in categories for name in _meaning(word)))


def vocabulary_problems(root: Field, known_rules: Collection[str], known_categories: Collection[str]) -> Iterator[Hit]:
    """CFG-005, 006 and 007: ids no rule has, categories that are none, and words that only mean something here."""
    yield from _unknown_rules(root, known_rules)
    spelling = Spelling((*known_categories, *_CLASSES, *sorted(_UPSTREAM_CATEGORIES)))
    for agent in root["agents"]:
        for entry in agent["blocked_content"].items:
            yield from _category(entry, known_categories, spelling)
    for hook in root["category_webhooks"].items:
        yield from _webhook(hook["category"], known_categories, spelling)


def _meaning(word: str) -> tuple[str, ...]:
    return _CLASSES.get(word) or _SAME.get(word) or (word,)


def _unknown_rules(root: Field, known_rules: Collection[str]) -> Iterator[Hit]:
    spelling = Spelling(known_rules)
    for override in root["rules"].items:
        rule = override["id"]
        name = rule.text()
        if not name or name in known_rules:
            continue
        close = _padded(name, known_rules) or spelling.nearest(name)
        fix = f"Did you mean `{close[0]}`?" if close else ""
        reason = "no loaded rule has this id"
        if _UPSTREAM_RULE.fullmatch(name) and not close:
            reason = "it is a rule of upstream's own set, which this rulebook does not contain"
        hit = rule.at.hit("CFG-005", f"the override for {quoted(name)} does nothing: {reason}", fix)
        yield hit._replace(edit=_edit(rule, close))


def _padded(name: str, known_rules: Collection[str]) -> tuple[str, ...]:
    """`IAP-7` and `iap_007` are ways to write `IAP-007`."""
    match = _NUMBERED.fullmatch(name)
    rule = f"{match[1].upper()}-{int(match[2]):03}" if match else ""
    return (rule,) if rule in known_rules else ()


def _category(entry: Field, known: Collection[str], spelling: Spelling) -> Iterator[Hit]:
    word = entry.text()
    meant = _meaning(word)
    exists = not set(meant).isdisjoint(known)
    if exists and word in _CLASSES:
        message = f"{quoted(word)} is read as {listed(meant)} here; upstream has no such category and blocks nothing"
        yield entry.at.hit("CFG-007", message)
    elif word in _UPSTREAM_CATEGORIES and not exists:
        message = f"{quoted(word)} is a category of upstream's; no rule here reports it yet, so it adds nothing here"
        fix = "Keep it: it works in upstream, and here as soon as a rule has the category."
        yield entry.at.hit("CFG-006", message, fix, severity=Severity.LOW)
    elif word and not exists:
        message = f"{quoted(word)} is no category of any rule, so nothing is blocked for it"
        close = spelling.nearest(word)
        yield entry.at.hit("CFG-006", message, _known(close, known))._replace(edit=_edit(entry, close))


def _webhook(entry: Field, known: Collection[str], spelling: Spelling) -> Iterator[Hit]:
    word = entry.text()
    if word and word not in _UPSTREAM_CATEGORIES and set(_meaning(word)).isdisjoint(known):
        message = f"{quoted(word)} is no category of any rule, so nobody is told"
        yield entry.at.hit("CFG-006", message, _known(spelling.nearest(word), known), severity=Severity.LOW)


def _edit(field: Field, close: tuple[str, ...]) -> Edit | None:
    return Edit(field.at.place(), field.text(), close[0]) if close else None


def _known(close: tuple[str, ...], known: Collection[str]) -> str:
    return f"Did you mean `{close[0]}`?" if close else f"Known categories: {listed(sorted(known), 20)}."
