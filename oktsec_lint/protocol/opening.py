"""Finding out which era a server speaks, and opening the conversation in it.

A probe (`server/discover`) goes first; only a discovery that names a modern revision is evidence for the modern era.
Any error, and any other answer, means `initialize`. When nothing comes within `Limits.probe` seconds `initialize`
follows on the same connection without giving up on the probe: a server that starts slowly then loses no time, and one
that ignores unknown methods is still understood.
"""

from __future__ import annotations

from oktsec_lint.core.model import Fault, JsonValue
from oktsec_lint.core.values import NamedTuple

from .dialogue import Answer, Conversation, Failure, JsonObject, Opened, Result, Steps
from .revisions import (
    LEGACY,
    MODERN,
    SERVER_INFO,
    UNSUPPORTED_VERSION,
    envelope,
    initialize_params,
    newest_common,
)

_KEPT = 1 << 16


class Session(NamedTuple):
    """An opened conversation: what was agreed, and what the server said about itself."""

    revision: str
    modern: bool
    capabilities: JsonObject
    info: JsonObject
    instructions: str

    def params(self, client: JsonObject, base: JsonObject) -> JsonObject:
        """`base` as this era's request carries it, for a client with the given capabilities."""
        return {**base, "_meta": envelope(self.revision, client)} if self.modern else base


def open_session(talk: Conversation, client: JsonObject, probe: float | None) -> Steps[Session | Failure]:
    """The opened session, or the last failure. `probe` None goes straight to `initialize`."""
    opened = yield from _probe(talk, client, probe) if probe is not None else _initialize(talk, client, 0)
    if isinstance(opened, Session):
        talk.revision = opened.revision
        if not opened.modern:
            yield from talk.notify("notifications/initialized")
        yield Opened(opened.revision, opened.modern)
    return opened


def discover(talk: Conversation, client: JsonObject, revision: str = MODERN[-1]) -> Steps[Session | Failure]:
    """Asks a modern server (again) what it is, for a client with the given capabilities."""
    talk.revision = revision
    answer = yield from talk.ask("server/discover", {"_meta": envelope(revision, client)})
    return _discovered(talk, answer)


def _probe(talk: Conversation, client: JsonObject, patience: float) -> Steps[Session | Failure]:
    talk.revision = MODERN[-1]
    question = yield from talk.post("server/discover", {"_meta": envelope(talk.revision, client)})
    _, answer = yield from talk.hear((question,), talk.now + patience)
    outcome = _discovered(talk, answer)
    if isinstance(outcome, Session) or outcome.closed:
        return outcome
    offered = _offered(outcome, MODERN)
    if offered and offered != talk.revision:
        return (yield from discover(talk, client, offered))
    return (yield from _initialize(talk, client, question if outcome.silent else 0))


def _initialize(
    talk: Conversation, client: JsonObject, probed: int, revision: str = LEGACY[-1]
) -> Steps[Session | Failure]:
    """The handshake; `probed` is a discovery that may still be answered, and decides when it is."""
    talk.revision = ""
    question = yield from talk.post("initialize", initialize_params(revision, client))
    answered, answer = yield from talk.hear((question, probed) if probed else (question,))
    if probed and answered == probed:
        found = _discovered(talk, answer)
        if isinstance(found, Session):
            return found
        _, answer = yield from talk.hear((question,))
    if isinstance(answer, Result):
        return _initialized(talk, answer)
    return (yield from _second_offer(talk, client, answer, revision))


def _second_offer(talk: Conversation, client: JsonObject, refusal: Failure, offered: str) -> Steps[Session | Failure]:
    """A server may name the revisions it speaks in its refusal instead of making a counter-offer."""
    modern = _offered(refusal, MODERN)
    if modern:
        return (yield from discover(talk, client, modern))
    legacy = _offered(refusal, LEGACY)
    if legacy and legacy != offered:
        return (yield from _initialize(talk, client, 0, legacy))
    return refusal


def _offered(refusal: Failure, spoken: tuple[str, ...]) -> str:
    supported = refusal.data.get("supported") if isinstance(refusal.data, dict) else None
    return newest_common(supported, spoken) if refusal.code else ""


def _discovered(talk: Conversation, answer: Answer) -> Session | Failure:
    if isinstance(answer, Failure):
        return answer
    revision = newest_common(answer.value.get("supportedVersions"), MODERN)
    if not revision:
        return Failure("the server discovers no modern revision", code=UNSUPPORTED_VERSION)
    meta = answer.value.get("_meta")
    info = meta.get(SERVER_INFO) if isinstance(meta, dict) else None
    talk.complaints.wire(*answer.faults)
    return _session(answer, revision, info, modern=True)


def _initialized(talk: Conversation, answer: Result) -> Session:
    talk.complaints.wire(*answer.faults)
    agreed = answer.value.get("protocolVersion")
    revision = agreed if isinstance(agreed, str) else ""
    if revision not in LEGACY:
        talk.complaints.add(
            Fault("LST-013", "the server negotiated a protocol revision that does not exist", evidence=_said(agreed))
        )
    return _session(answer, revision, answer.value.get("serverInfo"), modern=False)


def _said(value: JsonValue) -> str:
    return value[:_KEPT] if isinstance(value, str) else f"{value}"[:_KEPT]


def _session(answer: Result, revision: str, info: JsonValue, *, modern: bool) -> Session:
    capabilities = answer.value.get("capabilities")
    return Session(
        revision,
        modern,
        capabilities if isinstance(capabilities, dict) else {},
        info if isinstance(info, dict) else {},
        _instructions(answer),
    )


def _instructions(answer: Result) -> str:
    """The instructions in every reading of the answer, so that a hidden one is judged as well."""
    texts = (reading.get("instructions") for reading in answer.readings)
    return "\n\n".join(dict.fromkeys(text for text in texts if isinstance(text, str) and text))
