"""What a notice says: upstream's JSON object with a few members more, or what a rule's `template` makes of it.

Source of the member and placeholder names: upstream's API and configuration reference at v0.16.1. A chat service shows
the names that a client or a server chose, so they are made inert there: on one line, no markup, no mention, no link.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from oktsec_lint.core.display import visible
from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.record import Sender
from oktsec_lint.core.redaction import rewritten

from .routes import Notice

NOT_SENT = "[not sent]"
"""What stands for upstream's `{{MATCH}}`, which is content: the journal's id leads to the pointer of what was found."""
_LONGEST_NAME = 120
_MOST_RULES = 32
_PLACEHOLDER = re.compile(r"\{\{(RULE|RULE_NAME|SEVERITY|CATEGORY|FROM|TO|MATCH|ACTION|MESSAGE_ID|TIMESTAMP)\}\}")
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "'", "[": "(", "]": ")", "@": "(at)"})
"""Slack writes links and mentions between angle brackets, others mention with `@` and link with brackets."""


def body(notice: Notice, repeats: int = 0) -> bytes:
    """The notice as JSON in ASCII. `repeats` is how many equal ones were kept back since the last one."""
    facts = _facts(notice)
    if notice.template:
        return _templated(notice.template, facts)
    known: dict[str, JsonValue] = {name: value for name, value in facts.items() if value}
    record = notice.record
    known["rules"] = [visible(rule, _LONGEST_NAME) for rule in record.rules[:_MOST_RULES]]
    if repeats:
        known["repeats"] = repeats
    return _encoded({**known, "text": _sentence(facts, repeats)})


def _facts(notice: Notice) -> dict[str, str]:
    """Every member that is a text; empty for what is not known."""
    record, about = notice.record, notice.about
    server = _name(record.server)
    offered = f"{server}/{_name(record.tool)}" if record.tool else server
    ends = (_name(record.agent), offered)
    sender, receiver = ends if record.direction is Sender.CLIENT else reversed(ends)
    return {
        "event": notice.event,
        "message_id": notice.entry,
        "from": sender,
        "to": receiver,
        "severity": notice.severity.label if notice.severity is not None else "",
        "rule": _name(notice.rule),
        "rule_name": about.name if about is not None else "",
        "category": about.category if about is not None else "",
        "timestamp": record.time,
        "decision": record.decision,
        "verdict": record.verdict,
        "method": _name(record.method),
    }


def _sentence(facts: Mapping[str, str], repeats: int) -> str:
    """The notice for a person, in one line."""
    about = " ".join(filter(None, (facts["rule"], facts["rule_name"])))
    severity = f" ({facts['severity']})" if facts["severity"] else ""
    more = f", and {repeats:,} more like it since the last notification" if repeats else ""
    entry = f", journal {facts['message_id']}" if facts["message_id"] else ""
    return (
        f"{facts['decision']}: {_inert(about)}{severity}, {_inert(facts['from'])} to {_inert(facts['to'])}{entry}{more}"
    )


def _templated(template: str, facts: Mapping[str, str]) -> bytes:
    """Upstream puts every template into `{"text": ...}`; one that is a JSON object is sent as that object."""
    values = {name.upper(): _inert(value) for name, value in facts.items()}
    values |= {"ACTION": facts["decision"], "MATCH": NOT_SENT}

    def filled(text: str) -> str:
        return _PLACEHOLDER.sub(lambda found: values[found[1]], text)

    return _as_object(template, filled) or _encoded({"text": filled(template)})


def _as_object(template: str, filled: Callable[[str], str]) -> bytes:
    """The template's own JSON object, filled; empty when it is none."""
    try:
        document = json.loads(template)
        return _encoded(rewritten(document, filled)) if isinstance(document, dict) else b""
    except (ValueError, RecursionError):
        return b""


def _encoded(document: JsonValue) -> bytes:
    """Raises ValueError for NaN and infinities, which Python reads and JSON does not have."""
    return json.dumps(document, allow_nan=False).encode("ascii")


def _name(text: str) -> str:
    return visible(text, _LONGEST_NAME)


def _inert(text: str) -> str:
    return text.translate(_MARKUP).replace("://", ":\u2044\u2044")
