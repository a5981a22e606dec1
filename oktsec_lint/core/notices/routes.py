"""Which decision goes to whom. Upstream's three ways, with what they mean for messages of MCP.

An entry of `webhooks` hears of every decision whose kind is among its `events`. The `notify` of a rule's override
hears whenever that rule argued for a decision, and so does the `notify` of a category whose rule has none of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from oktsec_lint.core.config import Config, Webhook, is_address
from oktsec_lint.core.findings import Severity
from oktsec_lint.core.model import EMPTY, Place
from oktsec_lint.core.policy import Level
from oktsec_lint.core.record import Decision, Record
from oktsec_lint.core.rules import Rule
from oktsec_lint.core.values import NamedTuple

RULE_TRIGGERED = "rule_triggered"
"""The event that `notify` hears of."""
_WOULD_BLOCK = "message_would_block"
_REJECTING = frozenset({"agent_unknown", "agent_suspended", "rate_limited", "concurrency_limited"})
"""Refusals that are about who calls or how often, whatever was called: what upstream's journal calls rejected."""
_MOST_RULES = 32


class Channel(NamedTuple):
    """Where notices can go. The URL and the values of the headers may hold `${VAR}`, unexpanded."""

    label: str
    """What a person calls it: its name, or its URL's key in the configuration."""
    url: str
    place: Place
    headers: Mapping[str, str] = EMPTY


class Notice(NamedTuple):
    """One thing to tell one channel."""

    channel: int
    """Index in `Routes.channels`."""
    event: str
    """As upstream names it: `message_blocked`, `message_quarantined`, `rule_triggered` ..."""
    rule: str
    """What it is about: a rule id, or a name of the policy such as `tool_allowlist:write_file`."""
    record: Record
    entry: str
    """The record's id in the journal; empty when it could not be written."""
    about: Rule | None = None
    """The rule of that id; None for a name of the policy."""
    severity: Severity | None = None
    template: str = ""

    @property
    def sameness(self) -> tuple[int | str, ...]:
        """Equal for two notices that tell the same person the same thing. Upstream looks at event and agent alone, and
        so keeps a new attack to itself for as long as an old one is remembered."""
        record = self.record
        return self.channel, self.event, self.rule, record.agent, record.server, record.tool


class _Recipients(NamedTuple):
    """Who hears of one rule."""

    channels: tuple[int, ...] = ()
    template: str = ""


_NOBODY = _Recipients()


class Routes:
    """The channels of one configuration, and what each of them hears. Immutable once made."""

    def __init__(self, config: Config, rules: Mapping[str, Rule]) -> None:
        self._rules = rules
        self._severities = {item.id: item.severity for item in config.rules if item.severity is not None}
        found = _Channels(config.webhooks)
        self._general = tuple((number, frozenset(hook.events)) for number, hook in enumerate(config.webhooks))
        self._by_rule = dict(_by_category(config, rules, found))
        for override in config.rules:
            channels = found.of(override.notify, override.place)
            if channels:
                self._by_rule[override.id] = _Recipients(channels, override.template)
        self.channels = tuple(found.channels)

    def of(self, record: Record, entry: str) -> Iterator[Notice]:
        """Everything that is to be told about a record; nothing about a message in which nothing was found."""
        if not record.rules:
            return
        for rule in record.rules[:_MOST_RULES]:
            recipients = self._by_rule.get(rule, _NOBODY)
            for channel in recipients.channels:
                yield self._notice(channel, RULE_TRIGGERED, rule, record, entry, recipients.template)
        worst = record.rules[0]
        told = self._by_rule.get(worst, _NOBODY).channels
        kind = _kind(record)
        event = _WOULD_BLOCK if record.decision is Decision.WOULD_BLOCK else f"message_{kind}"
        for channel, events in self._general:
            if channel not in told and (not events or kind in events):
                yield self._notice(channel, event, worst, record, entry)

    def _notice(self, channel: int, event: str, rule: str, record: Record, entry: str, template: str = "") -> Notice:
        about = self._rules.get(rule)
        severity = None if about is None else self._severities.get(rule, about.severity)
        return Notice(channel, event, rule, record, entry, about, severity, template)


class _Channels:
    """Every place that notices go to, each once: entries of `webhooks` first, then URLs that a `notify` spells out."""

    def __init__(self, hooks: tuple[Webhook, ...]) -> None:
        self.channels = [
            Channel(hook.name or f"webhooks[{number}]", hook.url, hook.place, hook.headers)
            for number, hook in enumerate(hooks)
        ]
        self._names = {hook.name: number for number, hook in reversed(list(enumerate(hooks))) if hook.name}
        self._urls: dict[str, int] = {}

    def of(self, recipients: tuple[str, ...], place: Place) -> tuple[int, ...]:
        """The channels that a `notify` names; what it misspells is reported by `scan`, and nobody is told."""
        return tuple(dict.fromkeys(self._numbers(recipients, place)))

    def _numbers(self, recipients: tuple[str, ...], place: Place) -> Iterator[int]:
        for recipient in recipients:
            if recipient in self._names:
                yield self._names[recipient]
            elif is_address(recipient):
                yield self._of_url(recipient.strip(), place)

    def _of_url(self, url: str, place: Place) -> int:
        if url not in self._urls:
            self._urls[url] = len(self.channels)
            self.channels.append(Channel("notify", url, place))
        return self._urls[url]


def _by_category(config: Config, rules: Mapping[str, Rule], found: _Channels) -> Iterator[tuple[str, _Recipients]]:
    heard = [(set(item.categories), found.of(item.notify, item.place)) for item in config.category_webhooks]
    for rule in rules.values() if heard else ():
        named = {rule.category, *rule.tags}
        channels = [number for names, numbers in heard if not names.isdisjoint(named) for number in numbers]
        if channels:
            yield rule.id, _Recipients(tuple(dict.fromkeys(channels)))


def _kind(record: Record) -> str:
    """What `events` calls a decision; an observing gate's is what an enforcing one would have made of the message."""
    if record.decision is Decision.FORWARDED:
        return "flagged"
    if record.rules[0] in _REJECTING:
        return "rejected"
    return "quarantined" if record.verdict == Level.QUARANTINE.label else "blocked"
