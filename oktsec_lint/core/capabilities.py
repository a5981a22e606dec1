"""What a tool can do to the world, guessed from what it says about itself.

Read as a person would: the words of its name and its telling parameters, or else the verb its description opens with;
and the hints it states. The lists are short on purpose: a wrong guess must be easy to see and to explain. A guess only
sorts tools for advice and raises a severity: a server may lie about itself, so nothing is ever allowed because of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import pairwise

from .model import Definition, JsonValue
from .words import prose_words, words_of


class Capability(StrEnum):
    """Most dangerous first; the value is the word reports use."""

    EXECUTION = "execution"
    DELETION = "deletion"
    CREDENTIALS = "credentials"
    NETWORK = "network"
    WRITE = "write"
    READ = "read"


_VERBS: Mapping[Capability, frozenset[str]] = {
    Capability.EXECUTION: frozenset(
        "exec execute run eval evaluate invoke spawn launch bash shell sh zsh powershell terminal cmd command "
        "subprocess sudo ssh".split()
    ),
    Capability.DELETION: frozenset(
        "delete remove rm rmdir unlink drop purge erase destroy wipe truncate uninstall kill terminate revoke clear "
        "forget trash".split()
    ),
    Capability.NETWORK: frozenset(
        "fetch http https curl wget download upload browse browser navigate crawl scrape request webhook send email "
        "mail sms tweet publish push ping".split()
    ),
    Capability.WRITE: frozenset(
        "write create update edit set put insert append modify patch move rename copy save upsert replace commit "
        "merge checkout apply install deploy mkdir touch import restore assign enable disable start stop restart "
        "approve cancel schedule grant change store add post reset rebase configure overwrite transfer pay buy "
        "mark tag attach detach toggle".split()
    ),
    Capability.READ: frozenset(
        "read get list search find query show view describe inspect count check status log diff stat info lookup tree "
        "head tail select retrieve explain analyze summarize convert calculate compare validate fetch".split()
    ),
}
_MEANINGS: Mapping[str, tuple[Capability, ...]] = {
    word: tuple(capability for capability, verbs in _VERBS.items() if word in verbs)
    for word in frozenset[str]().union(*_VERBS.values())
}
_SECRETS = frozenset(
    "secret secrets token password passwords passwd passphrase credential credentials apikey keychain vault env "
    "printenv".split()
)
_SECRET_PAIRS = frozenset(
    {
        ("api", "key"),
        ("api", "keys"),
        ("private", "key"),
        ("access", "key"),
        ("ssh", "key"),
        ("environment", "variable"),
        ("environment", "variables"),
    }
)
_PARAMETERS: Mapping[str, Capability] = {
    "command": Capability.EXECUTION,
    "cmd": Capability.EXECUTION,
    "shell_command": Capability.EXECUTION,
    "url": Capability.NETWORK,
    "webhook_url": Capability.NETWORK,
}
_HINTS: Mapping[tuple[str, bool], Capability] = {
    ("destructiveHint", True): Capability.DELETION,
    ("openWorldHint", True): Capability.NETWORK,
    ("readOnlyHint", False): Capability.WRITE,
    ("readOnlyHint", True): Capability.READ,
}
_OPENING_WORDS = 4
_OPENING_CHARS = 120


def capabilities_of(tool: Definition) -> frozenset[Capability]:
    """Every capability the tool shows signs of; empty when nothing tells. `{READ}` alone is a read-only tool."""
    body = tool.body if isinstance(tool.body, dict) else {}
    said = (*_of_name(tool.name), *_of_parameters(body)) or _of_description(body.get("description"))
    return frozenset((*said, *_of_hints(body)))


def is_read_only(capabilities: frozenset[Capability]) -> bool:
    return capabilities == {Capability.READ}


def is_dangerous(capabilities: frozenset[Capability]) -> bool:
    return not capabilities <= {Capability.READ}


def _of_name(name: str) -> Iterator[Capability]:
    """A name that opens with a reading verb only reads (`get_run`, `list_commands`), except what it says of secrets."""
    words = words_of(name)
    if _names_secret(words):
        yield Capability.CREDENTIALS
    verbs = [_MEANINGS[word] for word in words if word in _MEANINGS]
    if verbs and Capability.READ in verbs[0] and not {"and", "or"}.intersection(words):
        verbs = verbs[:1]
    for meaning in verbs:
        yield from meaning


def _names_secret(words: tuple[str, ...]) -> bool:
    return not _SECRETS.isdisjoint(words) or not _SECRET_PAIRS.isdisjoint(pairwise(words))


def _of_hints(body: Mapping[str, JsonValue]) -> Iterator[Capability]:
    """MCP tool annotations, where they are stated: their defaults would call every tool destructive."""
    hints = body.get("annotations")
    if isinstance(hints, dict):
        for (hint, value), capability in _HINTS.items():
            if hints.get(hint) is value and not _contradicted(hint, hints):
                yield capability


def _contradicted(hint: str, hints: Mapping[str, JsonValue]) -> bool:
    """`destructiveHint` means something only when `readOnlyHint` is false (MCP schema, ToolAnnotations)."""
    return hint == "destructiveHint" and hints.get("readOnlyHint") is True


def _of_parameters(body: Mapping[str, JsonValue]) -> Iterator[Capability]:
    schema = body.get("inputSchema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if isinstance(properties, dict):
        yield from (_PARAMETERS[name] for name in _PARAMETERS if name in properties)


def _of_description(description: JsonValue) -> tuple[Capability, ...]:
    """The first verb among the opening words: `Executes a query` but not `a list of deleted files`."""
    opening = prose_words(description[:_OPENING_CHARS])[:_OPENING_WORDS] if isinstance(description, str) else []
    return next((_MEANINGS[stem] for word in opening for stem in _stems(word) if stem in _MEANINGS), ())


def _stems(word: str) -> tuple[str, ...]:
    """`fetches` is `fetch`, `writes` is `write`: the only inflection a description opens with."""
    return (word, word.removesuffix("s"), word.removesuffix("es"))
