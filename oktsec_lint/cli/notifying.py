"""`webhooks`, `category_webhooks` and `notify` of a configuration, at work while a gate runs.

A notification that cannot be sent is no protection that fails: it is said on stderr, and the gate goes on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from oktsec_lint.core.config import Config
from oktsec_lint.core.display import quoted
from oktsec_lint.core.record import Record
from oktsec_lint.core.rules import Rule
from oktsec_lint.sources import LoadedConfig

from .terminal import tell

if TYPE_CHECKING:
    from oktsec_lint.core.notices import Channel
    from oktsec_lint.runtime.webhook import Endpoint

Offer: TypeAlias = Callable[[Record, str], None]
"""Takes a record and its id in the journal, and never waits."""


@contextmanager
def notifying(opened: LoadedConfig | None, rules: Mapping[str, Rule]) -> Iterator[Offer]:
    """Takes records to those who are to be told; where nobody is, nothing is imported for it."""
    if opened is None or not _tells_anybody(opened.config):
        yield lambda _record, _entry: None
        return
    from oktsec_lint.core.notices import Routes
    from oktsec_lint.runtime.notices import Notifier

    routes = Routes(opened.config, rules)
    notifier = Notifier(routes, _endpoints(routes.channels, opened), opened.config.alert_cooldown, tell)
    try:
        yield notifier.offer
    finally:
        notifier.close()


def _tells_anybody(config: Config) -> bool:
    return bool(config.webhooks or config.category_webhooks or any(override.notify for override in config.rules))


def _endpoints(channels: tuple[Channel, ...], opened: LoadedConfig) -> Mapping[int, Endpoint]:
    """The channels that can be used, by their number; what is wrong with the others is said with file and line."""
    from oktsec_lint.runtime.webhook import UnusableError, endpoint_of

    found: dict[int, Endpoint] = {}
    for number, channel in enumerate(channels):
        try:
            found[number] = endpoint_of(channel, os.environ)
        except UnusableError as error:
            where = opened.document.locate(channel.place.pointer)
            tell(f"{where.path}:{where.line}: nobody is notified through {quoted(channel.label)}: {error}")
    return found
