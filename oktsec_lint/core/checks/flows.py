"""FLW-001: an agent that reads what strangers write, sees what is private, and has a way out.

Each of the three tools may be harmless; together they let whoever wrote the web page or the mail have the private
data sent to him. It is a matter for review, never proof: a tool's part is guessed from its name and parameters, as in
`capabilities`, and an allowlist that leaves out one of the three silences the finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import product

from oktsec_lint.core.access import Access, ToolId
from oktsec_lint.core.capabilities import Capability, capabilities_of
from oktsec_lint.core.config import Agent, Config
from oktsec_lint.core.display import quoted
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.model import Definition, Inventory, Kind, Subject
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.core.words import words_of

TOXIC = "FLW-001"


class Part(StrEnum):
    """What a tool contributes; the value is the phrase that reports use."""

    UNTRUSTED = "brings in what strangers wrote"
    PRIVATE = "reads what is private"
    OUT = "sends data out"


class _Player(NamedTuple):
    """A tool with its parts."""

    tool: ToolId
    parts: frozenset[Part]
    grave: bool
    """Whether what it reads includes secrets or whatever a shell can reach."""


_READING = frozenset(
    "read get list search fetch find query download browse navigate crawl scrape open retrieve view extract".split()
)
_OUTSIDE = frozenset(
    """web url urls page pages website internet html email emails mail mails inbox message messages issue issues comment
    comments ticket tickets thread threads feed rss news tweet tweets post posts forum review reviews reddit""".split()
)
_INSIDE = frozenset(
    """file files document documents directory folder database sql table tables row rows record records customer
    customers contact contacts calendar note notes drive email emails mail inbox invoice invoices payment payments
    employee employees patient patients memory graph secret secrets credential credentials password passwords""".split()
)
_SENDING = frozenset(
    "send post publish upload email mail tweet share forward reply push notify deliver webhook".split()
)
_LEAVING = frozenset("issue issues comment comments gist pull page message webhook".split())
_MAKING = frozenset("create add update write".split())
_WEB = frozenset("fetch http https curl browser navigate crawl scrape".split())


def check(inventory: Inventory, config: Config) -> Iterator[Hit]:
    """One hit for each agent that may call a tool of each part."""
    if config.agents:
        access = Access(config.agents)
        players = [player for server, tool in inventory.tools() if (player := _player(server.name, tool)).parts]
        for agent in config.agents:
            reach = [player for player in players if agent in access.callers(*player.tool)]
            chosen = _triangle(reach)
            if chosen:
                yield _hit(agent, chosen, grave=any(player.grave for player in reach))


def _player(server: str, tool: Definition) -> _Player:
    able = capabilities_of(tool)
    words = frozenset(words_of(tool.name))
    parts = frozenset(_parts(words, able, takes_url=_takes_url(tool)))
    grave = not able.isdisjoint({Capability.CREDENTIALS, Capability.EXECUTION}) and Part.PRIVATE in parts
    return _Player(ToolId(server, tool.name), parts, grave)


def _parts(words: frozenset[str], able: frozenset[Capability], *, takes_url: bool) -> Iterator[Part]:
    reads = not words.isdisjoint(_READING)
    runs = Capability.EXECUTION in able and not (reads and Capability.READ in able)
    surfs = takes_url and not words.isdisjoint(_WEB)
    if surfs or (reads and not words.isdisjoint(_OUTSIDE)):
        yield Part.UNTRUSTED
    if runs or (reads and not words.isdisjoint(_INSIDE)) or (Capability.CREDENTIALS in able and reads):
        yield Part.PRIVATE
    makes = not words.isdisjoint(_MAKING) and not words.isdisjoint(_LEAVING)
    if runs or surfs or makes or (not reads and not words.isdisjoint(_SENDING)):
        yield Part.OUT


def _takes_url(tool: Definition) -> bool:
    schema = tool.body.get("inputSchema") if isinstance(tool.body, dict) else None
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return isinstance(properties, dict) and any(name.lower() in {"url", "urls", "uri", "link"} for name in properties)


def _triangle(reach: Iterable[_Player]) -> tuple[ToolId, ...]:
    """One tool a part, three different ones where possible; empty when a part is missing."""
    by_part = [[player.tool for player in reach if part in player.parts][:_COMPARED] for part in Part]
    choices = list(product(*by_part))
    return max(choices, key=lambda choice: len(set(choice)), default=())


_COMPARED = 4


def _hit(agent: Agent, chosen: tuple[ToolId, ...], *, grave: bool) -> Hit:
    told = ", ".join(f"{quoted(item.tool)} {part}" for item, part in zip(chosen, Part, strict=True))
    last = chosen[-1]
    place = agent.allowlist_place or agent.place
    return Hit(
        TOXIC,
        f"agent {quoted(agent.name)} may be talked into leaking data: {told}",
        Subject("", Kind.CONFIG, f"agents.{agent.name}"),
        place.pointer,
        place,
        severity=Severity.MEDIUM if grave else None,
        help=f"Give {quoted(last.tool)} to an agent of its own, or leave one of the three out of "
        f"`agents.{agent.name}.allowed_tools`; else require approval for {quoted(last.tool)} under `tool_policies`.",
    )
