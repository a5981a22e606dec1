"""What a POST to the MCP endpoint says, in both eras: one message, or why it is none.

The body decides. Headers that repeat it (`MCP-Protocol-Version`, `Mcp-Method`, `Mcp-Name`, `Mcp-Param-*`) have to agree
with it, in the older era too if they are there: somebody on the way here may have believed them. "Streamable HTTP" of
2026-07-28 and "Transports" of 2025-11-25, https://modelcontextprotocol.io/specification.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.protocol.gate.commands import Side
from oktsec_lint.protocol.gate.message import members, taken
from oktsec_lint.protocol.gate.objection import code_of, objection_to
from oktsec_lint.protocol.gate.refusal import REFUSED, UNREADABLE
from oktsec_lint.protocol.gate.ruling import malformed
from oktsec_lint.protocol.revisions import (
    BATCHING,
    CLIENT_CAPABILITIES,
    HEADER_MISMATCH,
    INVALID_PARAMS,
    LEGACY,
    METHOD_NOT_FOUND,
    MISSING_CAPABILITY,
    MODERN,
    PROTOCOL_VERSION,
    UNSUPPORTED_VERSION,
)
from oktsec_lint.protocol.strictjson import MAX_VALUES, crowded
from oktsec_lint.protocol.wire import MAX_BYTES, decode

from .annotations import invalid_annotation
from .headers import Headers
from .media import EVENTS, JSON, admits, is_json, is_plain
from .routing import (
    METHOD,
    NAME,
    SESSION,
    VERSION,
    misquoted,
    parameters_in,
    repeated_in,
    routing_headers,
    said_in,
    unrepeated,
)

__all__ = [
    "Posted",
    "Rejected",
    "http_status",
    "invalid_annotation",
    "param_mismatch",
    "read_post",
    "routing_headers",
]

_BAD, _TOO_LARGE, _NOT_ACCEPTABLE, _UNSUPPORTED_MEDIA = 400, 413, 406, 415
_STATUS: Mapping[int, int] = {
    METHOD_NOT_FOUND: 404,
    **dict.fromkeys(
        (UNREADABLE, REFUSED, INVALID_PARAMS, HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION), _BAD
    ),
}


class Posted(NamedTuple):
    """A body that is one message to every reader, or one batch of them."""

    message: dict[str, JsonValue]
    """Empty for a batch."""
    line: bytes
    """The body on one line: its line breaks, which a message can have between its values only, are blanks."""
    modern: bool = False
    revision: str = ""
    """As the client says it; of the older era the one an absent header stands for, or empty for an `initialize`."""
    session: str = ""
    """`Mcp-Session-Id`; empty for none, and in the modern era, which has no sessions."""
    batch: tuple[dict[str, JsonValue], ...] = ()
    """The messages of an array, which only 2025-03-26 has. Whether the session speaks it, its owner knows."""
    parameters: tuple[tuple[str, str], ...] = ()
    """The `Mcp-Param-*` headers by lower-case name, as they came; see `param_mismatch`."""


class Rejected(NamedTuple):
    """The answer to a request that is not taken."""

    status: int
    """Of HTTP."""
    code: int
    """Of the JSON-RPC error."""
    message: str
    data: JsonValue = None
    message_id: JsonValue = None
    """None unless the message has an id to be answered by."""


class _Claim(NamedTuple):
    """What a request says of its own revision."""

    header: str | None
    meta: Mapping[str, JsonValue]
    """The `_meta` of its params."""

    @property
    def enveloped(self) -> bool:
        """Whether the body carries any of what only modern ones carry."""
        return PROTOCOL_VERSION in self.meta or CLIENT_CAPABILITIES in self.meta

    @property
    def modern(self) -> bool:
        """Whether it has to hold to the modern revisions, be it one that is not known."""
        return self.header in MODERN or self.enveloped


def read_post(headers: Sequence[tuple[str, str]], body: bytes) -> Posted | Rejected:
    """The message of a request whose header fields and content these are. Never raises."""
    fields = Headers(headers)
    refused = _misrepresented(fields) or _oversized(body)
    if refused is not None:
        return refused
    read = decode(body)
    fault = objection_to(read, batching=_revision(fields, BATCHING) == BATCHING)
    about = _answerable(read.value, body)
    if fault is not None:
        ruling = malformed(fault)
        where = f" at {ruling.field}" if ruling.field else ""
        return Rejected(_BAD, code_of(fault), f"the body is refused: {ruling.reason}{where}", None, about)
    repeated = repeated_in(fields)
    if repeated:
        return _mismatch(repeated, about)
    if isinstance(read.value, list):
        return _batch(fields, [members(item) for item in read.value], body)
    return _single(fields, members(read.value), body, about)


def param_mismatch(posted: Posted, input_schema: JsonValue) -> Rejected | None:
    """Whether `Mcp-Param-*` headers and the arguments of a call disagree, by the schema of its tool.

    None as well for a tool whose annotations are invalid: it is not offered.
    """
    arguments = members(posted.message.get("params")).get("arguments")
    problem = misquoted(posted.parameters, arguments, input_schema, required=posted.modern)
    return _mismatch(problem, _answerable(posted.message, posted.line)) if problem else None


def http_status(code: int) -> int:
    """The status of a modern answer that is a JSON-RPC error of this code."""
    return _STATUS.get(code, 200)


def _misrepresented(fields: Headers) -> Rejected | None:
    if not is_json(fields.all("content-type")):
        return Rejected(_UNSUPPORTED_MEDIA, REFUSED, f"Content-Type must be {JSON}")
    if not is_plain(fields.all("content-encoding")):
        return Rejected(_UNSUPPORTED_MEDIA, REFUSED, "the body must not be compressed: no Content-Encoding is taken")
    accept = ",".join(fields.all("accept"))
    if not (admits(accept, JSON) and admits(accept, EVENTS)):
        return Rejected(_NOT_ACCEPTABLE, REFUSED, f"Accept must allow both {JSON} and {EVENTS}")
    return None


def _oversized(body: bytes) -> Rejected | None:
    if len(body) > MAX_BYTES:
        return Rejected(_TOO_LARGE, REFUSED, f"the body is longer than {MAX_BYTES:,} bytes")
    if crowded(body):
        return Rejected(_TOO_LARGE, REFUSED, f"the body holds more than {MAX_VALUES:,} values")
    return None


def _batch(fields: Headers, messages: Iterable[dict[str, JsonValue]], body: bytes) -> Posted | Rejected:
    batch = tuple(messages)
    if any(_claim(fields, item).enveloped for item in batch):
        return Rejected(_BAD, REFUSED, "a batch holds a message of a revision that has no batches")
    if any(item.get("method") == "initialize" for item in batch):
        return Rejected(_BAD, REFUSED, "initialize must not be part of a batch")
    wrong = next((name for name in (METHOD, NAME) if said_in(fields, name) is not None), "")
    if wrong:
        return _mismatch(f"{wrong} header is present, but the body holds no single message", None)
    return Posted({}, _one_line(body), revision=BATCHING, session=fields.one(SESSION.lower()), batch=batch)


def _single(fields: Headers, message: dict[str, JsonValue], body: bytes, about: JsonValue) -> Posted | Rejected:
    claim = _claim(fields, message)
    unfit = _misclaimed(claim, message, about) if claim.modern else _unsupported(claim, (None, *LEGACY), about)
    if unfit is not None:
        return unfit
    problem = unrepeated(fields, message, required=claim.modern and "id" in message)
    if problem:
        return _mismatch(problem, about)
    revision = _revision(fields, "" if message.get("method") == "initialize" else BATCHING)
    session = "" if claim.modern else fields.one(SESSION.lower())
    return Posted(message, _one_line(body), claim.modern, revision, session, parameters=tuple(parameters_in(fields)))


def _misclaimed(claim: _Claim, message: Mapping[str, JsonValue], about: JsonValue) -> Rejected | None:
    """Why a message that claims a modern revision does not speak it."""
    if "method" not in message:
        return Rejected(_BAD, REFUSED, "only a request or a notification can be posted")
    if PROTOCOL_VERSION in claim.meta and claim.meta[PROTOCOL_VERSION] != claim.header:
        problem = "is missing" if claim.header is None else f"does not match {PROTOCOL_VERSION} of the body"
        return _mismatch(f"{VERSION} header {problem}", about)
    missing = [key for key in (PROTOCOL_VERSION, CLIENT_CAPABILITIES) if key not in claim.meta]
    if missing and "id" in message:
        return Rejected(_BAD, INVALID_PARAMS, f"params._meta has no {' and no '.join(missing)}", None, about)
    if not isinstance(claim.meta.get(CLIENT_CAPABILITIES, {}), dict):
        return Rejected(_BAD, INVALID_PARAMS, f"{CLIENT_CAPABILITIES} must be an object", None, about)
    return _unsupported(claim, MODERN, about)


def _unsupported(claim: _Claim, revisions: Sequence[str | None], about: JsonValue) -> Rejected | None:
    if claim.header in revisions:
        return None
    if claim.header is None:
        return _mismatch(f"{VERSION} header is missing", about)
    data: dict[str, JsonValue] = {"supported": list(MODERN), "requested": claim.header}
    return Rejected(_BAD, UNSUPPORTED_VERSION, "Unsupported protocol version", data, about)


def _mismatch(problem: str, about: JsonValue) -> Rejected:
    return Rejected(_BAD, HEADER_MISMATCH, f"Header mismatch: {problem}", None, about)


def _claim(fields: Headers, message: Mapping[str, JsonValue]) -> _Claim:
    return _Claim(said_in(fields, VERSION), members(members(message.get("params")).get("_meta")))


def _revision(fields: Headers, absent: str) -> str:
    said = said_in(fields, VERSION)
    return absent if said is None else said


def _answerable(value: JsonValue, body: bytes) -> str | int | None:
    """The id of a message that can be answered."""
    message = taken(Side.CLIENT, value, body, 0.0)
    return message.usable_id if message.asks else None


def _one_line(body: bytes) -> bytes:
    """Text inside of quotes holds no line break: the strict parser has seen to that."""
    if b"\n" not in body and b"\r" not in body:
        return body
    return body.replace(b"\r", b" ").replace(b"\n", b" ").strip()
